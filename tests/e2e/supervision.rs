//! The supervision committee: what it checks, finds and asks, what is answered by when, and that everybody can read it.

use serde_json::{Value, json};
use yishi_tests::{
    cases::created,
    communities::{Community, HOME},
    instants,
};

#[tokio::test]
async fn whoever_supervises_sees_which_cases_left_a_step_out_and_what_proves_the_others() {
    let community = Community::gathered(2).await;
    let supervisor = community.supervisor(HOME).await;
    let adopted = community.adopted().await;
    community.assign(&adopted.resolution, 24).await.expect(200);
    let path = format!("/topics/{}/compliance", adopted.topic);
    let shown = community.read(&path).await;
    let step = |shown: &Value, code: &str| {
        let steps = shown["steps"].as_array().expect("a list").iter();
        steps.clone().find(|it| it["code"] == code).cloned().unwrap_or_default()
    };
    let minutes = step(&shown, "minutes_adopted");
    assert_eq!((&shown["compliant"], &minutes["standing"]), (&json!(true), &json!("met")), "{shown}");
    let told = community.shown("minutes.adopted", 1).await;
    assert_eq!(minutes["event"], told[0]["id"], "the event proves it");
    assert_eq!(step(&shown, "carried_out_in_time")["standing"], "pending");
    assert_eq!(step(&shown, "supervised"), Value::Null, "a general matter need not be supervised");

    community.city.advance_clock(30).await;
    community.complete(&adopted.resolution).await.expect(200);
    let shown = community.read(&path).await;
    let late = step(&shown, "carried_out_in_time");
    assert_eq!((&shown["compliant"], &late["standing"]), (&json!(false), &json!("unmet")), "{shown}");
    let home = community.city.unit(HOME).await;
    let listed = supervisor.get(&format!("/compliance?unit={home}")).await.expect(200);
    assert_eq!(listed["items"][0]["topic"], adopted.topic.as_str());
    supervisor.get("/compliance").await.refused(403, "session.forbidden");
    let elsewhere = community.city.unit("330106002052").await;
    assert_eq!(community.read(&format!("/compliance?unit={elsewhere}")).await["items"], json!([]));
}

#[tokio::test]
async fn a_question_that_is_not_answered_by_its_date_is_escalated_and_published_until_the_committee_closes_it() {
    let community = Community::gathered(1).await;
    let supervisor = community.supervisor(HOME).await;
    let adopted = community.adopted().await;
    let home = community.city.unit(HOME).await.to_owned();
    let path = format!("/topics/{}/findings", adopted.topic);
    let by = instants::after(&community.city.advance_clock(1).await, 24 * 60);
    let question = json!({"kind": "question", "unit": home, "text": "资金从何而来？", "answer_by": by});
    community.officer().post(&path, question.clone()).await.refused(403, "session.forbidden");
    let undated = json!({"kind": "question", "unit": home, "text": "资金从何而来？"});
    supervisor.post(&path, undated).await.refused(422, "finding.bad_date");
    let check = json!({"kind": "check", "unit": home, "text": "公示栏已张贴决议。"});
    created(supervisor.post(&path, check).await);
    let asked = created(supervisor.post(&path, question).await);
    let public = async |state: &str| {
        let listed = community.city.public().get(&format!("/findings?state={state}")).await.expect(200);
        listed["items"].as_array().expect("a list").clone()
    };
    assert_eq!(public("closed").await[0]["kind"], "check", "what is in order is settled");
    assert_eq!(public("open").await[0]["text"], "资金从何而来？");

    community.city.advance_clock(25).await;
    assert_eq!(public("overdue").await[0]["id"], asked.as_str());
    assert_eq!(community.shown("finding.unanswered", 1).await[0]["body"]["unit"], home.as_str());
    let escalations = community.read(&format!("/topics/{}/escalations", adopted.topic)).await;
    assert_eq!(escalations[0]["kind"], "unanswered");

    let path = format!("/findings/{asked}");
    let answer = json!({"answer": "社区专项资金。"});
    let answered = community.officer().post(&format!("{path}/answer"), answer).await.expect(200);
    assert_eq!(answered["state"], "answered");
    community.city.advance_clock(200).await;
    let escalations = community.read(&format!("/topics/{}/escalations", adopted.topic)).await;
    assert_eq!(escalations.as_array().map(Vec::len), Some(1), "it was answered");
    let by = instants::after(&community.city.advance_clock(1).await, 24 * 60);
    let again = json!({"question": "请附拨款凭证。", "answer_by": by});
    assert_eq!(supervisor.post(&format!("{path}/question"), again).await.expect(200)["state"], "open");
    let outcome = json!({"outcome": "凭证已核对。"});
    let closed = supervisor.post(&format!("{path}/closing"), outcome.clone()).await.expect(200);
    assert_eq!((&closed["state"], &closed["outcome"]), (&json!("closed"), &outcome["outcome"]));
    supervisor.post(&format!("{path}/closing"), outcome).await.refused(409, "finding.wrong_state");
    community.city.advance_clock(48).await;
    assert_eq!(public("overdue").await, Vec::<Value>::new(), "nothing is waited for");
}
