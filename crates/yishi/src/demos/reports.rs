//! What came of the story: gathered over the interface, verified offline, and shown.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use serde_json::Value;
use tokio::time::sleep;

use super::callers::Service;
use crate::{
    callers::Caller,
    verifications::{Finding, Findings, examine},
};

/// How often the record is looked at until it holds the decision.
const LOOKS: usize = 100;

/// The whole report.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The province.
    pub province: Province,
    /// The cities in which the story ran.
    pub cities: Vec<Told>,
    /// How long the story took, in milliseconds.
    pub story_ms: u64,
}

/// The onboarded province.
#[derive(Debug, Serialize)]
pub struct Province {
    /// How many cities.
    pub cities: usize,
    /// How many units, the cities among them.
    pub units: usize,
    /// How many of them were not there before.
    pub created: usize,
    /// How long the installation took to open, in milliseconds.
    pub started_ms: u64,
    /// How long onboarding took, in milliseconds.
    pub onboarded_ms: u64,
}

/// What the story left behind, by identifier.
pub struct Seen {
    /// The rule set.
    pub rules: Value,
    /// The topics that were raised.
    pub raised: Vec<String>,
    /// The one that went on.
    pub topic: String,
    /// Its ballot.
    pub ballot: String,
    /// The resolution, where one was adopted.
    pub resolution: Option<String>,
    /// What a second vote was answered.
    pub twice: (u16, String),
}

/// The story in one city.
#[derive(Debug, Serialize)]
pub struct Told {
    /// The tenant's slug.
    pub tenant: String,
    /// The city's name.
    pub city: String,
    /// The rule set's name and version.
    pub rules: String,
    /// Its digest.
    pub component: String,
    /// The topics with their channel and where they stand.
    pub topics: Vec<Value>,
    /// The ballot, with its rule, tally and verdict.
    pub ballot: Value,
    /// The resolution, where one was adopted.
    pub resolution: Option<Value>,
    /// The escalations.
    pub escalations: Vec<Value>,
    /// What a second vote was answered.
    pub second_vote: String,
    /// How many events of each kind the record holds.
    pub events: BTreeMap<String, usize>,
    /// How many events the record holds.
    pub record_size: usize,
    /// The checkpoint under which the decision was verified.
    pub checkpoint: Checkpoint,
    /// The steps of the offline verification that held.
    pub verified: Vec<&'static str>,
}

/// A signed state of the record.
#[derive(Debug, Serialize)]
pub struct Checkpoint {
    /// The record's name.
    pub origin: String,
    /// How many events it had.
    pub size: u64,
    /// The root over them.
    pub root: String,
}

/// Gathers what the story left behind.
pub async fn gather(service: &Service<'_>, tenant: &str, boss: &Caller, seen: Seen) -> Result<Told> {
    let path = |rest: String| format!("/v1/{tenant}{rest}");
    let mut topics = Vec::new();
    for id in &seen.raised {
        topics.push(boss.get(&path(format!("/topics/{id}"))).await?);
    }
    let resolution = match &seen.resolution {
        Some(id) => Some(boss.get(&path(format!("/resolutions/{id}"))).await?),
        None => None,
    };
    let escalations = boss.get(&path(format!("/topics/{}/escalations", seen.topic))).await?;
    let (verified, checkpoint) = verify(service, tenant, &seen.ballot).await?;
    let events = events(boss, tenant).await?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(Told {
        tenant: tenant.to_owned(),
        city: text(&service.tenant(tenant).await?["name"]),
        rules: format!("{} {}", text(&seen.rules["name"]), text(&seen.rules["version"])),
        component: text(&seen.rules["digest"]),
        topics,
        ballot: boss.get(&path(format!("/ballots/{}", seen.ballot))).await?,
        resolution,
        escalations: escalations.as_array().cloned().unwrap_or_default(),
        second_vote: format!("{} {}", seen.twice.0, seen.twice.1),
        record_size: events.values().sum(),
        events,
        checkpoint,
        verified,
    })
}

async fn events(boss: &Caller, tenant: &str) -> Result<BTreeMap<String, usize>> {
    let mut kinds = BTreeMap::new();
    let mut path = format!("/v1/{tenant}/events?limit=1000");
    loop {
        let page = boss.get(&path).await?;
        for event in page["items"].as_array().into_iter().flatten() {
            *kinds.entry(event["kind"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
        }
        match page["next"].as_str() {
            Some(next) => path = format!("/v1/{tenant}/events?limit=1000&cursor={next}"),
            None => return Ok(kinds),
        }
    }
}

/// Takes the decision's bundle once the record holds it, and verifies it as anybody can, without the server.
async fn verify(service: &Service<'_>, tenant: &str, ballot: &str) -> Result<(Vec<&'static str>, Checkpoint)> {
    let keys = service.anybody().get(&format!("/public/{tenant}/record/keys")).await?;
    let key = keys["keys"][0]["key"].as_str().context("a record has a key")?;
    for _ in 0..LOOKS {
        let bundle = service.anybody().bytes(&format!("/public/{tenant}/ballots/{ballot}/bundle")).await?;
        let Findings { result, reason, report } = examine(&bundle, Some(key)).await?;
        match (result, report, reason) {
            (Finding::Verified, Some(report), _) => {
                let steps = report.steps.iter().map(|step| step.code).collect();
                let checkpoint = Checkpoint { origin: report.origin, size: report.size, root: report.root.to_string() };
                return Ok((steps, checkpoint));
            }
            // The sequencer has not reached the decision yet.
            (_, _, Some(reason)) if reason.code == "ballot.incomplete" => sleep(Duration::from_millis(100)).await,
            (_, _, reason) => bail!("the bundle is refused: {reason:?}"),
        }
    }
    bail!("the record did not reach the decision in time")
}

impl Report {
    /// Tells whether every step gave what it should.
    pub fn holds(&self) -> bool {
        let outcome = |told: &Told| told.ballot["verdict"]["outcome"].clone();
        let [passed, failed] = self.cities.as_slice() else { return false };
        let stages = |told: &Told| told.topics.iter().map(|it| it["stage"].clone()).collect::<Vec<_>>();
        let escalated = passed.escalations.iter().filter(|it| it["kind"] == "overdue").count();
        outcome(passed) == "passed"
            && outcome(failed) == "failed"
            && stages(passed) == ["deliberating", "accepted", "rejected"]
            && stages(failed) == ["not_adopted", "accepted", "rejected"]
            && escalated > 0
            && passed.resolution.as_ref().is_some_and(|it| it["satisfaction_per_mille"] == 250)
            && failed.resolution.is_none()
            && self.cities.iter().all(|it| it.second_vote == "409 vote.already_cast" && !it.verified.is_empty())
    }

    /// The report as JSON.
    pub fn json(&self) -> Result<String> {
        Ok(format!("{}\n", serde_json::to_string_pretty(self)?))
    }
}
