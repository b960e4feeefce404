//! Paper that was entered wrongly: voided or counted again before the count, with the record telling all of it; and what the minority said.

use serde_json::{Value, json};
use yishi_tests::{
    books::{Ballot, condition},
    communities::{text, unit},
};

fn said(ballot: &Ballot, papers: &[(usize, &str)]) -> Value {
    let all = |choice: &str| papers.iter().filter(|(_, it)| *it == choice).count();
    json!({
        "station": "3号楼大堂", "witness": ballot.community.witness.id, "scan_reference": "scans/1.pdf",
        "papers": papers.iter().map(|(i, choice)| json!({"voting_unit": unit(*i), "choice": choice})).collect::<Vec<_>>(),
        "control": {"papers": papers.len(), "in_favour": all("in_favour"), "against": all("against")},
    })
}

fn majority() -> Value {
    json!({"conditions": [condition("majority", "participating", (1, 2), true)]})
}

#[tokio::test]
async fn a_batch_that_was_entered_wrongly_is_voided_and_never_deleted() {
    let ballot = Ballot::opened(4, majority(), json!({})).await;
    let community = &ballot.community;
    let by = community.coordinator();
    let wrong = by.post(&ballot.path("/batches"), said(&ballot, &[(0, "against"), (1, "against")])).await.expect(201);
    let wrong = text(&wrong["ids"][0]);
    let voiding = ballot.path(&format!("/batches/{wrong}/voiding"));
    community.vote(0, &ballot.id, "in_favour").await.refused(409, "vote.already_cast");
    let reason = json!({"reason": "这一叠票属于另一栋楼。"});
    community.resident(0).post(&voiding, reason.clone()).await.refused(403, "session.forbidden");
    assert_eq!(by.post(&voiding, json!({"reason": " "})).await.refused(422, "batch.no_reason")["field"], "reason");
    by.post(&voiding, reason.clone()).await.expect(204);
    by.post(&voiding, reason).await.refused(409, "batch.voided");
    let unknown = ballot.path(&format!("/batches/{}/voiding", ballot.id));
    by.post(&unknown, json!({"reason": "无"})).await.refused(404, "batch.unknown");
    assert_eq!(community.read(&ballot.path("")).await["voted"], 0);

    // Their voting units vote again, one of them on paper in another batch.
    community.vote(0, &ballot.id, "in_favour").await.expect(201);
    by.post(&ballot.path("/batches"), said(&ballot, &[(1, "in_favour"), (2, "against")])).await.expect(201);
    let listed = by.get(&ballot.path("/batches?limit=1")).await.expect(200);
    assert_eq!(listed["items"][0]["id"], *wrong);
    assert_eq!(listed["items"][0]["void_reason"], "这一叠票属于另一栋楼。");
    let next = by.get(&ballot.path(&format!("/batches?cursor={}", text(&listed["next"])))).await.expect(200);
    assert!(next["items"].as_array().is_some_and(|it| it.len() == 1 && it[0]["voided_at"].is_null()), "{next}");
    community.resident(0).get(&ballot.path("/batches")).await.refused(403, "session.forbidden");

    let shown = ballot.counted().await;
    assert_eq!((&shown["tally"][0]["in_favour"], &shown["tally"][0]["against"]), (&json!(2), &json!(1)), "{shown}");
    by.post(&voiding, json!({"reason": "太迟"})).await.refused(409, "ballot.not_open");
    let bundle = ballot.verified().await;
    assert!(bundle.contains("batch.voided") && !bundle.contains("另一栋楼"), "the reason is committed to");
}

#[tokio::test]
async fn a_recount_takes_the_place_of_a_batch_in_one_act() {
    let ballot = Ballot::opened(3, majority(), json!({})).await;
    let by = ballot.community.coordinator();
    let first = said(&ballot, &[(0, "against"), (1, "against"), (2, "in_favour")]);
    let first = text(&by.post(&ballot.path("/batches"), first).await.expect(201)["ids"][0]);
    let recount = ballot.path(&format!("/batches/{first}/recount"));
    let mut short = said(&ballot, &[(0, "in_favour"), (1, "against")]);
    short["control"]["papers"] = 3.into();
    let refused =
        by.post(&recount, json!({"reason": "重新清点", "batch": short})).await.refused(422, "batch.not_reconciled");
    assert_eq!(refused["field"], "batch.control.papers");
    assert_eq!(ballot.community.read(&ballot.path("")).await["voted"], 3, "nothing came of it");
    let found = said(&ballot, &[(0, "in_favour"), (1, "against"), (2, "in_favour")]);
    let once = [("idempotency-key", "recount")];
    let body = json!({"reason": "监票人要求重新清点。", "batch": found});
    let second = by.post_with(&recount, body.clone(), &once).await.expect(201);
    assert_eq!(by.post_with(&recount, body, &once).await.expect(201), second);
    let listed = by.get(&ballot.path("/batches")).await.expect(200);
    assert_eq!(listed["items"][0]["recount"], second["ids"][0]);
    let shown = ballot.counted().await;
    assert_eq!((&shown["tally"][0]["in_favour"], &shown["voted"]), (&json!(2), &json!(3)), "{shown}");
    ballot.verified().await;
}

#[tokio::test]
async fn a_batch_of_a_secret_ballot_is_voided_by_whoever_knows_what_was_entered() {
    let mut rule = majority();
    rule["secrecy"] = "secret".into();
    let ballot = Ballot::opened(4, rule, json!({})).await;
    let by = ballot.community.coordinator();
    let contents = json!([{"number": 1, "choice": "against"}, {"number": 1, "choice": "in_favour"}]);
    let batch = |contents: &Value| {
        json!({
            "station": "3号楼大堂", "witness": ballot.community.witness.id, "scan_reference": "scans/1.pdf",
            "papers": [{"voting_unit": unit(0)}, {"voting_unit": unit(1)}], "contents": contents,
            "control": {"papers": 2, "in_favour": 1, "against": 1},
        })
    };
    let entered = by.post(&ballot.path("/batches"), batch(&contents)).await.expect(201);
    let voiding = ballot.path(&format!("/batches/{}/voiding", text(&entered["ids"][0])));
    for other in [json!([]), json!([{"number": 2, "choice": "against"}])] {
        let refused = by.post(&voiding, json!({"reason": "错", "contents": other})).await;
        assert_eq!(refused.refused(422, "batch.bad_contents")["field"], "contents");
    }
    // The order in which they are said does not matter.
    let turned = json!([contents[1], contents[0]]);
    by.post(&voiding, json!({"reason": "错录", "contents": turned})).await.expect(204);
    for i in 0..3 {
        ballot.community.vote(i, &ballot.id, "in_favour").await.expect(201);
    }
    let shown = ballot.counted().await;
    assert_eq!((&shown["tally"][0]["in_favour"], &shown["tally"][0]["against"]), (&json!(3), &json!(0)), "{shown}");
    ballot.verified().await;
}

#[tokio::test]
async fn the_minority_is_heard_with_the_verdict_in_its_words_and_without_its_names() {
    let ballot = Ballot::opened(4, majority(), json!({})).await;
    let community = &ballot.community;
    let path = ballot.path("/votes");
    let vote = |i: usize, choice: &str, reason: Option<&str>| {
        let mut vote = json!({"voting_unit": unit(i), "choice": choice});
        if let Some(reason) = reason {
            vote["reason"] = reason.into();
        }
        vote
    };
    community.resident(0).post(&path, vote(0, "in_favour", Some("晚上太暗。"))).await.expect(201);
    community.resident(1).post(&path, vote(1, "in_favour", None)).await.expect(201);
    community.resident(2).post(&path, vote(2, "against", Some("公共维修资金不够。"))).await.expect(201);
    let blank = community.resident(3).post(&path, vote(3, "against", Some(" "))).await;
    assert_eq!(blank.refused(422, "vote.bad_reason")["field"], "reason");
    assert!(community.read(&ballot.path("")).await["dissent"].is_null(), "not before the verdict");
    let shown = ballot.counted().await;
    assert_eq!(shown["dissent"], json!({"number": 1, "reasons": ["公共维修资金不够。"]}), "{shown}");
    assert!(!ballot.verified().await.contains("公共维修资金"), "the record has the commitment alone");

    let mut rule = majority();
    rule["secrecy"] = "secret".into();
    let secret = Ballot::opened(1, rule, json!({})).await;
    let refused = secret.community.resident(0).post(&secret.path("/votes"), vote(0, "against", Some("因为"))).await;
    assert_eq!(refused.refused(422, "vote.bad_reason")["field"], "reason");
}

#[tokio::test]
async fn many_votes_in_one_request_have_an_outcome_each() {
    let ballot = Ballot::opened(2, majority(), json!({})).await;
    let member = &ballot.community.residents[0];
    let roll: Vec<_> = (0..300).map(|i| json!({"voting_unit": format!("户{i}"), "agents": [member.id]})).collect();
    let more = json!({"roll": roll});
    let topic = ballot.community.deliberated().await;
    let created = yishi_tests::books::open(&ballot.community, &topic, more).await.expect(201);
    let path = format!("/ballots/{}/votes/bulk", text(&created["ids"][0]));
    let mut votes: Vec<_> = (0..300).map(|i| json!({"voting_unit": format!("户{i}"), "choice": "in_favour"})).collect();
    votes.push(json!({"voting_unit": "户0", "choice": "against"}));
    votes.push(json!({"voting_unit": "邻居", "choice": "against"}));
    votes.push(json!({"voting_unit": "户1", "choice": "in_favour", "approved": ["x"]}));
    let once = [("idempotency-key", "bulk")];
    let by = ballot.community.resident(0);
    let answer = by.post_with(&path, json!({"votes": votes}), &once).await.expect(200);
    let outcomes = answer["outcomes"].as_array().expect("outcomes");
    let cast = outcomes.iter().filter(|it| it["event"].is_string()).count();
    let problem = |i: usize| outcomes[i]["problem"]["code"].as_str().unwrap_or_default().to_owned();
    assert_eq!((outcomes.len(), cast), (303, 300), "{answer}");
    // Of two for one voting unit either may come first, and the other one is refused.
    let twice = [problem(0), problem(300)];
    assert!(twice.contains(&"vote.already_cast".to_owned()) && twice.contains(&String::new()), "{twice:?}");
    assert_eq!((problem(301), problem(302)), ("vote.not_yours".into(), "vote.bad_choice".into()), "{answer}");
    assert_eq!(by.post_with(&path, json!({"votes": votes}), &once).await.expect(200), answer, "the same outcomes");
    let id = text(&created["ids"][0]);
    assert_eq!(ballot.community.read(&format!("/ballots/{id}")).await["voted"], 300);
    assert_eq!(by.post(&path, json!({"votes": []})).await.status, 422);
}
