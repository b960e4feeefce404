//! What votes come to, and the verdict on it.

use serde::{Deserialize, Serialize};

use crate::{
    LocalText,
    voting::{Fraction, Measure},
};

/// A count by one measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// What was counted.
    pub measure: Measure,
    /// The whole roll.
    pub eligible: u64,
    /// In favour of the proposal; in a choice among options, those that name one.
    pub in_favour: u64,
    /// Against.
    pub against: u64,
    /// Abstained.
    pub abstained: u64,
    /// Papers that say nothing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub blank: u64,
    /// Papers that cannot be read, or say what they may not.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub spoiled: u64,
}

impl Count {
    /// A roll of which nobody has voted.
    pub const fn of(measure: Measure, eligible: u64) -> Self {
        Self { measure, eligible, in_favour: 0, against: 0, abstained: 0, blank: 0, spoiled: 0 }
    }

    /// All who voted but for blank and spoiled papers.
    pub const fn valid(&self) -> u64 {
        self.in_favour + self.against + self.abstained
    }

    /// All who voted, whatever their vote says.
    pub const fn participating(&self) -> u64 {
        self.valid() + self.blank + self.spoiled
    }
}

/// How an option came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// Its code.
    pub code: String,
    /// By the selection's measure, those in support of it: who approve of it, give it points or rank it first.
    pub support: u64,
    /// Its points; as its support where the method gives none.
    pub score: u64,
    /// Whether it is chosen, by the rule's own terms.
    pub chosen: bool,
}

/// What the papers say, alike papers together, as parallel lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// How many options each paper names.
    pub lengths: Vec<u32>,
    /// The options that they name, as places in the list of standings, one paper after another; in a ranking the best first.
    pub options: Vec<u32>,
    /// The points of each; empty unless points are given.
    pub points: Vec<u32>,
    /// What each paper weighs, with all that are alike.
    pub weights: Vec<u64>,
}

impl Profile {
    /// The most papers that differ; with more there is no profile.
    pub const MOST_PAPERS: usize = 4_096;
}

/// The tally of a ballot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// One count a measure.
    pub counts: Vec<Count>,
    /// One an option, in the published order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub standings: Vec<Standing>,
    /// There where the rule has logic beyond the terms, and not more than [`Profile::MOST_PAPERS`] different papers were cast.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
}

impl Tally {
    /// The tally of a ballot on one proposal.
    pub const fn of(counts: Vec<Count>) -> Self {
        Self { counts, standings: Vec::new(), profile: None }
    }
}

/// What became of a ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every condition held.
    Passed,
    /// The vote was valid, and a majority was missing or nothing was chosen.
    Failed,
    /// Too few took part: the vote is not valid.
    NoQuorum,
    /// Every condition held, and another round follows.
    NextRound,
}

/// One condition with the figures that it came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The condition's code.
    pub code: String,
    /// The numerator; of a threshold, that of the option with the most support.
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

impl Check {
    /// Its figures, as people read them, such as `8 of 10, more than 1/2`.
    pub fn figures(&self) -> String {
        let share = if self.strict { "more than" } else { "at least" };
        let Fraction { numerator, denominator } = self.at_least;
        format!("{} of {}, {share} {numerator}/{denominator}", self.counted, self.of)
    }
}

/// The verdict on a ballot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// What became of it.
    pub outcome: Outcome,
    /// Each condition with its figures, in the rule's order.
    pub checks: Vec<Check>,
    /// The codes of the options that are chosen, in the published order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub winners: Vec<String>,
    /// Reasons in words, for people.
    pub reasons: Vec<LocalText>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_zero(it: &u64) -> bool {
    *it == 0
}
