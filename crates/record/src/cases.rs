//! What the leaves of a bundle say of its ballot, once each is proved to be in the record.

use chrono::{DateTime, Utc};
use serde::{Deserialize as _, de::DeserializeOwned};
use yishi_domain::BallotId;

use crate::{
    bundles::Bundle,
    checkpoints::Checkpoint,
    facts::{self, BallotCounted, BallotDecided, BallotOpened, VoteCast},
    leaves::{self, Leaf},
    refusals::Refused,
    trees::Hash,
};

/// What the leaves say of the ballot.
pub struct Case {
    /// The tenant's slug.
    pub tenant: String,
    /// Its opening.
    pub opened: BallotOpened,
    /// Its votes, in the order of their positions.
    pub votes: Vec<VoteCast>,
    /// The hashes of the votes' leaves, in the same order.
    pub hashes: Vec<Hash>,
    /// Its count.
    pub counted: BallotCounted,
    /// Its decision.
    pub decided: BallotDecided,
}

/// A fact of the ballot, and where and when it stands in the record.
struct Found<T> {
    position: u64,
    at: DateTime<Utc>,
    fact: T,
}

/// Reads the leaves: each proved under the checkpoint, in order, of one tenant, and no vote outside the ballot's time.
pub fn read(bundle: &Bundle, checkpoint: &Checkpoint) -> Result<Case, Refused> {
    let (mut tenant, mut last) = (None, None);
    let (mut votes, mut hashes) = (Vec::new(), Vec::new());
    let (mut opened, mut counted, mut decided) = (Vec::new(), Vec::new(), Vec::new());
    for included in &bundle.leaves {
        let position = included.position;
        if last >= Some(position) {
            return Err(Refused::Order(position));
        }
        last = Some(position);
        included.check(checkpoint.size, checkpoint.root)?;
        let leaf: Leaf =
            Leaf::deserialize(&included.leaf).map_err(|error| Refused::Leaf { position, reason: error.to_string() })?;
        if leaf.v != leaves::VERSION {
            return Err(Refused::Leaf { position, reason: format!("version {} is unknown", leaf.v) });
        }
        let tenant = tenant.get_or_insert_with(|| leaf.tenant.clone());
        if leaf.tenant != *tenant || checkpoint.origin.rsplit('/').next() != Some(tenant) {
            return Err(Refused::Tenant(position));
        }
        match leaf.kind.as_str() {
            facts::BALLOT_OPENED => push_if(&mut opened, bundle, position, &leaf, |it: &BallotOpened| it.ballot)?,
            facts::BALLOT_COUNTED => push_if(&mut counted, bundle, position, &leaf, |it: &BallotCounted| it.ballot)?,
            facts::BALLOT_DECIDED => push_if(&mut decided, bundle, position, &leaf, |it: &BallotDecided| it.ballot)?,
            facts::VOTE_CAST => {
                let before = votes.len();
                push_if(&mut votes, bundle, position, &leaf, |it: &VoteCast| it.ballot)?;
                if votes.len() > before {
                    hashes.push(included.hash());
                }
            }
            _ => {}
        }
    }
    let opened = single(opened, facts::BALLOT_OPENED)?;
    let counted = single(counted, facts::BALLOT_COUNTED)?;
    let decided = single(decided, facts::BALLOT_DECIDED)?;
    check_times(&opened, &votes, &counted, &decided)?;
    let votes = votes.into_iter().map(|vote| vote.fact).collect();
    let tenant = tenant.unwrap_or_default();
    Ok(Case { tenant, opened: opened.fact, votes, hashes, counted: counted.fact, decided: decided.fact })
}

/// Reads a leaf's body and keeps it where it is of the bundle's ballot; a case may have had other ballots before.
fn push_if<T: DeserializeOwned>(
    into: &mut Vec<Found<T>>,
    bundle: &Bundle,
    position: u64,
    leaf: &Leaf,
    ballot: impl Fn(&T) -> BallotId,
) -> Result<(), Refused> {
    let fact = T::deserialize(&leaf.body).map_err(|error| Refused::Leaf { position, reason: error.to_string() })?;
    if ballot(&fact) == bundle.ballot {
        into.push(Found { position, at: leaf.at, fact });
    }
    Ok(())
}

fn single<T>(mut facts: Vec<Found<T>>, kind: &'static str) -> Result<Found<T>, Refused> {
    match (facts.pop(), facts.len()) {
        (Some(one), 0) => Ok(one),
        (last, rest) => Err(Refused::Single { kind, found: rest + usize::from(last.is_some()) }),
    }
}

/// Votes stand between the opening and the count, and were cast while the ballot was open. Paper was cast in time and may be entered
/// later, so for it the instant of its leaf says nothing.
fn check_times(
    opened: &Found<BallotOpened>,
    votes: &[Found<VoteCast>],
    counted: &Found<BallotCounted>,
    decided: &Found<BallotDecided>,
) -> Result<(), Refused> {
    let open = opened.position + 1..counted.position;
    if let Some(stray) = votes.iter().find(|vote| !open.contains(&vote.position)) {
        return Err(Refused::Order(stray.position));
    }
    if counted.position <= opened.position || decided.position <= counted.position {
        return Err(Refused::Order(decided.position));
    }
    let time = opened.fact.opens_at..=opened.fact.closes_at;
    match votes.iter().find(|vote| vote.fact.channel == facts::ONLINE && !time.contains(&vote.at)) {
        Some(stray) => Err(Refused::OutsideWindow(stray.position)),
        None => Ok(()),
    }
}
