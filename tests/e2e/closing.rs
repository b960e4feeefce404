//! Coming to rest: what a case waits for before it is closed, as its city sets it.

use serde_json::{Value, json};
use yishi_tests::{
    cases::{Adopted, SURVEY, created},
    communities::{Community, HOME},
    instants,
};

/// A resolution that was carried out, rated by everybody alike, and whose survey is over.
async fn rated(community: &Community, score: u32) -> Adopted {
    let adopted = community.done().await;
    for i in 0..community.residents.len() {
        community.rate(i, &adopted.resolution, score).await.expect(204);
    }
    community.city.advance_clock(SURVEY + 1).await;
    adopted
}

/// Changes some of the city's settings.
async fn set(community: &Community, changes: Value) {
    let boss = community.boss().await;
    let mut settings = boss.get("/settings").await.expect(200);
    for (name, value) in changes.as_object().expect("changes") {
        settings[name] = value.clone();
    }
    assert_eq!(boss.put("/settings", settings.clone()).await.expect(200), settings);
}

#[tokio::test]
async fn a_case_waits_until_the_committee_has_closed_what_it_found() {
    let community = Community::gathered(2).await;
    let supervisor = community.supervisor(HOME).await;
    let adopted = community.done().await;
    let unit = community.city.unit(HOME).await;
    let by = instants::after(&community.city.advance_clock(1).await, 300 * 60);
    let text = "验收记录缺少签名。";
    let finding = json!({"kind": "finding", "unit": unit, "ground": "missing_step", "text": text, "answer_by": by});
    let path = format!("/topics/{}/findings", adopted.topic);
    let finding = created(supervisor.post(&path, finding).await);
    let check = json!({"kind": "check", "unit": unit, "text": "现场已更换。"});
    supervisor.post(&path, check).await.expect(201);
    for i in 0..2 {
        community.rate(i, &adopted.resolution, 90).await.expect(204);
    }
    community.city.advance_clock(SURVEY + 1).await;
    assert_eq!(community.stage(&adopted.topic).await, "done", "everybody is satisfied, and something is still open");
    let told = community.shown("case.held_open", 1).await;
    assert_eq!(told[0]["body"]["awaited"], json!({"findings": 1, "look_back": false}), "{told:?}");
    let answer = json!({"answer": "已补签。"});
    community.officer().post(&format!("/findings/{finding}/answer"), answer).await.expect(200);
    assert_eq!(community.stage(&adopted.topic).await, "done");
    let outcome = json!({"outcome": "已补正，约谈一次。", "measure": "talk"});
    supervisor.post(&format!("/findings/{finding}/closing"), outcome).await.expect(200);
    assert_eq!(community.stage(&adopted.topic).await, "closed");
    let told = community.told(&adopted.topic, "topic.closed").await;
    assert_eq!(told[told.len() - 2..], ["finding.closed", "topic.closed"]);
}

#[tokio::test]
async fn where_the_city_asks_for_it_a_case_is_closed_once_what_was_done_was_seen_to_last() {
    let community = Community::gathered(1).await;
    set(&community, json!({"closing_needs_look_back": true, "look_back_days": 30})).await;
    let supervisor = community.supervisor(HOME).await;
    let adopted = rated(&community, 90).await;
    assert_eq!(community.stage(&adopted.topic).await, "done");
    let told = community.shown("case.held_open", 1).await;
    assert_eq!(told[0]["body"]["awaited"], json!({"findings": 0, "look_back": true}));
    community.city.advance_clock(30 * 24).await;
    assert_eq!(community.shown("look_back.due", 1).await[0]["subject"], adopted.topic.as_str());
    let look = async |lasting: bool| {
        let seen = json!({"lasting": lasting, "text": "现场查看。"});
        supervisor.post(&format!("/resolutions/{}/look-backs", adopted.resolution), seen).await.expect(201)
    };
    look(false).await;
    assert_eq!(community.stage(&adopted.topic).await, "done", "it has not lasted");
    community.city.advance_clock(30 * 24).await;
    community.shown("look_back.due", 2).await;
    look(true).await;
    assert_eq!(community.stage(&adopted.topic).await, "closed");
    community.city.advance_clock(31 * 24).await;
    assert_eq!(community.shown("look_back.due", 2).await.len(), 2, "nobody visits it again");
}

#[tokio::test]
async fn how_satisfied_residents_must_be_is_the_citys_to_say_and_told_with_the_result() {
    let community = Community::gathered(1).await;
    // The plan aims at 85 of 100.
    set(&community, json!({"satisfaction_floor_per_mille": 850})).await;
    let adopted = rated(&community, 84).await;
    assert_eq!(community.stage(&adopted.topic).await, "deliberating");
    let told = community.shown("survey.closed", 1).await;
    assert_eq!(
        (&told[0]["body"]["satisfaction_per_mille"], &told[0]["body"]["floor_per_mille"]),
        (&json!(840), &json!(850))
    );
    set(&community, json!({"satisfaction_floor_per_mille": 840})).await;
    let adopted = rated(&community, 84).await;
    assert_eq!(community.stage(&adopted.topic).await, "closed");
}

#[tokio::test]
async fn settings_are_changed_by_administrators_of_the_city_who_have_seen_them_and_within_reason() {
    let community = Community::gathered(1).await;
    let boss = community.boss().await;
    let seen = boss.get("/settings").await;
    let tag = seen.header("etag").to_owned();
    let settings = seen.expect(200);
    let defaults = json!({
        "satisfaction_floor_per_mille": 600, "look_back_days": 90, "closing_needs_look_back": false, "closing_needs_findings_closed": true,
    });
    assert_eq!(settings, defaults);
    let mut other = settings.clone();
    other["look_back_days"] = json!(60);
    let put = async |body: &Value| boss.put_with("/settings", body.clone(), &[("if-match", &tag)]).await;
    put(&other).await.expect(200);
    let stale = put(&settings).await.refused(412, "request.stale");
    assert_eq!(stale["current"], other, "whoever is late sees what the other has set");
    community.coordinator().put("/settings", settings.clone()).await.refused(403, "session.forbidden");
    other["look_back_days"] = json!(0);
    assert_eq!(boss.put("/settings", other).await.refused(422, "request.bad_field")["field"], "look_back_days");
    let district = community.city.member("区管理员", "330106").await;
    community.city.grant(&district, "330106", "administrator").await;
    community.city.by(&district).put("/settings", settings).await.refused(403, "session.forbidden");
}
