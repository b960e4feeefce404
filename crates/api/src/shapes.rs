//! Whether a body has the JSON types that the description promises: the framework takes a number for a text, and does not name the field of a wrong type.

use poem::http::StatusCode;
use serde_json::Value;
use serde_yaml::Value as Schema;

use crate::{documents, problems::Problem};

/// Refuses a body in which something has another type than the description says; what is no JSON at all is left to whoever reads it.
pub(crate) fn check(operation: &str, body: &[u8]) -> Result<(), Problem> {
    let Some((schema, document)) = documents::body_of(operation) else { return Ok(()) };
    let Ok(value) = serde_json::from_slice(body) else { return Ok(()) };
    match mismatch(schema, document, &value) {
        None => Ok(()),
        Some(Mismatch { mut path, expected }) => {
            path.reverse();
            let field = path.join(".");
            let place = if field.is_empty() { "the body".to_owned() } else { format!("`{field}`") };
            let text = format!("{place} is of another type than it should be");
            let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "request.bad_field", text);
            Err(problem.with_field(field).with_fix(format!("give a JSON {expected}")))
        }
    }
}

struct Mismatch {
    /// The members and places that lead to it, the innermost first.
    path: Vec<String>,
    expected: String,
}

fn mismatch(schema: &Schema, document: &Schema, value: &Value) -> Option<Mismatch> {
    if let Some(name) = schema["$ref"].as_str().and_then(|it| it.strip_prefix("#/components/schemas/")) {
        return mismatch(&document["components"]["schemas"][name], document, value);
    }
    if value.is_null() && schema["nullable"].as_bool() == Some(true) {
        return None;
    }
    if let Some(all) = schema["allOf"].as_sequence() {
        return all.iter().find_map(|it| mismatch(it, document, value));
    }
    let expected = schema["type"].as_str()?;
    let fits = match expected {
        "string" => value.is_string(),
        "integer" | "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    };
    if !fits {
        return Some(Mismatch { path: Vec::new(), expected: expected.to_owned() });
    }
    let within = |name: String, it: Option<Mismatch>| {
        it.map(|mut it| {
            it.path.push(name);
            it
        })
    };
    match value {
        Value::Array(items) => {
            let mut items = items.iter().enumerate();
            items.find_map(|(i, item)| within(i.to_string(), mismatch(&schema["items"], document, item)))
        }
        Value::Object(members) => members.iter().find_map(|(name, value)| {
            let member = match schema["properties"].get(name.as_str()) {
                Some(member) => member,
                None => &schema["additionalProperties"],
            };
            within(name.clone(), mismatch(member, document, value))
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(operation: &str, body: &str) -> Option<(String, String)> {
        let problem = check(operation, body.as_bytes()).err()?;
        Some((problem.field.expect("a field"), problem.fix.expect("a fix")))
    }

    #[test]
    fn a_number_is_no_text_and_the_field_is_named() {
        let name = |field: &str, fix: &str| Some((field.to_owned(), fix.to_owned()));
        assert_eq!(refused("raise_topic", r#"{"title": 5}"#), name("title", "give a JSON string"));
        assert_eq!(refused("raise_topic", r#"{"title": null}"#), name("title", "give a JSON string"));
        assert_eq!(refused("raise_topic", r#"{"title": "a", "place": null}"#), None);
        assert_eq!(refused("raise_topic", "[]"), name("", "give a JSON object"));
        assert_eq!(refused("raise_topic", "{"), None, "what is no JSON is told by whoever reads it");
    }
}
