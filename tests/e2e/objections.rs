//! What is adopted is published, whoever lives there may object, and nothing is carried out before each objection is answered.

use serde_json::json;
use yishi_tests::{
    books::{book, condition},
    cases::created,
    communities::{Community, HOME},
    plugins,
};

/// A community that publishes what it adopts for three days, with what it has just adopted and somebody who watches over it.
async fn adopted() -> (Community, yishi_tests::cases::Adopted, yishi_tests::cities::Member) {
    let rule = json!({"publication_hours": 72, "conditions": [condition("majority", "participating", (1, 2), true)]});
    let community = Community::gathered(2).await;
    community.adopt_rules(plugins::built("rule-book"), book(rule)).await;
    let adopted = community.adopted().await;
    let supervisor = community.city.member("监督委员", HOME).await;
    community.city.grant(&supervisor, HOME, "supervisor").await;
    (community, adopted, supervisor)
}

#[tokio::test]
async fn an_objection_is_answered_before_anything_is_carried_out() {
    let (community, adopted, supervisor) = adopted().await;
    let path = format!("/resolutions/{}/objections", adopted.resolution);
    let shown = community.read(&format!("/resolutions/{}", adopted.resolution)).await;
    assert!(shown["published_until"].is_string() && shown["set_aside_at"].is_null(), "{shown}");
    let text = json!({"text": "公示的预算与讨论时不符。"});
    let objection = created(community.resident(0).post(&path, text.clone()).await);
    community.resident(0).post(&path, text.clone()).await.refused(409, "objection.raised");
    let stranger = community.city.member("外地人", HOME).await;
    community.city.by(&stranger).post(&path, text.clone()).await.refused(403, "session.forbidden");
    // The rules are asked, as of any case that may need escalation.
    let escalations = community.read(&format!("/topics/{}/escalations", adopted.topic)).await;
    assert_eq!(escalations[0]["kind"], "objection");

    community.city.advance_clock(73).await;
    let late = community.resident(1).post(&path, text).await.refused(409, "resolution.not_in_publication");
    assert!(late["detail"].is_string());
    let refused = community.assign(&adopted.resolution, 200).await.refused(409, "resolution.objections_open");
    assert!(refused["fix"].as_str().is_some_and(|it| it.contains("answer")), "{refused}");
    let answer = format!("/objections/{objection}/answer");
    let dismissed = json!({"decision": "dismissed", "answer": "预算按询价结果公示，附件可查。"});
    community.coordinator().post(&answer, dismissed.clone()).await.refused(403, "session.forbidden");
    let by = community.city.by(&supervisor);
    by.post(&answer, dismissed.clone()).await.expect(204);
    by.post(&answer, dismissed).await.refused(409, "objection.answered");
    let listed = community.read(&path).await;
    assert_eq!((&listed[0]["decision"], listed[0]["member"].is_null()), (&json!("dismissed"), true), "{listed}");
    community.assign(&adopted.resolution, 200).await.expect(200);
    let told = community.told(&adopted.topic, "resolution.assigned").await;
    for kind in ["objection.raised", "case.escalated", "objection.answered"] {
        assert!(told.iter().any(|it| it == kind), "{kind} in {told:?}");
    }
}

#[tokio::test]
async fn an_objection_that_is_upheld_sets_the_decision_aside_and_the_topic_is_deliberated_again() {
    let (community, adopted, supervisor) = adopted().await;
    let path = format!("/resolutions/{}/objections", adopted.resolution);
    let first = created(community.resident(0).post(&path, json!({"text": "未通知全体业主。"})).await);
    let upheld = json!({"decision": "upheld", "answer": "通知程序有误，重新协商。"});
    let by = community.city.by(&supervisor);
    by.post(&format!("/objections/{first}/answer"), upheld).await.expect(204);
    let shown = community.read(&format!("/resolutions/{}", adopted.resolution)).await;
    assert!(shown["set_aside_at"].is_string(), "{shown}");
    assert_eq!(community.stage(&adopted.topic).await, "deliberating");
    community.resident(1).post(&path, json!({"text": "同意"})).await.refused(409, "resolution.not_in_publication");
    community.city.advance_clock(73).await;
    community.assign(&adopted.resolution, 200).await.refused(409, "topic.wrong_stage");
    // What is adopted after the new deliberation stands in its place.
    community.deliberate(&adopted.topic).await;
    let again = community.adopt(&adopted.topic).await;
    community.city.advance_clock(73).await;
    community.assign(&again.resolution, 200).await.expect(200);
    community.assign(&adopted.resolution, 200).await.refused(409, "resolution.superseded");
}
