//! The schemas of events: each says of an event that is made from it what builds for development say of its body.

use serde_json::{Map, Value, json};
use yishi_domain::schemas;

/// A value that fits a part of a schema: with all that there may be, or with as little.
fn example(part: &Value, definitions: &Value, whole: bool) -> Value {
    if let Some(name) = part["$ref"].as_str().and_then(|it| it.strip_prefix("#/$defs/")) {
        return example(&definitions[name], definitions, whole);
    }
    if let Some(any) = part["anyOf"].as_array() {
        return example(&any[if whole { 0 } else { any.len() - 1 }], definitions, whole);
    }
    let kind = match &part["type"] {
        Value::Array(kinds) => kinds[usize::from(!whole)].as_str(),
        kind => kind.as_str(),
    };
    match (kind, part["format"].as_str(), part["pattern"].as_str()) {
        (Some("null"), ..) => Value::Null,
        (Some("boolean"), ..) => json!(whole),
        (Some("integer"), ..) => json!(3),
        (Some("array"), ..) => json!([example(&part["items"], definitions, whole)]),
        (Some("object"), ..) if part["additionalProperties"].is_object() => {
            json!({"a": example(&part["additionalProperties"], definitions, whole)})
        }
        (Some("object"), ..) => Value::Object(members(part, definitions, whole)),
        (Some("string"), Some("uuid"), _) => json!(uuid::Uuid::from_u128(9)),
        (Some("string"), Some("date-time"), _) => json!("2026-03-02T08:00:00.5Z"),
        (Some("string"), Some("date"), _) => json!("2026-03-02"),
        (Some("string"), _, Some(pattern)) if pattern.contains("sha256") => {
            json!(format!("sha256:{}", "0f".repeat(32)))
        }
        (Some("string"), ..) => json!("0f"),
        _ => json!({"any": 1}),
    }
}

fn members(part: &Value, definitions: &Value, whole: bool) -> Map<String, Value> {
    let needed = |name: &str| part["required"].as_array().is_some_and(|all| all.contains(&json!(name)));
    let all = part["properties"].as_object().into_iter().flatten();
    let there = all.filter(|(name, _)| whole || needed(name));
    there.map(|(name, part)| (name.clone(), example(part, definitions, whole))).collect()
}

fn event(kind: &str, body: &Value) -> Value {
    let (id, at) = (uuid::Uuid::from_u128(7), "2026-03-02T08:00:00Z");
    json!({"id": id, "position": 7, "kind": kind, "subject": id, "actor": "system", "at": at, "recorded_at": at, "body": body})
}

fn validator(schema: &Value) -> jsonschema::Validator {
    jsonschema::draft202012::meta::validate(schema).unwrap_or_else(|error| panic!("{error} in {schema}"));
    jsonschema::draft202012::options().should_validate_formats(true).build(schema).expect("a schema")
}

fn takes_anything(part: &Value) -> bool {
    *part == json!(true) || part["anyOf"].as_array().is_some_and(|any| any.iter().any(takes_anything))
}

#[test]
fn every_schema_says_of_an_event_what_builds_for_development_say_of_its_body() {
    let bundle = validator(&schemas::bundle());
    for schema in schemas::all() {
        let document = schema.document();
        let (own, part) = (validator(&document), &document["properties"]["body"]);
        let newest = schemas::find(schema.kind, None).is_some_and(|it| it.version == schema.version);
        let says = |body: &Value| {
            let fits = own.is_valid(&event(schema.kind, body));
            let checked = schemas::check(schema.kind, body).is_ok();
            // What builds for development know of is the newest version, which may say more.
            assert!(!newest || fits == checked, "{}.{} {body}: {fits}", schema.kind, schema.version);
            fits
        };
        for whole in [false, true] {
            let body = Value::Object(members(part, &document["$defs"], whole));
            assert!(says(&body) && bundle.is_valid(&event(schema.kind, &body)), "{} {body}", schema.kind);
        }
        let body = Value::Object(members(part, &document["$defs"], true));
        for name in part["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let mut lacking = body.clone();
            lacking.as_object_mut().expect("an object").remove(name);
            assert!(!says(&lacking), "{} without {name}", schema.kind);
        }
        for (name, _) in part["properties"].as_object().into_iter().flatten().filter(|(_, it)| !takes_anything(it)) {
            let mut other = body.clone();
            other[name] = json!([[0.5]]);
            assert!(!says(&other), "{} {name}", schema.kind);
        }
        assert!(!own.is_valid(&event("other.kind", &body)));
    }
}
