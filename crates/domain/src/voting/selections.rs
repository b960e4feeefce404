//! How options are chosen among.

use serde::{Deserialize, Serialize};

use crate::voting::Measure;

/// How options are chosen among.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// What a voting unit weighs.
    pub measure: Measure,
    /// How options are chosen.
    pub procedure: Procedure,
    /// Which of options that come out equal goes before.
    pub tie: Tie,
}

/// How options are chosen. Budgets are in fen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Procedure {
    /// So many of those with the highest scores.
    MostVotes(u32),
    /// So many of the first by the Schulze method (Schulze 2011, doi 10.1007/s00355-010-0475-4), measured by winning votes.
    Schulze(u32),
    /// One, by eliminating the last until one has more than half.
    InstantRunoff,
    /// In the order of scores, passing over what the rest of the budget does not reach.
    GreedySkip(u64),
    /// In the order of scores, up to the first that the rest of the budget does not reach.
    GreedyStop(u64),
    /// The method of equal shares.
    EqualShares(EqualShares),
}

impl Procedure {
    /// What may be spent; none where nothing is.
    pub const fn budget(&self) -> Option<u64> {
        match self {
            Self::GreedySkip(budget) | Self::GreedyStop(budget) | Self::EqualShares(EqualShares { budget, .. }) => {
                Some(*budget)
            }
            Self::MostVotes(_) | Self::Schulze(_) | Self::InstantRunoff => None,
        }
    }
}

/// The method of equal shares (Peters, Pierczyński and Skowron, NeurIPS 2021, arXiv 2008.13276).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EqualShares {
    /// In fen.
    pub budget: u64,
    /// What an option is worth to a voter who supports it.
    pub utility: Utility,
    /// What is done with money that is left.
    pub completion: Completion,
}

/// What an option is worth to a voter who supports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Utility {
    /// Its cost.
    Cost,
    /// One.
    Number,
    /// The points that the voter gave it.
    Points,
}

/// What is done with money that equal shares leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completion {
    /// It is left.
    None,
    /// Everybody's share is raised, by a hundredth of the first one at a time, until nothing more would fit the budget, or what would be chosen
    /// no longer does.
    RaiseShares,
    /// It goes to the other options in the order of scores, as far as it reaches.
    ByScores,
}

/// Which of options that come out equal goes before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tie {
    /// The one that stands earlier in the published order.
    ListedFirst,
    /// The one that costs less, then the one that stands earlier.
    CheaperFirst,
    /// None: where there is no room for all of them, none is chosen. With [`Procedure::MostVotes`] alone.
    NoneChosen,
}
