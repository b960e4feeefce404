//! The rule set on its fixtures.

use civil_code_278::CivilCode278;
use serde_json::{Value, from_value};
use yishi_plugin_sdk::{Policy, voting::validate_rule};

#[test]
fn every_fixture_comes_out_as_expected() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
    let mut ran = 0;
    for entry in std::fs::read_dir(folder).expect("the fixtures").flatten() {
        let text = std::fs::read_to_string(entry.path()).expect("a text");
        let fixture: Value = serde_json::from_str(&text).expect("JSON");
        let take = |member: &str| fixture[member].clone();
        let config = take("config").to_string();
        let rule = CivilCode278::rule(&config, &from_value(take("subject")).expect("a subject")).expect("a rule");
        assert_eq!(validate_rule(&rule), Ok(()));
        let tally = from_value(take("tally")).expect("a tally");
        let verdict = CivilCode278::verdict(&config, &rule, &tally).expect("a verdict");
        let holds: Vec<_> = verdict.checks.iter().map(|check| Value::Bool(check.holds)).collect();
        let name = &fixture["name"];
        assert_eq!(serde_json::to_value(verdict.outcome).expect("plain"), fixture["expected"]["outcome"], "{name}");
        assert_eq!(Value::Array(holds), fixture["expected"]["holds"], "{name}");
        assert_eq!(verdict.reasons.len(), 2, "{name}");
        ran += 1;
    }
    assert_eq!(ran, 4);
}

#[test]
fn the_schema_is_json_and_refuses_what_it_does_not_know() {
    let schema: Value = serde_json::from_str(&CivilCode278::describe().configuration_schema).expect("JSON");
    assert_eq!(schema["additionalProperties"], Value::Bool(false));
    let subject = serde_json::json!({
        "category": "other", "significance": "general", "matter": "property_service", "electorate": "owners",
        "eligible_heads": 1, "eligible_floor_area": 1,
    });
    let error =
        CivilCode278::rule(r#"{"quorun": 1}"#, &from_value(subject).expect("a subject")).expect_err("a typing error");
    assert_eq!(error.code, "configuration.unsound");
}
