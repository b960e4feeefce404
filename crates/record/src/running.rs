//! What ballots come to while votes are added to the record: the changes that a stretch of events makes to papers that say the same.
//!
//! The changes add up in any order, so that a stretch may end anywhere. What they come to is the recount of the events so far.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;
use yishi_domain::{BallotId, BatchId, Digest, EventId, StoredEvent, voting::Choice};

use crate::{
    commitments,
    facts::{
        BALLOT_OPENED, BATCH_VOIDED, BallotOpened, BatchVoided, Eligible, ROLL_CHANGED, RollChanged, VOTE_CAST,
        VoteCast,
    },
};

/// What tells papers apart: what they say, if they do, and whether they state a floor area.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alike {
    /// The ballot.
    pub ballot: BallotId,
    /// What they say; in a secret ballot nothing.
    pub choice: Option<Choice>,
    /// Whether they state a floor area.
    pub has_area: bool,
}

impl Alike {
    /// What they are known by in their ballot.
    pub fn digest(&self) -> Digest {
        commitments::digest(&commitments::canonical(&json!([self.choice, self.has_area])))
    }
}

/// By how much papers that say the same become more, or fewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Votes.
    pub votes: i64,
    /// Heads.
    pub heads: i64,
    /// Hundredths of a square metre.
    pub floor_area: i64,
}

/// What a stretch of events changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    /// The roll of ballots that were announced or whose roll was corrected, as the last event has it.
    pub rolls: BTreeMap<BallotId, Vec<Eligible>>,
    /// The papers.
    pub papers: BTreeMap<Alike, Change>,
    /// The events of votes that others stand in the place of: what they say has to be taken off.
    pub replaced: Vec<EventId>,
    /// Batches that were voided, each with the subject of its events: what is left of their votes has to be taken off.
    pub voided: Vec<(Uuid, BatchId)>,
    /// Events that cannot be read, which a recount would find as well.
    pub unreadable: Vec<EventId>,
}

impl Stretch {
    /// Reads events; one that is not about votes changes nothing.
    pub fn of(events: &[StoredEvent]) -> Self {
        let mut stretch = Self::default();
        for event in events {
            let read = match event.kind.as_str() {
                BALLOT_OPENED => BallotOpened::deserialize(&event.body).map(|it| {
                    stretch.rolls.insert(it.ballot, it.eligible);
                }),
                ROLL_CHANGED => RollChanged::deserialize(&event.body).map(|it| {
                    stretch.rolls.insert(it.ballot, it.eligible);
                }),
                VOTE_CAST => VoteCast::deserialize(&event.body).map(|it| {
                    stretch.replaced.extend(it.replaces);
                    stretch.add(&it, 1);
                }),
                BATCH_VOIDED => {
                    BatchVoided::deserialize(&event.body).map(|it| stretch.voided.push((event.subject, it.batch)))
                }
                _ => Ok(()),
            };
            if read.is_err() {
                stretch.unreadable.push(event.id);
            }
        }
        stretch
    }

    /// Takes off votes that count no more.
    pub fn take_off(&mut self, votes: &[StoredEvent]) {
        for event in votes {
            match VoteCast::deserialize(&event.body) {
                Ok(vote) => self.add(&vote, -1),
                Err(_) => self.unreadable.push(event.id),
            }
        }
    }

    fn add(&mut self, vote: &VoteCast, sign: i64) {
        let alike = Alike { ballot: vote.ballot, choice: vote.choice.clone(), has_area: vote.floor_area.is_some() };
        let change = self.papers.entry(alike).or_default();
        // A roll comes to less than 2^53, and so does what its votes come to.
        let signed = |n: u64| sign * i64::try_from(n).unwrap_or(i64::MAX);
        change.votes += sign;
        change.heads += signed(vote.heads);
        change.floor_area += signed(vote.floor_area.unwrap_or(0));
    }
}
