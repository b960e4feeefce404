//! A ballot's rule, its tally and its verdict as they are published.

use poem_openapi::Object;
use yishi_domain::voting;

use crate::resources::{codes::wire_enum, topics::LocalText};

wire_enum! {
    /// What is counted.
    Measure = voting::Measure {
        /// Heads.
        Heads,
        /// Exclusive floor area, in hundredths of a square metre.
        FloorArea,
    }
}

wire_enum! {
    /// What follows when a condition does not hold.
    ConditionKind = voting::ConditionKind {
        /// Without it the vote is not valid.
        Quorum,
        /// Without it the proposal fails.
        Majority,
    }
}

wire_enum! {
    /// The numerator of a condition.
    Counted = voting::Counted {
        /// All who voted, abstentions included.
        Participating,
        /// The votes in favour.
        InFavour,
    }
}

wire_enum! {
    /// The denominator of a condition.
    Of = voting::Of {
        /// The whole roll.
        Eligible,
        /// All who voted, abstentions included.
        Participating,
        /// The votes in favour and against.
        ForAndAgainst,
    }
}

wire_enum! {
    /// What became of a ballot.
    Outcome = voting::Outcome {
        /// Every condition held.
        Passed,
        /// The vote was valid and a majority was missing.
        Failed,
        /// Too few took part.
        NoQuorum,
    }
}

/// An exact fraction.
#[derive(Clone, Copy, Debug, Object)]
pub struct Fraction {
    /// The numerator.
    pub numerator: u32,
    /// The denominator.
    pub denominator: u32,
}

/// One condition: a share of something must reach a fraction.
#[derive(Debug, Object)]
pub struct Condition {
    /// Its code, unique in the rule.
    pub code: String,
    /// What follows when it does not hold.
    pub kind: ConditionKind,
    /// What is counted.
    pub measure: Measure,
    /// The numerator.
    pub counted: Counted,
    /// The denominator.
    pub of: Of,
    /// The share to reach.
    pub at_least: Fraction,
    /// Whether it must be exceeded, not only reached.
    pub strict: bool,
}

/// The rule of a ballot, published before the first vote and binding from then on.
#[derive(Debug, Object)]
pub struct VotingRule {
    /// All must hold, quorums first.
    pub conditions: Vec<Condition>,
    /// Hours between publishing the rule and the first vote.
    pub notice_hours: u32,
    /// Hours for which the ballot takes votes.
    pub window_hours: u32,
    /// The laws it follows, each with its edition.
    pub laws: Vec<String>,
    /// Logic beyond these terms, in words; then the rule set's own verdict stands.
    #[oai(skip_serializing_if_is_none)]
    pub custom: Option<String>,
}

/// A count by one measure.
#[derive(Debug, Object)]
pub struct Count {
    /// What was counted.
    pub measure: Measure,
    /// The whole roll.
    pub eligible: u64,
    /// In favour.
    pub in_favour: u64,
    /// Against.
    pub against: u64,
    /// Abstained.
    pub abstained: u64,
}

/// A condition with the figures that it came to.
#[derive(Debug, Object)]
pub struct Check {
    /// The condition's code.
    pub code: String,
    /// The numerator.
    pub counted: u64,
    /// The denominator.
    pub of: u64,
    /// The share to reach.
    pub at_least: Fraction,
    /// Whether it must be exceeded.
    pub strict: bool,
    /// Whether it held.
    pub holds: bool,
}

/// The verdict on a ballot, with every figure that led to it.
#[derive(Debug, Object)]
pub struct Verdict {
    /// What became of it.
    pub outcome: Outcome,
    /// Each condition with its figures, in the rule's order.
    pub checks: Vec<Check>,
    /// Reasons in words.
    pub reasons: Vec<LocalText>,
}

impl From<voting::Fraction> for Fraction {
    fn from(it: voting::Fraction) -> Self {
        Self { numerator: it.numerator, denominator: it.denominator }
    }
}

impl From<voting::Condition> for Condition {
    fn from(it: voting::Condition) -> Self {
        Self {
            code: it.code,
            kind: it.kind.into(),
            measure: it.measure.into(),
            counted: it.counted.into(),
            of: it.of.into(),
            at_least: it.at_least.into(),
            strict: it.strict,
        }
    }
}

impl From<voting::VotingRule> for VotingRule {
    fn from(it: voting::VotingRule) -> Self {
        Self {
            conditions: it.conditions.into_iter().map(Condition::from).collect(),
            notice_hours: it.notice_hours,
            window_hours: it.window_hours,
            laws: it.laws,
            custom: it.custom,
        }
    }
}

impl From<voting::Count> for Count {
    fn from(it: voting::Count) -> Self {
        let voting::Count { measure, eligible, in_favour, against, abstained } = it;
        Self { measure: measure.into(), eligible, in_favour, against, abstained }
    }
}

impl From<voting::Check> for Check {
    fn from(it: voting::Check) -> Self {
        let voting::Check { code, counted, of, at_least, strict, holds } = it;
        Self { code, counted, of, at_least: at_least.into(), strict, holds }
    }
}

impl From<voting::Verdict> for Verdict {
    fn from(it: voting::Verdict) -> Self {
        Self {
            outcome: it.outcome.into(),
            checks: it.checks.into_iter().map(Check::from).collect(),
            reasons: it.reasons.into_iter().map(LocalText::from).collect(),
        }
    }
}
