//! Descriptions that are wrong, and schemas that cost more than they say.

use serde_json::{Value, json};

use crate::{guests::Guest, runs::Case};

const DESCRIPTION: &str = "component.bad_descriptor";
const SCHEMA: &str = "component.bad_schema";

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, member, value, says) in [
        ("no name", "name", json!(""), "`name`"),
        ("a name of spaces", "name", json!("a rule set"), "`name`"),
        ("a name with the character zero", "name", json!("a\0"), "`name`"),
        ("a name of 101 letters", "name", json!("a".repeat(101)), "`name`"),
        ("no version", "version", json!(""), "`version`"),
        ("half a version", "version", json!("1.0"), "`version`"),
        ("a version of letters", "version", json!("a.b.c"), "`version`"),
        ("a version with the character zero", "version", json!("1.0.0-\0"), "`version`"),
        ("a version beyond all bounds", "version", json!("1.0.99999999999"), "`version`"),
        ("an interface that is none", "interfaces", json!(["voting", "treasury"]), "`interfaces`"),
        ("a thousand interfaces", "interfaces", json!({"$repeat": [1_000, "voting"]}), "`interfaces`"),
        ("a language of spaces", "locales", json!(["zh CN"]), "`locales`"),
        ("33 languages", "locales", json!({"$repeat": [33, "en"]}), "`locales`"),
        ("a law without a name", "laws", json!([""]), "`laws`"),
        ("a law that fills a book", "laws", json!(["x".repeat(100_000)]), "`laws`"),
    ] {
        let component = Guest::honest().change("describe", &format!("/{member}"), value).component();
        cases.push(Case::refused(format!("describes {name}"), component, DESCRIPTION, says));
    }
    for (name, schema, says) in [
        ("nothing", json!(""), "EOF"),
        ("no JSON", json!("{"), "EOF"),
        ("a type that is none", text(&json!({"type": 5})), ""),
        ("a reference elsewhere", text(&json!({"$ref": "https://example.org/schema"})), "$ref"),
        ("a reference to a file", text(&json!({"$ref": "file:///etc/passwd"})), "file"),
        ("a reference to itself", text(&json!({"$ref": "#"})), "#"),
        (
            "a circle",
            text(&json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}})),
            "back to itself",
        ),
        ("a doubling at every step", text(&doubling()), "values"),
        ("a dynamic reference", text(&json!({"$dynamicRef": "#x"})), "$dynamicRef"),
        (
            "what is left over, asked again at every step",
            text(&json!({"unevaluatedProperties": false})),
            "unevaluatedProperties",
        ),
        ("a pattern that goes back", text(&json!({"pattern": "(a)\\1"})), ""),
        ("a pattern that fills the memory", text(&json!({"pattern": "(\\p{L}{1000}){1000}"})), ""),
        ("a thousand patterns", text(&json!({"allOf": vec![json!({"pattern": "[a-z]{100}"}); 1_000]})), "values"),
        ("names by a thousand patterns", text(&patterns()), "values"),
        ("brackets without end", json!("[".repeat(100_000)), "recursion"),
        ("100,000 values", text(&json!({"enum": vec![0; 100_000]})), "values"),
    ] {
        let says = if says == "$ref" { "example.org" } else { says };
        let component = Guest::honest().change("describe", "/configuration-schema", schema).component();
        cases.push(Case::refused(format!("describes a schema of {name}"), component, SCHEMA, says));
    }
    let large = Guest::honest().change("describe", "/configuration-schema", json!("x".repeat(300_000)));
    cases.push(Case::refused(
        "describes a schema of 300,000 letters",
        large.component(),
        "component.trial_failed",
        "fuel",
    ));
    cases
}

fn text(schema: &Value) -> Value {
    json!(schema.to_string())
}

fn doubling() -> Value {
    let step = |n: u32| {
        let next = json!({"$ref": format!("#/$defs/d{}", n + 1)});
        (format!("d{n}"), json!({"anyOf": [next, next]}))
    };
    let mut definitions: serde_json::Map<_, _> = (0..30).map(step).collect();
    definitions.insert("d30".into(), json!(false));
    json!({"$ref": "#/$defs/d0", "$defs": definitions})
}

fn patterns() -> Value {
    let patterns: serde_json::Map<_, _> = (0..1_000).map(|i| (format!("[a-z]{{{i}}}"), json!(true))).collect();
    json!({"patternProperties": patterns})
}
