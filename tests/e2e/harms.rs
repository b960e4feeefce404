//! Rule sets that mean harm, or fail: no ballot opens under them, and none is decided by others.

use serde_json::{Value, json};
use yishi_tests::{
    cases::{SURVEY, created},
    communities::Community,
    plugins::{Bodies, LOOPS, TRAPS, answering, built},
};

#[tokio::test]
async fn a_rule_set_that_never_ends_opens_no_ballot_and_the_topic_stays_where_it_was() {
    let community = Community::gathered(1).await;
    let topic = community.deliberated().await;
    community.adopt_rules(answering(Bodies { rule: LOOPS, ..Bodies::default() }), json!({})).await;
    let problem = community.open(&topic).await.refused(409, "policy.fuel_exhausted");
    assert!(problem["fix"].as_str().is_some_and(|it| it.contains("nothing was changed")), "{problem}");
    assert_eq!(community.stage(&topic).await, "deliberated");
    assert_eq!(community.read(&format!("/topics/{topic}/ballots")).await, json!({"ids": []}));
    community.adopt_rules(built("standard"), json!({})).await;
    created(community.open(&topic).await);
}

#[tokio::test]
async fn a_rule_set_without_words_of_its_own_leaves_topics_to_the_standard_categories() {
    let community = Community::gathered(1).await;
    community.adopt_rules(answering(Bodies::default()), json!({})).await;
    let topic = community.accepted().await;
    assert_eq!(community.read(&format!("/topics/{topic}")).await["category"], "facilities");
    community.told(&topic, "topic.accepted").await;
    let events = community.city.record(1).await.events;
    let raised = events.iter().find(|event| event["kind"] == "topic.raised").expect("it is told");
    assert_eq!(raised["body"]["classified_by"], "standard", "the record says whose answer it was");
}

#[tokio::test]
async fn a_verdict_that_the_rules_do_not_give_is_awaited_and_annulled_and_never_given_by_others() {
    for (decide, code) in
        [(TRAPS, "policy.trap"), (Bodies::PASSES, "policy.disagrees"), (LOOPS, "policy.fuel_exhausted")]
    {
        let community = Community::gathered(2).await;
        let bodies = Bodies { rule: Bodies::RULES, decide, ..Bodies::default() };
        let digest = community.adopt_rules(answering(bodies), json!({})).await;
        let (topic, ballot) = community.opened().await;
        community.vote_all(&ballot, "against").await;
        community.end(&ballot, "closing").await.expect(200);
        let ended = community.end(&ballot, "count").await.expect(200);
        assert_eq!((&ended["state"], &ended["outcome"]), (&json!("awaiting_verdict"), &Value::Null), "{code}");
        let shown = community.read(&format!("/ballots/{ballot}")).await;
        assert_eq!((&shown["reason"], &shown["component"]), (&json!(code), &json!(digest)), "{shown}");
        let heads = json!({"measure": "heads", "eligible": 2, "in_favour": 0, "against": 2, "abstained": 0, "blank": 0, "spoiled": 0});
        assert!(shown["tally"].as_array().expect("the tally is public").contains(&heads), "{shown}");
        let bundle = community.city.public().get(&format!("/ballots/{ballot}/bundle")).await;
        bundle.refused(404, "ballot.not_decided");

        community.adopt_rules(built("standard"), json!({})).await;
        community.city.advance_clock(48).await;
        let told = community.told(&topic, "verdict.failed").await;
        let asked = told.iter().filter(|kind| *kind == "verdict.failed").count();
        assert!((3..=20).contains(&asked), "it is asked again, ever less often: {asked} times");
        assert_eq!(community.read(&format!("/ballots/{ballot}")).await["state"], "awaiting_verdict");
        assert_eq!(community.end(&ballot, "count").await.expect(200)["state"], "awaiting_verdict", "asked by hand");

        let path = format!("/ballots/{ballot}/annulment");
        let reason = json!({"reason": "规则插件故障，择日重新表决。"});
        community.coordinator().post(&path, reason.clone()).await.refused(403, "session.forbidden");
        let boss = community.boss().await;
        assert_eq!(boss.post(&path, json!({"reason": " "})).await.refused(422, "ballot.no_reason")["field"], "reason");
        assert_eq!(boss.post(&path, reason.clone()).await.expect(200)["state"], "annulled");
        boss.post(&path, reason.clone()).await.refused(409, "ballot.ended");
        let shown = community.read(&format!("/ballots/{ballot}")).await;
        assert_eq!((&shown["state"], &shown["reason"]), (&json!("annulled"), &reason["reason"]));
        assert_eq!(community.stage(&topic).await, "deliberated");
        community.end(&ballot, "count").await.refused(409, "ballot.not_counted");
        community.adopt(&topic).await;
    }
}

#[tokio::test]
async fn what_is_not_being_carried_out_gets_no_deadline() {
    let community = Community::gathered(1).await;
    let adopted = community.done().await;
    community.adopt_rules(answering(Bodies { assess: Bodies::DELAYS, ..Bodies::default() }), json!({})).await;
    let path = format!("/resolutions/{}", adopted.resolution);
    let due = community.read(&path).await["due_at"].clone();
    community.rate(0, &adopted.resolution, 10).await.expect(204);
    community.city.advance_clock(SURVEY + 1).await;
    assert_eq!(community.stage(&adopted.topic).await, "closed", "the rules do not want it deliberated again");
    community.city.advance_clock(48).await;
    assert_eq!(community.read(&path).await["due_at"], due);
    let told = community.told(&adopted.topic, "topic.closed").await;
    assert_eq!(told.iter().filter(|kind| *kind == "case.escalated").count(), 1, "{told:?}");
}
