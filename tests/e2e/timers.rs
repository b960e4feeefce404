//! Deadlines: what nobody does in time is done, or told of, by itself, in order, and once.

use std::{collections::HashMap, time::Duration};

use serde_json::json;
use yishi_tests::{
    cases::WINDOW,
    communities::{Community, text},
    servers::Setup,
};

/// How many hours a submission may wait under the standard rules.
const ANSWER: u32 = 120;

/// How many topics wait when the server is killed.
const WAITING: usize = 40;

#[tokio::test]
async fn a_submission_that_nobody_answers_is_escalated_until_somebody_does() {
    let community = Community::gathered(1).await;
    let topic = community.raised().await;
    let escalations = async || {
        let list = community.resident(0).get(&format!("/topics/{topic}/escalations")).await.expect(200);
        list.as_array().expect("a list").clone()
    };
    community.city.advance_clock(ANSWER - 1).await;
    assert!(escalations().await.is_empty(), "there is still time");
    community.city.advance_clock(1).await;
    community.city.advance_clock(48).await;
    let told = escalations().await;
    let of = |i: usize| (text(&told[i]["kind"]), told[i]["hours_late"].as_u64(), text(&told[i]["level"]));
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(of(0), ("unanswered".into(), Some(0), "community".into()));
    assert_eq!(of(1), ("unanswered".into(), Some(48), "street".into()), "it was handed up a level");
    let shown = community.read(&format!("/topics/{topic}")).await;
    assert_eq!((&shown["level"], shown["marked_at"].is_string()), (&json!("district"), true));
    community.coordinator().post(&format!("/topics/{topic}/acceptance"), json!({})).await.expect(200);
    community.city.advance_clock(96).await;
    assert_eq!(escalations().await.len(), 2, "it was answered");
}

#[tokio::test]
async fn a_ballot_closes_by_itself_at_the_last_instant_of_its_window() {
    let community = Community::gathered(2).await;
    let (topic, ballot) = community.opened().await;
    community.vote(0, &ballot, "in_favour").await.expect(201);
    community.city.advance_clock(WINDOW - 1).await;
    assert_eq!(community.read(&format!("/ballots/{ballot}")).await["state"], "open");
    community.city.advance_clock(3).await;
    let shown = community.read(&format!("/ballots/{ballot}")).await;
    assert_eq!(shown["state"], "closing");
    assert_eq!(community.told(&topic, "ballot.closed").await.last().map(String::as_str), Some("ballot.closed"));
    let events = community.city.record(1).await.events;
    let closed = events.iter().find(|event| event["kind"] == "ballot.closed").expect("it is told");
    assert_eq!((&closed["actor"], &closed["at"]), (&json!("system"), &shown["closes_at"]), "at its own instant");
}

#[tokio::test]
async fn what_falls_due_on_the_way_happens_in_its_order_whatever_the_step() {
    let community = Community::gathered(1).await;
    let adopted = community.adopted().await;
    community.assign(&adopted.resolution, 24).await.expect(200);
    community.city.advance_clock(24 * 8).await;
    let list = community.read(&format!("/topics/{}/escalations", adopted.topic)).await;
    let late: Vec<_> = list.as_array().expect("a list").iter().map(|it| it["hours_late"].clone()).collect();
    assert_eq!(late, [json!(0), json!(48), json!(96), json!(144)], "each at its own instant");
    let levels: Vec<_> = list.as_array().expect("a list").iter().map(|it| text(&it["level"])).collect();
    assert_eq!(levels, ["community", "street", "district", "city"]);
}

#[tokio::test]
async fn a_server_killed_while_timers_are_due_fires_each_of_them_once() {
    let server = Setup::fresh().start().await;
    let mut community = Community::on(server.site(), 1).await;
    let mut waiting = Vec::new();
    for _ in 0..WAITING {
        waiting.push(community.raised().await);
    }
    let advance = {
        let boss = community.boss().await;
        tokio::spawn(async move { boss.attempt_post("/sandbox/clock", &json!({"hours": ANSWER + 1})).await.is_ok() })
    };
    let some = format!("/topics/{}/escalations", waiting[WAITING / 8]);
    while community.resident(0).get(&some).await.expect(200) == json!([]) {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let folder = server.kill().await;
    assert!(!advance.await.expect("no panic"), "it was killed on the way");

    let server = Setup::on(folder).start().await;
    community = community.moved(server.site());
    let fired = async || {
        let events = community.city.record(1).await.events;
        let mut times: HashMap<String, usize> = HashMap::new();
        for event in events.iter().filter(|event| event["kind"] == "case.escalated") {
            *times.entry(text(&event["subject"])).or_default() += 1;
        }
        times
    };
    let before = fired().await.len();
    assert!((1..WAITING).contains(&before), "some fired before the end, and not all: {before}");
    community.city.advance_clock(ANSWER + 1).await;
    let all: HashMap<_, _> = waiting.into_iter().map(|topic| (topic, 1)).collect();
    for _ in 0..100 {
        if fired().await.len() == WAITING {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(fired().await, all);
}
