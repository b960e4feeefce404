//! What a voter holds: a promise at once, a receipt soon after, and neither says how anybody voted in secret.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use yishi_tests::{
    answers::Answer,
    communities::{Community, text},
    folders::Folder,
    plugins,
    programs::{self, Ended},
};

/// The receipt of an event, once it has its place in the record.
async fn receipt(community: &Community, cast: &Value) -> String {
    let path = format!("/record/receipts/{}", text(&cast["event"]));
    for _ in 0..100 {
        let answer: Answer = community.city.public().get(&path).await;
        match answer.status {
            200 => return answer.text,
            _ => drop(answer.refused(409, "receipt.not_yet")),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the record did not reach the vote");
}

/// Runs `yishi verify --receipt` on a receipt and a promise.
async fn verify(receipt: &str, promise: &str, more: &[&str]) -> Ended {
    let folder = Folder::new();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.to_str().expect("a plain name").to_owned()
    };
    let (receipt, promise) = (file("vote.tlog-proof", receipt), file("vote.promise", promise));
    let arguments = ["verify", "--receipt", &receipt, "--promise", &promise];
    programs::run(arguments.iter().chain(more)).await
}

fn refused(ended: &Ended, code: &str) {
    assert_eq!(ended.code, Some(1), "{}", ended.output);
    assert!(ended.errors.contains(&format!("refused: {code}: ")), "{}", ended.errors);
}

#[tokio::test]
async fn a_voter_holds_a_promise_at_once_and_a_receipt_that_keeps_it_soon_after() {
    let community = Community::gathered(2).await;
    let (_, ballot) = community.opened().await;
    let cast = community.vote(0, &ballot, "in_favour").await.expect(201);
    let other = community.vote(1, &ballot, "against").await.expect(201);
    let promise = text(&cast["promise"]);
    let origin = format!("yishi.localhost/{}", community.city.slug());
    assert!(promise.starts_with(&format!("yishi promise v2\nevent {}\nleaf ", text(&cast["event"]))), "{promise}");
    assert!(promise.contains(&format!("\n\nyishi promises v2\n{origin}\n")), "{promise}");

    let (receipt, key) = (receipt(&community, &cast).await, community.city.record(1).await.key);
    assert!(receipt.starts_with("c2sp.org/tlog-proof@v1\nextra "), "{receipt}");
    let pinned = ["--checkpoint-key", key.as_str()];
    let said = verify(&receipt, &promise, &pinned).await.done();
    for line in ["ok  checkpoint.anchored", "ok  leaf.included", "vote.cast of", "ok  promise.kept", "verified: "] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let unpinned = verify(&receipt, &promise, &[]).await;
    assert_eq!(unpinned.code, Some(3), "{}", unpinned.errors);
    refused(&verify(&receipt, &text(&other["promise"]), &pinned).await, "promise.of_another");
    refused(&verify(&receipt, &promise.replace("\nleaf ", "\nleaf +"), &pinned).await, "promise.malformed");
    refused(&verify(&receipt.replace("\nindex ", "\nindex 1"), &promise, &pinned).await, "leaf.not_included");
    let elsewhere = Community::gathered(0).await.city.record(1).await.key;
    refused(&verify(&receipt, &promise, &["--checkpoint-key", &elsewhere]).await, "checkpoint.unsigned");
    let nothing = community.city.public().get("/record/receipts/00000000-0000-7000-8000-000000000001").await;
    nothing.refused(404, "receipt.unknown");
}

#[tokio::test]
async fn a_repeated_cast_has_the_same_promise_and_that_of_a_secret_vote_says_nothing_of_it() {
    let community = Community::gathered(2).await;
    let rule = json!({
        "method": "yes_no", "secrecy": "secret", "notice_hours": 0, "window_hours": 48, "laws": [], "custom": null,
        "conditions": [{
            "code": "majority", "kind": "majority", "measure": "heads", "counted": "in_favour", "of": "participating",
            "at_least": {"numerator": 1, "denominator": 2}, "strict": true,
        }],
    });
    community.adopt_rules(plugins::built("rule-book"), json!({"rules": [{"rule": rule}]})).await;
    let (_, ballot) = community.opened().await;
    let path = format!("/ballots/{ballot}/votes");
    let vote = json!({"voting_unit": yishi_tests::communities::unit(0), "choice": "against"});
    let once = [("idempotency-key", "a-promise")];
    let cast = community.resident(0).post_with(&path, vote.clone(), &once).await.expect(201);
    assert_eq!(community.resident(0).post_with(&path, vote, &once).await.expect(201), cast);
    let receipt = receipt(&community, &cast).await;
    let extra = receipt.lines().find_map(|line| line.strip_prefix("extra ")).expect("an extra line");
    let extra = String::from_utf8(STANDARD.decode(extra).expect("base64")).expect("text");
    assert!(extra.contains("vote.cast") && !extra.contains("against") && !extra.contains("choice"), "{extra}");
    let key = community.city.record(1).await.key;
    verify(&receipt, &text(&cast["promise"]), &["--checkpoint-key", &key]).await.done();
}
