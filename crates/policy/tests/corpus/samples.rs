//! What is asked and what is answered well, by the contract's types: the one place to change when they do.

use std::sync::Arc;

use serde_json::{Value, from_value, json};
use yishi_domain::{
    escalation::Case,
    topics::TopicText,
    voting::{Subject, Tally, VotingRule},
};
use yishi_policy::{Caller, PolicyFailure};

/// The functions that are asked once a component is admitted.
pub const ASKED: [&str; 5] = ["rule", "decide", "categories", "classify", "assess"];

/// An honest answer of each function.
pub fn answers() -> Vec<(&'static str, Value)> {
    vec![
        (
            "describe",
            json!({
                "name": "honest", "version": "1.0.0", "configuration-schema": "{}",
                "interfaces": ["topics", "voting", "escalation"],
            }),
        ),
        (
            "rule",
            json!({"ok": {
                "method": "yes-no", "secrecy": "open", "notice-hours": 0, "window-hours": 24, "laws": [],
                "conditions": [{
                    "code": "majority", "kind": "majority", "measure": "heads", "counted": "in-favour", "of": "participating",
                    "at-least": {"numerator": 1, "denominator": 2}, "strict": true,
                }],
            }}),
        ),
        (
            "decide",
            json!({"ok": {
                "outcome": "passed",
                "checks": [{
                    "code": "majority", "counted": "6", "of": "9", "at-least": {"numerator": 1, "denominator": 2},
                    "strict": true, "holds": true,
                }],
                "reasons": [{"locale": "en", "text": "six of nine"}],
            }}),
        ),
        (
            "categories",
            json!([
                {"code": "other", "labels": [{"locale": "en", "text": "other"}], "significance": "general", "form": "open-debate"},
                {"code": "lamps", "parent": "other", "labels": [{"locale": "en", "text": "lamps"}], "stage-hours": [
                    {"stage": "submitted", "hours": 120},
                ]},
            ]),
        ),
        ("classify", json!([{"category": "lamps", "per-mille": 900}, {"category": "other", "per-mille": 10}])),
        (
            "assess",
            json!({"ok": {"actions": [{"notify": {"role": "supervisor", "level": "street"}}], "ask-again-hours": 48}}),
        ),
    ]
}

/// An honest answer with places changed.
pub fn changed(function: &str, changes: &[(&str, Value)]) -> Value {
    let (_, mut answer) = answers().into_iter().find(|(name, _)| *name == function).expect("a function");
    for (pointer, value) in changes {
        let (above, member) = pointer.rsplit_once('/').expect("a pointer");
        let place = answer.pointer_mut(above).unwrap_or_else(|| panic!("no {pointer}"));
        match place {
            Value::Array(items) => items[member.parse::<usize>().expect("a place")] = value.clone(),
            Value::Object(members) => drop(members.insert(member.into(), value.clone())),
            other => panic!("nothing lies in {other}"),
        }
    }
    answer
}

/// Asks a function of a component the usual question, without a configuration; tells its answer as JSON.
pub async fn ask(host: &Caller, component: &Arc<[u8]>, function: &str) -> Result<Value, PolicyFailure> {
    ask_with(host, component, &json!({}), function).await
}

/// Asks a function of a component the usual question; tells its answer as JSON.
pub async fn ask_with(
    host: &Caller,
    component: &Arc<[u8]>,
    config: &Value,
    function: &str,
) -> Result<Value, PolicyFailure> {
    let component = Arc::clone(component);
    let told = |value: Result<Value, serde_json::Error>| value.expect("plain");
    match function {
        "rule" => Ok(told(serde_json::to_value(host.rule(component, config, &subject()).await?.value))),
        "decide" => {
            let verdict = host.verdict(component, config, &rule(None), &tally()).await?;
            Ok(told(serde_json::to_value(verdict.value)))
        }
        // The rule has logic of its own: its outcome stands, its figures do not.
        "decide custom" => {
            let verdict = host.verdict(component, config, &rule(Some("the chair decides")), &tally()).await?;
            Ok(told(serde_json::to_value(verdict.value)))
        }
        "categories" => Ok(told(serde_json::to_value(host.categories(component, config).await?.value))),
        "classify" => {
            let topic = TopicText { title: "小区路灯不亮".into(), body: "The lamps by gate 3 are out.".into() };
            let scored = host.classify(component, config, &topic).await;
            scored.fallback.map_or_else(|| Ok(told(serde_json::to_value(scored.value))), Err)
        }
        "assess" => {
            let answer = host.assess(component, config, &case()).await;
            answer.fallback.map_or_else(|| Ok(told(serde_json::to_value(answer.value))), Err)
        }
        other => panic!("the contract has no {other}"),
    }
}

fn subject() -> Subject {
    let subject = json!({
        "category": "other", "significance": "general", "matter": null, "electorate": "residents",
        "eligible_heads": 10, "eligible_floor_area": null,
    });
    from_value(subject).expect("a subject")
}

fn rule(custom: Option<&str>) -> VotingRule {
    let rule = json!({
        "method": "yes_no", "secrecy": "open", "notice_hours": 0, "window_hours": 24, "laws": [], "custom": custom,
        "conditions": [{
            "code": "majority", "kind": "majority", "measure": "heads", "counted": "in_favour", "of": "participating",
            "at_least": {"numerator": 1, "denominator": 2}, "strict": true,
        }],
    });
    from_value(rule).expect("a rule")
}

fn tally() -> Tally {
    let count = json!({"measure": "heads", "eligible": 10, "in_favour": 6, "against": 2, "abstained": 1});
    from_value(json!({"counts": [count]})).expect("a tally")
}

pub fn case() -> Case {
    let case = json!({
        "stage": "executing", "kind": "overdue", "hours_late": 5, "level": "community", "earlier": 0,
        "path": ["street", "district"], "satisfaction_per_mille": null,
    });
    from_value(case).expect("a case")
}
