//! The life of a city's rules: tried in shadow, replayed over what was decided, put in force, taken back, and announced for later.

use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use yishi_tests::{cities::City, clients::Client, decisions, rule_sets};

#[tokio::test]
async fn rules_are_tried_in_shadow_replayed_put_in_force_and_taken_back() {
    let city = City::founded().await;
    let boss = city.by(city.administrator().await);
    let standard = rule_sets::upload(&boss, "standard").await;
    let code = rule_sets::upload(&boss, "civil-code-278").await;
    rule_sets::activate(&boss, &standard, json!({"configuration": {"window_hours": 72}})).await.expect(201);
    assert_eq!(boss.get("/shadow").await.expect(200), json!({}));
    let unsound = json!({"configuration": {"quorun": 1}});
    let path = format!("/rule-sets/{code}");
    boss.post(&format!("{path}/shadow"), unsound.clone()).await.refused(422, "policy.configuration_invalid");
    boss.post(&format!("{path}/replays"), unsound).await.refused(422, "policy.configuration_invalid");
    let candidate = json!({"configuration": {"window_hours": 72}});
    boss.post(&format!("{path}/shadow"), candidate.clone()).await.expect(201);

    let ballot = decisions::decided(&city).await;
    assert_eq!(
        ballot["verdict"]["outcome"], "passed",
        "eight of twelve owners, four fifths of those who voted: {ballot}"
    );
    assert_eq!(ballot["component"], *standard);

    // The category of the topic as well, which both leave to the same rules.
    let shadow = shadow_with(&boss, 3).await;
    assert_eq!((&shadow["digest"], &shadow["flipped"], &shadow["same"]), (&json!(code), &json!(2), &json!(1)));
    let difference = |function: &str| {
        let all = shadow["differences"].as_array().expect("a list");
        let found = all.iter().find(|it| it["function"] == function);
        found.unwrap_or_else(|| panic!("nothing about {function}: {shadow}")).clone()
    };
    for function in ["rule", "verdict"] {
        let it = difference(function);
        assert_eq!((&it["subject"], &it["comparison"]), (&ballot["id"], &json!("flipped")), "{it}");
    }
    let why = "majority_floor_area: 44000 of 94000, more than 1/2 needed";
    assert!(text(&difference("verdict")["why"]).contains(why), "{shadow}");

    let replay = boss.post(&format!("{path}/replays"), candidate.clone()).await.expect(201);
    let replay = finished(&boss, text(&replay["ids"][0])).await;
    let figures = ["total", "done", "same", "flipped", "not_comparable"].map(|name| replay[name].clone());
    assert_eq!(figures, [1, 1, 0, 1, 0], "{replay}");
    let path = format!("/replays/{}/differences", text(&replay["id"]));
    let differences = boss.get(&path).await.expect(200);
    assert_eq!(differences["items"][0]["ballot"], ballot["id"]);
    assert!(text(&differences["items"][0]["why"]).contains(why), "{differences}");
    boss.get("/replays/00000000-0000-7000-8000-000000000000").await.refused(404, "replay.unknown");

    let end = async || boss.call("DELETE", "/shadow").await;
    end().await.expect(204);
    end().await.refused(409, "shadow.none");
    assert_eq!(boss.get("/shadow").await.expect(200), json!({}));

    rule_sets::activate(&boss, &code, candidate).await.expect(201);
    assert_eq!(rule_sets::in_force(&boss).await, code);
    boss.post("/rules/rollback", Value::Null).await.expect(201);
    assert_eq!(
        rule_sets::in_force(&boss).await,
        standard,
        "what held before holds again, with what it was configured with"
    );
    let active = boss.get("/rules").await.expect(200)["active"].clone();
    assert_eq!((&active["number"], &active["configuration"]), (&json!(3), &json!({"window_hours": 72})));
    let told = city.record(1).await;
    let kinds: Vec<_> = told.kinds().into_iter().filter(|kind| !kind.starts_with("vote.")).collect();
    for kind in ["rule_set.uploaded", "shadow.begun", "shadow.answered", "replay.finished", "shadow.ended"] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
    let again = boss.get(&format!("/ballots/{}", text(&ballot["id"]))).await.expect(200);
    assert_eq!(again, ballot, "whatever was tried, what was decided stays");
}

#[tokio::test]
async fn rules_announced_for_later_hold_once_the_clock_is_there() {
    let city = City::founded().await;
    let boss = city.by(city.administrator().await);
    let standard = rule_sets::upload(&boss, "standard").await;
    let code = rule_sets::upload(&boss, "civil-code-278").await;
    boss.post("/rules/rollback", Value::Null).await.refused(409, "rule_set.nothing_before");
    rule_sets::activate(&boss, &standard, json!({"configuration": {}, "after": 0})).await.expect(201);
    let now = city.advance_clock(1).await;
    let later = |hours: i64| {
        let now: DateTime<Utc> = now.parse().expect("an instant");
        (now + TimeDelta::hours(hours)).to_rfc3339_opts(SecondsFormat::Micros, true)
    };
    let past = json!({"configuration": {}, "from": later(-1)});
    rule_sets::activate(&boss, &code, past).await.refused(422, "rule_set.in_the_past");
    let from = later(48);
    rule_sets::activate(&boss, &code, json!({"configuration": {}, "from": from, "after": 1})).await.expect(201);
    let stale = json!({"configuration": {}, "after": 1});
    let problem = rule_sets::activate(&boss, &code, stale).await.refused(409, "rule_set.raced");
    assert!(problem["fix"].is_string(), "{problem}");

    assert_eq!(rule_sets::in_force(&boss).await, standard);
    let announced = boss.get("/activations?limit=1").await.expect(200);
    assert_eq!(
        (&announced["items"][0]["digest"], &announced["items"][0]["activated_at"]),
        (&json!(code), &json!(from))
    );
    city.advance_clock(47).await;
    assert_eq!(rule_sets::in_force(&boss).await, standard, "an hour before");
    city.advance_clock(1).await;
    assert_eq!(rule_sets::in_force(&boss).await, code, "the hour has come");
}

/// The shadow, once it has so many answers: it is asked after whoever decided has been answered.
async fn shadow_with(boss: &Client, answers: u64) -> Value {
    until(async || {
        let shadow = boss.get("/shadow").await.expect(200)["running"].clone();
        let sum: u64 = ["same", "flipped", "not_comparable"].iter().filter_map(|name| shadow[*name].as_u64()).sum();
        (sum >= answers).then_some(shadow)
    })
    .await
}

async fn finished(boss: &Client, replay: &str) -> Value {
    until(async || {
        let replay = boss.get(&format!("/replays/{replay}")).await.expect(200);
        replay["finished_at"].is_string().then_some(replay)
    })
    .await
}

async fn until(look: impl AsyncFn() -> Option<Value>) -> Value {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not come");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}
