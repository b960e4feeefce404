//! Carrying a decision out: action items with milestones and evidence, more time, other hands, and what happens when it stalls.

use serde_json::{Value, json};
use yishi_tests::{
    answers::Answer,
    cases::created,
    communities::{Community, HOME, text},
    instants, plugins,
};

/// The digest of a photograph.
const PHOTOGRAPH: &str = "sha256:0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f";

/// An item for a unit, due so many hours from now.
async fn item(community: &Community, unit: &str, hours: i64) -> Value {
    let now = community.city.advance_clock(1).await;
    json!({
        "title": "划定 42 个车位", "unit": unit, "first_responsible_post": "街道城管科长",
        "due_at": instants::after(&now, hours * 60), "milestones": [{"name": "资金到位", "due_at": instants::after(&now, hours * 30)}],
    })
}

async fn add(community: &Community, resolution: &str, item: Value) -> Answer {
    community.coordinator().post(&format!("/resolutions/{resolution}/items"), item).await
}

#[tokio::test]
async fn a_parking_conversion_stalls_for_money_is_escalated_to_the_city_done_rated_badly_and_reopened() {
    let community = Community::gathered(3).await;
    community.adopt_rules(plugins::built("escalation-ladder"), json!({})).await;
    let adopted = community.adopted().await;
    community.assign(&adopted.resolution, 2_000).await.expect(200);
    let home = community.city.unit(HOME).await.to_owned();
    let late = item(&community, &home, 48).await;
    let stalled = created(add(&community, &adopted.resolution, late).await);
    let path = format!("/items/{stalled}");

    community.city.advance_clock(25).await;
    assert_eq!(community.shown("item.warned", 1).await[0]["body"]["item"], stalled.as_str());
    let told = community.officer().get("/notices").await.expect(200);
    assert_eq!(
        (&told["items"][0]["kind"], &told["items"][0]["facts"]["item"]),
        (&json!("item.warned"), &json!(stalled))
    );

    // The community, the street and the district have 48, 48 and 72 hours, before the city is asked.
    community.city.advance_clock(24 + 48 + 48 + 72).await;
    let shown = community.read(&path).await;
    assert!(shown["late_at"].is_string() && shown["state"] == "underway", "{shown}");
    let topic = community.read(&format!("/topics/{}", adopted.topic)).await;
    assert_eq!((&topic["level"], topic["marked_at"].is_string()), (&json!("city"), true), "{topic}");
    let list = community.read(&format!("/topics/{}/escalations", adopted.topic)).await;
    let levels: Vec<_> = list.as_array().expect("a list").iter().map(|it| text(&it["level"])).collect();
    assert_eq!(levels, ["community", "community", "street", "district"], "{list}");
    community.city.advance_clock(120).await;
    let found = community.city.public().get(&format!("/findings?topic={}", adopted.topic)).await.expect(200);
    assert_eq!((&found["items"][0]["kind"], &found["items"][0]["unit"]), (&json!("finding"), &json!(home)), "{found}");

    community.complete(&adopted.resolution).await.refused(409, "resolution.items_open");
    let done = json!({"text": "已完成划线。", "evidence": [PHOTOGRAPH], "milestone": 0});
    let none = json!({"text": "已完成划线。"});
    community.officer().post(&format!("{path}/completion"), none).await.refused(422, "item.no_evidence");
    let done = community.officer().post(&format!("{path}/completion"), done).await.expect(200);
    assert_eq!((&done["state"], done["milestones"][0]["reached_at"].is_string()), (&json!("done"), true));
    assert_eq!(community.complete(&adopted.resolution).await.expect(200)["stage"], "done");
    for (i, score) in [20, 30, 25].into_iter().enumerate() {
        community.rate(i, &adopted.resolution, score).await.expect(204);
    }
    community.city.advance_clock(169).await;
    assert_eq!(community.stage(&adopted.topic).await, "deliberating");
    let told = community.told(&adopted.topic, "topic.reopened").await;
    for kind in ["item.added", "item.warned", "item.late", "finding.noted", "item.reported", "item.completed"] {
        assert!(told.iter().any(|it| it == kind), "{kind} is told: {told:?}");
    }
    assert_eq!(told.iter().filter(|kind| *kind == "item.late").count(), 5, "at each rung again: {told:?}");
}

#[tokio::test]
async fn an_item_gets_more_time_other_hands_and_parts_and_nobody_overwrites_what_they_have_not_seen() {
    let community = Community::gathered(1).await;
    let (department, officer) = community.department("330106", "330106-cg", "城市管理局").await;
    let adopted = community.adopted().await;
    let home = community.city.unit(HOME).await.to_owned();
    let early = item(&community, &home, 48).await;
    add(&community, &adopted.resolution, early).await.refused(409, "item.not_executing");
    community.assign(&adopted.resolution, 240).await.expect(200);
    let beyond = item(&community, &home, 300).await;
    let refused = add(&community, &adopted.resolution, beyond).await;
    assert_eq!(refused.refused(422, "item.incomplete")["field"], "due_at");
    let whole = item(&community, &home, 100).await;
    let id = created(add(&community, &adopted.resolution, whole).await);
    let path = format!("/items/{id}");
    let now = community.city.advance_clock(1).await;
    let seen = community.boss().await.get(&path).await.header("etag").to_owned();
    let until = instants::after(&now, 500 * 60);
    let asked = json!({"due_at": until, "reason": "专项资金未到"});
    community.officer().post(&format!("{path}/extension"), asked).await.expect(200);
    let decision = format!("{path}/extension/decision");
    let stale = [("if-match", seen.as_str())];
    community.coordinator().post_with(&decision, json!({"granted": true}), &stale).await.refused(412, "request.stale");
    let granted = community.coordinator().post(&decision, json!({"granted": true})).await.expect(200);
    assert_eq!((&granted["due_at"], granted["extension_until"].is_null()), (&json!(until), true), "{granted}");
    let whole = community.read(&format!("/resolutions/{}", adopted.resolution)).await;
    assert_eq!(whole["due_at"], json!(until), "what contains it is not due before");

    let handover = json!({"unit": department, "reason": "属城市管理局职责"});
    let offered = community.officer().post(&format!("{path}/handover"), handover).await.expect(200);
    assert_eq!((&offered["state"], &offered["unit"]), (&json!("offered"), &json!(home)));
    let answer = format!("{path}/handover/answer");
    community.officer().post(&answer, json!({"accepted": true})).await.refused(403, "session.forbidden");
    let taken = officer.post(&answer, json!({"accepted": true})).await.expect(200);
    assert_eq!((&taken["state"], &taken["unit"]), (&json!("underway"), &json!(department)));
    let report = json!({"text": "已进场。", "evidence": [PHOTOGRAPH]});
    community.officer().post(&format!("{path}/reports"), report.clone()).await.refused(403, "session.forbidden");
    officer
        .post(&format!("{path}/reports"), json!({"text": "已进场。", "milestone": 7}))
        .await
        .refused(422, "item.unknown_milestone");
    officer.post(&format!("{path}/reports"), report).await.expect(200);
    let reports = community.read(&format!("{path}/reports")).await;
    assert_eq!(reports["items"][0]["evidence"], json!([PHOTOGRAPH]));

    let parts = json!({"parts": [item(&community, &department, 90).await, item(&community, &home, 90).await]});
    let split = community.coordinator().post(&format!("{path}/parts"), parts).await.expect(201);
    assert_eq!(split["ids"].as_array().map(Vec::len), Some(2));
    let items = community.read(&format!("/resolutions/{}/items", adopted.resolution)).await;
    let states: Vec<_> = items.as_array().expect("a list").iter().map(|it| text(&it["state"])).collect();
    assert_eq!(states, ["split", "underway", "underway"]);
    let done = json!({"text": "完成", "evidence": [PHOTOGRAPH]});
    officer.post(&format!("{path}/completion"), done).await.refused(409, "item.wrong_state");
    community.complete(&adopted.resolution).await.refused(409, "resolution.items_open");
}
