//! `yishi plugin`, run as a program on the real rule sets and on what is none.

use std::process::Command;

use serde_json::Value;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Runs `yishi plugin` in the project's folder; gives its exit code and all that it said.
fn plugin(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_yishi"))
        .arg("plugin")
        .args(arguments)
        .current_dir(ROOT)
        .output()
        .expect("the program");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).expect("text"))
}

#[test]
fn a_sound_component_is_measured_and_tried() {
    let (code, said) = plugin(&["check", "target/plugins/standard.wasm", "--json"]);
    assert_eq!(code, Some(0), "{said}");
    let found: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!((&found["admitted"], &found["descriptor"]["name"]), (&true.into(), &"standard".into()));
    let bytes = std::fs::read(format!("{ROOT}/target/plugins/standard.wasm")).expect("the component");
    assert_eq!((&found["sizes"][0]["found"], &found["sizes"][0]["limit"]), (&bytes.len().into(), &524_288.into()));
    let trials = found["trials"].as_array().expect("trials");
    assert_eq!(trials.len(), 9);
    for trial in trials {
        assert_eq!(trial["result"], "answered", "{trial}");
        assert!(trial["fuel"].as_u64().is_some_and(|it| it > 0), "{trial}");
    }
}

#[test]
fn rules_that_have_no_answer_to_a_question_are_sound_all_the_same() {
    let (code, said) = plugin(&["check", "target/plugins/civil-code-278.wasm"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("subject.unknown_matter") && said.contains("decide, property service"), "{said}");
    assert!(said.ends_with("sound: it would be admitted\n"), "{said}");
}

#[test]
fn a_rule_set_is_begun_in_a_folder_of_its_own_and_nothing_is_written_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("rules");
    let begin = |name: &str| plugin(&["new", name, "--dir", dir.to_str().expect("a path")]);
    let (code, said) = begin("hangzhou-rules");
    assert_eq!(code, Some(0), "{said}");
    let manifest = std::fs::read_to_string(dir.join("Cargo.toml")).expect("a manifest");
    assert!(manifest.contains("name = \"hangzhou-rules\""), "{manifest}");
    let fixtures = dir.join("fixtures");
    let (code, said) = plugin(&["test", "target/plugins/standard.wasm", fixtures.to_str().expect("a path")]);
    assert!(said.contains("3 fixtures come out as expected"), "they are fixtures: {code:?} {said}");
    let (code, said) = begin("hangzhou-rules");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("holds something already"), "{said}");
    let (code, said) = plugin(&["build", "plugins/wit"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("there is no Cargo.toml"), "{said}");
}

#[test]
fn what_is_no_component_is_refused_with_its_code() {
    let (code, said) = plugin(&["check", "README.md"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("refused  component.invalid: "), "{said}");
    let (code, said) = plugin(&["test", "README.md", "plugins/standard/fixtures"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("refused  component.invalid: "), "{said}");
}

#[test]
fn fixtures_come_out_as_expected() {
    let one = "plugins/civil-code-278/fixtures/ordinary_passes.json";
    let (code, said) = plugin(&["test", "target/plugins/civil-code-278.wasm", "plugins/civil-code-278/fixtures", one]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.ends_with("5 of 5 fixtures come out as expected; the rule set conforms to the contract\n"), "{said}");
}

#[test]
fn what_calls_cost_is_measured_and_stands_beside_what_they_may_cost() {
    let measure = || {
        let (code, said) =
            plugin(&["bench", "target/plugins/standard.wasm", "plugins/standard/fixtures", "--runs", "3", "--json"]);
        assert_eq!(code, Some(0), "{said}");
        serde_json::from_str::<Value>(&said).expect("JSON")
    };
    let (first, again) = (measure(), measure());
    assert_eq!(first["calls"].as_array().map(Vec::len), Some(8), "the rule and the verdict of four fixtures");
    assert_eq!(first["limits"]["fuel"], 5_000_000);
    for (one, other) in
        first["calls"].as_array().into_iter().flatten().zip(again["calls"].as_array().into_iter().flatten())
    {
        for figure in ["fuel", "memory_bytes", "output_bytes"] {
            assert!(one[figure].as_u64().is_some_and(|it| it > 0), "{figure}: {one}");
            assert_eq!(one[figure], other[figure], "the same on every run and machine");
        }
        assert!(one["memory_bytes"].as_u64() < first["limits"]["memory_bytes"].as_u64(), "{one}");
        assert!(one["slowest_micros"].as_u64() >= one["median_micros"].as_u64(), "{one}");
    }
    let (code, said) = plugin(&["bench", "target/plugins/civil-code-278.wasm", "--runs", "1"]);
    assert_eq!(code, Some(1), "two of the three questions have no answer there: {said}");
    assert!(said.contains("subject.unknown_matter") && said.contains("at most"), "{said}");
}

#[test]
fn both_rule_sets_conform_whatever_their_thresholds_are() {
    for name in ["standard", "civil-code-278"] {
        let (code, said) = plugin(&["test", &format!("target/plugins/{name}.wasm")]);
        assert_eq!(code, Some(0), "{said}");
        for function in ["describe", "rule", "decide", "classify", "assess"] {
            assert!(said.contains(&format!("ok    conformance  {function}  ")), "{function}: {said}");
        }
    }
}

#[test]
fn a_rule_that_passes_what_everyone_is_against_does_not_conform_whatever_the_fixture_expects() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = format!("{ROOT}/plugins/standard/fixtures/major_two_thirds.json");
    let text = std::fs::read_to_string(path).expect("the fixture");
    let mut fixture: Value = serde_json::from_str(&text).expect("JSON");
    fixture["config"] = serde_json::json!({"major_majority": {"numerator": 0, "denominator": 1}});
    std::fs::write(folder.path().join("a.json"), fixture.to_string()).expect("written");
    let (code, said) = plugin(&["test", "target/plugins/standard.wasm", folder.path().to_str().expect("a path")]);
    assert_eq!(code, Some(1), "{said}");
    let fault = "majority `majority_heads` would also hold where nobody is in favour";
    assert!(said.contains("FAIL  conformance  rule  ") && said.contains(fault), "{said}");
    assert!(said.ends_with("the rule set does not conform to the contract\n"), "{said}");
}

#[test]
fn what_comes_out_otherwise_is_shown_and_fails() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = format!("{ROOT}/plugins/civil-code-278/fixtures/ordinary_fails_by_area.json");
    let text = std::fs::read_to_string(path).expect("the fixture");
    let mut fixture: Value = serde_json::from_str(&text).expect("JSON");
    fixture["expected"] = serde_json::json!({"outcome": "passed", "holds": [true, true, true, true]});
    std::fs::write(folder.path().join("a.json"), fixture.to_string()).expect("written");
    fixture["config"] = serde_json::json!({"quorun": 1});
    std::fs::write(folder.path().join("b.json"), fixture.to_string()).expect("written");
    std::fs::write(folder.path().join("c.json"), "{}").expect("written");
    let (code, said) = plugin(&["test", "target/plugins/civil-code-278.wasm", folder.path().to_str().expect("a path")]);
    assert_eq!(code, Some(1), "{said}");
    for line in [
        "outcome: expected passed, found failed",
        "check 3 (majority_floor_area): expected holds, found fails with 44000 of 94000, more than 1/2",
        "policy.configuration_invalid",
        "it is no fixture: missing field `name`",
        "0 of 3 fixtures come out as expected",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

#[test]
fn a_folder_without_fixtures_does_not_pass_for_a_test() {
    let (code, said) = plugin(&["test", "target/plugins/standard.wasm", "plugins/wit"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("holds no fixture"), "{said}");
}
