//! Third-party evaluation: an outside evaluator reads what staff reads until a day, and files a report that their registered key has signed.

use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use yishi_tests::{
    cities::Member,
    communities::{Community, HOME, text},
    instants,
};

const REPORT: &str = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// An evaluator of the community's district until so many minutes from now, with the key that they sign with.
async fn evaluator(community: &Community, minutes: i64) -> (Member, SigningKey) {
    let member = community.city.member("钱博士", HOME).await;
    let now = community.city.advance_clock(1).await;
    let unit = community.city.unit("330106").await;
    let until = instants::after(&now, minutes);
    let grant = json!({"member": member.id, "unit": unit, "role": "evaluator", "until": until});
    community.boss().await.post("/grants", grant).await.expect(201);
    (member, SigningKey::from_bytes(&[7; 32]))
}

async fn register(community: &Community, member: &Member, key: &SigningKey) {
    let path = format!("/evaluators/{}/key", member.id);
    let key = json!({"institute": "某某研究院", "key": hex(key.verifying_key().as_bytes())});
    community.boss().await.put(&path, key).await.expect(204);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An evaluation of the community, signed.
async fn evaluation(community: &Community, key: &SigningKey) -> Value {
    let (slug, code) = (community.city.slug(), community.city.code(HOME));
    let said = format!("yishi evaluation v1\n{slug}\n{code}\n2026\n程序规范=92\n群众满意=87\n{REPORT}\n");
    json!({
        "unit": community.city.unit(HOME).await, "year": 2026, "report": REPORT,
        "scores": [{"criterion": "程序规范", "score": 92}, {"criterion": "群众满意", "score": 87}],
        "signature": hex(&key.sign(said.as_bytes()).to_bytes()),
    })
}

#[tokio::test]
async fn an_evaluator_files_a_signed_report_once_and_it_stands_in_the_register() {
    let community = Community::gathered(1).await;
    let (member, key) = evaluator(&community, 60 * 24 * 30).await;
    let by = community.city.by(&member);
    let signed = evaluation(&community, &key).await;
    by.post("/evaluations", signed.clone()).await.refused(409, "evaluation.no_key");
    register(&community, &member, &key).await;

    // What another key has signed, or what says something else than was signed, is refused.
    let forged = evaluation(&community, &SigningKey::from_bytes(&[8; 32])).await;
    let refused = by.post("/evaluations", forged).await.refused(422, "evaluation.bad_signature");
    assert!(text(&refused["fix"]).contains("程序规范=92"), "{refused}");
    for (field, other) in [("report", json!(REPORT.replace("9f", "00"))), ("year", json!(2025))] {
        let mut changed = signed.clone();
        changed[field] = other;
        by.post("/evaluations", changed).await.refused(422, "evaluation.bad_signature");
    }
    let mut better = signed.clone();
    better["scores"][1]["score"] = json!(100);
    by.post("/evaluations", better).await.refused(422, "evaluation.bad_signature");

    let row = text(&by.post("/evaluations", signed.clone()).await.expect(201)["key"]);
    by.post("/evaluations", signed.clone()).await.refused(409, "evaluation.filed");
    let rows = community.read("/registers/evaluations/rows").await["items"].clone();
    assert_eq!((rows.as_array().expect("rows").len(), &rows[0]["key"]), (1, &json!(row)));
    let fields = &rows[0]["fields"];
    assert_eq!(
        (&fields["year"], &fields["evaluator"], &fields["score"], &fields["report"]),
        (&json!(2026), &json!("某某研究院"), &json!(90), &json!(REPORT)),
        "{fields}"
    );
    let kept = community.read(&format!("/evaluations/{row}")).await;
    assert_eq!((&kept["signature"], &kept["score"]), (&signed["signature"], &json!(90)));
    let told = community.shown("evaluation.filed", 1).await;
    assert_eq!(told[0]["body"]["signature"], signed["signature"]);
    community.coordinator().post("/evaluations", signed).await.refused(403, "session.forbidden");

    // What was signed is not changed, neither by hand nor by a file; rows that nobody signed are.
    let boss = community.boss().await;
    let mut better = fields.clone();
    better["score"] = json!(100);
    let put = |fields: &Value| json!({"unit": community.city.code(HOME), "fields": fields});
    let path = format!("/registers/evaluations/rows/{row}");
    let refused = boss.put(&path, put(&better)).await.refused(409, "evaluation.signed");
    assert!(text(&refused["detail"]).contains(&row) && refused["fix"].is_string(), "{refused}");
    boss.put("/registers/evaluations/rows/2025", put(&better)).await.expect(200);
    let file = boss.get("/registers/evaluations/file?format=csv").await.text;
    for (changed, refused) in [(file.replace(",90,", ",100,"), true), (file.clone(), false)] {
        let import = boss.post("/registers/evaluations/imports", json!({"format": "csv"})).await.expect(201);
        let at = format!("/imports/{}", text(&import["ids"][0]));
        boss.post_bytes(&format!("{at}/parts?number=1"), "text/csv", changed).await.expect(200);
        let applied = boss.post(&format!("{at}/application"), json!({"mode": "all_or_nothing"})).await;
        match refused {
            true => drop(applied.refused(409, "evaluation.signed")),
            false => assert_eq!(applied.expect(200)["unchanged"], 2),
        }
    }
    assert_eq!(boss.get("/registers/evaluations/file?format=csv").await.text, file);
}

#[tokio::test]
async fn an_evaluator_sees_what_staff_sees_until_the_day_on_which_the_role_ends() {
    let community = Community::gathered(1).await;
    let (boss, unit) = (community.boss().await, community.city.unit("330106").await);
    let stranger = community.city.member("钱博士", HOME).await;
    let forever = json!({"member": stranger.id, "unit": unit, "role": "evaluator"});
    boss.post("/grants", forever).await.refused(422, "grant.bad_end");
    let key = json!({"institute": "某某研究院", "key": "00".repeat(32)});
    boss.put(&format!("/evaluators/{}/key", stranger.id), key).await.refused(422, "evaluation.no_role");
    let topic = community.raised().await;
    let path = format!("/topics/{topic}");
    community.city.by(&stranger).get(&path).await.refused(404, "topic.unknown");
    let (member, signing) = evaluator(&community, 60 * 24).await;
    register(&community, &member, &signing).await;
    let by = community.city.by(&member);
    assert_eq!(by.get(&path).await.expect(200)["stage"], "submitted", "also what is not public yet");
    by.post(&format!("{path}/acceptance"), json!({})).await.refused(403, "session.forbidden");
    community.city.advance_clock(25).await;
    by.get(&path).await.refused(404, "topic.unknown");
    let signed = evaluation(&community, &signing).await;
    by.post("/evaluations", signed).await.refused(403, "session.forbidden");
    // The role can be given anew.
    let now = community.city.advance_clock(1).await;
    let again = json!({"member": member.id, "unit": unit, "role": "evaluator", "until": instants::after(&now, 60)});
    boss.post("/grants", again.clone()).await.expect(201);
    boss.post("/grants", again).await.refused(409, "grant.held");
    by.get(&path).await.expect(200);
}

#[tokio::test]
async fn a_budget_per_head_goes_by_the_population_where_no_heads_are_given() {
    let community = Community::gathered(0).await;
    let (boss, unit) = (community.boss().await, community.city.unit(HOME).await);
    let fund = json!({"unit": unit, "kind": "budget", "name": "社区议事经费"});
    let fund = boss.post("/funds", fund).await;
    let fund = text(&fund.expect(201)["ids"][0]);
    let budget = json!({"per_head_fen": 1_000, "year": 2026, "units": [{"unit": unit}]});
    let path = format!("/funds/{fund}/budgets");
    let refused = boss.post(&path, budget.clone()).await.refused(422, "budget.no_population");
    assert_eq!(refused["field"], "units[0].residents");
    let fact = json!({"facts": [{
        "unit": community.city.code(HOME), "name": "population", "valid_from": "2020-01-01", "source": "社区人口台账",
        "cells": [{"groups": {}, "number": 3_100}],
    }]});
    community.officer().post("/facts", fact).await.expect(201);
    boss.post(&path, budget).await.expect(201);
    let entries = boss.get(&format!("/funds/{fund}/entries")).await.expect(200);
    assert!(entries.to_string().contains("3100 x 1000 fen"), "{entries}");
}
