//! What a ballot leaves in the record: the bodies of its events, and the recount from them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use yishi_domain::{
    BallotId, Digest, TopicId,
    receipts::Receipt,
    voting::{Choice, Count, Measure, Outcome, Subject, Tally, Verdict, VotingRule},
};

use crate::{
    instants,
    trees::{self, Hash},
};

/// The kind of the event with a [`BallotOpened`].
pub const BALLOT_OPENED: &str = "ballot.opened";
/// The kind of the event with a [`VoteCast`].
pub const VOTE_CAST: &str = "vote.cast";
/// The kind of the event with a [`BallotCounted`].
pub const BALLOT_COUNTED: &str = "ballot.counted";
/// The kind of the event with a [`BallotDecided`].
pub const BALLOT_DECIDED: &str = "ballot.decided";
/// The channel of a vote that its voter cast here; such a vote is taken at the instant of its leaf.
pub const ONLINE: &str = "online";

/// The body of `ballot.opened`: all that binds the ballot from then on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BallotOpened {
    /// The ballot.
    pub ballot: BallotId,
    /// The topic it is about.
    pub topic: TopicId,
    /// Its rule.
    pub rule: VotingRule,
    /// What the rule was asked for.
    pub subject: Subject,
    /// The digest of the rule set's component; none where the standard rules decide, which the core evaluates itself.
    #[serde(deserialize_with = "Option::deserialize")]
    pub component: Option<Digest>,
    /// The digest of the rule set's configuration in canonical form (RFC 8785); none where there is no component.
    #[serde(deserialize_with = "Option::deserialize")]
    pub configuration: Option<Digest>,
    /// The whole roll, one total a measure.
    pub eligible: Vec<Eligible>,
    /// The root over the roll.
    pub roll_root: Digest,
    /// No vote is taken before, by the tenant's clock.
    #[serde(with = "instants")]
    pub opens_at: DateTime<Utc>,
    /// No vote is taken after, by the tenant's clock; paper may be entered later.
    #[serde(with = "instants")]
    pub closes_at: DateTime<Utc>,
}

/// The total of the roll by one measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Eligible {
    /// What was counted.
    pub measure: Measure,
    /// The whole roll; floor area in hundredths of a square metre.
    pub total: u64,
}

/// The body of `vote.cast`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoteCast {
    /// The ballot.
    pub ballot: BallotId,
    /// The voting unit, once in a ballot across all channels.
    pub voting_unit: String,
    /// What it says.
    pub choice: Choice,
    /// How many heads it counts.
    pub heads: u64,
    /// Its floor area in hundredths of a square metre, where it states one.
    pub floor_area: Option<u64>,
    /// How it came in, such as `online` or `paper`.
    pub channel: String,
}

/// The body of `ballot.counted`: commits to every vote, so that none can be left out later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BallotCounted {
    /// The ballot.
    pub ballot: BallotId,
    /// How many votes it has.
    pub count: u64,
    /// The [`votes_root`] of its votes.
    pub votes_root: Digest,
    /// What the votes come to.
    pub tally: Tally,
}

/// The body of `ballot.decided`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BallotDecided {
    /// The ballot.
    pub ballot: BallotId,
    /// What became of it: the verdict's outcome.
    pub outcome: Outcome,
    /// The verdict.
    pub verdict: Verdict,
    /// What is needed to run the rule set's verdict again; none where the standard rules decided.
    #[serde(deserialize_with = "Option::deserialize")]
    pub receipt: Option<Receipt>,
}

/// Votes that cannot be counted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecountError {
    /// Floor area is counted and a vote states none.
    #[error("the vote of `{0}` states no floor area")]
    NoFloorArea(String),
    /// The sum is beyond what can be counted.
    #[error("the votes come to more than can be counted")]
    TooMany,
}

/// Counts votes, by each measure of the roll.
pub fn recount(eligible: &[Eligible], votes: &[VoteCast]) -> Result<Tally, RecountError> {
    let counts = eligible.iter().map(|roll| count(roll, votes)).collect::<Result<_, _>>()?;
    Ok(Tally { counts })
}

/// The root that `ballot.counted` commits to: over the hashes of the ballot's vote leaves in the order of their positions (RFC 6962, section 2.1).
pub fn votes_root(leaves: &[Hash]) -> Digest {
    Digest(trees::root_of(leaves))
}

fn count(roll: &Eligible, votes: &[VoteCast]) -> Result<Count, RecountError> {
    let mut count = Count { measure: roll.measure, eligible: roll.total, in_favour: 0, against: 0, abstained: 0 };
    for vote in votes {
        let weight = match roll.measure {
            Measure::Heads => vote.heads,
            Measure::FloorArea => vote.floor_area.ok_or_else(|| RecountError::NoFloorArea(vote.voting_unit.clone()))?,
        };
        let sum = match vote.choice {
            Choice::InFavour => &mut count.in_favour,
            Choice::Against => &mut count.against,
            Choice::Abstained => &mut count.abstained,
        };
        *sum = sum.checked_add(weight).ok_or(RecountError::TooMany)?;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use yishi_domain::BallotId;

    use super::*;

    fn vote(choice: Choice, heads: u64, floor_area: Option<u64>) -> VoteCast {
        let ballot = BallotId(uuid::Uuid::from_u128(1));
        VoteCast { ballot, voting_unit: "3-2-201".into(), choice, heads, floor_area, channel: "paper".into() }
    }

    #[test]
    fn votes_are_counted_by_every_measure_of_the_roll() {
        let roll = |measure, total| Eligible { measure, total };
        let rolls = [roll(Measure::Heads, 9), roll(Measure::FloorArea, 90_000)];
        let votes = [
            vote(Choice::InFavour, 2, Some(12_345)),
            vote(Choice::InFavour, 1, Some(5)),
            vote(Choice::Against, 1, Some(7_000)),
            vote(Choice::Abstained, 3, Some(1)),
        ];
        let counts = recount(&rolls, &votes).expect("countable").counts;
        assert_eq!(
            counts.iter().map(|it| (it.eligible, it.in_favour, it.against, it.abstained)).collect::<Vec<_>>(),
            [(9, 3, 1, 3), (90_000, 12_350, 7_000, 1)]
        );
    }

    #[test]
    fn votes_that_cannot_be_counted_are_refused() {
        let area = [Eligible { measure: Measure::FloorArea, total: 1 }];
        assert_eq!(recount(&area, &[vote(Choice::Against, 1, None)]), Err(RecountError::NoFloorArea("3-2-201".into())));
        let heads = [Eligible { measure: Measure::Heads, total: 1 }];
        let two = [vote(Choice::Against, u64::MAX, None), vote(Choice::Against, 1, None)];
        assert_eq!(recount(&heads, &two), Err(RecountError::TooMany));
    }
}
