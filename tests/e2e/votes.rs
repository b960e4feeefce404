//! Votes: one a voting unit whatever the channel, only for oneself, only while the ballot is open.

use serde_json::{Value, json};
use yishi_tests::{
    cases::{WINDOW, created},
    communities::{Community, unit},
    plugins,
};

#[tokio::test]
async fn a_voting_unit_votes_once_whatever_the_channel() {
    let community = Community::gathered(3).await;
    let (_, ballot) = community.opened().await;
    let paper =
        async |of| community.coordinator().post(&format!("/ballots/{ballot}/batches"), community.batch(of)).await;
    let by = |problem: &Value, channel: &str| problem["detail"].as_str().is_some_and(|it| it.ends_with(channel));
    community.vote(0, &ballot, "in_favour").await.expect(201);
    let problem = community.vote(0, &ballot, "against").await.refused(409, "vote.already_cast");
    assert!(by(&problem, "by the channel online") && problem["field"] == "voting_unit", "{problem}");
    let problem = paper(1..2).await;
    problem.expect(201);
    let problem = community.vote(1, &ballot, "in_favour").await.refused(409, "vote.already_cast");
    assert!(by(&problem, "by the channel paper"), "{problem}");
    let mut batch = community.batch(0..3);
    batch["papers"].as_array_mut().expect("papers").remove(1);
    batch["papers"].as_array_mut().expect("papers").reverse();
    batch["control"] = json!({"papers": 2, "in_favour": 2, "against": 0, "abstained": 0});
    let problem = community.coordinator().post(&format!("/ballots/{ballot}/batches"), batch).await;
    let problem = problem.refused(409, "vote.already_cast");
    assert!(by(&problem, "by the channel online") && problem["field"] == "papers[1].voting_unit", "{problem}");
    let problem = paper(1..2).await.refused(409, "vote.already_cast");
    assert!(by(&problem, "by the channel paper"), "{problem}");
    let shown = community.read(&format!("/ballots/{ballot}")).await;
    assert_eq!(shown["voted"], 2, "of a batch that is refused nothing stays");
    community.city.advance_clock(WINDOW + 1).await;
    community.vote(0, &ballot, "against").await.refused(409, "vote.already_cast");
}

#[tokio::test]
async fn nobody_votes_for_a_voting_unit_for_which_they_may_not_act() {
    let community = Community::gathered(2).await;
    let (_, ballot) = community.opened().await;
    let path = format!("/ballots/{ballot}/votes");
    for name in [unit(1), "9-999".to_owned()] {
        let vote = json!({"voting_unit": name, "choice": "in_favour"});
        let problem = community.resident(0).post(&path, vote).await.refused(403, "vote.not_yours");
        assert_eq!(problem["field"], "voting_unit", "who is on the roll is not told to strangers");
    }
    let maybe = json!({"voting_unit": unit(0), "choice": "maybe"});
    community.resident(0).post(&path, maybe).await.refused(422, "request.bad_field");
    let nowhere = json!({"voting_unit": unit(0), "choice": "against"});
    let nowhere = community.resident(0).post("/ballots/00000000-0000-7000-8000-000000000001/votes", nowhere).await;
    nowhere.refused(404, "ballot.unknown");
}

#[tokio::test]
async fn a_ballot_takes_votes_from_its_opening_to_its_closing_and_paper_until_it_is_counted() {
    let community = Community::gathered(3).await;
    community.adopt_rules(plugins::built("standard"), json!({"notice_hours": 24, "window_hours": 48})).await;
    let (topic, ballot) = community.opened().await;
    let paper =
        async |of| community.coordinator().post(&format!("/ballots/{ballot}/batches"), community.batch(of)).await;
    let shown = community.read(&format!("/ballots/{ballot}")).await;
    assert_eq!((&shown["state"], &shown["rule"]["notice_hours"]), (&json!("open"), &json!(24)), "its rule is public");
    community.vote(0, &ballot, "in_favour").await.refused(409, "ballot.not_open");
    paper(0..1).await.refused(409, "ballot.not_open");
    community.city.advance_clock(24).await;
    community.vote(0, &ballot, "in_favour").await.expect(201);
    let problem = community.end(&ballot, "closing").await.refused(409, "ballot.still_open");
    assert!(problem["detail"].as_str().is_some_and(|it| it.contains("1 of 3 voting units")), "{problem}");
    let problem = community.end(&ballot, "count").await.refused(409, "ballot.not_counted");
    assert!(problem["detail"].as_str().is_some_and(|it| it.contains("open")), "{problem}");
    community.city.advance_clock(49).await;
    assert_eq!(community.read(&format!("/ballots/{ballot}")).await["state"], "closing", "it closes by itself");
    community.vote(1, &ballot, "in_favour").await.refused(409, "ballot.not_open");
    paper(2..3).await.expect(201);
    community.end(&ballot, "count").await.expect(200);
    paper(1..2).await.refused(409, "ballot.not_open");
    community.vote(1, &ballot, "in_favour").await.refused(409, "ballot.not_open");
    community.end(&ballot, "closing").await.refused(409, "ballot.not_open");
    community.end(&ballot, "count").await.refused(409, "ballot.not_counted");
    assert_eq!(community.stage(&topic).await, "decided", "2 of 3 took part, both in favour");
}

#[tokio::test]
async fn paper_is_entered_with_a_witness_and_as_it_was_counted_by_hand() {
    let community = Community::gathered(3).await;
    let (_, ballot) = community.opened().await;
    let enter = async |batch: Value| community.coordinator().post(&format!("/ballots/{ballot}/batches"), batch).await;
    let with = |pointer: &str, value: Value| {
        let mut batch = community.batch(0..2);
        *batch.pointer_mut(pointer).expect("there") = value;
        batch
    };
    let cases = [
        ("/control/papers", json!(3), "batch.not_reconciled", "control.papers"),
        ("/control/against", json!(1), "batch.not_reconciled", "control.against"),
        ("/papers/1/voting_unit", json!("9-999"), "batch.bad_unit", "papers[1].voting_unit"),
        ("/papers/1/voting_unit", json!(unit(0)), "batch.bad_unit", "papers[1].voting_unit"),
        ("/witness", json!(community.coordinator.id), "batch.no_witness", "witness"),
        ("/witness", json!("00000000-0000-7000-8000-000000000001"), "member.unknown", "witness"),
        ("/station", json!(" "), "batch.bad_station", "station"),
        ("/scan_reference", json!(" "), "batch.bad_scan_reference", "scan_reference"),
    ];
    for (pointer, value, code, field) in cases {
        let problem = enter(with(pointer, value)).await.refused(422, code);
        assert_eq!(problem["field"], field, "{problem}");
    }
    let resident = community.resident(0).post(&format!("/ballots/{ballot}/batches"), community.batch(0..2)).await;
    resident.refused(403, "session.forbidden");
    assert_eq!(community.read(&format!("/ballots/{ballot}")).await["voted"], 0);
    created(enter(community.batch(0..2)).await);
    assert_eq!(community.read(&format!("/ballots/{ballot}")).await["voted"], 2);
}

#[tokio::test]
async fn a_roll_that_is_unsound_opens_no_ballot() {
    let community = Community::gathered(2).await;
    let topic = community.deliberated().await;
    let open = async |roll: Vec<Value>| {
        let ballot = json!({"question": "同意吗？", "electorate": "residents", "roll": roll});
        community.coordinator().post(&format!("/topics/{topic}/ballots"), ballot).await
    };
    let with = |member: &str, value: Value| {
        let mut roll = community.roll();
        roll[1][member] = value;
        roll
    };
    let cases = [
        (with("voting_unit", json!(unit(0))), "ballot.bad_roll", "roll[1].voting_unit"),
        (with("floor_area", Value::Null), "ballot.bad_roll", "roll"),
        (with("floor_area", json!(1_u64 << 53)), "ballot.bad_roll", "roll[1].floor_area"),
        (with("agents", json!(["00000000-0000-7000-8000-000000000001"])), "member.unknown", "roll[1].agents"),
    ];
    for (roll, code, field) in cases {
        assert_eq!(open(roll).await.refused(422, code)["field"], field);
    }
    assert_eq!(community.stage(&topic).await, "deliberated");
    created(open(community.roll()).await);
    open(community.roll()).await.refused(409, "topic.wrong_stage");
}
