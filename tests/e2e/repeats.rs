//! Repeating a request safely: the same key is the same act, and its answer is the same.

use std::collections::HashSet;

use serde_json::{Value, json};
use yishi_tests::{
    answers::Answer,
    clients::Client,
    communities::{Community, unit},
};

async fn once(who: &Client, key: &str, path: &str, body: Value) -> Answer {
    who.post_with(path, body, &[("idempotency-key", key)]).await
}

async fn topics(community: &Community) -> Option<usize> {
    community.read("/topics?limit=1000").await["items"].as_array().map(Vec::len)
}

#[tokio::test]
async fn the_same_request_with_the_same_key_is_done_once_and_answered_alike() {
    let community = Community::gathered(3).await;
    let (me, chair, boss) = (community.resident(0), community.coordinator(), community.boss().await);
    let topic = community.topic().await;
    let twice = async |who: &Client, path: &str, body: Value| {
        let first = once(who, "a key", path, body.clone()).await;
        let second = once(who, "a key", path, body).await;
        assert!(first.status < 300, "{} was answered {}", first.asked, first.text);
        assert_eq!((first.status, &first.text), (second.status, &second.text), "{}", first.asked);
        first.text
    };
    twice(&me, "/topics", topic).await;
    assert_eq!(topics(&community).await, Some(1));
    let (deliberated, ballot) = community.opened().await;
    let vote = json!({"voting_unit": unit(0), "choice": "in_favour"});
    twice(&me, &format!("/ballots/{ballot}/votes"), vote).await;
    twice(&chair, &format!("/ballots/{ballot}/batches"), community.batch(1..3)).await;
    assert_eq!(community.read(&format!("/ballots/{ballot}")).await["voted"], 3);
    twice(&chair, &format!("/ballots/{ballot}/closing"), Value::Null).await;
    twice(&chair, &format!("/ballots/{ballot}/count"), Value::Null).await;
    assert_eq!(community.stage(&deliberated).await, "decided");
    let shown = twice(&boss, "/sandbox/clock", json!({"hours": 5})).await;
    let now: Value = serde_json::from_str(&shown).expect("JSON");
    let later = community.city.advance_clock(1).await;
    let moved = yishi_tests::instants::hours_between(now["now"].as_str().expect("an instant"), &later);
    assert_eq!(moved, 1, "the clock was moved once");
}

#[tokio::test]
async fn a_key_belongs_to_one_request_of_one_caller_to_one_operation() {
    let community = Community::gathered(2).await;
    let (topic, me) = (community.topic().await, community.resident(0));
    let first = once(&me, "k", "/topics", topic.clone()).await.expect(201);
    let mut other = topic.clone();
    other["title"] = json!("另一件事");
    let problem = once(&me, "k", "/topics", other).await.refused(422, "request.key_reused");
    assert_eq!(problem["field"], "Idempotency-Key");
    let neighbours = once(&community.resident(1), "k", "/topics", topic.clone()).await.expect(201);
    assert_ne!(first["ids"], neighbours["ids"], "a key is its caller's own");
    let path = format!("/topics/{}/withdrawal", first["ids"][0].as_str().expect("an id"));
    assert_eq!(once(&me, "k", &path, Value::Null).await.expect(200)["stage"], "withdrawn", "and its operation's");
    let theirs = format!("/topics/{}/withdrawal", neighbours["ids"][0].as_str().expect("an id"));
    once(&me, "k", &theirs, Value::Null).await.refused(422, "request.key_reused");
    assert_eq!(topics(&community).await, Some(2));
    for bad in [String::new(), "k".repeat(201), "schlüssel".to_owned()] {
        let problem = once(&me, &bad, "/topics", topic.clone()).await.refused(400, "request.bad_key");
        assert_eq!(problem["field"], "Idempotency-Key");
    }
    once(&me, &"k".repeat(200), "/topics", topic).await.expect(201);
}

#[tokio::test]
async fn what_was_refused_may_be_sent_again_mended_with_the_same_key() {
    let community = Community::gathered(1).await;
    let (topic, me) = (community.topic().await, community.resident(0));
    let mut blank = topic.clone();
    blank["title"] = json!(" ");
    once(&me, "k", "/topics", blank).await.refused(422, "topic.bad_title");
    once(&me, "k", "/topics", topic).await.expect(201);
}

#[tokio::test]
async fn of_two_that_come_at_the_same_time_one_is_done() {
    let community = Community::gathered(1).await;
    for round in 0..10 {
        let (key, topic) = (format!("round {round}"), community.topic().await);
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let (who, key, topic) = (community.resident(0), key.clone(), topic.clone());
                tokio::spawn(async move { once(&who, &key, "/topics", topic).await })
            })
            .collect();
        let mut made = HashSet::new();
        for task in tasks {
            let answer = task.await.expect("no panic");
            match answer.status {
                201 => drop(made.insert(answer.text)),
                _ => drop(answer.refused(409, "request.in_flight")),
            }
        }
        assert_eq!(made.len(), 1, "all who were told that it is done were told the same: {made:?}");
        assert_eq!(topics(&community).await, Some(round + 1));
    }
}

#[tokio::test]
async fn a_topic_is_changed_only_by_whoever_has_seen_how_it_is() {
    let community = Community::gathered(1).await;
    let (topic, chair) = (community.raised().await, community.coordinator());
    let path = format!("/topics/{topic}");
    let read = async || chair.get(&path).await.header("etag").to_owned();
    let step = async |step: &str, tag: &str, key: &str, body: Value| {
        chair.post_with(&format!("{path}/{step}"), body, &[("if-match", tag), ("idempotency-key", key)]).await
    };
    let first = read().await;
    let problem = step("acceptance", "\"0123\"", "1", json!({})).await.refused(412, "request.stale");
    assert_eq!(problem["field"], "If-Match");
    assert_eq!(community.stage(&topic).await, "submitted");
    let accepted = step("acceptance", &first, "2", json!({})).await.expect(200);
    assert_eq!(accepted["stage"], "accepted");
    assert_ne!(read().await, first);
    let again = step("acceptance", &first, "2", json!({})).await.expect(200);
    assert_eq!(again, accepted, "a repeated request is answered as the first one, though the topic has changed by it");
    let reason = json!({"into": topic});
    let stale = step("merger", &first, "3", reason).await;
    let tag = stale.header("etag").to_owned();
    let stale = stale.refused(412, "request.stale");
    let now = chair.get(&path).await;
    assert_eq!((tag.as_str(), stale["current_etag"].as_str()), (now.header("etag"), Some(now.header("etag"))));
    let now = now.expect(200);
    assert_eq!((&stale["current"], &stale["current_version"]), (&now, &now["version"]), "what has changed is told");
    let known = chair.get_with(&path, &[("if-none-match", &read().await)]).await;
    assert_eq!((known.status, known.text.as_str()), (304, ""));
}
