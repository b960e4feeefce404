//! Accountability (責任追究): a unit is found not to have kept a duty, is heard, and what follows is published.

use serde_json::{Value, json};
use yishi_tests::{
    cases::created,
    communities::{Community, HOME},
    instants, plugins,
};

/// A finding against the community itself, to be answered within two days.
async fn finding(community: &Community, ground: &str) -> Value {
    let by = instants::after(&community.city.advance_clock(1).await, 48 * 60);
    let unit = community.city.unit(HOME).await;
    json!({"kind": "finding", "unit": unit, "ground": ground, "text": "三张清单逾期两周未公示。", "answer_by": by})
}

#[tokio::test]
async fn a_unit_is_heard_before_a_measure_follows_and_both_are_published() {
    let community = Community::gathered(1).await;
    let supervisor = community.supervisor(HOME).await;
    let adopted = community.adopted().await;
    let path = format!("/topics/{}/findings", adopted.topic);
    for (left_out, code) in [("ground", "finding.bad_ground"), ("answer_by", "finding.bad_date")] {
        let mut incomplete = finding(&community, "missing_step").await;
        incomplete[left_out] = Value::Null;
        supervisor.post(&path, incomplete).await.refused(422, code);
    }
    let found = created(supervisor.post(&path, finding(&community, "missing_step").await).await);
    let told = community.shown("finding.noted", 1).await;
    assert_eq!(told[0]["body"]["ground"], "missing_step");
    let inbox = community.officer().get("/notices").await.expect(200);
    let notice = inbox["items"].as_array().expect("a list").iter().find(|it| it["kind"] == "finding.noted");
    assert_eq!(notice.map(|it| &it["facts"]["finding"]), Some(&json!(found)), "the unit is told: {inbox}");

    let path = format!("/findings/{found}");
    let measure = json!({"outcome": "通报批评，限期整改。", "measure": "criticism"});
    supervisor.post(&format!("{path}/closing"), measure.clone()).await.refused(409, "finding.not_heard");
    let answer = json!({"answer": "经办人病假，已补公示。"});
    community.officer().post(&format!("{path}/answer"), answer).await.expect(200);
    let closed = supervisor.post(&format!("{path}/closing"), measure).await.expect(200);
    assert_eq!((&closed["state"], &closed["measure"]), (&json!("closed"), &json!("criticism")));
    let told = community.shown("finding.closed", 1).await;
    assert_eq!(told[0]["body"]["measure"], "criticism");
    let inbox = community.officer().get("/notices").await.expect(200);
    assert!(inbox["items"].as_array().expect("a list").iter().any(|it| it["kind"] == "finding.closed"), "{inbox}");

    let public = community.city.public();
    let listed = public.get("/findings?ground=missing_step&measure=criticism").await.expect(200);
    let one = &listed["items"][0];
    assert_eq!((&one["id"], &one["answer"]), (&json!(found), &json!("经办人病假，已补公示。")), "{listed}");
    assert_eq!(public.get("/findings?measure=talk").await.expect(200)["items"], json!([]));
    let page = public.get(&format!("{path}/notice.html")).await;
    for said in ["监督问责意见书", "缺少规定程序", "经办人病假", "处理结果：通报批评"] {
        assert!(page.text.contains(said), "{said} in {}", page.text);
    }
    let english = public.get(&format!("{path}/notice.html?locale=en")).await;
    assert!(english.text.contains("Outcome: circular of criticism"), "{}", english.text);
}

#[tokio::test]
async fn whoever_lets_the_time_pass_was_heard_and_a_question_leads_to_no_measure() {
    let community = Community::gathered(1).await;
    let supervisor = community.supervisor(HOME).await;
    let adopted = community.adopted().await;
    let path = format!("/topics/{}/findings", adopted.topic);
    let found = created(supervisor.post(&path, finding(&community, "overdue_item").await).await);
    let closing = |finding: &str| format!("/findings/{finding}/closing");
    let measure = json!({"outcome": "责令整改。", "measure": "correction"});
    supervisor.post(&closing(&found), measure.clone()).await.refused(409, "finding.not_heard");
    community.city.advance_clock(49).await;
    assert_eq!(community.read(&format!("/findings/{found}")).await["state"], "overdue");
    supervisor.post(&closing(&found), measure.clone()).await.expect(200);

    let mut question = finding(&community, "other").await;
    (question["kind"], question["ground"]) = (json!("question"), Value::Null);
    let asked = created(supervisor.post(&path, question).await);
    supervisor.post(&closing(&asked), measure).await.refused(422, "finding.no_measure");
    let dropped = supervisor.post(&closing(&asked), json!({"outcome": "已自行查明。"})).await.expect(200);
    assert_eq!(dropped["measure"], Value::Null);

    let withdrawn = created(supervisor.post(&path, finding(&community, "other").await).await);
    let closed = supervisor.post(&closing(&withdrawn), json!({"outcome": "查无此事。"})).await.expect(200);
    assert_eq!(closed["measure"], "none", "what is withdrawn needs no answer and has no consequence");
}

#[tokio::test]
async fn what_the_rules_find_has_its_ground_and_a_week_to_be_answered() {
    let community = Community::gathered(3).await;
    community.adopt_rules(plugins::built("escalation-ladder"), json!({})).await;
    let adopted = community.adopted().await;
    community.assign(&adopted.resolution, 2).await.expect(200);
    let path = format!("/findings?topic={}", adopted.topic);
    let mut found = Value::Null;
    for _ in 0..40 {
        found = community.city.public().get(&path).await.expect(200)["items"][0].clone();
        if !found.is_null() {
            break;
        }
        community.city.advance_clock(24).await;
    }
    assert_eq!((&found["kind"], &found["ground"]), (&json!("finding"), &json!("overdue_item")), "{found}");
    let at = |field: &str| found[field].as_str().expect("an instant");
    assert_eq!(instants::hours_between(at("noted_at"), at("answer_by")), 7 * 24);
}
