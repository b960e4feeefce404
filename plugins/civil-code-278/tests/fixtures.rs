//! The rule set on its fixtures.

use civil_code_278::CivilCode278;
use serde_json::{Value, from_value};
use yishi_plugin_sdk::Policy;

yishi_plugin_sdk::fixtures!(CivilCode278);

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
