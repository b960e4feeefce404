//! Acts at the same time: each vote that was acknowledged is counted, no voting unit counts twice, no two topics become each other.

use serde_json::{Value, json};
use tokio::task::JoinSet;
use yishi_tests::{
    answers::Answer,
    cases::{WINDOW, created},
    communities::{Community, text, unit},
    plugins,
};

/// Every resident votes at once; tells the answers.
fn vote_at_once(community: &Community, ballot: &str, units: impl Fn(usize) -> String) -> JoinSet<Answer> {
    let mut tasks = JoinSet::new();
    for i in 0..community.residents.len() {
        let (who, path) = (community.resident(i), format!("/ballots/{ballot}/votes"));
        let vote = json!({"voting_unit": units(i), "choice": if i % 2 == 0 { "in_favour" } else { "against" }});
        tasks.spawn(async move { who.post(&path, vote).await });
    }
    tasks
}

/// The events of the votes in the record, and the heads that the tally counts.
async fn counted(community: &Community, topic: &str, ballot: &str, last: &str) -> (usize, u64) {
    let told = community.told(topic, last).await;
    let shown = community.read(&format!("/ballots/{ballot}")).await;
    let tally = shown["tally"].as_array().expect("a tally").iter().find(|it| it["measure"] == "heads").cloned();
    let tally = tally.expect("heads are counted");
    let heads = ["in_favour", "against", "abstained"].iter().filter_map(|it| tally[it].as_u64()).sum();
    (told.iter().filter(|kind| *kind == "vote.cast").count(), heads)
}

#[tokio::test]
async fn forty_who_vote_at_once_are_all_heard() {
    let community = Community::gathered(40).await;
    let (topic, ballot) = community.opened().await;
    for answer in vote_at_once(&community, &ballot, unit).join_all().await {
        answer.expect(201);
    }
    community.end(&ballot, "closing").await.expect(200);
    assert_eq!(community.end(&ballot, "count").await.expect(200)["outcome"], "failed", "20 of 40 are no majority");
    assert_eq!(counted(&community, &topic, &ballot, "ballot.decided").await, (40, 40));
}

#[tokio::test]
async fn of_twenty_who_act_for_one_voting_unit_one_is_heard() {
    let community = Community::gathered(20).await;
    let topic = community.deliberated().await;
    let everybody: Vec<_> = community.residents.iter().map(|it| &it.id).collect();
    let roll = json!([{"voting_unit": "1-101", "agents": everybody}, {"voting_unit": "1-102"}]);
    let ballot = json!({"question": "同意吗？", "electorate": "residents", "roll": roll});
    let ballot = created(community.coordinator().post(&format!("/topics/{topic}/ballots"), ballot).await);
    let answers = vote_at_once(&community, &ballot, |_| "1-101".to_owned()).join_all().await;
    let (heard, late): (Vec<_>, Vec<_>) = answers.into_iter().partition(|it| it.status == 201);
    assert_eq!(heard.len(), 1);
    for answer in late {
        answer.refused(409, "vote.already_cast");
    }
    assert_eq!(community.read(&format!("/ballots/{ballot}")).await["voted"], 1);
}

#[tokio::test]
async fn a_ballot_that_closes_when_all_have_voted_has_all_votes() {
    let community = Community::gathered(20).await;
    let (topic, ballot) = community.opened().await;
    let votes = vote_at_once(&community, &ballot, unit);
    loop {
        let answer = community.end(&ballot, "closing").await;
        if answer.status == 200 {
            break;
        }
        answer.refused(409, "ballot.still_open");
    }
    let heard = votes.join_all().await.into_iter().filter(|it| it.status == 201).count();
    community.end(&ballot, "count").await.expect(200);
    assert_eq!(counted(&community, &topic, &ballot, "ballot.decided").await, (heard, heard as u64));
}

#[tokio::test]
async fn a_vote_that_meets_the_end_of_the_window_is_either_refused_or_counted() {
    let community = Community::gathered(40).await;
    let (topic, ballot) = community.opened().await;
    let boss = community.boss().await;
    let votes = vote_at_once(&community, &ballot, unit);
    let clock = tokio::spawn(async move { boss.post("/sandbox/clock", json!({"hours": WINDOW + 1})).await });
    let mut heard = 0;
    for answer in votes.join_all().await {
        match answer.status {
            201 => heard += 1,
            _ => drop(answer.refused(409, "ballot.not_open")),
        }
    }
    clock.await.expect("no panic").expect(200);
    let ended: Value = community.end(&ballot, "count").await.expect(200);
    assert_eq!(text(&ended["state"]), "decided");
    let last = if ended["resolution"].is_null() { "ballot.decided" } else { "resolution.adopted" };
    assert_eq!(counted(&community, &topic, &ballot, last).await, (heard, heard as u64));
}

#[tokio::test]
async fn of_two_administrators_who_put_rules_in_force_at_once_one_wins() {
    let community = Community::gathered(0).await;
    let standard = community.upload(plugins::built("standard")).await;
    let civil = community.upload(plugins::built("civil-code-278")).await;
    let activate = async |digest: &str, after: u64| {
        let path = format!("/rule-sets/{digest}/activations");
        community.boss().await.post(&path, json!({"configuration": {}, "after": after})).await
    };
    for after in 0..10 {
        let answers = tokio::join!(activate(&standard, after), activate(&civil, after));
        let (won, digest, lost) = match answers {
            (first, second) if first.status == 201 => (first, &standard, second),
            (first, second) => (second, &civil, first),
        };
        won.expect(201);
        assert!(lost.refused(409, "rule_set.raced")["fix"].is_string());
        let active = community.read("/rules").await["active"].clone();
        assert_eq!((&active["digest"], &active["number"]), (&json!(digest), &json!(after + 1)), "{active}");
    }
}

#[tokio::test]
async fn no_two_topics_are_merged_into_each_other() {
    let community = Community::gathered(1).await;
    for _ in 0..5 {
        let (one, other) = (community.accepted().await, community.accepted().await);
        let chair = community.coordinator();
        let merge =
            async |from: &str, into: &str| chair.post(&format!("/topics/{from}/merger"), json!({"into": into})).await;
        let answers = tokio::join!(merge(&one, &other), merge(&other, &one));
        let (done, late) = match answers {
            (first, second) if first.status == 200 => (first, second),
            (first, second) => (second, first),
        };
        assert_eq!(done.expect(200)["stage"], "merged");
        late.refused(422, "topic.bad_target");
    }
}
