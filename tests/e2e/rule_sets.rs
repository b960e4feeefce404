//! Rule sets: what a city may upload, what it may put in force, and which ballots it holds for.

use serde_json::{Value, json};
use yishi_tests::{
    cases::created,
    communities::{Community, text},
    folders::Folder,
    plugins, programs,
};

const IMPORTS: &str = "(component (import \"clock\" (func)) (import \"net\" (func)))";

#[tokio::test]
async fn what_is_no_rule_set_is_refused_with_every_reason() {
    let community = Community::gathered(0).await;
    let upload = async |component: Vec<u8>| {
        let problem = community.boss().await.post_bytes("/rule-sets", "application/wasm", component).await;
        let problem = problem.refused(422, "request.faults");
        let faults = problem["faults"].as_array().expect("faults").iter();
        faults.map(|it| (text(&it["code"]), text(&it["field"]))).collect::<Vec<_>>()
    };
    let one = |code: &str| (code.to_owned(), "component".to_owned());
    assert_eq!(upload(plugins::component("(module)")).await, [one("component.not_a_component")]);
    assert_eq!(upload(b"not wasm at all".to_vec()).await, [one("component.invalid")]);
    assert_eq!(upload(plugins::component(IMPORTS)).await, [one("component.imports"), one("component.imports")]);
    assert_eq!(upload(vec![0; 600_000]).await, [one("component.too_large")]);
    assert_eq!(upload(plugins::component("(component)")).await, [one("component.wrong_contract")]);
    let boss = community.boss().await;
    boss.post_bytes("/rule-sets", "application/wasm", vec![0; 3 << 20]).await.refused(413, "request.too_large");
    boss.post("/rule-sets", json!({})).await.refused(415, "request.wrong_content_type");
    assert_eq!(community.read("/rule-sets").await, json!([]), "nothing of it was kept");
    let sound = plugins::built("standard");
    let chair = community.coordinator().post_bytes("/rule-sets", "application/wasm", sound).await;
    chair.refused(403, "session.forbidden");
}

#[tokio::test]
async fn the_same_upload_twice_is_one_rule_set_and_it_says_what_it_is() {
    let community = Community::gathered(0).await;
    let first = community.upload(plugins::built("civil-code-278")).await;
    assert_eq!(community.upload(plugins::built("civil-code-278")).await, first);
    let list = community.read("/rule-sets").await;
    assert_eq!(list.as_array().map(Vec::len), Some(1), "{list}");
    let shown = community.read(&format!("/rule-sets/{first}")).await;
    assert_eq!((&shown["name"], &shown["interfaces"]), (&json!("civil-code-278"), &json!(["voting"])), "{shown}");
    assert_eq!(community.read("/rules").await, json!({}), "it holds only once it is activated");
    let unknown = format!("sha256:{}", "0".repeat(64));
    let boss = community.boss().await;
    boss.get(&format!("/rule-sets/{unknown}")).await.refused(404, "rule_set.unknown");
    community.activate(&unknown, json!({})).await.refused(404, "rule_set.unknown");
    let other = Community::gathered(0).await;
    other.activate(&first, json!({})).await.refused(404, "rule_set.unknown");
}

#[tokio::test]
async fn a_configuration_that_does_not_fit_is_refused_with_its_place() {
    let community = Community::gathered(0).await;
    let digest = community.upload(plugins::built("standard")).await;
    for (configuration, place) in [
        (json!({"window_hours": 0}), "/window_hours"),
        (json!({"quorum": {"numerator": 1}}), "/quorum"),
        (json!({"departments": ["城管局", "城管局"]}), "/departments"),
        (json!({"colour": "red"}), "colour"),
    ] {
        let problem = community.activate(&digest, configuration).await.refused(422, "policy.configuration_invalid");
        assert!(problem["detail"].as_str().is_some_and(|it| it.contains(place)), "{place}: {problem}");
        assert_eq!(problem["field"], "configuration");
    }
    let inexact = community.activate(&digest, json!({"quorum": {"numerator": 0.5, "denominator": 1}})).await;
    inexact.refused(422, "rule_set.inexact_number");
    community.activate(&digest, json!({"window_hours": 24})).await.expect(201);
    let rules = community.read("/rules").await;
    assert_eq!((&rules["active"]["number"], &rules["active"]["digest"]), (&json!(1), &json!(digest)), "{rules}");
    assert_eq!(rules["active"]["configuration"], json!({"window_hours": 24}));
}

#[tokio::test]
async fn a_ballot_keeps_the_rules_that_it_was_opened_under() {
    let community = Community::gathered(2).await;
    let standard = community.adopt_rules(plugins::built("standard"), json!({"window_hours": 24})).await;
    let (earlier, later) = (community.opened().await, community.deliberated().await);
    let civil = community.adopt_rules(plugins::built("civil-code-278"), json!({"window_hours": 48})).await;
    community.vote_all(&earlier.1, "in_favour").await;
    community.end(&earlier.1, "closing").await.expect(200);
    assert_eq!(community.end(&earlier.1, "count").await.expect(200)["outcome"], "passed");
    let shown = community.read(&format!("/ballots/{}", earlier.1)).await;
    assert_eq!(shown["component"], standard.as_str());
    let codes = |ballot: &Value| {
        let checks = ballot["rule"]["conditions"].as_array().expect("conditions").iter();
        checks.map(|it| text(&it["code"])).collect::<Vec<_>>()
    };
    assert_eq!(codes(&shown), ["quorum_heads", "majority_heads"]);
    let ballot = created(community.open(&later).await);
    let shown = community.read(&format!("/ballots/{ballot}")).await;
    assert_eq!(shown["component"], civil.as_str());
    assert_eq!(codes(&shown), ["quorum_floor_area", "quorum_heads", "majority_floor_area", "majority_heads"]);
    assert_eq!(community.read("/rules").await["active"]["number"], 2);
}

#[tokio::test]
async fn a_rule_set_may_refuse_a_ballot_in_its_own_words() {
    let community = Community::gathered(1).await;
    community.adopt_rules(plugins::built("civil-code-278"), json!({})).await;
    let topic = community.deliberated().await;
    let ballot = json!({"question": "同意吗？", "matter": "colours", "electorate": "owners", "roll": community.roll()});
    let answer = community.coordinator().post(&format!("/topics/{topic}/ballots"), ballot).await;
    let problem = answer.refused(422, "policy.refused");
    assert!(problem["detail"].as_str().is_some_and(|it| it.contains("subject.unknown_matter")), "{problem}");
    assert_eq!(community.stage(&topic).await, "deliberated");
}

#[tokio::test]
async fn a_city_without_a_rule_set_decides_by_the_standard_rules_and_anybody_verifies_it() {
    let community = Community::gathered(3).await;
    let adopted = community.adopted().await;
    let shown = community.read(&format!("/ballots/{}", adopted.ballot)).await;
    assert!(shown["component"].is_null(), "{shown}");
    assert_eq!(shown["verdict"]["checks"].as_array().map(Vec::len), Some(2));
    community.told(&adopted.topic, "resolution.adopted").await;
    let key = community.city.record(1).await.key;
    let bundle = community.city.public().get(&format!("/ballots/{}/bundle", adopted.ballot)).await;
    let folder = Folder::new();
    let path = folder.path().join("bundle.json");
    std::fs::write(&path, &bundle.text).expect("written");
    let said = programs::run(["verify", path.to_str().expect("a plain name"), "--checkpoint-key", &key]).await.done();
    assert!(said.contains("verified: "), "{said}");
    assert!(bundle.text.contains("是否更换两盏路灯？"), "a bundle tells what was decided");
    assert!(!bundle.text.contains("已有一周不亮"), "and not what was said");
}
