//! Whistle calls: departments are called to a case, by its rules or its coordinator, and what becomes of those who do not come.

use serde_json::json;
use yishi_tests::{
    cases::created,
    communities::{Community, HOME, text},
    plugins,
};

/// The district of the community.
const DISTRICT: &str = "330106";

#[tokio::test]
async fn a_whistle_that_is_not_answered_for_48_hours_is_escalated_with_its_cause() {
    let community = Community::gathered(2).await;
    let supervisor = community.supervisor(HOME).await;
    let (department, officer) = community.department(DISTRICT, "330106-cg", "城市管理局").await;
    let configuration = json!({"departments": ["城市管理局", "水务局"]});
    community.adopt_rules(plugins::built("escalation-ladder"), configuration).await;
    let adopted = community.adopted().await;
    community.assign(&adopted.resolution, 24).await.expect(200);
    community.city.advance_clock(25).await;

    let calls = async || community.read(&format!("/calls?topic={}", adopted.topic)).await["items"].clone();
    let called = calls().await;
    let escalation = community.read(&format!("/topics/{}/escalations", adopted.topic)).await[0]["id"].clone();
    assert_eq!((&called[0]["state"], &called[0]["escalation"]), (&json!("open"), &escalation), "{called}");
    assert_eq!(called[0]["called"], json!([{"unit": department}]), "the one department that there is");
    assert_eq!(called[0]["lead"], department.as_str());
    let opened = &community.shown("call.opened", 1).await[0];
    assert_eq!(opened["body"]["unknown"], json!(["水务局"]));
    let told = community.shown("case.escalated", 1).await;
    let inbox = supervisor.get("/notices").await.expect(200);
    assert!(inbox["items"].as_array().expect("a list").iter().any(|it| it["event"] == told[0]["id"]), "{inbox}");

    community.city.advance_clock(48).await;
    let called = calls().await;
    assert_eq!(called.as_array().map(Vec::len), Some(1), "nobody is called twice: {called}");
    assert_eq!(called[0]["state"], "unanswered");
    let unanswered = &community.shown("call.unanswered", 1).await[0]["body"];
    assert_eq!((&unanswered["units"], &unanswered["hours_late"]), (&json!([department]), &json!(0)));
    let list = community.read(&format!("/topics/{}/escalations", adopted.topic)).await;
    let kinds: Vec<_> = list.as_array().expect("a list").iter().map(|it| text(&it["kind"])).collect();
    assert!(kinds.contains(&"unanswered".to_owned()), "{kinds:?}");
    let topic = community.read(&format!("/topics/{}", adopted.topic)).await;
    assert!(topic["marked_at"].is_string() && topic["level"] != "community", "{topic}");

    let order = async || community.read(&format!("/topics/{}/order", adopted.topic)).await;
    let waits = order().await;
    assert_eq!(
        (&waits["dispatches"][0]["unit"], waits["dispatches"][0]["answered_at"].is_null()),
        (&json!(department), true)
    );

    let path = format!("/calls/{}", text(&called[0]["id"]));
    let accepted = json!({"unit": department, "reply": "accepted", "text": "已安排。"});
    let answers = format!("{path}/answers");
    community.officer().post(&answers, accepted.clone()).await.refused(403, "session.forbidden");
    community.coordinator().post(&format!("{path}/closing"), json!(null)).await.refused(409, "call.wrong_state");
    assert_eq!(officer.post(&answers, accepted).await.expect(200)["state"], "answered");
    let on_site = json!({"unit": department, "reply": "on_site"});
    assert_eq!(officer.post(&answers, on_site).await.expect(200)["called"][0]["reply"], "on_site");
    let closed = community.coordinator().post(&format!("{path}/closing"), json!(null)).await.expect(200);
    assert_eq!(closed["state"], "closed");
    assert!(order().await["dispatches"][0]["answered_at"].is_string(), "whoever raised it sees that they came");
}

#[tokio::test]
async fn of_several_departments_one_leads_and_the_next_does_where_it_declines() {
    let community = Community::gathered(1).await;
    let (first, first_officer) = community.department(DISTRICT, "330106-cg", "城市管理局").await;
    let (second, second_officer) = community.department(DISTRICT, "330106-ga", "公安分局").await;
    let topic = community.accepted().await;
    let order = async || text(&community.read(&format!("/topics/{topic}/order")).await["state"]);
    assert_eq!(order().await, "placed");
    let path = format!("/topics/{topic}/calls");
    let call = |lead: Option<&String>| json!({"units": [first, second], "lead": lead, "matter": "占道停车"});
    community.coordinator().post(&path, call(None)).await.refused(422, "call.no_lead");
    community.coordinator().post(&path, call(Some(&topic))).await.refused(422, "call.no_lead");
    let call = created(community.coordinator().post(&path, call(Some(&first))).await);
    assert_eq!(order().await, "dispatched");
    let (path, answers) = (format!("/calls/{call}"), format!("/calls/{call}/answers"));
    let shown = community.boss().await.get(&path).await;
    let tag = shown.header("etag").to_owned();
    let declined = |text: Option<&str>| json!({"unit": first, "reply": "declined", "text": text});
    first_officer.post(&answers, declined(None)).await.refused(422, "call.no_reason");
    let seen = [("if-match", tag.as_str())];
    let answered = first_officer.post_with(&answers, declined(Some("属公安职责")), &seen).await.expect(200);
    assert_eq!((&answered["lead"], &answered["state"]), (&json!(second), &json!("open")));
    let accepted = json!({"unit": second, "reply": "accepted"});
    second_officer.post_with(&answers, accepted.clone(), &seen).await.refused(412, "request.stale");
    let key = [("idempotency-key", "once")];
    let once = second_officer.post_with(&answers, accepted.clone(), &key).await.expect(200);
    assert_eq!(second_officer.post_with(&answers, accepted, &key).await.expect(200), once);
    assert_eq!((&once["state"], order().await), (&json!("answered"), "accepted".to_owned()));
    community.city.advance_clock(72).await;
    assert_eq!(community.read(&format!("/topics/{topic}/escalations")).await, json!([]), "all came in time");
}
