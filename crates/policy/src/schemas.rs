//! Schemas of configurations. A schema comes from outside as much as a component does, so it must be cheap to check by:
//! references lead to its own definitions and never back, what they expand to is bounded, and patterns run in linear time.

use std::collections::HashMap;

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use crate::{PolicyFailure, failures::clip};

/// Where references may lead.
const DEFINITIONS: &str = "#/$defs/";

/// Values in a schema once every reference is followed.
const EXPANDED: u64 = 10_000;

/// References that lead from one to the next.
const DEPTH: usize = 32;

/// Keywords that would lead elsewhere or back, or that ask again what others have answered, which doubles the work at every step inwards.
const REFUSED: &[&str] = &[
    "$dynamicRef",
    "$recursiveRef",
    "$id",
    "$anchor",
    "$dynamicAnchor",
    "$vocabulary",
    "unevaluatedProperties",
    "unevaluatedItems",
];

/// Patterns once references are followed, and the bytes that each may take when it is compiled.
const PATTERN_COUNT: u64 = 64;
const PATTERN_BYTES: usize = 256 << 10;

/// Values of a schema times bytes of a configuration: every value may have to look at every byte.
const WORK: u64 = 20_000_000;

/// Faults that are told at once.
const FAULTS: usize = 16;

/// A schema to check configurations by.
#[derive(Debug)]
pub struct Schema {
    validator: Validator,
    weight: u64,
}

impl Schema {
    /// Makes a schema (JSON Schema 2020-12) ready, or says why not.
    pub fn compile(text: &str) -> Result<Self, String> {
        let schema: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let weight = Weights { root: &schema, known: HashMap::new(), path: Vec::new() }.of(&schema)?;
        let patterns = PatternOptions::regex().size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES);
        let options = jsonschema::options().with_draft(Draft::Draft202012).with_pattern_options(patterns);
        let validator = options.build(&schema).map_err(|error| clip(error.to_string()))?;
        Ok(Self { validator, weight })
    }

    /// Checks a configuration, which takes so many bytes when written.
    pub fn check(&self, config: &Value, bytes: usize) -> Result<(), PolicyFailure> {
        if self.weight.saturating_mul(bytes as u64) > WORK {
            let text = format!("{bytes} bytes are too much for a schema of {} values", self.weight);
            return Err(PolicyFailure::Configuration(text));
        }
        // An error quotes what it is about, which may be all of the configuration, so few are written.
        let faults = self.validator.iter_errors(config).take(FAULTS);
        let told = |fault: jsonschema::ValidationError<'_>| match fault.instance_path().as_str() {
            "" => clip(fault.to_string()),
            place => clip(format!("{place}: {fault}")),
        };
        let faults: Vec<_> = faults.map(told).collect();
        if faults.is_empty() { Ok(()) } else { Err(PolicyFailure::Configuration(faults.join("; "))) }
    }
}

/// Counts the values of a schema with its references followed.
struct Weights<'a> {
    root: &'a Value,
    known: HashMap<&'a str, u64>,
    path: Vec<&'a str>,
}

impl<'a> Weights<'a> {
    fn of(&mut self, value: &'a Value) -> Result<u64, String> {
        let mut sum = 1u64;
        match value {
            Value::Array(items) => {
                for item in items {
                    sum = sum.saturating_add(self.of(item)?);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    sum = sum.saturating_add(match (name.as_str(), member) {
                        ("$ref", Value::String(target)) => self.of_definition(target)?,
                        // A pattern weighs so much that only so many fit.
                        ("pattern", Value::String(_)) => EXPANDED / PATTERN_COUNT,
                        ("patternProperties", Value::Object(inner)) => (EXPANDED / PATTERN_COUNT)
                            .saturating_mul(inner.len() as u64)
                            .saturating_add(self.of(member)?),
                        (name, _) if REFUSED.contains(&name) => return Err(format!("`{name}` is not allowed")),
                        // Definitions count where they are used.
                        ("$defs", _) if std::ptr::eq(value, self.root) => 0,
                        _ => self.of(member)?,
                    });
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        if sum > EXPANDED { Err(format!("more than {EXPANDED} values once references are followed")) } else { Ok(sum) }
    }

    fn of_definition(&mut self, target: &'a str) -> Result<u64, String> {
        if let Some(weight) = self.known.get(target) {
            return Ok(*weight);
        }
        let name = target.strip_prefix(DEFINITIONS).filter(|name| !name.contains(['/', '~', '%']));
        let found = name.and_then(|name| self.root.get("$defs")?.get(name));
        let definition = found.ok_or_else(|| format!("`{target}` is not a definition under `{DEFINITIONS}`"))?;
        if self.path.contains(&target) || self.path.len() >= DEPTH {
            return Err(format!("`{target}` leads back to itself, or too far"));
        }
        self.path.push(target);
        let weight = self.of(definition)?;
        self.path.pop();
        self.known.insert(target, weight);
        Ok(weight)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(schema: &Value) -> String {
        Schema::compile(&schema.to_string()).expect_err("not a schema to check by")
    }

    #[test]
    fn definitions_are_used_and_what_they_refuse_is_refused() {
        let schema =
            json!({"$defs": {"share": {"type": "integer"}}, "properties": {"quorum": {"$ref": "#/$defs/share"}}});
        let schema = Schema::compile(&schema.to_string()).expect("a schema");
        assert_eq!(schema.check(&json!({"quorum": 1}), 12), Ok(()));
        assert!(schema.check(&json!({"quorum": "1"}), 14).is_err());
    }

    #[test]
    fn references_that_lead_away_back_or_nowhere_are_refused() {
        for target in ["#", "#/$defs/none", "#/properties/a", "https://example.org/schema", "#/$defs/a"] {
            let schema = json!({"$ref": target, "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}});
            assert!(refusal(&schema).contains('`'), "{target}");
        }
        assert!(refusal(&json!({"$dynamicRef": "#"})).contains("$dynamicRef"));
    }

    #[test]
    fn a_schema_that_doubles_at_every_step_is_refused_before_it_is_compiled() {
        let twice = |n: u32| {
            let target = format!("#/$defs/d{}", n + 1);
            (format!("d{n}"), json!({"anyOf": [{"$ref": target}, {"$ref": target}]}))
        };
        let mut definitions: serde_json::Map<String, Value> = (0..30).map(twice).collect();
        definitions.insert("d30".into(), json!(false));
        assert!(refusal(&json!({"$ref": "#/$defs/d0", "$defs": definitions})).contains("values once"));
    }

    #[test]
    fn a_pattern_that_would_need_to_go_back_is_refused() {
        assert!(!refusal(&json!({"pattern": r"(a)\1"})).is_empty());
    }
}
