//! `/schemas/events.json` and `/schemas/events/{kind}/{version}.json`: what events say, as JSON Schema.

use std::sync::LazyLock;

use poem::{Response, handler, http::StatusCode, web::Path};
use yishi_domain::schemas;

use crate::problems::Problem;

static BUNDLE: LazyLock<String> = LazyLock::new(|| {
    let text = serde_json::to_string_pretty(&schemas::bundle()).expect("a schema is JSON");
    format!("{text}\n")
});

/// All schemas in one.
pub fn bundle() -> &'static str {
    &BUNDLE
}

/// Answers with all schemas in one.
#[handler]
pub fn get_event_schemas() -> Response {
    served(BUNDLE.as_str())
}

/// Answers with the schema of a kind in a version.
#[handler]
pub fn get_event_schema(Path((kind, file)): Path<(String, String)>) -> Result<Response, Problem> {
    let version = file.strip_suffix(".json").and_then(|it| it.parse().ok());
    let schema = version.and_then(|it| schemas::find(&kind, Some(it))).ok_or_else(|| {
        let text = "there is no schema of this kind and version";
        Problem::new(StatusCode::NOT_FOUND, "event.unknown_schema", text).with_fix("see /schemas/events.json")
    })?;
    Ok(served(schema.document().to_string()))
}

fn served(text: impl Into<String>) -> Response {
    Response::builder().content_type("application/schema+json").body(text.into())
}
