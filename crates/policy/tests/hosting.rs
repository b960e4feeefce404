//! The host with the real rule sets, and with components that mean harm.

use std::{ffi::OsString, path::PathBuf, sync::Arc};

use serde_json::{Value, from_value, json};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;
use yishi_domain::{
    escalation,
    fixtures::{self, Call, Fixture, Refusal},
    topics::TopicText,
    voting::Outcome,
};
use yishi_policy::{Caller, HostOptions, PolicyFailure, PolicyHost, limits, limits::Tier};

/// The fuel of a call without rows.
const FUEL: u64 = Tier::Native.limits().fuel;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A host with a folder of its own, removed when the test ends.
struct Host {
    policy: Caller,
    folder: PathBuf,
}

impl Host {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("yishi-policy-{name}-{}", std::process::id()));
        Self { policy: open(&folder, [1; 32]), folder }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

fn open(folder: &std::path::Path, key: [u8; 32]) -> Caller {
    let compiler = vec![OsString::from(env!("CARGO_BIN_EXE_compile-component"))];
    let options = HostOptions { artefacts: folder.to_owned(), key, compiler, widest: Tier::Native };
    PolicyHost::new(&options).expect("an engine").unmetered()
}

fn built(name: &str) -> Arc<[u8]> {
    let path = format!("{ROOT}/target/plugins/{name}.wasm");
    std::fs::read(&path).unwrap_or_else(|_| panic!("{path} is missing: run `cargo xtask plugins`")).into()
}

/// A component of the contract whose `rule` and `decide` have the given bodies; `describe` answers, everything else traps.
fn component(rule: &str, decide: &str) -> Vec<u8> {
    component_with("{}", rule, decide)
}

fn component_with(schema: &str, rule: &str, decide: &str) -> Vec<u8> {
    let name = |function: &str| format!("(export \"yishi:policy/{function}\")");
    let params = |n: usize| "i32 ".repeat(n);
    let length = format!("\\{:02x}", schema.len());
    let text = format!(
        r#"(module
            (memory (export "memory") 2)
            (global $next (mut i32) (i32.const 65536))
            ;; The descriptor: a name, a version, a schema, and all interfaces; every other list is empty.
            (data (i32.const 16) "test1.0.0")
            (data (i32.const 2048) "{schema}")
            (data (i32.const 1024) "\10\00\00\00\04\00\00\00\14\00\00\00\05\00\00\00\00\00\00\00\00\00\00\00\00\08\00\00{length}\00\00\00\40\06\00\00\03\00\00\00")
            (data (i32.const 1600) "\80\06\00\00\06\00\00\00\86\06\00\00\06\00\00\00\8c\06\00\00\0a\00\00\00")
            (data (i32.const 1664) "topicsvotingescalation")
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                global.get $next
                (global.set $next (i32.and (i32.add (i32.add (global.get $next) (local.get 3)) (i32.const 15)) (i32.const -8))))
            (func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))
            (func {describe} (result i32) i32.const 1024)
            (func {categories} (param {two}) (result i32) unreachable)
            (func {classify} (param {eight}) (result i32) unreachable)
            (func {assess} (param {sixteen}) (result i32) unreachable)
            (func {rule_name} (param i32) (result i32) {rule})
            (func {decide_name} (param i32) (result i32) {decide}))"#,
        describe = name("describe@1.0.0#describe"),
        categories = name("topics@1.0.0#categories"),
        classify = name("topics@1.0.0#classify"),
        assess = name("escalation@1.0.0#assess"),
        rule_name = name("voting@1.0.0#rule"),
        decide_name = name("voting@1.0.0#decide"),
        two = params(2),
        eight = params(8),
        schema = schema.replace('\\', "\\\\").replace('"', "\\\""),
        sixteen = params(16),
    );
    let mut module = wat::parse_str(text).expect("sound text");
    let mut resolve = Resolve::default();
    let wit = format!("{ROOT}/plugins/wit/yishi-policy@1.0.0");
    let (package, _) = resolve.push_dir(wit).expect("the contract");
    let world = resolve.select_world(&[package], Some("policy")).expect("its world");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).expect("embedded");
    let mut encoder = ComponentEncoder::default();
    encoder.module(&module).expect("a module of the contract").validate(true).encode().expect("a component")
}

fn fixture(set: &str, name: &str) -> Value {
    let path = format!("{ROOT}/plugins/{set}/fixtures/{name}.json");
    serde_json::from_str(&std::fs::read_to_string(path).expect("the fixture")).expect("JSON")
}

async fn failure(host: &Host, rule: &str) -> PolicyFailure {
    let bytes = component(rule, "unreachable");
    host.policy.admit(bytes.clone()).await.expect("nothing shows before it runs");
    let subject = from_value(fixture("standard", "general_passes")["subject"].clone()).expect("a subject");
    host.policy.rule(bytes, &json!({}), &subject).await.expect_err("it means harm")
}

#[tokio::test]
async fn the_same_votes_pass_under_one_rule_set_and_fail_under_the_other() {
    let host = Host::new("verdicts");
    let mut outcomes = Vec::new();
    let fixture = fixture("civil-code-278", "ordinary_fails_by_area");
    for name in ["standard", "civil-code-278"] {
        let bytes = built(name);
        let admitted = host.policy.admit(bytes.to_vec()).await.expect("admitted");
        assert_eq!(admitted.descriptor.name, name);
        let mut subject: yishi_domain::voting::Subject = from_value(fixture["subject"].clone()).expect("a subject");
        subject.significance = yishi_domain::topics::Significance::General;
        let tally = from_value(fixture["tally"].clone()).expect("a tally");
        let rule = host.policy.rule(Arc::clone(&bytes), &json!({}), &subject).await.expect("a rule");
        let verdict =
            host.policy.verdict(Arc::clone(&bytes), &json!({}), &rule.value, &tally).await.expect("a verdict");
        let again = host.policy.verdict(bytes, &json!({}), &rule.value, &tally).await.expect("a verdict");
        assert_eq!(verdict, again, "the same answer from the same input, to the last unit of fuel");
        let receipt = verdict.receipt.expect("a receipt");
        assert_eq!(receipt.component, admitted.digest);
        assert!(receipt.fuel > 0 && receipt.fuel < FUEL);
        let replayed = host.policy.replay(built(name), &json!({}), &receipt.input).await.expect("the same call again");
        assert!(receipt.agrees_with(&replayed));
        assert_eq!(receipt.output, serde_json_canonicalizer::to_string(&verdict.value).expect("JSON"));
        outcomes.push(verdict.value.outcome);
    }
    assert_eq!(outcomes, [Outcome::Passed, Outcome::Failed]);
}

/// The rule sets of the project: every folder with fixtures.
fn rule_sets() -> Vec<String> {
    let folders = std::fs::read_dir(format!("{ROOT}/plugins")).expect("the rule sets").flatten();
    let named = folders.filter(|it| it.path().join("fixtures").is_dir()).map(|it| it.file_name());
    named.map(|it| it.into_string().expect("a plain name")).filter(|it| it != "template").collect()
}

#[tokio::test]
async fn every_fixture_comes_out_of_the_component_as_it_does_natively() {
    let host = Host::new("fixtures");
    let policy = &host.policy;
    for set in rule_sets() {
        for entry in std::fs::read_dir(format!("{ROOT}/plugins/{set}/fixtures")).expect("the fixtures").flatten() {
            let text = std::fs::read_to_string(entry.path()).expect("a text");
            let Fixture { name, config, call } = serde_json::from_str(&text).expect("a fixture");
            let differences = match call {
                Call::Rule(subject, Refusal { refused }) => {
                    let failure = policy.rule(built(&set), &config, &subject).await.expect_err(&name);
                    assert!(matches!(&failure, PolicyFailure::Refused { code, .. } if *code == refused), "{failure}");
                    Vec::new()
                }
                Call::Decide(subject, tally, expected) => {
                    let rule = policy.rule(built(&set), &config, &subject).await.expect(&name).value;
                    expected.differences(&policy.verdict(built(&set), &config, &rule, &tally).await.expect(&name).value)
                }
                Call::Classify(topic, expected) => {
                    let scored = policy.classify(built(&set), &config, &topic).await;
                    fixtures::differences_of_categories(&expected, &scored.value)
                }
                Call::Assess(case, expected) => {
                    let answer = policy.assess(built(&set), &config, &case).await;
                    assert_eq!(answer.fallback, None, "{name}");
                    fixtures::differences_of_answer(&expected, &answer.value)
                }
            };
            assert_eq!(differences, [""; 0], "{set}: {name}");
        }
    }
}

#[tokio::test]
async fn a_configuration_that_does_not_fit_its_schema_is_refused_with_its_place() {
    let host = Host::new("configuration");
    let config = json!({"quorum": {"numerator": 1}, "quorun": 1});
    let failure = host.policy.check_configuration(built("standard"), &config).await.expect_err("two faults");
    assert_eq!(failure.code(), "policy.configuration_invalid");
    let text = failure.to_string();
    assert!(text.contains("/quorum") && text.contains("denominator") && text.contains("quorun"), "{text}");
}

#[tokio::test]
async fn components_that_mean_harm_fail_and_the_host_goes_on() {
    let host = Host::new("harm");
    assert_eq!(failure(&host, "(loop br 0) unreachable").await, PolicyFailure::FuelExhausted(FUEL));
    let grows = "(loop (drop (memory.grow (i32.const 1))) (br 0)) unreachable";
    assert_eq!(failure(&host, grows).await, PolicyFailure::FuelExhausted(FUEL));
    for (trap, body) in [
        ("an unreachable", "unreachable"),
        ("no end of recursion", "(call $deep (i32.const 0))"),
        ("an answer outside its memory", "i32.const -8"),
        ("an answer of 17 million characters", HUGE),
    ] {
        let failure = failure(&host, body).await;
        assert!(matches!(failure, PolicyFailure::Trap(_)), "{trap}: {failure:?}");
    }
    let subject = from_value(fixture("standard", "general_passes")["subject"].clone()).expect("a subject");
    host.policy.rule(built("standard"), &json!({}), &subject).await.expect("the others go on");
}

/// Answers with a refusal whose text takes all of the memory that can be had.
const HUGE: &str = "(drop (memory.grow (i32.const 254)))
    (i32.store8 (i32.const 4096) (i32.const 1))
    (i32.store (i32.const 4108) (i32.const 0)) (i32.store (i32.const 4112) (i32.const 16777216))
    i32.const 4096";

#[tokio::test]
async fn a_verdict_that_disagrees_with_the_published_rule_is_a_failure() {
    let host = Host::new("disagrees");
    // Memory of zeros reads as: passed, without checks or reasons.
    let bytes = component("unreachable", "i32.const 8192");
    let fixture = fixture("standard", "general_tie_fails");
    let subject = from_value(fixture["subject"].clone()).expect("a subject");
    let rule = host.policy.rule(built("standard"), &json!({}), &subject).await.expect("a rule").value;
    let tally = from_value(fixture["tally"].clone()).expect("a tally");
    let failure = host.policy.verdict(bytes, &json!({}), &rule, &tally).await.expect_err("it does not pass");
    assert_eq!(failure.code(), "policy.disagrees");
}

#[tokio::test]
async fn only_classification_and_escalation_fall_back_to_the_standard_rules_and_say_so() {
    let host = Host::new("fallback");
    let bytes: Arc<[u8]> = component("unreachable", "unreachable").into();
    let topic = TopicText { title: "小区路灯不亮".into(), body: String::new() };
    let scored = host.policy.classify(Arc::clone(&bytes), &json!({}), &topic).await;
    assert_eq!(scored.value[0].category, "facilities");
    assert_eq!(scored.fallback.map(|failure| failure.code()), Some("policy.trap"));
    let case = escalation::Case {
        stage: "executing".into(),
        kind: escalation::CaseKind::Overdue,
        hours_late: 5,
        level: escalation::Level::Community,
        earlier: 0,
        path: vec![escalation::Level::Street],
        satisfaction_per_mille: None,
    };
    let answer = host.policy.assess(bytes, &json!({}), &case).await;
    assert!(answer.fallback.is_some() && answer.receipt.is_none());
    let own = host.policy.assess(built("standard"), &json!({}), &case).await;
    assert_eq!((own.fallback, own.value), (None, answer.value));
}

#[tokio::test]
async fn what_is_no_rule_set_is_refused_with_every_reason() {
    let host = Host::new("refused");
    let refused = async |bytes: Vec<u8>| {
        let refusals = host.policy.admit(bytes).await.expect_err("no rule set");
        refusals.into_iter().map(|refusal| refusal.code).collect::<Vec<_>>()
    };
    let text = |text: &str| wat::parse_str(text).expect("sound text");
    assert_eq!(refused(b"not wasm".to_vec()).await, ["component.invalid"]);
    assert_eq!(refused(text("(module)")).await, ["component.not_a_component"]);
    assert_eq!(refused(vec![0; Tier::Native.limits().component_bytes + 1]).await, ["component.too_large"]);
    let imports = "(component (import \"a\" (func)) (import \"b\" (func)))";
    assert_eq!(refused(text(imports)).await, ["component.imports", "component.imports"]);
    assert_eq!(refused(text("(component)")).await, ["component.wrong_contract"]);
}

#[tokio::test]
async fn an_artefact_that_was_touched_is_compiled_again_and_never_loaded() {
    let host = Host::new("artefacts");
    host.policy.admit(built("standard").to_vec()).await.expect("admitted");
    let artefact = std::fs::read_dir(&host.folder).expect("the folder").flatten().next().expect("one artefact").path();
    let sound = std::fs::read(&artefact).expect("readable");
    // Its code, the limits that it says it is held to, and what was compiled.
    for place in [0, 32, sound.len() / 2, sound.len() - 1] {
        let mut touched = sound.clone();
        touched[place] ^= 1;
        std::fs::write(&artefact, touched).expect("writable");
        open(&host.folder, [1; 32]).admit(built("standard").to_vec()).await.expect("compiled again");
        assert_eq!(std::fs::read(&artefact).expect("readable"), sound, "byte {place}");
    }
    open(&host.folder, [2; 32]).admit(built("standard").to_vec()).await.expect("compiled again under another key");
    assert_ne!(std::fs::read(&artefact).expect("readable")[..32], sound[..32], "authenticated by the other key");
}

#[tokio::test]
async fn calls_at_the_same_time_answer_as_one_does_also_where_the_artefact_is_gone() {
    for gone in [false, true] {
        let host = Host::new(if gone { "together-gone" } else { "together" });
        let subject = from_value(fixture("standard", "general_passes")["subject"].clone()).expect("a subject");
        let alone = host.policy.rule(built("standard"), &json!({}), &subject).await.expect("a rule");
        if gone {
            std::fs::remove_dir_all(&host.folder).expect("removable");
        }
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..64 {
            let (policy, subject) = (host.policy.clone(), subject.clone());
            calls.spawn(async move { policy.rule(built("standard"), &json!({}), &subject).await.expect("a rule") });
        }
        let answers = calls.join_all().await;
        assert!(answers.iter().all(|it| *it == alone), "the artefact is gone: {gone}");
    }
}

#[tokio::test]
async fn a_receipt_that_was_touched_does_not_agree_with_its_replay() {
    let host = Host::new("replay");
    let fixture = fixture("standard", "general_passes");
    let subject = from_value(fixture["subject"].clone()).expect("a subject");
    let answered = host.policy.rule(built("standard"), &json!({}), &subject).await.expect("a rule");
    let receipt = answered.receipt.expect("a receipt");
    let replay = async |config: Value| host.policy.replay(built("standard"), &config, &receipt.input).await;
    let again = replay(json!({})).await.expect("the same call again");
    assert!(receipt.agrees_with(&again));
    let other = replay(json!({"window_hours": 24})).await.expect("another configuration");
    assert!(!receipt.agrees_with(&other));
    let mut touched = receipt.clone();
    touched.output = touched.output.replace("168", "169");
    assert!(!touched.agrees_with(&again));
    let failure = host.policy.replay(built("standard"), &json!({}), "{}").await.expect_err("no input");
    assert_eq!(failure.code(), "policy.input_invalid");
}

#[tokio::test]
async fn a_schema_that_means_harm_is_refused() {
    let host = Host::new("schema");
    let admit = async |schema: &str| host.policy.admit(component_with(schema, "unreachable", "unreachable")).await;
    for (schema, code) in [
        ("{", "component.bad_schema"),
        (r#"{"type": 5}"#, "component.bad_schema"),
        (r#"{"$ref": "https://example.org/schema"}"#, "component.bad_schema"),
        (r#"{"pattern": "(a)\\1"}"#, "component.bad_schema"),
    ] {
        let refusals = admit(schema).await.expect_err(schema);
        assert_eq!(refusals.iter().map(|it| it.code).collect::<Vec<_>>(), [code], "{schema}");
    }
}

#[test]
fn the_contract_of_this_version_is_frozen() {
    let text = include_bytes!("../../../plugins/wit/yishi-policy@1.0.0/policy.wit");
    let digest: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest(text).into();
    let frozen = "sha256:8afcaea538983ae79ecaf012d1822c8eeb10bb8c638beec31a34a342d747f6f4";
    assert_eq!(
        yishi_domain::Digest(digest).to_string(),
        frozen,
        "a change of the contract is a new version, in a folder of its own"
    );
}

#[tokio::test]
async fn an_input_that_is_too_large_never_reaches_the_rule_set() {
    let host = Host::new("input");
    let subject = from_value(fixture("standard", "general_passes")["subject"].clone()).expect("a subject");
    let config = json!({"departments": ["x".repeat(limits::INPUT_BYTES)]});
    let failure = host.policy.rule(built("standard"), &config, &subject).await.expect_err("too large");
    assert_eq!(failure.code(), "policy.input_too_large");
    assert!(!failure.is_retryable());
}
