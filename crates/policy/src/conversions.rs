//! Between the contract's types and the domain's; what a rule set answers is checked on the way in.

use yishi_domain as domain;

use crate::{
    PolicyFailure, answers,
    bindings::{
        exports::yishi::policy::{describe, escalation, topics, voting},
        yishi::policy::types as wit,
    },
};

/// Pairs the cases of two enumerations, both ways.
macro_rules! pairs {
    ($($theirs:ty = $ours:ty { $($case:ident),* $(,)? })*) => {$(
        impl From<$theirs> for Ours<$ours> {
            fn from(it: $theirs) -> Self {
                Ours(match it { $(<$theirs>::$case => <$ours>::$case,)* })
            }
        }
        impl From<Ours<$ours>> for $theirs {
            fn from(it: Ours<$ours>) -> Self {
                match it.0 { $(<$ours>::$case => <$theirs>::$case,)* }
            }
        }
    )*};
}

/// Pairs the cases of an enumeration that may grow; a case that this host does not know is refused.
macro_rules! open_pairs {
    ($($theirs:ty = $ours:ty { $($case:ident),* $(,)? })*) => {$(
        impl TryFrom<$theirs> for Ours<$ours> {
            type Error = Unknown;

            fn try_from(it: $theirs) -> Result<Self, Unknown> {
                type Theirs = $theirs;
                match it {
                    $(<$theirs>::$case => Ok(Ours(<$ours>::$case)),)*
                    Theirs::Other(name) => Err(Unknown(name)),
                }
            }
        }
        impl From<Ours<$ours>> for $theirs {
            fn from(it: Ours<$ours>) -> Self {
                match it.0 { $(<$ours>::$case => <$theirs>::$case,)* }
            }
        }
    )*};
}

/// One of the domain's types, so that conversions can be written here.
struct Ours<T>(T);

/// The name of a case that this host does not know.
struct Unknown(String);

impl Unknown {
    /// Says where it was met.
    fn within(self, field: &str) -> PolicyFailure {
        PolicyFailure::output(field, format!("`{}` is of no known contract", self.0))
    }
}

pairs! {
    wit::Significance = domain::topics::Significance { General, Major }
    wit::Level = domain::escalation::Level { Province, City, District, Street, Community }
    voting::ConditionKind = domain::voting::ConditionKind { Quorum, Majority }
    voting::Counted = domain::voting::Counted { Participating, InFavour }
    voting::Whole = domain::voting::Of { Eligible, Participating, ForAndAgainst }
}

open_pairs! {
    topics::Form = domain::topics::Form { OpenDebate, RoundTable, JointMeeting }
    voting::Electorate = domain::voting::Electorate { Residents, Owners, Representatives }
    voting::Method = domain::voting::Method { YesNo }
    voting::Measure = domain::voting::Measure { Heads, FloorArea }
    voting::Secrecy = domain::voting::Secrecy { Open }
    voting::Outcome = domain::voting::Outcome { Passed, Failed, NoQuorum }
    escalation::CaseKind = domain::escalation::CaseKind { Overdue, Unanswered, Unsatisfied, Objection }
}

pub fn descriptor_in(it: describe::Descriptor) -> domain::describe::Descriptor {
    let describe::Descriptor { name, version, locales, configuration_schema, interfaces, laws, extensions: _ } = it;
    domain::describe::Descriptor { name, version, locales, configuration_schema, interfaces, laws }
}

pub fn subject_out(it: &domain::voting::Subject) -> voting::Subject {
    voting::Subject {
        category: it.category.clone(),
        significance: Ours(it.significance).into(),
        matter: it.matter.clone(),
        electorate: Ours(it.electorate).into(),
        eligible_heads: it.eligible_heads.to_string(),
        eligible_floor_area: it.eligible_floor_area.map(|area| area.to_string()),
        extensions: Vec::new(),
    }
}

pub fn rule_in(it: voting::VotingRule) -> Result<domain::voting::VotingRule, PolicyFailure> {
    known(&it.extensions)?;
    let conditions = it.conditions.into_iter().enumerate();
    Ok(domain::voting::VotingRule {
        method: Ours::try_from(it.method).map_err(|it| it.within("method"))?.0,
        conditions: conditions.map(|(i, it)| condition_in(i, it)).collect::<Result<_, _>>()?,
        secrecy: Ours::try_from(it.secrecy).map_err(|it| it.within("secrecy"))?.0,
        notice_hours: it.notice_hours,
        window_hours: it.window_hours,
        laws: it.laws,
        custom: it.custom,
    })
}

pub fn rule_out(it: &domain::voting::VotingRule) -> voting::VotingRule {
    let condition = |it: &domain::voting::Condition| voting::Condition {
        code: it.code.clone(),
        kind: Ours(it.kind).into(),
        measure: Ours(it.measure).into(),
        counted: Ours(it.counted).into(),
        of: Ours(it.of).into(),
        at_least: wit::Fraction { numerator: it.at_least.numerator, denominator: it.at_least.denominator },
        strict: it.strict,
    };
    voting::VotingRule {
        method: Ours(it.method).into(),
        conditions: it.conditions.iter().map(condition).collect(),
        secrecy: Ours(it.secrecy).into(),
        notice_hours: it.notice_hours,
        window_hours: it.window_hours,
        laws: it.laws.clone(),
        custom: it.custom.clone(),
        extensions: Vec::new(),
    }
}

pub fn tally_out(it: &domain::voting::Tally) -> voting::Tally {
    let count = |it: &domain::voting::Count| voting::Count {
        measure: Ours(it.measure).into(),
        eligible: it.eligible.to_string(),
        in_favour: it.in_favour.to_string(),
        against: it.against.to_string(),
        abstained: it.abstained.to_string(),
    };
    voting::Tally { counts: it.counts.iter().map(count).collect(), extensions: Vec::new() }
}

pub fn verdict_in(it: voting::Verdict) -> Result<domain::voting::Verdict, PolicyFailure> {
    known(&it.extensions)?;
    let check = |(i, it): (usize, voting::Check)| -> Result<_, PolicyFailure> {
        Ok(domain::voting::Check {
            counted: amount(&it.counted, || format!("checks[{i}].counted"))?,
            of: amount(&it.of, || format!("checks[{i}].of"))?,
            code: it.code,
            at_least: domain::voting::Fraction::new(it.at_least.numerator, it.at_least.denominator),
            strict: it.strict,
            holds: it.holds,
        })
    };
    Ok(domain::voting::Verdict {
        outcome: Ours::try_from(it.outcome).map_err(|it| it.within("outcome"))?.0,
        checks: it.checks.into_iter().enumerate().map(check).collect::<Result<_, _>>()?,
        reasons: texts(it.reasons),
    })
}

pub fn categories_in(all: Vec<topics::Category>) -> Result<Vec<domain::topics::Category>, PolicyFailure> {
    all.into_iter().enumerate().map(|(i, it)| category_in(i, it)).collect()
}

fn category_in(i: usize, it: topics::Category) -> Result<domain::topics::Category, PolicyFailure> {
    let limit = |it: topics::StageLimit| domain::topics::StageLimit { stage: it.stage, hours: it.hours };
    Ok(domain::topics::Category {
        code: it.code,
        parent: it.parent,
        labels: texts(it.labels),
        significance: Ours::from(it.significance).0,
        form: Ours::try_from(it.form).map_err(|it| it.within(&format!("categories[{i}].form")))?.0,
        stage_hours: it.stage_hours.into_iter().map(limit).collect(),
    })
}

pub fn scored_in(it: topics::Scored) -> domain::topics::Scored {
    domain::topics::Scored { category: it.category, per_mille: it.per_mille }
}

pub fn case_out(it: &domain::escalation::Case) -> escalation::EscalationCase {
    escalation::EscalationCase {
        stage: it.stage.clone(),
        kind: Ours(it.kind).into(),
        hours_late: it.hours_late,
        level: Ours(it.level).into(),
        earlier: it.earlier,
        path: it.path.iter().map(|level| Ours(*level).into()).collect(),
        satisfaction_per_mille: it.satisfaction_per_mille,
        extensions: Vec::new(),
    }
}

pub fn answer_in(it: escalation::Answer) -> domain::escalation::Answer {
    use domain::escalation::Action;
    let action = |it| match it {
        escalation::Action::Notify(it) => Action::Notify { role: it.role, level: Ours::from(it.level).0 },
        escalation::Action::RaiseLevel => Action::RaiseLevel,
        escalation::Action::Whistle(it) => Action::Whistle { departments: it.departments, hours: it.hours },
        escalation::Action::SetDeadline(hours) => Action::SetDeadline { hours },
        escalation::Action::ReopenDeliberation => Action::ReopenDeliberation,
        escalation::Action::OpenFinding(text) => Action::OpenFinding { text },
        escalation::Action::MarkPublic => Action::MarkPublic,
        escalation::Action::Other(name) => Action::Other { name },
    };
    domain::escalation::Answer {
        actions: it.actions.into_iter().map(action).collect(),
        ask_again_hours: it.ask_again_hours,
    }
}

/// A refusal is shown to people, so it must be fit to be shown.
pub fn refused(it: wit::PolicyError) -> PolicyFailure {
    let wit::PolicyError { code, message } = it;
    match answers::refusal(&code, &message) {
        Ok(()) => PolicyFailure::Refused { code, message },
        Err(failure) => failure,
    }
}

fn condition_in(i: usize, it: voting::Condition) -> Result<domain::voting::Condition, PolicyFailure> {
    Ok(domain::voting::Condition {
        code: it.code,
        kind: Ours::from(it.kind).0,
        measure: Ours::try_from(it.measure).map_err(|it| it.within(&format!("conditions[{i}].measure")))?.0,
        counted: Ours::from(it.counted).0,
        of: Ours::from(it.of).0,
        at_least: domain::voting::Fraction::new(it.at_least.numerator, it.at_least.denominator),
        strict: it.strict,
    })
}

/// What a rule or a verdict says beyond the terms must not be passed over.
fn known(extensions: &[(String, String)]) -> Result<(), PolicyFailure> {
    match extensions.first() {
        None => Ok(()),
        Some((name, _)) => Err(PolicyFailure::output("extensions", format!("`{name}` is of no known contract"))),
    }
}

fn texts(texts: Vec<wit::LocalText>) -> Vec<domain::LocalText> {
    texts.into_iter().map(|it| domain::LocalText { locale: it.locale, text: it.text }).collect()
}

fn amount(text: &str, field: impl FnOnce() -> String) -> Result<u64, PolicyFailure> {
    let value: Option<u64> = text.parse().ok().filter(|value| *value <= domain::voting::MAX_INTEGER);
    // One written form: what differs from its own number has a sign or leading zeros.
    let value = value.filter(|it| it.to_string() == text);
    value.ok_or_else(|| PolicyFailure::output(field(), format!("`{text}` is not an amount")))
}
