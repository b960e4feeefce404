//! Schemas of configurations. A schema comes from outside as much as a component does, so it must be cheap to check by:
//! references lead to its own definitions and never back, what they expand to is bounded, and patterns run in linear time.

use std::collections::HashMap;

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

/// Where references may lead.
const DEFINITIONS: &str = "#/$defs/";

/// Values in a schema once every reference is followed.
const EXPANDED: u64 = 10_000;

/// References that lead from one to the next.
const DEPTH: usize = 32;

/// Keywords that would lead elsewhere, or back.
const REFUSED: &[&str] = &["$dynamicRef", "$recursiveRef", "$id", "$anchor", "$dynamicAnchor"];

/// Makes a validator of a schema (JSON Schema 2020-12), or says why not.
pub fn compile(text: &str) -> Result<Validator, String> {
    let schema: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Weights { root: &schema, known: HashMap::new(), path: Vec::new() }.of(&schema)?;
    let options = jsonschema::options().with_draft(Draft::Draft202012).with_pattern_options(PatternOptions::regex());
    options.build(&schema).map_err(|error| error.to_string())
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
        compile(&schema.to_string()).expect_err("not a schema to check by")
    }

    #[test]
    fn definitions_are_used_and_what_they_refuse_is_refused() {
        let schema =
            json!({"$defs": {"share": {"type": "integer"}}, "properties": {"quorum": {"$ref": "#/$defs/share"}}});
        let validator = compile(&schema.to_string()).expect("a schema");
        assert!(validator.is_valid(&json!({"quorum": 1})));
        assert!(!validator.is_valid(&json!({"quorum": "1"})));
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
