//! Between the contract's types and the evaluator's.

mod rules;

use std::marker::PhantomData;

use yishi_domain as domain;

use crate::{
    Interfaces, Policy, PolicyError,
    bindings::{
        describe::{exports::yishi::policy::describe, yishi::policy::types as wit},
        escalation::exports::yishi::policy::escalation,
        topics::exports::yishi::policy::topics,
        voting::exports::yishi::policy::voting,
    },
};

/// The component's exports, answered by a [`Policy`].
pub struct Exported<P>(PhantomData<P>);

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

/// Pairs the cases of an enumeration that may grow; a case of a later contract is refused.
macro_rules! open_pairs {
    ($($theirs:ty = $ours:ty { $($case:ident),* $(,)? })*) => {$(
        impl TryFrom<$theirs> for Ours<$ours> {
            type Error = wit::PolicyError;

            fn try_from(it: $theirs) -> Result<Self, wit::PolicyError> {
                type Theirs = $theirs;
                match it {
                    $(<$theirs>::$case => Ok(Ours(<$ours>::$case)),)*
                    Theirs::Other(name) => Err(error(PolicyError::new("contract.unknown_case", name))),
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

/// One of the evaluator's types, so that conversions can be written here.
struct Ours<T>(T);

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

impl<P: Policy + Interfaces> describe::Guest for Exported<P> {
    fn describe() -> describe::Descriptor {
        let domain::describe::Descriptor { name, version, locales, configuration_schema, interfaces: _, laws } =
            P::describe();
        let interfaces = P::INTERFACES.iter().map(|it| (*it).to_owned()).collect();
        describe::Descriptor { name, version, locales, configuration_schema, interfaces, laws, extensions: Vec::new() }
    }
}

impl<P: Policy> topics::Guest for Exported<P> {
    fn categories(config: String) -> Vec<topics::Category> {
        let category = |it: domain::topics::Category| topics::Category {
            code: it.code,
            parent: it.parent,
            labels: texts(it.labels),
            significance: Ours(it.significance).into(),
            form: Ours(it.form).into(),
            stage_hours: it
                .stage_hours
                .into_iter()
                .map(|it| topics::StageLimit { stage: it.stage, hours: it.hours })
                .collect(),
            extensions: Vec::new(),
        };
        P::categories(&config).into_iter().map(category).collect()
    }

    fn classify(config: String, topic: topics::Topic) -> Vec<topics::Scored> {
        let text = domain::topics::TopicText { title: topic.title, body: topic.body };
        let scored = |it: domain::topics::Scored| topics::Scored { category: it.category, per_mille: it.per_mille };
        P::classify(&config, &text).into_iter().map(scored).collect()
    }
}

impl<P: Policy> voting::Guest for Exported<P> {
    fn rule(config: String, subject: voting::Subject) -> Result<voting::VotingRule, wit::PolicyError> {
        let option = |it: voting::ChoiceOption| -> Result<_, wit::PolicyError> {
            Ok(domain::voting::ChoiceOption { code: it.code, cost: it.cost.as_deref().map(amount).transpose()? })
        };
        let subject = domain::voting::Subject {
            category: subject.category,
            significance: Ours::from(subject.significance).0,
            matter: subject.matter,
            electorate: Ours::try_from(subject.electorate)?.0,
            eligible_heads: amount(&subject.eligible_heads)?,
            eligible_floor_area: subject.eligible_floor_area.as_deref().map(amount).transpose()?,
            options: subject.options.into_iter().map(option).collect::<Result<_, _>>()?,
            budget: subject.budget.as_deref().map(amount).transpose()?,
            round: subject.round,
        };
        P::rule(&config, &subject).map(rules::rule_out).map_err(error)
    }

    fn decide(
        config: String,
        rule: voting::VotingRule,
        tally: voting::Tally,
    ) -> Result<voting::Verdict, wit::PolicyError> {
        let verdict = P::verdict(&config, &rules::rule_in(rule)?, &tally_in(tally)?).map_err(error)?;
        let check = |it: domain::voting::Check| voting::Check {
            code: it.code,
            counted: it.counted.to_string(),
            of: it.of.to_string(),
            at_least: fraction_out(it.at_least),
            strict: it.strict,
            holds: it.holds,
        };
        Ok(voting::Verdict {
            outcome: Ours(verdict.outcome).into(),
            checks: verdict.checks.into_iter().map(check).collect(),
            winners: verdict.winners,
            reasons: texts(verdict.reasons),
            extensions: Vec::new(),
        })
    }
}

impl<P: Policy> escalation::Guest for Exported<P> {
    fn assess(config: String, case: escalation::EscalationCase) -> Result<escalation::Answer, wit::PolicyError> {
        let case = domain::escalation::Case {
            stage: case.stage,
            kind: Ours::try_from(case.kind)?.0,
            hours_late: case.hours_late,
            level: Ours::from(case.level).0,
            earlier: case.earlier,
            path: case.path.into_iter().map(|level| Ours::from(level).0).collect(),
            satisfaction_per_mille: case.satisfaction_per_mille,
        };
        let answer = P::assess(&config, &case).map_err(error)?;
        let actions = answer.actions.into_iter().map(action).collect();
        Ok(escalation::Answer { actions, ask_again_hours: answer.ask_again_hours, extensions: Vec::new() })
    }
}

fn action(it: domain::escalation::Action) -> escalation::Action {
    use domain::escalation::Action;
    match it {
        Action::Notify { role, level } => {
            escalation::Action::Notify(escalation::Notice { role, level: Ours(level).into() })
        }
        Action::RaiseLevel => escalation::Action::RaiseLevel,
        Action::Whistle { departments, hours } => {
            escalation::Action::Whistle(escalation::Whistle { departments, hours })
        }
        Action::SetDeadline { hours } => escalation::Action::SetDeadline(hours),
        Action::ReopenDeliberation => escalation::Action::ReopenDeliberation,
        Action::OpenFinding { text } => escalation::Action::OpenFinding(text),
        Action::MarkPublic => escalation::Action::MarkPublic,
        Action::Other { name } => escalation::Action::Other(name),
    }
}

fn tally_in(it: voting::Tally) -> Result<domain::voting::Tally, wit::PolicyError> {
    let count = |it: voting::Count| -> Result<_, wit::PolicyError> {
        Ok(domain::voting::Count {
            measure: Ours::try_from(it.measure)?.0,
            eligible: amount(&it.eligible)?,
            in_favour: amount(&it.in_favour)?,
            against: amount(&it.against)?,
            abstained: amount(&it.abstained)?,
            blank: amount(&it.blank)?,
            spoiled: amount(&it.spoiled)?,
        })
    };
    let standing = |it: voting::Standing| -> Result<_, wit::PolicyError> {
        let (support, score) = (amount(&it.support)?, amount(&it.score)?);
        Ok(domain::voting::Standing { code: it.code, support, score, chosen: it.chosen })
    };
    let profile = |it: voting::Profile| -> Result<_, wit::PolicyError> {
        let weights = it.weights.iter().map(|it| amount(it)).collect::<Result<_, _>>()?;
        Ok(domain::voting::Profile { lengths: it.lengths, options: it.options, points: it.points, weights })
    };
    Ok(domain::voting::Tally {
        counts: it.counts.into_iter().map(count).collect::<Result<_, _>>()?,
        standings: it.standings.into_iter().map(standing).collect::<Result<_, _>>()?,
        profile: it.profile.map(profile).transpose()?,
    })
}

fn fraction_out(it: domain::voting::Fraction) -> wit::Fraction {
    wit::Fraction { numerator: it.numerator, denominator: it.denominator }
}

fn texts(texts: Vec<domain::LocalText>) -> Vec<wit::LocalText> {
    texts.into_iter().map(|it| wit::LocalText { locale: it.locale, text: it.text }).collect()
}

fn amount(text: &str) -> Result<u64, wit::PolicyError> {
    text.parse().map_err(|_| error(PolicyError::new("amount.malformed", format!("`{text}` is not a decimal integer"))))
}

fn error(it: PolicyError) -> wit::PolicyError {
    wit::PolicyError { code: it.code, message: it.message }
}
