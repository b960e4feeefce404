//! The description of the interface as it is served and checked in: the framework's, made plain where tools stumble over it.

use std::sync::LazyLock;

use poem::{Response, handler};
use serde_yaml::Value;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut document = serde_yaml::from_str(&crate::service().spec_yaml()).expect("the framework writes YAML");
    plain(&mut document);
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
            members.values_mut().for_each(plain);
        }
        Value::Sequence(items) => items.iter_mut().for_each(plain),
        _ => {}
    }
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
}
