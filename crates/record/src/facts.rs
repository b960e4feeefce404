//! What a ballot leaves in the record: the bodies of its events, and the recount from them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use yishi_domain::{
    BallotId, BatchId, Digest, EventId, TopicId,
    receipts::Receipt,
    voting::{
        Choice, ChoiceOption, Measure, Outcome, Secrecy, Subject, Tally, Verdict, VotingRule,
        contests::{self, CountError, Paper},
    },
};

use crate::{
    instants,
    trees::{self, Hash},
};

/// The kind of the event with a [`BallotOpened`].
pub const BALLOT_OPENED: &str = "ballot.opened";
/// The kind of the event with a [`VoteCast`].
pub const VOTE_CAST: &str = "vote.cast";
/// The kind of the event with a [`RollChanged`].
pub const ROLL_CHANGED: &str = "roll.changed";
/// The kind of the event with a [`BatchVoided`].
pub const BATCH_VOIDED: &str = "batch.voided";
/// The kind of the event with a [`BallotExtended`].
pub const BALLOT_EXTENDED: &str = "ballot.extended";
/// The kind of the event with a [`BoxSealed`].
pub const BOX_SEALED: &str = "box.sealed";
/// The kind of the event with a [`BallotCounted`].
pub const BALLOT_COUNTED: &str = "ballot.counted";
/// The kind of the event with a [`BallotDecided`].
pub const BALLOT_DECIDED: &str = "ballot.decided";
/// The channels of a vote that was cast here, by its voter or a proxy; such a vote is taken at the instant of its leaf.
pub const CAST_HERE: [&str; 2] = [ONLINE, "proxy"];
/// The channel of a vote that its voter cast here.
pub const ONLINE: &str = "online";

/// The body of `ballot.opened`: all that binds the ballot from then on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BallotOpened {
    /// The ballot.
    pub ballot: BallotId,
    /// The topic it is about.
    pub topic: TopicId,
    /// What is asked.
    pub question: String,
    /// What the options of the subject are called, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub titles: Vec<String>,
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
    /// What it says; in a secret ballot the box alone says that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<Choice>,
    /// How many heads it counts.
    pub heads: u64,
    /// Its floor area in hundredths of a square metre, where it states one.
    pub floor_area: Option<u64>,
    /// How it came in, such as `online` or `paper`.
    pub channel: String,
    /// The event of the vote in whose place it stands, where the rule allows a change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<EventId>,
    /// The batch that it came with, where it did not come alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchId>,
    /// A commitment to the reason that its voter gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Value>,
}

/// The body of `roll.changed`: a correction of the roll between the announcement of a ballot and its opening.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollChanged {
    /// The ballot.
    pub ballot: BallotId,
    /// The how manieth correction it is, from one.
    pub number: u32,
    /// The voting units that came in.
    pub added: Vec<String>,
    /// Those that left.
    pub removed: Vec<String>,
    /// The whole roll from then on, one total a measure.
    pub eligible: Vec<Eligible>,
    /// The root over the roll from then on.
    pub roll_root: Digest,
}

/// The body of `batch.voided`: the votes that came with the batch count no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchVoided {
    /// The ballot.
    pub ballot: BallotId,
    /// The batch.
    pub batch: BatchId,
    /// The batch that a recount put in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recount: Option<BatchId>,
    /// A commitment to the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Value>,
}

/// The body of `ballot.extended`: more time, because too few had voted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BallotExtended {
    /// The ballot.
    pub ballot: BallotId,
    /// No vote is taken after, by the tenant's clock.
    #[serde(with = "instants")]
    pub closes_at: DateTime<Utc>,
}

/// The body of `box.sealed`: what the papers of a secret ballot say, alike papers together, in one order whatever order they came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoxSealed {
    /// The ballot.
    pub ballot: BallotId,
    /// The papers, in the order of their choices.
    pub papers: Vec<AlikePapers>,
}

/// Papers that say the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlikePapers {
    /// What they say.
    pub choice: Choice,
    /// How many they are.
    pub number: u64,
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

/// Why votes do not come to a tally.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecountError {
    /// They cannot be counted.
    #[error(transparent)]
    Count(#[from] CountError),
    /// An open ballot has a vote that says nothing, or a secret one a vote that does.
    #[error("the vote of `{0}` says what it should not, or not what it should")]
    Misplaced(String),
    /// The box of a secret ballot does not hold as many papers as voted.
    #[error("{papers} papers in the box, and {votes} voted")]
    Box {
        /// In the box.
        papers: u64,
        /// Voted.
        votes: u64,
    },
}

/// Counts votes, by each measure of the roll and, among options, by the rule's terms; those of a secret ballot from its sealed box.
pub fn recount(
    rule: &VotingRule,
    options: &[ChoiceOption],
    eligible: &[Eligible],
    votes: &[VoteCast],
    sealed: Option<&BoxSealed>,
) -> Result<Tally, RecountError> {
    let eligible: Vec<_> = eligible.iter().map(|roll| (roll.measure, roll.total)).collect();
    let secret = rule.secrecy == Secrecy::Secret;
    if let Some(vote) = votes.iter().find(|vote| vote.choice.is_none() != secret) {
        return Err(RecountError::Misplaced(vote.voting_unit.clone()));
    }
    if secret {
        let alike = sealed.map_or(&[][..], |it| &it.papers);
        let papers = alike.iter().fold(0u64, |sum, it| sum.saturating_add(it.number));
        if papers != votes.len() as u64 {
            return Err(RecountError::Box { papers, votes: votes.len() as u64 });
        }
        let papers = alike.iter().map(|it| Paper { choice: &it.choice, heads: it.number, floor_area: None });
        return Ok(contests::count(rule, options, &eligible, papers)?);
    }
    let papers = votes.iter().filter_map(|vote| {
        Some(Paper { choice: vote.choice.as_ref()?, heads: vote.heads, floor_area: vote.floor_area })
    });
    Ok(contests::count(rule, options, &eligible, papers)?)
}

/// The root that `ballot.counted` commits to: over the hashes of the ballot's vote leaves in the order of their positions (RFC 6962, section 2.1).
pub fn votes_root(leaves: &[Hash]) -> Digest {
    Digest(trees::root_of(leaves))
}

#[cfg(test)]
mod tests {
    use yishi_domain::{BallotId, standard};

    use super::*;

    fn vote(choice: Choice, heads: u64, floor_area: Option<u64>) -> VoteCast {
        let ballot = BallotId(uuid::Uuid::from_u128(1));
        let choice = Some(choice);
        VoteCast {
            ballot,
            voting_unit: "3-2-201".into(),
            choice,
            heads,
            floor_area,
            channel: "paper".into(),
            replaces: None,
            batch: None,
            reason: None,
        }
    }

    fn count(eligible: &[Eligible], votes: &[VoteCast]) -> Result<Tally, RecountError> {
        recount(&standard::rule(&Subject::of("other", 9)), &[], eligible, votes, None)
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
            vote(Choice::Spoiled, 1, Some(2)),
        ];
        let counts = count(&rolls, &votes).expect("countable").counts;
        assert_eq!(
            counts
                .iter()
                .map(|it| (it.eligible, it.in_favour, it.against, it.abstained, it.spoiled))
                .collect::<Vec<_>>(),
            [(9, 3, 1, 3, 1), (90_000, 12_350, 7_000, 1, 2)]
        );
    }

    #[test]
    fn votes_that_cannot_be_counted_are_refused() {
        let area = [Eligible { measure: Measure::FloorArea, total: 1 }];
        assert_eq!(count(&area, &[vote(Choice::Against, 1, None)]), Err(CountError::NoFloorArea.into()));
        let heads = [Eligible { measure: Measure::Heads, total: 1 }];
        let two = [vote(Choice::Against, u64::MAX, None), vote(Choice::Against, 1, None)];
        assert_eq!(count(&heads, &two), Err(CountError::TooMany.into()));
    }

    #[test]
    fn a_secret_ballot_is_counted_from_its_box_which_holds_as_many_papers_as_voted() {
        let rule = VotingRule { secrecy: Secrecy::Secret, ..standard::rule(&Subject::of("other", 9)) };
        let roll = [Eligible { measure: Measure::Heads, total: 9 }];
        let ballot = BallotId(uuid::Uuid::from_u128(1));
        let papers = |n| vec![AlikePapers { choice: Choice::InFavour, number: n }];
        let sealed = |n| BoxSealed { ballot, papers: papers(n) };
        let mut votes = [vote(Choice::Against, 1, None), vote(Choice::Against, 1, None)];
        let count = |votes: &[VoteCast], n| recount(&rule, &[], &roll, votes, Some(&sealed(n)));
        assert_eq!(count(&votes, 2), Err(RecountError::Misplaced("3-2-201".into())));
        votes.iter_mut().for_each(|vote| vote.choice = None);
        assert_eq!(count(&votes, 2).expect("countable").counts[0].in_favour, 2);
        assert_eq!(count(&votes, 3), Err(RecountError::Box { papers: 3, votes: 2 }));
        assert_eq!(recount(&rule, &[], &roll, &votes, None), Err(RecountError::Box { papers: 0, votes: 2 }));
    }
}
