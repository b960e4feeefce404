//! Offline verification of a bundle: step by step from the signature to the verdict, by recomputing and not by believing.
//!
//! Running the rule set again is the caller's; the [`Report`] hands over what that takes. Where the standard rules decided there is nothing to
//! run: their terms are evaluated here. What a bundle cannot show is an event
//! that is in the record and not in the bundle, such as an annulment afterwards; only votes are committed to as a whole.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use yishi_domain::{
    Digest,
    receipts::Receipt,
    voting::{self, Measure, Tally, Verdict, VotingRule},
};

use crate::{
    bundles::{self, Bundle},
    cases::{self, Case},
    checkpoints::{self, Checkpoint},
    commitments::{canonical, digest},
    facts::{self, BallotCounted, BallotDecided, BallotOpened, Eligible, VoteCast},
    keys,
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
    /// What decided, to be run again; none where the standard rules did.
    #[serde(skip)]
    pub rules: Option<Rules>,
}

/// A rule set and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The component.
    pub component: Vec<u8>,
    /// Its configuration.
    pub configuration: Value,
    /// What its verdict rests on.
    pub receipt: Receipt,
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
    let (trust, checkpoint) = check_checkpoint(&bundle, verifier_key)?;
    match trust {
        Trust::Anchored => steps.held("checkpoint.anchored", format!("{} at {}", checkpoint.origin, checkpoint.time)),
        Trust::Unanchored => steps.held("checkpoint.unanchored", "no key was pinned".into()),
    }
    if !bundle.handovers.is_empty() {
        steps.held("keys.followed", format!("{} handovers", bundle.handovers.len()));
    }
    let Case { tenant, opened, eligible, votes, hashes, sealed, counted, decided } = cases::read(&bundle, &checkpoint)?;
    steps.held("leaves.included", format!("{} of {}", bundle.leaves.len(), checkpoint.size));

    check_votes(&votes, &hashes, &counted)?;
    steps.held("votes.complete", format!("{} with root {}", counted.count, counted.votes_root));
    check_roll(&opened)?;
    check_turnout(&eligible, &votes)?;
    let tally = facts::recount(&opened.rule, &opened.subject.options, &eligible, &votes, sealed.as_ref())?;
    if tally != counted.tally {
        return Err(Refused::Tally);
    }
    steps.held("tally.recounted", format!("{} by {} measures", votes.len(), tally.counts.len()));
    check_verdict(&opened, &tally, &decided)?;
    match &opened.rule.custom {
        None => steps.held("verdict.evaluated", format!("{:?}", decided.outcome)),
        Some(_) => steps.held("verdict.custom", "the rule is beyond the terms: run the component again".into()),
    }
    let rules = check_rules(bundle, &opened, &tally, &decided, &mut steps)?;

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
        rules,
    })
}

/// Reads the checkpoint: signed by the pinned key or one after it where there is one, and by one of those that the handovers name.
fn check_checkpoint(bundle: &Bundle, pinned: Option<&str>) -> Result<(Trust, Checkpoint), Refused> {
    let keys = keys::chain(&bundle.handovers)?;
    let checkpoint = match keys.is_empty() {
        true => checkpoints::read(&bundle.checkpoint)?,
        false => checkpoints::verify_any(&bundle.checkpoint, &keys)?,
    };
    let Some(pinned) = pinned else { return Ok((Trust::Unanchored, checkpoint)) };
    checkpoints::verify_any(&bundle.checkpoint, &keys::follow(pinned, &bundle.handovers)?)?;
    Ok((Trust::Anchored, checkpoint))
}

struct Steps(Vec<Step>);

impl Steps {
    fn held(&mut self, code: &'static str, detail: String) {
        self.0.push(Step { code, detail });
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

/// The votes come to no more than the roll.
fn check_turnout(roll: &[Eligible], votes: &[VoteCast]) -> Result<(), Refused> {
    for &Eligible { measure, total: eligible } in roll {
        let of = |vote: &VoteCast| match measure {
            Measure::Heads => vote.heads,
            Measure::FloorArea => vote.floor_area.unwrap_or_default(),
        };
        let found = votes.iter().fold(0u64, |sum, vote| sum.saturating_add(of(vote)));
        if found > eligible {
            return Err(Refused::Roll { measure, found, eligible });
        }
    }
    Ok(())
}

/// The roll's totals are those that the rule was asked for.
fn check_roll(opened: &BallotOpened) -> Result<(), Refused> {
    let total = |measure| opened.eligible.iter().find(|it| it.measure == measure).map(|it| it.total);
    let heads = total(Measure::Heads).is_none_or(|it| it == opened.subject.eligible_heads);
    let area = total(Measure::FloorArea).is_none_or(|it| Some(it) == opened.subject.eligible_floor_area);
    same(heads && area, "the roll's totals and those that the rule was asked for")
}

fn check_verdict(opened: &BallotOpened, tally: &Tally, decided: &BallotDecided) -> Result<(), Refused> {
    same(decided.outcome == decided.verdict.outcome, "the outcome and that of the verdict")?;
    let Verdict { outcome, checks, winners, .. } = voting::evaluate(&opened.rule, tally)?;
    let verdict = &decided.verdict;
    let agrees = outcome == decided.outcome && checks == verdict.checks && winners == verdict.winners;
    if agrees || opened.rule.custom.is_some() {
        return Ok(());
    }
    Err(Refused::Verdict { expected: outcome, recorded: decided.outcome })
}

/// Holds what decided against what was published at the opening; all of it is there, or none.
fn check_rules(
    bundle: Bundle,
    opened: &BallotOpened,
    tally: &Tally,
    decided: &BallotDecided,
    steps: &mut Steps,
) -> Result<Option<Rules>, Refused> {
    let published = (opened.component, opened.configuration);
    let ((component, configuration), (announced, configured), receipt) =
        match ((bundle.component, bundle.configuration), published, &decided.receipt) {
            ((None, None), (None, None), None) if opened.rule.custom.is_some() => return Err(Refused::Undecidable),
            ((None, None), (None, None), None) => {
                steps.held("rules.standard", "no component: the standard rules, evaluated here".into());
                return Ok(None);
            }
            ((Some(component), Some(configuration)), (Some(announced), Some(configured)), Some(receipt)) => {
                ((component.0, configuration), (announced, configured), receipt)
            }
            _ => return Err(Refused::Incomplete),
        };
    same(receipt.component == announced, "the components at the opening and at the decision")?;
    same(receipt.configuration == configured, "the configurations at the opening and at the decision")?;
    check_receipt(receipt, opened, tally, decided)?;
    steps.held("receipt.consistent", format!("contract {}", receipt.contract));
    same(digest(&component) == announced, "the component and its digest at the opening")?;
    steps.held("component.matches", announced.to_string());
    same(digest(&canonical(&configuration)) == configured, "the configuration and its digest at the opening")?;
    steps.held("configuration.matches", configured.to_string());
    Ok(Some(Rules { component, configuration, receipt: receipt.clone() }))
}

fn check_receipt(
    Receipt { input, output, .. }: &Receipt,
    opened: &BallotOpened,
    tally: &Tally,
    decided: &BallotDecided,
) -> Result<(), Refused> {
    let given: Value = serde_json::from_str(input).unwrap_or_default();
    same(canonical(&given) == input.as_bytes(), "the receipt's input and its canonical form")?;
    same(given["function"] == "decide", "the receipt's call and the one for a verdict")?;
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
