//! What the leaves of a bundle say of its ballot, once each is proved to be in the record.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize as _, de::DeserializeOwned};
use yishi_domain::{BallotId, EventId};

use crate::{
    bundles::{Bundle, Included},
    checkpoints::Checkpoint,
    facts::{
        self, BallotCounted, BallotDecided, BallotExtended, BallotOpened, BatchVoided, BoxSealed, Eligible,
        RollChanged, VoteCast,
    },
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
    /// The whole roll when it opened, one total a measure.
    pub eligible: Vec<Eligible>,
    /// Its votes, in the order of their positions.
    pub votes: Vec<VoteCast>,
    /// The hashes of the votes' leaves, in the same order.
    pub hashes: Vec<Hash>,
    /// Its sealed box, where it is secret.
    pub sealed: Option<BoxSealed>,
    /// Its count.
    pub counted: BallotCounted,
    /// Its decision.
    pub decided: BallotDecided,
}

/// A fact of the ballot, and where and when it stands in the record.
struct Found<T> {
    position: u64,
    event: EventId,
    at: DateTime<Utc>,
    hash: Hash,
    fact: T,
}

/// Reads the leaves: each proved under the checkpoint, in order, of one tenant, and no vote outside the ballot's time.
pub fn read(bundle: &Bundle, checkpoint: &Checkpoint) -> Result<Case, Refused> {
    let (mut tenant, mut last) = (None, None);
    let (mut votes, mut voided, mut extended, mut sealed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut opened, mut changed, mut counted, mut decided) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
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
            facts::BALLOT_OPENED => push_if(&mut opened, bundle, included, &leaf, |it: &BallotOpened| it.ballot)?,
            facts::BALLOT_EXTENDED => push_if(&mut extended, bundle, included, &leaf, |it: &BallotExtended| it.ballot)?,
            facts::BOX_SEALED => push_if(&mut sealed, bundle, included, &leaf, |it: &BoxSealed| it.ballot)?,
            facts::BALLOT_COUNTED => push_if(&mut counted, bundle, included, &leaf, |it: &BallotCounted| it.ballot)?,
            facts::BALLOT_DECIDED => push_if(&mut decided, bundle, included, &leaf, |it: &BallotDecided| it.ballot)?,
            facts::ROLL_CHANGED => push_if(&mut changed, bundle, included, &leaf, |it: &RollChanged| it.ballot)?,
            facts::BATCH_VOIDED => push_if(&mut voided, bundle, included, &leaf, |it: &BatchVoided| it.ballot)?,
            facts::VOTE_CAST => push_if(&mut votes, bundle, included, &leaf, |it: &VoteCast| it.ballot)?,
            _ => {}
        }
    }
    let opened = single(opened, facts::BALLOT_OPENED)?;
    let counted = single(counted, facts::BALLOT_COUNTED)?;
    let decided = single(decided, facts::BALLOT_DECIDED)?;
    let sealed = if sealed.is_empty() { None } else { Some(single(sealed, facts::BOX_SEALED)?) };
    if let Some(stray) = sealed.as_ref().filter(|it| !(opened.position + 1..counted.position).contains(&it.position)) {
        return Err(Refused::Order(stray.position));
    }
    let sealed = sealed.map(|it| it.fact);
    check_times(&opened, &extended, &votes, &counted, &decided)?;
    if let Some(stray) = voided.iter().find(|it| !(opened.position + 1..counted.position).contains(&it.position)) {
        return Err(Refused::Order(stray.position));
    }
    let eligible = eligible(&opened, changed, &counted)?;
    let mut standing = standing(&opened.fact, votes)?;
    let voided: HashSet<_> = voided.iter().map(|it| it.fact.batch).collect();
    standing.retain(|vote| vote.fact.batch.is_none_or(|batch| !voided.contains(&batch)));
    let (votes, hashes) = standing.into_iter().map(|vote| (vote.fact, vote.hash)).unzip();
    let tenant = tenant.unwrap_or_default();
    let (opened, counted, decided) = (opened.fact, counted.fact, decided.fact);
    Ok(Case { tenant, opened, eligible, votes, hashes, sealed, counted, decided })
}

/// Reads a leaf's body and keeps it where it is of the bundle's ballot; a case may have had other ballots before.
fn push_if<T: DeserializeOwned>(
    into: &mut Vec<Found<T>>,
    bundle: &Bundle,
    included: &Included,
    leaf: &Leaf,
    ballot: impl Fn(&T) -> BallotId,
) -> Result<(), Refused> {
    let position = included.position;
    let fact = T::deserialize(&leaf.body).map_err(|error| Refused::Leaf { position, reason: error.to_string() })?;
    if ballot(&fact) == bundle.ballot {
        into.push(Found { position, event: leaf.event, at: leaf.at, hash: included.hash(), fact });
    }
    Ok(())
}

fn single<T>(mut facts: Vec<Found<T>>, kind: &'static str) -> Result<Found<T>, Refused> {
    match (facts.pop(), facts.len()) {
        (Some(one), 0) => Ok(one),
        (last, rest) => Err(Refused::Single { kind, found: rest + usize::from(last.is_some()) }),
    }
}

/// The roll when the ballot opened: as it was announced, or as the last correction before the opening left it.
///
/// Their numbers give their order and show that none is missing between them.
fn eligible(
    opened: &Found<BallotOpened>,
    mut changed: Vec<Found<RollChanged>>,
    counted: &Found<BallotCounted>,
) -> Result<Vec<Eligible>, Refused> {
    changed.sort_by_key(|it| it.fact.number);
    for (i, change) in changed.iter().enumerate() {
        let in_time =
            change.at < opened.fact.opens_at && (opened.position + 1..counted.position).contains(&change.position);
        if !in_time || change.fact.number as usize != i + 1 {
            return Err(Refused::Differ("a correction of the roll and one that is made before the opening, each once"));
        }
    }
    Ok(changed.pop().map_or_else(|| opened.fact.eligible.clone(), |last| last.fact.eligible))
}

/// The votes that stand: without those in whose place another of the same voting unit stands, where the rule allows that.
///
/// Two that were cast at the same time may stand in the record the other way round, so their order says nothing.
fn standing(opened: &BallotOpened, mut votes: Vec<Found<VoteCast>>) -> Result<Vec<Found<VoteCast>>, Refused> {
    let units: HashMap<_, _> = votes.iter().map(|vote| (vote.event, vote.fact.voting_unit.as_str())).collect();
    let mut replaced = HashSet::new();
    for vote in &votes {
        let Some(earlier) = vote.fact.replaces else { continue };
        let same = units.get(&earlier) == Some(&vote.fact.voting_unit.as_str()) && earlier != vote.event;
        if !same || !opened.rule.change_of_vote || !replaced.insert(earlier) {
            return Err(Refused::Differ("a vote in another's place and one that the rule lets it replace"));
        }
    }
    votes.retain(|vote| !replaced.contains(&vote.event));
    Ok(votes)
}

/// Votes stand between the opening and the count, and were cast while the ballot was open. Paper was cast in time and may be entered
/// later, so for it the instant of its leaf says nothing.
fn check_times(
    opened: &Found<BallotOpened>,
    extended: &[Found<BallotExtended>],
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
    let mut closes_at = opened.fact.closes_at;
    let (by, times) = opened.fact.rule.extension.map_or((0, 0), |it| (it.hours, it.times));
    for (i, more) in extended.iter().enumerate() {
        closes_at += Duration::hours(by.into());
        if !open.contains(&more.position) || more.fact.closes_at != closes_at || i >= times as usize {
            return Err(Refused::Differ("an extension and the one that the rule allows"));
        }
    }
    let time = opened.fact.opens_at..=closes_at;
    match votes.iter().find(|vote| facts::CAST_HERE.contains(&vote.fact.channel.as_str()) && !time.contains(&vote.at)) {
        Some(stray) => Err(Refused::OutsideWindow(stray.position)),
        None => Ok(()),
    }
}
