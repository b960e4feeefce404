//! Who must speak for a rule set before it is put in force, and what becomes of one that keeps failing.

use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use yishi_tests::{
    cases::created,
    communities::{Community, text},
    plugins::{self, Bodies},
    servers::Setup,
};

/// The key of the province's office for rules.
fn office() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn signature(key: &SigningKey, digest: &str) -> String {
    hexadecimal(&key.sign(format!("yishi rule set v1\n{digest}\n").as_bytes()).to_bytes())
}

#[tokio::test]
async fn a_province_that_asks_for_signatures_has_rules_put_in_force_that_a_trusted_key_signed() {
    let signers = format!("zhejiang={}", hexadecimal(office().verifying_key().as_bytes()));
    let server =
        Setup::fresh().env("YISHI_RULE_SETS_NEED", "signature").env("YISHI_TRUSTED_SIGNERS", &signers).start().await;
    let community = Community::on(server.site(), 1).await;
    let digest = community.upload(plugins::built("standard")).await;
    let problem = community.activate(&digest, json!({})).await.refused(409, "rule_set.not_signed");
    assert!(problem["fix"].as_str().is_some_and(|it| it.contains("signatures")), "{problem}");
    let path = format!("/rule-sets/{digest}/signatures");
    let sign = async |signer: &str, signature: String| {
        community.boss().await.post(&path, json!({"signer": signer, "signature": signature})).await
    };
    let unknown = sign("ningbo", signature(&office(), &digest)).await.refused(422, "signature.unknown_signer");
    assert_eq!(unknown["field"], "signer");
    for bad in
        [signature(&SigningKey::from_bytes(&[8; 32]), &digest), signature(&office(), "sha256:00"), "zz".repeat(64)]
    {
        let problem = sign("zhejiang", bad).await.refused(422, "signature.bad");
        assert_eq!(problem["field"], "signature");
    }
    let standing = sign("zhejiang", signature(&office(), &digest)).await.expect(200);
    assert_eq!(standing["signatures"][0]["signer"], "zhejiang");
    let again = sign("zhejiang", signature(&office(), &digest)).await.expect(200);
    assert_eq!(again["signatures"].as_array().map(Vec::len), Some(1));
    community.activate(&digest, json!({})).await.expect(201);
    server.stop().await;
}

/// A package: a component with signatures.
fn package(component: &[u8], signatures: &[Value]) -> Vec<u8> {
    let part = |name: &str, kind: &str, body: &[u8]| {
        let head = format!("--part\r\nContent-Disposition: form-data; name=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n");
        [head.as_bytes(), body, b"\r\n"].concat()
    };
    let component = part("component", "application/wasm", component);
    let signatures = signatures.iter().map(|it| part("signature", "application/json", it.to_string().as_bytes()));
    [component].into_iter().chain(signatures).chain([b"--part--\r\n".to_vec()]).collect::<Vec<_>>().concat()
}

#[tokio::test]
async fn a_package_brings_a_component_with_its_signatures_all_or_nothing() {
    let signers = format!("zhejiang={}", hexadecimal(office().verifying_key().as_bytes()));
    let server =
        Setup::fresh().env("YISHI_RULE_SETS_NEED", "signature").env("YISHI_TRUSTED_SIGNERS", &signers).start().await;
    let community = Community::on(server.site(), 0).await;
    let upload = async |package: Vec<u8>| {
        community.boss().await.post_bytes("/rule-sets", "multipart/form-data; boundary=part", package).await
    };
    let component = plugins::built("standard");
    let digest = yishi_record::commitments::digest(&component).to_string();
    let signed = json!({"signer": "zhejiang", "signature": signature(&office(), &digest)});
    let other = json!({"signer": "zhejiang", "signature": signature(&office(), "sha256:00")});
    let refused = upload(package(&component, &[signed.clone(), other])).await.refused(422, "signature.bad");
    assert_eq!(refused["field"], "signature[1].signature");
    assert_eq!(community.read("/rule-sets").await, json!([]), "nothing of it was kept");
    let none = upload(b"--part--\r\n".to_vec()).await.refused(422, "request.bad_part");
    assert_eq!(none["field"], "component");
    let packed = upload(package(&component, std::slice::from_ref(&signed))).await.expect(201);
    assert_eq!(packed, json!({"digest": digest}));
    assert_eq!(upload(package(&component, &[signed])).await.expect(201), packed, "the same again, the same answer");
    community.activate(&digest, json!({})).await.expect(201);
    server.stop().await;
}

#[tokio::test]
async fn a_province_that_approves_rules_itself_is_asked_and_its_word_is_told() {
    let server = Setup::fresh().env("YISHI_RULE_SETS_NEED", "approval").start().await;
    let community = Community::on(server.site(), 1).await;
    let digest = community.upload(plugins::built("standard")).await;
    community.activate(&digest, json!({})).await.refused(409, "rule_set.not_approved");
    let path = format!("/platform/tenants/{}/rule-sets/{digest}/approvals", community.city.slug());
    let say = async |decision: &str, reason: &str| {
        server.site().operator().await.post(&path, json!({"decision": decision, "reason": reason})).await
    };
    say("refused", "缺少法定人数。").await.expect(201);
    community.activate(&digest, json!({})).await.refused(409, "rule_set.not_approved");
    let inbox = community.boss().await.get("/notices").await.expect(200);
    assert_eq!((&inbox["unread"], &inbox["items"][0]["kind"]), (&json!(1), &json!("rule_set.refused")));
    assert_eq!(inbox["items"][0]["facts"]["reason"], "缺少法定人数。");
    let id = text(&inbox["items"][0]["id"]);
    let read = community.boss().await.post(&format!("/notices/{id}/reading"), Value::Null).await.expect(200);
    assert_eq!(read["unread"], 0);
    community.resident(0).post(&format!("/notices/{id}/reading"), Value::Null).await.refused(404, "notice.unknown");
    say("approved", "已补正。").await.expect(201);
    community.activate(&digest, json!({})).await.expect(201);
    let standing = community.read(&format!("/rule-sets/{digest}/standing")).await;
    assert_eq!(standing["approval"]["decision"], "approved");
    say("refused", "法律已修订。").await.expect(201);
    community.activate(&digest, json!({})).await.refused(409, "rule_set.not_approved");
    let own = server.site().client().with_token(&community.city.administrator().await.token);
    own.post(&path, json!({"decision": "approved", "reason": "自批"})).await.refused(403, "session.forbidden");
    server.stop().await;
}

#[tokio::test]
async fn a_rule_set_that_keeps_failing_is_suspended_for_new_work_and_administrators_are_told() {
    let community = Community::gathered(2).await;
    let good = community.adopt_rules(plugins::built("standard"), json!({})).await;
    let (_, before) = community.opened().await;
    let failing = plugins::answering(Bodies::default());
    let digest = community.adopt_rules(failing, json!({})).await;
    // Raising and accepting ask for the categories of a topic; both fall back to the standard rules, and say so.
    let topic = community.deliberated().await;
    let mut refusals = Vec::new();
    for _ in 0..5 {
        refusals.push(text(&community.open(&topic).await.expect(409)["code"]));
    }
    assert_eq!(refusals.last().map(String::as_str), Some("policy.halted"), "{refusals:?}");
    assert!(refusals.iter().filter(|it| *it == "policy.trap").count() <= 5, "{refusals:?}");
    let standing = community.read(&format!("/rule-sets/{digest}/standing")).await;
    assert_eq!((&standing["faults"]["failures"], standing["faults"]["suspended_at"].is_null()), (&json!(5), false));
    let inbox = community.boss().await.get("/notices").await.expect(200);
    assert_eq!(
        (&inbox["items"][0]["kind"], &inbox["items"][0]["facts"]["cause"]),
        (&json!("rule_set.suspended"), &json!("policy.trap"))
    );
    let others = community.resident(0).get("/notices").await.expect(200);
    let mut others = others["items"].as_array().expect("notices").iter();
    assert!(others.all(|it| it["kind"] != "rule_set.suspended"), "administrators are told");

    community.vote_all(&before, "in_favour").await;
    community.end(&before, "closing").await.expect(200);
    let ended = community.end(&before, "count").await.expect(200);
    assert_eq!(ended["outcome"], "passed", "a ballot keeps the rules that it was opened under");
    community.activate(&digest, json!({})).await.expect(201);
    community.open(&topic).await.refused(409, "policy.trap");
    community.activate(&good, json!({})).await.expect(201);
    created(community.open(&topic).await);
}

#[tokio::test]
async fn what_interpreted_languages_need_is_open_to_the_tenants_that_the_platform_names() {
    let mut large = plugins::built("standard");
    // A section that says nothing: its name, and half a mebibyte of zeros.
    let body: Vec<u8> = [&[1, b'x'][..], &vec![0; 600 << 10]].concat();
    let mut length = body.len();
    large.push(0);
    while length >= 128 {
        large.push(u8::try_from(length % 128).expect("7 bits") | 128);
        length /= 128;
    }
    large.push(u8::try_from(length).expect("7 bits"));
    large.extend(body);
    let closed = Community::gathered(1).await;
    let refused = closed.boss().await.post_bytes("/rule-sets", "application/wasm", large.clone()).await;
    let faults = refused.refused(422, "request.faults")["faults"].clone();
    assert_eq!(
        (&faults[0]["code"], &faults[1]["code"]),
        (&json!("component.too_large"), &json!("component.script_tier_closed"))
    );
    assert!(text(&faults[1]["fix"]).contains("script tier"), "{faults}");
    let server = Setup::fresh().env("YISHI_SCRIPT_TIER", "*").start().await;
    let open = Community::on(server.site(), 1).await;
    let digest = open.upload(large).await;
    open.activate(&digest, json!({})).await.expect(201);
    server.stop().await;
}

#[tokio::test]
async fn rules_hold_in_the_whole_city_and_so_a_districts_administrator_puts_none_in_force() {
    let community = Community::gathered(1).await;
    let digest = community.upload(plugins::built("standard")).await;
    let (city, district) = (&community.city, "330106");
    let local = city.member("区级管理员", district).await;
    city.grant(&local, district, "administrator").await;
    let path = format!("/rule-sets/{digest}");
    let acts = [
        (format!("{path}/activations"), json!({"configuration": {}})),
        (format!("{path}/shadow"), json!({"configuration": {}})),
    ];
    for (path, body) in acts {
        city.by(&local).post(&path, body).await.refused(403, "session.forbidden");
    }
    city.by(&local).post("/rules/rollback", Value::Null).await.refused(403, "session.forbidden");
    city.by(&local).call("DELETE", "/shadow").await.refused(403, "session.forbidden");
    community.activate(&digest, json!({})).await.expect(201);
}
