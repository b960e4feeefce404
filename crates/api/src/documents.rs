//! The description of the interface as it is served and checked in: the framework's, made plain where tools stumble over it.

use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};

use poem::{Response, handler};
use serde_yaml::{Mapping, Value};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut document = serde_yaml::from_str(&crate::service().spec_yaml()).expect("the framework writes YAML");
    plain(&mut document);
    allow_null(&mut document);
    document
});

static YAML: LazyLock<String> = LazyLock::new(|| serde_yaml::to_string(&*DOCUMENT).expect("a document is YAML"));
static JSON: LazyLock<String> =
    LazyLock::new(|| serde_json::to_string(&*DOCUMENT).expect("a document of the interface is also JSON"));

/// The description (OpenAPI 3.0) as YAML.
pub fn yaml() -> &'static str {
    &YAML
}

/// Answers with the description as YAML.
#[handler]
pub fn get_yaml() -> Response {
    served("application/yaml", &YAML)
}

/// Answers with the description as JSON.
#[handler]
pub fn get_json() -> Response {
    served("application/json", &JSON)
}

fn served(content_type: &'static str, text: &'static str) -> Response {
    Response::builder().content_type(content_type).body(text)
}

/// A reference that says more stands in an `allOf` beside a schema that repeats its description alone, of which generators of clients make an
/// intersection, or nothing. The description stands beside the `allOf` already.
fn plain(value: &mut Value) {
    match value {
        Value::Mapping(members) => {
            if let Some(Value::Sequence(all)) = members.get_mut("allOf") {
                let says_more = |it: &Value| it.as_mapping().is_none_or(|it| it.keys().any(|key| key != "description"));
                all.retain(says_more);
            }
            exact(members);
            // No operation takes parts that it does not name.
            if let Some(parts) = members.get_mut("multipart/form-data").and_then(|it| it["schema"].as_mapping_mut()) {
                parts.insert("additionalProperties".into(), false.into());
            }
            members.values_mut().for_each(plain);
        }
        Value::Sequence(items) => items.iter_mut().for_each(plain),
        _ => {}
    }
}

/// Says of formats what those who read the description cannot know: the bounds of integers without a sign, how a day is written, and what each event of a
/// stream of events is made of.
fn exact(members: &mut Mapping) {
    let most = match members.get("format").and_then(Value::as_str) {
        Some("naive-date") => {
            members.insert("format".into(), "date".into());
            return;
        }
        Some("event-stream") => {
            let event = "type: object\ndescription: An event of the stream; `data` is JSON of the schema that `x-data` names.\nrequired: [data]\n\
                         properties:\n  id:\n    type: string\n  event:\n    type: string\n  data:\n    type: string\n";
            let mut event: Mapping = serde_yaml::from_str(event).expect("YAML");
            event.extend(members.remove("items").map(|items| ("x-data".into(), items)));
            *members = event;
            return;
        }
        Some("uint8") => u64::from(u8::MAX),
        Some("uint16") => u64::from(u16::MAX),
        Some("uint32") => u64::from(u32::MAX),
        Some("uint64") => u64::MAX,
        _ => return,
    };
    for (name, bound) in [("minimum", 0), ("maximum", most)] {
        members.entry(name.into()).or_insert_with(|| bound.into());
    }
}

/// A member of a request that may be left out may also be null.
fn allow_null(document: &mut Value) {
    let mut reached = BTreeSet::new();
    let mut next = Vec::new();
    for path in document["paths"].as_mapping().into_iter().flat_map(Mapping::values) {
        let operations = path.as_mapping().into_iter().flat_map(Mapping::values);
        operations.for_each(|it| names(&it["requestBody"], &mut next));
    }
    while let Some(name) = next.pop() {
        if reached.insert(name.clone()) {
            names(&document["components"]["schemas"][name.as_str()], &mut next);
        }
    }
    let schemas = document["components"]["schemas"].clone();
    for name in reached {
        let schema = &mut document["components"]["schemas"][name.as_str()];
        let required = schema["required"].as_sequence().cloned().unwrap_or_default();
        // An example shows what is said, not what is left out.
        if let Some(example) = schema.get_mut("example").and_then(Value::as_mapping_mut) {
            example.retain(|name, it| !it.is_null() || required.contains(name));
        }
        let Some(members) = schema.get_mut("properties").and_then(Value::as_mapping_mut) else { continue };
        for member in members.iter_mut().filter(|(name, _)| !required.contains(name)).map(|(_, it)| it) {
            let Some(schema) = member.as_mapping_mut() else { continue };
            if let Some(reference) = schema.remove("$ref") {
                let named = Mapping::from_iter([("$ref".into(), reference)]);
                schema.insert("allOf".into(), vec![Value::from(named)].into());
            }
            let mut named = Vec::new();
            schema.get("allOf").into_iter().for_each(|it| names(it, &mut named));
            let of_named = named.first().and_then(|name| schemas[name.as_str()].get("type")).cloned();
            if let Some(kind) = of_named {
                schema.insert("type".into(), kind);
            }
            // What may be anything may be null already.
            if schema.contains_key("type") {
                schema.insert("nullable".into(), true.into());
            }
            // Makers of clients do not take an object for the default of what may be null.
            if schema.get("default").is_some_and(Value::is_mapping) {
                schema.remove("default");
            }
        }
    }
}

/// The names of the schemas to which a part refers.
fn names(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Mapping(members) => {
            let reference = members.get("$ref").and_then(Value::as_str);
            found.extend(reference.and_then(|it| it.strip_prefix("#/components/schemas/")).map(str::to_owned));
            members.values().for_each(|it| names(it, found));
        }
        Value::Sequence(items) => items.iter().for_each(|it| names(it, found)),
        _ => {}
    }
}

/// The schema of an operation's JSON body, and the document in which its references are found.
pub(crate) fn body_of(operation: &str) -> Option<(&'static Value, &'static Value)> {
    static BODIES: LazyLock<HashMap<&str, &Value>> = LazyLock::new(|| {
        let paths = DOCUMENT["paths"].as_mapping().into_iter().flat_map(Mapping::values);
        let operations = paths.flat_map(|path| path.as_mapping().into_iter().flat_map(Mapping::values));
        let body = |it: &'static Value| {
            let content = it["requestBody"]["content"].as_mapping()?;
            let (_, json) =
                content.iter().find(|(name, _)| name.as_str().is_some_and(|it| it.starts_with("application/json")))?;
            Some((it["operationId"].as_str()?, &json["schema"]))
        };
        operations.filter_map(body).collect()
    });
    BODIES.get(operation).map(|schema| (*schema, &*DOCUMENT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_that_says_more_is_a_reference_with_a_description() {
        let text = "description: Where it stands.\nallOf:\n- $ref: '#/a'\n- description: Where it stands.\n";
        let mut value = serde_yaml::from_str(text).expect("YAML");
        plain(&mut value);
        let kept: Value = serde_yaml::from_str("description: Where it stands.\nallOf:\n- $ref: '#/a'\n").expect("YAML");
        assert_eq!(value, kept);
    }

    #[test]
    fn formats_say_what_they_mean() {
        let mut value = serde_yaml::from_str("[{format: uint16}, {format: naive-date}]").expect("YAML");
        plain(&mut value);
        let kept: Value =
            serde_yaml::from_str("[{format: uint16, minimum: 0, maximum: 65535}, {format: date}]").expect("YAML");
        assert_eq!(value, kept);
    }

    #[test]
    fn what_may_be_left_out_of_a_request_may_be_null() {
        let schema = &DOCUMENT["components"]["schemas"]["TopicInput"];
        assert_eq!(schema["properties"]["place"]["nullable"], true, "{schema:?}");
        assert_eq!(schema["properties"]["title"].get("nullable"), None);
    }
}
