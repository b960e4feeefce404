//! The rule set on its fixtures.

use serde_json::{Value, from_value};
use standard::Standard;
use yishi_plugin_sdk::{
    Policy,
    escalation::{Action, Case},
};

yishi_plugin_sdk::fixtures!(Standard);

#[test]
fn the_schema_is_json_and_refuses_what_it_does_not_know() {
    let schema: Value = serde_json::from_str(&Standard::describe().configuration_schema).expect("JSON");
    assert_eq!(schema["additionalProperties"], Value::Bool(false));
    let subject = serde_json::json!({
        "category": "other", "significance": "general", "matter": "property_service", "electorate": "owners",
        "eligible_heads": 1, "eligible_floor_area": 1,
    });
    let error =
        Standard::rule(r#"{"quorun": 1}"#, &from_value(subject).expect("a subject")).expect_err("a typing error");
    assert_eq!(error.code, "configuration.unsound");
}

#[test]
fn what_is_late_for_the_first_time_calls_the_departments_and_what_was_rated_badly_is_deliberated_again() {
    let assess = |config: &str, kind: &str, earlier: u32| {
        let case = serde_json::json!({
            "stage": "executing", "kind": kind, "hours_late": 3, "level": "community", "earlier": earlier,
            "path": ["street"], "satisfaction_per_mille": 410,
        });
        Standard::assess(config, &from_value::<Case>(case).expect("a case")).expect("an answer").actions
    };
    let config = r#"{"departments": ["城管局"]}"#;
    let whistle = Action::Whistle { departments: vec!["城管局".into()], hours: 48 };
    assert!(assess(config, "overdue", 0).contains(&whistle));
    assert!(assess(config, "overdue", 0).contains(&Action::RaiseLevel));
    assert!(!assess(config, "overdue", 1).contains(&whistle), "called once, then raised");
    assert!(!assess("{}", "overdue", 0).iter().any(|action| matches!(action, Action::Whistle { .. })));
    assert_eq!(assess(config, "unsatisfied", 0), [Action::ReopenDeliberation]);
}
