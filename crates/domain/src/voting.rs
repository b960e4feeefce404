//! The rule of a ballot, its tally, and the exact evaluation of one by the other.
//!
//! Everything is an integer. Fractions are compared by cross-multiplication in 128 bits, so no rounding can decide a ballot.

use serde::{Deserialize, Serialize};

use crate::{LocalText, topics::Significance};

/// The largest integer that every JSON reader holds exactly, 2^53 - 1 (RFC 8259, section 6).
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Finds a number that is not an integer within [`MAX_INTEGER`]: RFC 8785 writes numbers as binary floating point, where larger ones merge.
pub fn inexact_number(value: &serde_json::Value) -> Option<&serde_json::Number> {
    use serde_json::Value;
    match value {
        Value::Number(number) => {
            let exact = number.as_i64().is_some_and(|it| it.unsigned_abs() <= MAX_INTEGER);
            (!exact).then_some(number)
        }
        Value::Array(items) => items.iter().find_map(inexact_number),
        Value::Object(members) => members.values().find_map(inexact_number),
        Value::Null | Value::Bool(_) | Value::String(_) => None,
    }
}

/// An exact fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fraction {
    /// The numerator.
    pub numerator: u32,
    /// The denominator, above zero.
    pub denominator: u32,
}

impl Fraction {
    /// Names a fraction.
    pub const fn new(numerator: u32, denominator: u32) -> Self {
        Self { numerator, denominator }
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Heads: each voting unit counts as many as the roll says, mostly one.
    Heads,
    /// Exclusive floor area, in hundredths of a square metre.
    FloorArea,
}

/// The numerator of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// All who voted, abstentions included.
    Participating,
    /// The votes in favour.
    InFavour,
}

/// The denominator of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// The whole roll.
    Eligible,
    /// All who voted, abstentions included.
    Participating,
    /// The votes in favour and against; abstentions do not count.
    ForAndAgainst,
}

/// What follows when a condition does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionKind {
    /// Without it the vote is not valid.
    Quorum,
    /// Without it the proposal fails.
    Majority,
}

/// One condition: a share of something must reach a fraction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Stable code, unique in the rule.
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
    /// Whether the share must be exceeded, not only reached.
    pub strict: bool,
}

/// How a ballot is cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// In favour, against, or abstained.
    YesNo,
}

/// Who can see a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Secrecy {
    /// Votes are recorded with their voting unit.
    Open,
}

/// The rule of a ballot, published before the first vote and binding from then on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VotingRule {
    /// How a ballot is cast.
    pub method: Method,
    /// All must hold, quorums first.
    pub conditions: Vec<Condition>,
    /// Who can see a vote.
    pub secrecy: Secrecy,
    /// Hours between publishing the rule and the first vote.
    pub notice_hours: u32,
    /// Hours for which the ballot stays open.
    pub window_hours: u32,
    /// The laws it follows, each with its edition.
    pub laws: Vec<String>,
    /// Logic beyond these terms, in words; then the rule set's own verdict stands.
    pub custom: Option<String>,
}

/// Who votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Electorate {
    /// The residents.
    Residents,
    /// The owners of a building.
    Owners,
    /// Representatives.
    Representatives,
}

/// What a rule is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The topic's category.
    pub category: String,
    /// The topic's significance.
    pub significance: Significance,
    /// The matter in the terms of the law, such as `change_use_of_common_parts`, where the rule needs it.
    pub matter: Option<String>,
    /// Who votes.
    pub electorate: Electorate,
    /// Heads on the roll.
    pub eligible_heads: u64,
    /// Floor area on the roll in hundredths of a square metre, where every voting unit states one.
    pub eligible_floor_area: Option<u64>,
}

/// What one voting unit says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// In favour.
    InFavour,
    /// Against.
    Against,
    /// Abstained: takes part, decides neither way.
    Abstained,
}

/// A count by one measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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

/// The tally of a ballot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// One count a measure.
    pub counts: Vec<Count>,
}

/// What became of a ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every condition held.
    Passed,
    /// The vote was valid and a majority was missing.
    Failed,
    /// Too few took part: the vote is not valid.
    NoQuorum,
}

/// One condition with the figures that it came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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

/// The verdict on a ballot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// What became of it.
    pub outcome: Outcome,
    /// Each condition with its figures, in the rule's order.
    pub checks: Vec<Check>,
    /// Reasons in words, for people.
    pub reasons: Vec<LocalText>,
}

/// A rule or a tally that cannot be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// No condition at all.
    #[error("a rule needs at least one majority condition")]
    NoMajority,
    /// A code is used twice.
    #[error("condition `{0}` appears twice")]
    DuplicateCode(String),
    /// A code is empty.
    #[error("a condition has no code")]
    EmptyCode,
    /// A fraction is not between zero and one.
    #[error("the share of condition `{0}` must lie between 0 and 1 with a denominator above 0")]
    BadFraction(String),
    /// More than everything is asked for.
    #[error("condition `{0}` asks for more than the whole")]
    Unreachable(String),
    /// A quorum of those who take part is always met.
    #[error("quorum `{0}` must be a share of the eligible")]
    QuorumOfParticipants(String),
    /// A majority that does not count votes in favour.
    #[error("majority `{0}` must count the votes in favour")]
    MajorityWithoutVotes(String),
    /// The window is empty.
    #[error("the ballot must be open for at least one hour and at most a year")]
    BadWindow,
    /// The notice is too long.
    #[error("the notice may be a year at most")]
    BadNotice,
    /// The tally lacks a measure.
    #[error("the tally does not count {0:?}")]
    MissingMeasure(Measure),
    /// The tally counts a measure twice.
    #[error("the tally counts {0:?} twice")]
    DuplicateMeasure(Measure),
    /// More votes than voters.
    #[error("more {0:?} voted than the roll holds")]
    Overfull(Measure),
    /// An integer beyond 2^53 - 1.
    #[error("a count of {0:?} exceeds 2^53 - 1")]
    TooLarge(Measure),
}

const YEAR_HOURS: u32 = 366 * 24;

/// Lists everything that is wrong with a rule.
pub fn validate_rule(rule: &VotingRule) -> Result<(), Vec<RuleError>> {
    let mut errors = Vec::new();
    for (i, condition) in rule.conditions.iter().enumerate() {
        let code = || condition.code.clone();
        let Fraction { numerator, denominator } = condition.at_least;
        if condition.code.is_empty() {
            errors.push(RuleError::EmptyCode);
        }
        if rule.conditions[..i].iter().any(|earlier| earlier.code == condition.code) {
            errors.push(RuleError::DuplicateCode(code()));
        }
        if denominator == 0 || numerator > denominator {
            errors.push(RuleError::BadFraction(code()));
        } else if condition.strict && numerator == denominator {
            errors.push(RuleError::Unreachable(code()));
        }
        match condition.kind {
            ConditionKind::Quorum if condition.of != Of::Eligible => {
                errors.push(RuleError::QuorumOfParticipants(code()))
            }
            ConditionKind::Majority if condition.counted != Counted::InFavour => {
                errors.push(RuleError::MajorityWithoutVotes(code()));
            }
            ConditionKind::Quorum | ConditionKind::Majority => {}
        }
    }
    let decides = rule.conditions.iter().any(|condition| condition.kind == ConditionKind::Majority);
    if !decides && rule.custom.is_none() {
        errors.push(RuleError::NoMajority);
    }
    if rule.window_hours == 0 || rule.window_hours > YEAR_HOURS {
        errors.push(RuleError::BadWindow);
    }
    if rule.notice_hours > YEAR_HOURS {
        errors.push(RuleError::BadNotice);
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Evaluates a rule on a tally: a missing quorum makes the vote invalid, a missing majority makes the proposal fail.
///
/// Every condition is answered, also after one that does not hold. The denominator zero holds nothing. Reasons are left empty.
pub fn evaluate(rule: &VotingRule, tally: &Tally) -> Result<Verdict, RuleError> {
    validate_tally(tally)?;
    let mut outcome = Outcome::Passed;
    let mut checks = Vec::with_capacity(rule.conditions.len());
    for condition in &rule.conditions {
        if condition.at_least.denominator == 0 {
            return Err(RuleError::BadFraction(condition.code.clone()));
        }
        let check = check(condition, count_of(tally, condition.measure)?);
        if !check.holds {
            outcome = match (condition.kind, outcome) {
                (ConditionKind::Quorum, _) | (_, Outcome::NoQuorum) => Outcome::NoQuorum,
                (ConditionKind::Majority, _) => Outcome::Failed,
            };
        }
        checks.push(check);
    }
    Ok(Verdict { outcome, checks, reasons: Vec::new() })
}

/// Tells whether a share reaches a fraction, exactly.
pub fn reaches(counted: u64, of: u64, at_least: Fraction, strict: bool) -> bool {
    let left = u128::from(counted) * u128::from(at_least.denominator);
    let right = u128::from(of) * u128::from(at_least.numerator);
    of > 0 && if strict { left > right } else { left >= right }
}

fn check(condition: &Condition, count: &Count) -> Check {
    let participating = count.in_favour + count.against + count.abstained;
    let counted = match condition.counted {
        Counted::Participating => participating,
        Counted::InFavour => count.in_favour,
    };
    let of = match condition.of {
        Of::Eligible => count.eligible,
        Of::Participating => participating,
        Of::ForAndAgainst => count.in_favour + count.against,
    };
    Check {
        code: condition.code.clone(),
        counted,
        of,
        at_least: condition.at_least,
        strict: condition.strict,
        holds: reaches(counted, of, condition.at_least, condition.strict),
    }
}

fn count_of(tally: &Tally, measure: Measure) -> Result<&Count, RuleError> {
    tally.counts.iter().find(|count| count.measure == measure).ok_or(RuleError::MissingMeasure(measure))
}

fn validate_tally(tally: &Tally) -> Result<(), RuleError> {
    for (i, count) in tally.counts.iter().enumerate() {
        if tally.counts[..i].iter().any(|earlier| earlier.measure == count.measure) {
            return Err(RuleError::DuplicateMeasure(count.measure));
        }
        if [count.eligible, count.in_favour, count.against, count.abstained].iter().any(|n| *n > MAX_INTEGER) {
            return Err(RuleError::TooLarge(count.measure));
        }
        if count.in_favour + count.against + count.abstained > count.eligible {
            return Err(RuleError::Overfull(count.measure));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
