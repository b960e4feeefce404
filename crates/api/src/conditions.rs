//! Conditional requests (RFC 9110, section 13): `ETag`, `If-None-Match` and `If-Match`.
//!
//! The tag of a thing is the digest of its representation, so that no resource needs a version of its own.

use poem::{
    Body, Response,
    http::{HeaderValue, StatusCode, header},
};
use poem_openapi::types::ToJSON;
use sha2::{Digest as _, Sha256};

use crate::problems::Problem;

/// The tag of a representation.
pub fn tag_of(representation: &[u8]) -> String {
    let digest = Sha256::digest(representation);
    let hex: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}

/// Refuses with 412 where the caller knows another state of the thing than the present one, and tells them the present one.
pub fn require_match(if_match: Option<&str>, present: &impl ToJSON) -> Result<(), Problem> {
    let Some(tags) = if_match else { return Ok(()) };
    let tag = tag_of(present.to_json_string().as_bytes());
    if matches(tags, &tag) {
        return Ok(());
    }
    let stale =
        Problem::new(StatusCode::PRECONDITION_FAILED, "request.stale", "the thing has changed since it was read")
            .with_field("If-Match")
            .with_fix("look at what has changed in `current`, and send `current_etag` where the change is still meant");
    let current = present.to_json();
    let current_version = current.as_ref().and_then(|it| it.get("version")).and_then(serde_json::Value::as_u64);
    Err(Problem { current_etag: Some(tag), current_version, current, ..stale })
}

/// Tags the answer to a `GET` unless it has a tag, and leaves its body out where the caller has it already.
pub(crate) async fn tagged(asked: Option<&HeaderValue>, response: Response) -> poem::Result<Response> {
    let json = response.content_type().is_some_and(|it| it.starts_with("application/json"));
    if response.status() != StatusCode::OK || !json || response.headers().contains_key(header::ETAG) {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let bytes = body.into_bytes().await?;
    let tag = tag_of(&bytes);
    let known = asked.and_then(|it| it.to_str().ok()).is_some_and(|it| matches(it, &tag));
    let mut response = Response::from_parts(parts, if known { Body::empty() } else { Body::from(bytes) });
    if known {
        response.set_status(StatusCode::NOT_MODIFIED);
    }
    if let Ok(value) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, value);
    }
    Ok(response)
}

/// Tells whether one of the tags of a header is this one.
pub(crate) fn matches(tags: &str, tag: &str) -> bool {
    tags.split(',').map(|it| it.trim().trim_start_matches("W/")).any(|it| it == "*" || it == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_refused_to_whoever_has_not_seen_the_present_state() {
        let tag = tag_of("\"now\"".as_bytes());
        let now = "now".to_owned();
        assert!(require_match(None, &now).is_ok());
        assert!(require_match(Some(&tag), &now).is_ok());
        assert!(require_match(Some("*"), &now).is_ok());
        assert!(require_match(Some(&format!("\"x\", {tag}")), &now).is_ok());
        let stale = require_match(Some("\"x\""), &now).expect_err("stale");
        assert_eq!(
            (stale.code.as_str(), stale.current_etag, stale.current),
            ("request.stale", Some(tag), Some("now".into()))
        );
    }
}
