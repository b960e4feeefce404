//! How options are chosen among, and how they came out.

use poem_openapi::{Enum, Object};
use yishi_domain::voting;

use crate::resources::{codes::wire_enum, rules::Measure};

/// How options are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum Procedure {
    /// So many of those with the highest scores.
    MostVotes,
    /// So many of the first by the Schulze method.
    Schulze,
    /// One, by eliminating the last until one has more than half.
    InstantRunoff,
    /// In the order of scores, passing over what the rest of the budget does not reach.
    GreedySkip,
    /// In the order of scores, up to the first that the rest of the budget does not reach.
    GreedyStop,
    /// The method of equal shares.
    EqualShares,
}

wire_enum! {
    /// What an option is worth to a voter who supports it, in equal shares.
    Utility = voting::Utility {
        /// Its cost.
        Cost,
        /// One.
        Number,
        /// The points that the voter gave it.
        Points,
    }
}

wire_enum! {
    /// What is done with money that equal shares leave.
    ShareCompletion = voting::Completion {
        /// It is left.
        None,
        /// Everybody's share is raised as long as what is chosen fits the budget.
        RaiseShares,
        /// It goes to the other options in the order of scores.
        ByScores,
    }
}

wire_enum! {
    /// Which of options that come out equal goes before.
    Tie = voting::Tie {
        /// The one that stands earlier in the published order.
        ListedFirst,
        /// The one that costs less, then the one that stands earlier.
        CheaperFirst,
        /// None: where there is no room for all of them, none is chosen.
        NoneChosen,
    }
}

/// How options are chosen among.
#[derive(Debug, Object)]
pub struct Selection {
    /// What a voting unit weighs.
    pub measure: Measure,
    /// How options are chosen.
    pub procedure: Procedure,
    /// How many are chosen, where the procedure is of a number.
    #[oai(skip_serializing_if_is_none)]
    pub seats: Option<u32>,
    /// What may be spent in fen, where the procedure is of a budget.
    #[oai(skip_serializing_if_is_none)]
    pub budget: Option<u64>,
    /// What an option is worth, in equal shares.
    #[oai(skip_serializing_if_is_none)]
    pub utility: Option<Utility>,
    /// What is done with money that is left, in equal shares.
    #[oai(skip_serializing_if_is_none)]
    pub completion: Option<ShareCompletion>,
    /// Which of options that come out equal goes before.
    pub tie: Tie,
}

/// How an option came out.
#[derive(Debug, Object)]
pub struct Standing {
    /// Its code.
    pub code: String,
    /// Those in support of it: who approve of it, give it points or rank it first.
    pub support: u64,
    /// Its points; as its support where the method gives none.
    pub score: u64,
    /// Whether it is chosen, by the rule's own terms.
    pub chosen: bool,
}

impl From<voting::Selection> for Selection {
    fn from(it: voting::Selection) -> Self {
        let (procedure, seats, shares) = match it.procedure {
            voting::Procedure::MostVotes(seats) => (Procedure::MostVotes, Some(seats), None),
            voting::Procedure::Schulze(seats) => (Procedure::Schulze, Some(seats), None),
            voting::Procedure::InstantRunoff => (Procedure::InstantRunoff, None, None),
            voting::Procedure::GreedySkip(_) => (Procedure::GreedySkip, None, None),
            voting::Procedure::GreedyStop(_) => (Procedure::GreedyStop, None, None),
            voting::Procedure::EqualShares(shares) => (Procedure::EqualShares, None, Some(shares)),
        };
        Self {
            measure: it.measure.into(),
            procedure,
            seats,
            budget: it.procedure.budget(),
            utility: shares.map(|it| it.utility.into()),
            completion: shares.map(|it| it.completion.into()),
            tie: it.tie.into(),
        }
    }
}

impl From<voting::Standing> for Standing {
    fn from(it: voting::Standing) -> Self {
        let voting::Standing { code, support, score, chosen } = it;
        Self { code, support, score, chosen }
    }
}
