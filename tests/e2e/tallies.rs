//! The running tally of a ballot: what everybody may look up while votes come in, equal to what is counted at the end.

use std::time::Duration;

use serde_json::{Value, json};
use yishi_tests::{
    books::{Ballot, condition},
    communities::{text, unit},
};

/// The running tally, once the record has what came before and it is as expected: a vote is in it when it has its position.
async fn running(ballot: &Ballot, expected: &Value) -> Value {
    let mut shown = Value::Null;
    for _ in 0..200 {
        shown = ballot.community.resident(0).get(&ballot.path("/tally")).await.expect(200);
        if &shown["tally"][0] == expected {
            return shown;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it comes to {} instead of {expected}", shown["tally"][0]);
}

fn heads(eligible: usize, [in_favour, against, abstained]: [usize; 3]) -> Value {
    json!({
        "measure": "heads", "eligible": eligible, "in_favour": in_favour, "against": against, "abstained": abstained,
        "blank": 0, "spoiled": 0,
    })
}

fn paper(ballot: &Ballot, papers: &[(usize, &str)]) -> Value {
    let all = |choice: &str| papers.iter().filter(|(_, it)| *it == choice).count();
    json!({
        "station": "社区服务中心", "witness": ballot.community.witness.id, "scan_reference": "scans/7.pdf",
        "papers": papers.iter().map(|(i, choice)| json!({"voting_unit": unit(*i), "choice": choice})).collect::<Vec<_>>(),
        "control": {
            "papers": papers.len(), "in_favour": all("in_favour"), "against": all("against"), "abstained": all("abstained"),
        },
    })
}

#[tokio::test]
async fn a_running_tally_follows_every_channel_and_ends_as_the_count_does() {
    let majority = condition("majority", "participating", (1, 2), true);
    let ballot = Ballot::opened(6, json!({"conditions": [majority], "change_of_vote": true}), json!({})).await;
    let community = &ballot.community;
    let by = community.coordinator();
    running(&ballot, &heads(6, [0, 0, 0])).await;
    community.vote(0, &ballot.id, "in_favour").await.expect(201);
    community.vote(1, &ballot.id, "against").await.expect(201);
    running(&ballot, &heads(6, [1, 1, 0])).await;

    // A vote is changed, also one that came on paper; then the batch is voided, and of it only what was left is taken off.
    community.vote(0, &ballot.id, "abstained").await.expect(201);
    let papers = [(2, "against"), (3, "against"), (4, "in_favour")];
    let batch = text(&by.post(&ballot.path("/batches"), paper(&ballot, &papers)).await.expect(201)["ids"][0]);
    running(&ballot, &heads(6, [1, 3, 1])).await;
    community.vote(2, &ballot.id, "in_favour").await.expect(201);
    running(&ballot, &heads(6, [2, 2, 1])).await;
    let reason = json!({"reason": "这一叠票重复录入。"});
    by.post(&ballot.path(&format!("/batches/{batch}/voiding")), reason).await.expect(204);
    let shown = running(&ballot, &heads(6, [1, 1, 1])).await;
    assert_eq!(shown["votes"], 3, "{shown}");

    // A recount and another change later it is still what is counted.
    let again = text(&by.post(&ballot.path("/batches"), paper(&ballot, &papers[1..])).await.expect(201)["ids"][0]);
    let recount = json!({"reason": "重新清点", "batch": paper(&ballot, &[(3, "in_favour"), (4, "in_favour")])});
    by.post(&ballot.path(&format!("/batches/{again}/recount")), recount).await.expect(201);
    community.vote(1, &ballot.id, "in_favour").await.expect(201);
    let shown = running(&ballot, &heads(6, [4, 0, 1])).await;
    assert!(shown["record_size"].as_u64().is_some_and(|size| size > 10) && shown["state"] == "open", "{shown}");
    let counted = ballot.counted().await;
    assert_eq!(counted["tally"][0], heads(6, [4, 0, 1]), "{counted}");
    let shown = community.read(&ballot.path("/tally")).await;
    assert_eq!((&shown["tally"], &shown["votes"]), (&counted["tally"], &counted["voted"]), "{shown}");
    by.get("/ballots/00000000-0000-7000-8000-000000000001/tally").await.refused(404, "ballot.unknown");
}

#[tokio::test]
async fn of_a_secret_ballot_it_tells_how_many_voted_and_nothing_else_before_the_count() {
    let majority = condition("majority", "participating", (1, 2), true);
    let ballot = Ballot::opened(3, json!({"conditions": [majority], "secrecy": "secret"}), json!({})).await;
    ballot.community.vote(0, &ballot.id, "in_favour").await.expect(201);
    ballot.community.vote(1, &ballot.id, "against").await.expect(201);
    ballot.community.shown("vote.cast", 2).await;
    let shown = ballot.community.read(&ballot.path("/tally")).await;
    assert_eq!((&shown["votes"], shown.get("tally"), shown.get("standings")), (&json!(2), None, None), "{shown}");
    let counted = ballot.counted().await;
    assert_eq!(ballot.community.read(&ballot.path("/tally")).await["tally"], counted["tally"]);
}

#[tokio::test]
async fn among_options_it_tells_how_they_would_come_out() {
    let rule = json!({
        "method": {"approval": 2}, "conditions": [],
        "selection": {"measure": "heads", "procedure": {"most_votes": 1}, "tie": "listed_first"},
    });
    let options = ["lamps", "trees", "benches"].map(|code| json!({"code": code, "title": code}));
    let ballot = Ballot::opened(3, rule, json!({"options": options})).await;
    for (i, approved) in [["lamps", "trees"], ["trees", "benches"], ["lamps", "trees"]].iter().enumerate() {
        let vote = json!({"voting_unit": unit(i), "approved": approved});
        ballot.community.resident(i).post(&ballot.path("/votes"), vote).await.expect(201);
    }
    running(&ballot, &heads(3, [3, 0, 0])).await;
    let shown = ballot.community.read(&ballot.path("/tally")).await;
    let found: Vec<_> = shown["standings"].as_array().expect("standings").iter().collect();
    let plain: Vec<_> =
        found.iter().map(|it| (text(&it["code"]), it["support"].as_u64(), it["chosen"].as_bool())).collect();
    let stands = |code: &str, support, chosen| (code.to_owned(), Some(support), Some(chosen));
    assert_eq!(plain, [stands("lamps", 2, false), stands("trees", 3, true), stands("benches", 1, false)], "{shown}");
    assert_eq!(ballot.counted().await["standings"], shown["standings"]);
}
