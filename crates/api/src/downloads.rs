//! Downloads of what was uploaded: with a tag, in parts (RFC 9110, section 14), and so that no browser runs what it gets.

use std::ops::Range;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use poem::{
    Body, IntoResponse, Response,
    http::{StatusCode, header},
};
use poem_openapi::{
    ApiResponse,
    payload::{Binary, Payload},
    registry::{MetaHeader, MetaMediaType, MetaResponse, MetaResponses, Registry},
    types::Type as _,
};
use yishi_domain::{Digest, attachments::Attachment};
use yishi_service::{App, attachments, sessions::Session};

use crate::problems::Problem;

/// What a request for bytes asks besides.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// `Range`.
    pub range: Option<&'a str>,
    /// `If-Range`.
    pub if_range: Option<&'a str>,
    /// `If-None-Match`.
    pub if_none_match: Option<&'a str>,
}

/// The bytes of an attachment, all of them, a part, or none where the caller has them.
#[derive(Debug)]
pub struct Download {
    attachment: Attachment,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Whole(Body),
    Part(Range<u64>, Body),
    Known,
    /// The part that is asked for lies beyond the end.
    Beyond,
}

impl Download {
    /// Answers a request for the bytes of an attachment.
    pub async fn of(app: &App, session: &Session, attachment: Attachment, asked: Asked<'_>) -> Result<Self, Problem> {
        let tag = tag(&attachment.digest);
        let known = asked.if_none_match.is_some_and(|it| crate::conditions::matches(it, &tag));
        let ranged = asked.range.filter(|_| asked.if_range.is_none_or(|it| it == tag));
        let content = match ranged.map_or(Wanted::Whole, |it| wanted(it, attachment.size)) {
            _ if known && attachment.erased_at.is_none() => Content::Known,
            Wanted::Beyond => Content::Beyond,
            Wanted::Whole => {
                Content::Whole(Body::from_bytes_stream(attachments::read(app, session, &attachment, None).await?))
            }
            Wanted::Part(part) => {
                let pieces = attachments::read(app, session, &attachment, Some(part.clone())).await?;
                Content::Part(part, Body::from_bytes_stream(pieces))
            }
        };
        Ok(Self { attachment, content })
    }
}

/// The tag of bytes is their digest.
fn tag(digest: &Digest) -> String {
    format!("\"{}\"", digest.hex())
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    Part(Range<u64>),
    Beyond,
}

/// Reads a `Range`: one range of bytes. Whatever else it may say is as if it were not there, as the standard allows.
fn wanted(range: &str, size: u64) -> Wanted {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|it| it.split_once('-')) else {
        return Wanted::Whole;
    };
    let number = |text: &str| text.trim().parse::<u64>();
    let part = match (number(first), number(last)) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Ok(first), Err(_)) if last.trim().is_empty() => first..size,
        (Err(_), Ok(0)) if first.trim().is_empty() => return Wanted::Beyond,
        (Err(_), Ok(last)) if first.trim().is_empty() => size.saturating_sub(last)..size,
        _ => return Wanted::Whole,
    };
    if part.start >= size { Wanted::Beyond } else { Wanted::Part(part) }
}

/// How a file is named in a header: as it is (RFC 8187), and in ASCII for those who do not know that.
fn disposition(name: &str) -> String {
    let plain: String =
        name.chars().map(|it| if it.is_ascii_alphanumeric() || ".-_ ".contains(it) { it } else { '_' }).collect();
    let exact: String = name
        .bytes()
        .map(|it| match it {
            b'.' | b'-' | b'_' => char::from(it).to_string(),
            _ if it.is_ascii_alphanumeric() => char::from(it).to_string(),
            _ => format!("%{it:02X}"),
        })
        .collect();
    match name.is_empty() {
        true => "attachment".into(),
        false => format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}"),
    }
}

impl IntoResponse for Download {
    fn into_response(self) -> Response {
        let Self { attachment, content } = self;
        let size = attachment.size;
        let answer = Response::builder()
            .header(header::ETAG, tag(&attachment.digest))
            .header(header::CACHE_CONTROL, "private, no-cache")
            .header(header::ACCEPT_RANGES, "bytes");
        let typed = |answer: poem::ResponseBuilder| {
            let text = if attachment.media_type == "text/plain" { "; charset=utf-8" } else { "" };
            answer
                .content_type(format!("{}{text}", attachment.media_type))
                .header(header::CONTENT_DISPOSITION, disposition(&attachment.name))
                .header("Repr-Digest", format!("sha-256=:{}:", STANDARD.encode(attachment.digest.0)))
                .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
                .header(header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox")
        };
        match content {
            Content::Whole(body) => typed(answer).header(header::CONTENT_LENGTH, size).body(body),
            Content::Part(part, body) => typed(answer)
                .status(StatusCode::PARTIAL_CONTENT)
                .header(header::CONTENT_LENGTH, part.end - part.start)
                .header(header::CONTENT_RANGE, format!("bytes {}-{}/{size}", part.start, part.end - 1))
                .body(body),
            Content::Known => answer.status(StatusCode::NOT_MODIFIED).finish(),
            Content::Beyond => {
                let text = format!("there are {size} bytes");
                let problem = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, "attachment.beyond_end", text);
                let mut refused = problem.with_field("Range").into_response();
                if let Ok(range) = format!("bytes */{size}").parse() {
                    refused.headers_mut().insert(header::CONTENT_RANGE, range);
                }
                refused
            }
        }
    }
}

impl ApiResponse for Download {
    fn meta() -> MetaResponses {
        const TAG: (&str, &str) = ("ETag", "The digest of the bytes: 64 hexadecimal digits.");
        const DIGEST: (&str, &str) = ("Repr-Digest", "The digest of all bytes (RFC 9530).");
        const NAMED: (&str, &str) = ("Content-Disposition", "The name of the file; it is never shown as a page.");
        const RANGE: (&str, &str) = ("Content-Range", "Which part it is.");
        let header = |(name, description): &(&str, &str)| MetaHeader {
            name: (*name).to_owned(),
            description: Some((*description).to_owned()),
            required: false,
            deprecated: false,
            schema: String::schema_ref(),
        };
        let bytes = || MetaMediaType { content_type: "*/*", schema: Binary::<Body>::schema_ref() };
        let of = |status, description, headers: &[(&str, &str)], content| MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content,
            headers: headers.iter().map(header).collect(),
        };
        MetaResponses {
            responses: vec![
                of(200, "All bytes, in their media type.", &[TAG, DIGEST, NAMED], vec![bytes()]),
                of(206, "The part that was asked for.", &[TAG, DIGEST, NAMED, RANGE], vec![bytes()]),
                of(304, "The caller has these bytes.", &[TAG], vec![]),
            ],
        }
    }

    fn register(_: &mut Registry) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_read_and_whatever_else_is_as_if_it_were_not_there() {
        assert_eq!(wanted("bytes=0-0", 10), Wanted::Part(0..1));
        assert_eq!(wanted("bytes=4-", 10), Wanted::Part(4..10));
        assert_eq!(wanted("bytes=4-99", 10), Wanted::Part(4..10));
        assert_eq!(wanted("bytes=-3", 10), Wanted::Part(7..10));
        assert_eq!(wanted("bytes=-99", 10), Wanted::Part(0..10));
        for beyond in ["bytes=10-", "bytes=10-12", "bytes=-0"] {
            assert_eq!(wanted(beyond, 10), Wanted::Beyond, "{beyond}");
        }
        for whole in ["bytes=3-1", "bytes=1-2,4-5", "bytes=-", "lines=1-2", "bytes=a-b", ""] {
            assert_eq!(wanted(whole, 10), Wanted::Whole, "{whole}");
        }
    }

    #[test]
    fn a_name_does_not_leave_its_header() {
        let made = disposition("坑\"\r\nX: 1/../a.png");
        assert!(made.is_ascii() && !made.contains(['\r', '\n', '/']), "{made}");
        assert_eq!(disposition(""), "attachment");
        assert_eq!(disposition("灯.jpg"), "attachment; filename=\"_.jpg\"; filename*=UTF-8''%E7%81%AF.jpg");
    }
}
