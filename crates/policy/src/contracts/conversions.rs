//! Between the contract's types and the domain's; what a rule set answers is checked on the way in.

use yishi_domain as domain;

use super::bindings::{
    exports::yishi::policy::{describe, escalation, topics, voting},
    yishi::policy::types as wit,
};
use crate::{PolicyFailure, answers};

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
    voting::ConditionKind = domain::voting::ConditionKind { Quorum, Majority, Threshold }
    voting::Counted = domain::voting::Counted { Participating, InFavour }
    voting::Whole = domain::voting::Of { Eligible, Participating, Valid, ForAndAgainst }
    voting::Utility = domain::voting::Utility { Cost, Number, Points }
    voting::Completion = domain::voting::Completion { None, RaiseShares, ByScores }
}

open_pairs! {
    topics::Form = domain::topics::Form { OpenDebate, RoundTable, JointMeeting }
    voting::Electorate = domain::voting::Electorate {
        Residents, Households, Owners, PartyMembers, CouncilMembers, VillagerRepresentatives, Representatives,
    }
    voting::Measure = domain::voting::Measure { Heads, FloorArea }
    voting::Secrecy = domain::voting::Secrecy { Open, Secret }
    voting::Outcome = domain::voting::Outcome { Passed, Failed, NoQuorum, NextRound }
    voting::Tie = domain::voting::Tie { ListedFirst, CheaperFirst, NoneChosen }
    escalation::CaseKind = domain::escalation::CaseKind { Overdue, Unanswered, Unsatisfied, Objection }
}

pub fn descriptor_in(it: describe::Descriptor) -> domain::describe::Descriptor {
    let describe::Descriptor { name, version, locales, configuration_schema, interfaces, laws, extensions: _ } = it;
    domain::describe::Descriptor { name, version, locales, configuration_schema, interfaces, laws }
}

pub fn subject_out(it: &domain::voting::Subject) -> voting::Subject {
    let option = |it: &domain::voting::ChoiceOption| voting::ChoiceOption {
        code: it.code.clone(),
        cost: it.cost.map(|cost| cost.to_string()),
    };
    voting::Subject {
        category: it.category.clone(),
        significance: Ours(it.significance).into(),
        matter: it.matter.clone(),
        electorate: Ours(it.electorate).into(),
        eligible_heads: it.eligible_heads.to_string(),
        eligible_floor_area: it.eligible_floor_area.map(|area| area.to_string()),
        options: it.options.iter().map(option).collect(),
        budget: it.budget.map(|budget| budget.to_string()),
        round: it.round,
        extensions: Vec::new(),
    }
}

pub fn rule_in(it: voting::VotingRule) -> Result<domain::voting::VotingRule, PolicyFailure> {
    known(&it.extensions)?;
    let conditions = it.conditions.into_iter().enumerate();
    let extension = |it: voting::Extension| domain::voting::Extension { hours: it.hours, times: it.times };
    let round = |(i, it): (usize, voting::Round)| -> Result<_, PolicyFailure> {
        let electorate = Ours::try_from(it.electorate).map_err(|it| it.within(&format!("rounds[{i}].electorate")))?.0;
        Ok(domain::voting::Round { code: it.code, electorate })
    };
    Ok(domain::voting::VotingRule {
        method: method_in(it.method)?,
        conditions: conditions.map(|(i, it)| condition_in(i, it)).collect::<Result<_, _>>()?,
        selection: it.selection.map(selection_in).transpose()?,
        secrecy: Ours::try_from(it.secrecy).map_err(|it| it.within("secrecy"))?.0,
        change_of_vote: it.change_of_vote,
        mandates_per_proxy: it.mandates_per_proxy,
        notice_hours: it.notice_hours,
        window_hours: it.window_hours,
        extension: it.extension.map(extension),
        publication_hours: it.publication_hours,
        rounds: it.rounds.into_iter().enumerate().map(round).collect::<Result<_, _>>()?,
        round: it.round,
        laws: it.laws,
        custom: it.custom,
    })
}

fn method_in(it: voting::Method) -> Result<domain::voting::Method, PolicyFailure> {
    use domain::voting::Method;
    match it {
        voting::Method::YesNo => Ok(Method::YesNo),
        voting::Method::Approval(most) => Ok(Method::Approval(most)),
        voting::Method::Cumulative(points) => Ok(Method::Cumulative(points)),
        voting::Method::Ranked(most) => Ok(Method::Ranked(most)),
        voting::Method::Other(name) => Err(Unknown(name).within("method")),
    }
}

fn selection_in(it: voting::Selection) -> Result<domain::voting::Selection, PolicyFailure> {
    use domain::voting::{EqualShares, Procedure};
    let budget = |text: &str| amount(text, || "selection.procedure".into());
    let procedure = match it.procedure {
        voting::Procedure::MostVotes(seats) => Procedure::MostVotes(seats),
        voting::Procedure::Schulze(seats) => Procedure::Schulze(seats),
        voting::Procedure::InstantRunoff => Procedure::InstantRunoff,
        voting::Procedure::GreedySkip(it) => Procedure::GreedySkip(budget(&it)?),
        voting::Procedure::GreedyStop(it) => Procedure::GreedyStop(budget(&it)?),
        voting::Procedure::EqualShares(it) => Procedure::EqualShares(EqualShares {
            budget: budget(&it.budget)?,
            utility: Ours::from(it.utility).0,
            completion: Ours::from(it.completion).0,
        }),
        voting::Procedure::Other(name) => return Err(Unknown(name).within("selection.procedure")),
    };
    Ok(domain::voting::Selection {
        measure: Ours::try_from(it.measure).map_err(|it| it.within("selection.measure"))?.0,
        procedure,
        tie: Ours::try_from(it.tie).map_err(|it| it.within("selection.tie"))?.0,
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
    let round =
        |it: &domain::voting::Round| voting::Round { code: it.code.clone(), electorate: Ours(it.electorate).into() };
    voting::VotingRule {
        method: method_out(it.method),
        conditions: it.conditions.iter().map(condition).collect(),
        selection: it.selection.map(selection_out),
        secrecy: Ours(it.secrecy).into(),
        change_of_vote: it.change_of_vote,
        mandates_per_proxy: it.mandates_per_proxy,
        notice_hours: it.notice_hours,
        window_hours: it.window_hours,
        extension: it.extension.map(|it| voting::Extension { hours: it.hours, times: it.times }),
        publication_hours: it.publication_hours,
        rounds: it.rounds.iter().map(round).collect(),
        round: it.round,
        laws: it.laws.clone(),
        custom: it.custom.clone(),
        extensions: Vec::new(),
    }
}

fn method_out(it: domain::voting::Method) -> voting::Method {
    use domain::voting::Method;
    match it {
        Method::YesNo => voting::Method::YesNo,
        Method::Approval(most) => voting::Method::Approval(most),
        Method::Cumulative(points) => voting::Method::Cumulative(points),
        Method::Ranked(most) => voting::Method::Ranked(most),
    }
}

fn selection_out(it: domain::voting::Selection) -> voting::Selection {
    use domain::voting::Procedure;
    let procedure = match it.procedure {
        Procedure::MostVotes(seats) => voting::Procedure::MostVotes(seats),
        Procedure::Schulze(seats) => voting::Procedure::Schulze(seats),
        Procedure::InstantRunoff => voting::Procedure::InstantRunoff,
        Procedure::GreedySkip(budget) => voting::Procedure::GreedySkip(budget.to_string()),
        Procedure::GreedyStop(budget) => voting::Procedure::GreedyStop(budget.to_string()),
        Procedure::EqualShares(it) => voting::Procedure::EqualShares(voting::EqualShares {
            budget: it.budget.to_string(),
            utility: Ours(it.utility).into(),
            completion: Ours(it.completion).into(),
        }),
    };
    voting::Selection { measure: Ours(it.measure).into(), procedure, tie: Ours(it.tie).into() }
}

pub fn tally_out(it: &domain::voting::Tally) -> voting::Tally {
    let count = |it: &domain::voting::Count| voting::Count {
        measure: Ours(it.measure).into(),
        eligible: it.eligible.to_string(),
        in_favour: it.in_favour.to_string(),
        against: it.against.to_string(),
        abstained: it.abstained.to_string(),
        blank: it.blank.to_string(),
        spoiled: it.spoiled.to_string(),
    };
    let standing = |it: &domain::voting::Standing| voting::Standing {
        code: it.code.clone(),
        support: it.support.to_string(),
        score: it.score.to_string(),
        chosen: it.chosen,
    };
    let profile = |it: &domain::voting::Profile| voting::Profile {
        lengths: it.lengths.clone(),
        options: it.options.clone(),
        points: it.points.clone(),
        weights: it.weights.iter().map(u64::to_string).collect(),
    };
    voting::Tally {
        counts: it.counts.iter().map(count).collect(),
        standings: it.standings.iter().map(standing).collect(),
        profile: it.profile.as_ref().map(profile),
        extensions: Vec::new(),
    }
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
        winners: it.winners,
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

pub fn topic_out(it: &domain::topics::TopicText) -> topics::Topic {
    topics::Topic { title: it.title.clone(), body: it.body.clone(), extensions: Vec::new() }
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
