//! What events say, by the schemas that are checked in.

use std::{collections::HashMap, sync::LazyLock};

use jsonschema::Validator;
use serde_json::{Value, json};

/// The checked-in schemas, all in one.
pub static BUNDLE: LazyLock<Value> = LazyLock::new(|| {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/events.json");
    let text = std::fs::read_to_string(file).expect("`cargo xtask openapi` writes it");
    serde_json::from_str(&text).expect("JSON")
});

static VALIDATORS: LazyLock<HashMap<String, Validator>> = LazyLock::new(|| {
    let parts = BUNDLE["$defs"].as_object().expect("schemas");
    let kinds = parts.keys().filter(|name| name.contains('.'));
    let validator = |name: &String| {
        let schema = json!({"$schema": BUNDLE["$schema"], "$ref": format!("#/$defs/{name}"), "$defs": parts});
        let kind = name.rsplit_once('.').expect("a version").0.to_owned();
        (kind, jsonschema::draft202012::options().should_validate_formats(true).build(&schema).expect("a schema"))
    };
    // The newest version of a kind comes last.
    kinds.map(validator).collect()
});

/// Holds an event of the feed, or the data of a webhook, against the schema of its kind.
#[track_caller]
pub fn hold(event: &Value) {
    let kind = event["kind"].as_str().expect("a kind");
    let validator = VALIDATORS.get(kind).unwrap_or_else(|| panic!("no schema tells of {kind}"));
    if let Err(error) = validator.validate(event) {
        panic!("{error} at {} of {event}", error.instance_path());
    }
}
