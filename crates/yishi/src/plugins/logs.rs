//! What became of a rule set on a server: how the shadow's answers stand, and the latest events about rules.

use std::collections::VecDeque;

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use super::remotes::{Remote, shown};
use crate::outputs;

/// Where to look.
#[derive(Debug, Args)]
pub struct Logs {
    #[command(flatten)]
    remote: Remote,
    /// How many of the latest events to show
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    latest: u16,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Shows the shadow and the latest events about rules.
pub async fn logs(options: &Logs) -> Result<bool> {
    let city = options.remote.city()?;
    let shadow = city.get("/shadow").await?["running"].take();
    let mut latest = VecDeque::new();
    city.all("/events", |event| {
        if is_about_rules(&event) {
            latest.push_back(event);
            if latest.len() > usize::from(options.latest) {
                latest.pop_front();
            }
        }
    })
    .await?;
    let events = Vec::from(latest);
    if options.json {
        outputs::write_json(&json!({"shadow": shadow, "events": events}))?;
    } else {
        outputs::write(&text(&shadow, &events))?;
    }
    Ok(true)
}

/// Tells whether rules were changed or tried, failed, or were stood in for.
fn is_about_rules(event: &Value) -> bool {
    let kind = event["kind"].as_str().unwrap_or_default();
    let life = ["rule_set.", "replay."].iter().any(|it| kind.starts_with(it));
    life || matches!(kind, "verdict.failed" | "shadow.begun" | "shadow.ended") || event["body"]["fallback"].is_string()
}

fn text(shadow: &Value, events: &[Value]) -> String {
    let mut text = match shadow {
        Value::Null => "no shadow runs\n".to_owned(),
        it => {
            let figure = |name: &str| shown(&it[name]);
            let figures = ["digest", "since", "same", "flipped", "not_comparable"].map(figure);
            let [digest, since, same, flipped, not_comparable] = figures;
            format!(
                "shadow {digest} since {since}: {same} the same, {flipped} flipped, {not_comparable} not comparable\n"
            )
        }
    };
    let differences = shadow["differences"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !differences.is_empty() {
        let row = |it: &Value| ["at", "function", "comparison", "subject", "why"].map(|name| shown(&it[name]));
        let rows: Vec<_> = differences.iter().map(row).collect();
        text.push_str(&format!("\n{}", outputs::table(&["at", "asked for", "how", "subject", "why"], &rows)));
    }
    if !events.is_empty() {
        let row = |it: &Value| [shown(&it["at"]), shown(&it["kind"]), shown(&it["subject"]), what(&it["body"])];
        let rows: Vec<_> = events.iter().map(row).collect();
        text.push_str(&format!("\n{}", outputs::table(&["at", "event", "subject", "what"], &rows)));
    }
    text
}

/// The few facts of an event by which its reader finds what it is about.
fn what(body: &Value) -> String {
    const FACTS: [&str; 9] =
        ["name", "version", "number", "cause", "fallback", "same", "flipped", "not_comparable", "component"];
    let told =
        FACTS.iter().filter(|name| !body[**name].is_null()).map(|name| format!("{name} {}", shown(&body[*name])));
    told.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_verdict_and_a_stand_in_are_among_what_is_shown() {
        let event = |kind: &str, body: Value| json!({"at": "t", "kind": kind, "subject": "s", "body": body});
        let failed = event("verdict.failed", json!({"ballot": "b", "cause": "policy.trap"}));
        let stood_in = event("case.escalated", json!({"fallback": "policy.fuel_exhausted"}));
        assert!(is_about_rules(&failed) && is_about_rules(&stood_in));
        assert!(!is_about_rules(&event("case.escalated", json!({"fallback": null}))));
        assert!(!is_about_rules(&event("vote.cast", json!({}))));
        let text = text(&Value::Null, &[failed, stood_in]);
        assert!(text.starts_with("no shadow runs\n\nat  event"), "{text}");
        assert!(text.contains("cause policy.trap") && text.contains("fallback policy.fuel_exhausted"), "{text}");
    }
}
