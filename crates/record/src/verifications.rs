//! Offline verification of a bundle: step by step from the signature to the verdict, by recomputing and not by believing.
//!
//! Running the rule set again is the caller's; the [`Report`] hands over its component and the receipt. What a bundle cannot show is an event
//! that is in the record and not in the bundle, such as an annulment afterwards; only votes are committed to as a whole.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use yishi_domain::{
    BallotId, Digest,
    receipts::Receipt,
    voting::{self, Measure, Tally, Verdict, VotingRule},
};

use crate::{
    bundles::{self, Bundle},
    checkpoints::{self, Checkpoint},
    commitments::{canonical, digest},
    facts::{self, BallotCounted, BallotDecided, BallotOpened, VoteCast},
    leaves::{self, Leaf},
    refusals::Refused,
    trees::Hash,
};

/// What a bundle was found to say, with every step that held.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether the checkpoint was held against a key that the caller pinned; without one, nothing here is verified against anything.
    pub trust: Trust,
    /// The log's name.
    pub origin: String,
    /// How many leaves the record had.
    pub size: u64,
    /// The record's root.
    pub root: Digest,
    /// When the checkpoint was signed.
    pub signed_at: DateTime<Utc>,
    /// The tenant's slug.
    pub tenant: String,
    /// How the ballot was opened.
    pub opened: BallotOpened,
    /// The tally, as recounted.
    pub tally: Tally,
    /// How the ballot was decided, with the receipt of the rule set's call.
    pub decided: BallotDecided,
    /// The steps that held, in order.
    pub steps: Vec<Step>,
    /// The rule set's component, to be run again.
    #[serde(skip)]
    pub component: Vec<u8>,
    /// The rule set's configuration, to run it with.
    #[serde(skip)]
    pub configuration: Value,
}

/// What the checkpoint rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Its signature is that of the pinned key.
    Anchored,
    /// No key was pinned, so anybody could have made it.
    Unanchored,
}

/// One step that held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its stable code.
    pub code: &'static str,
    /// What was found.
    pub detail: String,
}

/// Verifies a bundle against a pinned verifier key, or without one, which leaves it [`Trust::Unanchored`].
pub fn verify(bytes: &[u8], verifier_key: Option<&str>) -> Result<Report, Refused> {
    let bundle = bundles::read(bytes)?;
    let mut steps = Steps(Vec::new());
    steps.held("bundle.canonical", format!("{} bytes, {}", bytes.len(), digest(bytes)));
    let (trust, checkpoint) = match verifier_key {
        Some(key) => (Trust::Anchored, checkpoints::verify(&bundle.checkpoint, key)?),
        None => (Trust::Unanchored, checkpoints::read(&bundle.checkpoint)?),
    };
    match trust {
        Trust::Anchored => steps.held("checkpoint.anchored", format!("{} at {}", checkpoint.origin, checkpoint.time)),
        Trust::Unanchored => steps.held("checkpoint.unanchored", "no key was pinned".into()),
    }
    let Case { tenant, opened, votes, hashes, counted, decided } = read_case(&bundle, &checkpoint)?;
    steps.held("leaves.included", format!("{} of {}", bundle.leaves.len(), checkpoint.size));

    check_votes(&votes, &hashes, &counted)?;
    steps.held("votes.complete", format!("{} with root {}", counted.count, counted.votes_root));
    check_roll(&opened)?;
    let tally = facts::recount(&opened.eligible, &votes)?;
    if tally != counted.tally {
        return Err(Refused::Tally);
    }
    steps.held("tally.recounted", format!("{} by {} measures", votes.len(), tally.counts.len()));
    check_verdict(&opened, &tally, &decided)?;
    match &opened.rule.custom {
        None => steps.held("verdict.evaluated", format!("{:?}", decided.outcome)),
        Some(_) => steps.held("verdict.custom", "the rule is beyond the terms: run the component again".into()),
    }
    check_receipt(&opened, &tally, &decided)?;
    steps.held("receipt.consistent", format!("contract {}", decided.receipt.contract));
    same(digest(&bundle.component.0) == opened.component, "the component and its digest at the opening")?;
    steps.held("component.matches", opened.component.to_string());
    let configuration = digest(&canonical(&bundle.configuration));
    same(configuration == opened.configuration, "the configuration and its digest at the opening")?;
    steps.held("configuration.matches", configuration.to_string());

    let Checkpoint { origin, size, root, time } = checkpoint;
    Ok(Report {
        trust,
        origin,
        size,
        root: Digest(root),
        signed_at: time,
        tenant,
        opened,
        tally,
        decided,
        steps: steps.0,
        component: bundle.component.0,
        configuration: bundle.configuration,
    })
}

struct Steps(Vec<Step>);

impl Steps {
    fn held(&mut self, code: &'static str, detail: String) {
        self.0.push(Step { code, detail });
    }
}

/// What the leaves say of the ballot.
struct Case {
    tenant: String,
    opened: BallotOpened,
    votes: Vec<VoteCast>,
    hashes: Vec<Hash>,
    counted: BallotCounted,
    decided: BallotDecided,
}

fn read_case(bundle: &Bundle, checkpoint: &Checkpoint) -> Result<Case, Refused> {
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
    let first_vote = votes.first().map_or(counted.0, |vote| vote.0);
    let last_vote = votes.last().map_or(opened.0, |vote| vote.0);
    if first_vote <= opened.0 || counted.0 <= last_vote || decided.0 <= counted.0 {
        return Err(Refused::Order(decided.0));
    }
    let votes = votes.into_iter().map(|(_, vote)| vote).collect();
    let tenant = tenant.unwrap_or_default();
    Ok(Case { tenant, opened: opened.1, votes, hashes, counted: counted.1, decided: decided.1 })
}

/// Reads a leaf's body and keeps it where it is of the bundle's ballot; a case may have had other ballots before.
fn push_if<T: DeserializeOwned>(
    into: &mut Vec<(u64, T)>,
    bundle: &Bundle,
    position: u64,
    leaf: &Leaf,
    ballot: impl Fn(&T) -> BallotId,
) -> Result<(), Refused> {
    let fact = T::deserialize(&leaf.body).map_err(|error| Refused::Leaf { position, reason: error.to_string() })?;
    if ballot(&fact) == bundle.ballot {
        into.push((position, fact));
    }
    Ok(())
}

fn single<T>(mut facts: Vec<T>, kind: &'static str) -> Result<T, Refused> {
    match (facts.pop(), facts.len()) {
        (Some(one), 0) => Ok(one),
        (last, rest) => Err(Refused::Single { kind, found: rest + usize::from(last.is_some()) }),
    }
}

fn check_votes(votes: &[VoteCast], hashes: &[Hash], counted: &BallotCounted) -> Result<(), Refused> {
    let mut units = HashSet::new();
    if let Some(again) = votes.iter().find(|vote| !units.insert(vote.voting_unit.as_str())) {
        return Err(Refused::TwoVotes(again.voting_unit.clone()));
    }
    let (found, committed) = (votes.len() as u64, counted.count);
    if found != committed {
        return Err(Refused::VoteCount { found, committed });
    }
    let (found, committed) = (facts::votes_root(hashes), counted.votes_root);
    if found == committed { Ok(()) } else { Err(Refused::VotesRoot { found, committed }) }
}

fn check_roll(opened: &BallotOpened) -> Result<(), Refused> {
    let total = |measure| opened.eligible.iter().find(|it| it.measure == measure).map(|it| it.total);
    let heads = total(Measure::Heads).is_none_or(|it| it == opened.subject.eligible_heads);
    let area = total(Measure::FloorArea).is_none_or(|it| Some(it) == opened.subject.eligible_floor_area);
    same(heads && area, "the roll's totals and those that the rule was asked for")
}

fn check_verdict(opened: &BallotOpened, tally: &Tally, decided: &BallotDecided) -> Result<(), Refused> {
    same(decided.outcome == decided.verdict.outcome, "the outcome and that of the verdict")?;
    let Verdict { outcome, checks, .. } = voting::evaluate(&opened.rule, tally)?;
    let agrees = outcome == decided.outcome && checks == decided.verdict.checks;
    if agrees || opened.rule.custom.is_some() {
        return Ok(());
    }
    Err(Refused::Verdict { expected: outcome, recorded: decided.outcome })
}

fn check_receipt(opened: &BallotOpened, tally: &Tally, decided: &BallotDecided) -> Result<(), Refused> {
    let Receipt { component, configuration, input, output, .. } = &decided.receipt;
    same(*component == opened.component, "the components at the opening and at the decision")?;
    same(*configuration == opened.configuration, "the configurations at the opening and at the decision")?;
    let given: Value = serde_json::from_str(input).unwrap_or_default();
    same(canonical(&given) == input.as_bytes(), "the receipt's input and its canonical form")?;
    same(
        VotingRule::deserialize(&given["rule"]).is_ok_and(|it| it == opened.rule),
        "the rules at the opening and at the decision",
    )?;
    same(
        Tally::deserialize(&given["tally"]).is_ok_and(|it| it == *tally),
        "the tally and the one that was decided on",
    )?;
    let verdict = serde_json::to_value(&decided.verdict).unwrap_or_default();
    same(canonical(&verdict) == output.as_bytes(), "the verdict and the rule set's answer")
}

fn same(holds: bool, what: &'static str) -> Result<(), Refused> {
    if holds { Ok(()) } else { Err(Refused::Differ(what)) }
}
