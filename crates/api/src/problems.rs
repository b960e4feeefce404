//! Problems (RFC 9457): the one shape of every answer that is not what was asked for, and the one place where it is made.

use poem::{
    IntoResponse, Response,
    error::{MethodNotAllowedError, NotFoundError, ReadBodyError, SizedLimitError},
    http::{HeaderValue, StatusCode, header},
};
use poem_openapi::{
    ApiResponse, Object,
    error::{
        AuthorizationError, ContentTypeError, ParseMultipartError, ParseParamError, ParsePathError,
        ParseRequestPayloadError,
    },
    registry::{MetaMediaType, MetaResponse, MetaResponses, Registry},
    types::Type as _,
};
use serde_json::Value;
use yishi_domain::{Refusal, RefusalKind};
use yishi_service::failures::Failure;

use crate::{operations, requests};

const CONTENT_TYPE: &str = "application/problem+json";

/// Why a request was not answered as asked (RFC 9457, `application/problem+json`).
#[derive(Clone, Debug, Object)]
pub struct Problem {
    /// What kind of problem it is: `urn:yishi:problem:` and the code.
    #[oai(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// A stable code, `<resource>.<reason>`, for programs to go by.
    pub code: String,
    /// What is wrong, a sentence for people.
    pub detail: String,
    /// The field, parameter or header that is wrong.
    #[oai(skip_serializing_if_is_none)]
    pub field: Option<String>,
    /// What to do about it.
    #[oai(skip_serializing_if_is_none)]
    pub fix: Option<String>,
    /// The request, as the log knows it.
    #[oai(skip_serializing_if_is_none)]
    pub request_id: Option<String>,
    /// With 412: the `ETag` of the thing as it is now.
    #[oai(skip_serializing_if_is_none)]
    pub current_etag: Option<String>,
    /// With 412: the version of the thing as it is now, where it counts its versions.
    #[oai(skip_serializing_if_is_none)]
    pub current_version: Option<u64>,
    /// With 412: the thing as it is now, as its `GET` shows it, so that a caller sees what has changed without asking again.
    #[oai(skip_serializing_if_is_none)]
    pub current: Option<Value>,
    /// Every fault, where there are several, such as the lines of a file.
    #[oai(default, skip_serializing_if_is_empty)]
    pub faults: Vec<Fault>,
}

/// One of several faults of an input.
#[derive(Clone, Debug, Object)]
pub struct Fault {
    /// A stable code.
    pub code: String,
    /// What is wrong.
    pub detail: String,
    /// Where it is wrong.
    #[oai(skip_serializing_if_is_none)]
    pub field: Option<String>,
    /// What to do about it.
    #[oai(skip_serializing_if_is_none)]
    pub fix: Option<String>,
}

impl Problem {
    /// Makes a problem of a status, a code and a sentence.
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:yishi:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Problem").to_owned(),
            status: status.as_u16(),
            code: code.to_owned(),
            detail: detail.into(),
            field: None,
            fix: None,
            request_id: requests::current_id(),
            current_etag: None,
            current_version: None,
            current: None,
            faults: Vec::new(),
        }
    }

    /// Makes the problem that says nothing: something of ours failed, and the log knows what.
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "server.failed",
            "something failed on our side; it has been logged",
        )
        .with_fix("try again later; if it stays, report the request_id")
    }

    /// Names the field that is wrong.
    pub fn with_field(self, field: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// Says how to mend it.
    pub fn with_fix(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }

    /// Turns any error of the web framework into a problem, but one that is an answer already.
    pub(crate) fn answer(error: poem::Error) -> Response {
        if error.is_from_response() {
            return error.into_response();
        }
        Self::of_framework(&error).into_response()
    }

    fn of_framework(error: &poem::Error) -> Self {
        let text = error.to_string();
        if error.is::<AuthorizationError>() {
            return Self::new(StatusCode::UNAUTHORIZED, "session.no_token", "this needs a token")
                .with_fix("send `Authorization: Bearer` and a token from `yishi token`");
        }
        if let Some(ParseRequestPayloadError { reason }) = error.downcast_ref() {
            return Self::of_body(reason);
        }
        let in_path = |name| requests::current_operation().and_then(|it| operations::path_parameter(it, name));
        if let Some(ParsePathError { name, reason }) = error.downcast_ref() {
            let field = in_path(name).unwrap_or(*name);
            return Self::new(StatusCode::BAD_REQUEST, "request.bad_path", reason).with_field(field);
        }
        if let Some(ParseParamError { name, reason }) = error.downcast_ref() {
            // What a part of the path may be is told in the same way whoever finds that it is not.
            let code = if in_path(name).is_some() { "request.bad_path" } else { "request.bad_parameter" };
            return Self::new(StatusCode::BAD_REQUEST, code, reason).with_field(*name);
        }
        if let Some(ParseMultipartError { reason }) = error.downcast_ref() {
            return Self {
                field: named_in(reason),
                ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "request.bad_part", reason)
            }
            .with_fix("send the parts that the description names, each as it says");
        }
        if error.is::<ContentTypeError>() {
            return Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "request.wrong_content_type", text)
                .with_fix("send the content type that the description names, mostly application/json");
        }
        if error.is::<NotFoundError>() {
            return Self::new(StatusCode::NOT_FOUND, "request.unknown_route", "there is nothing at this path")
                .with_fix("see /docs for what there is");
        }
        if error.is::<MethodNotAllowedError>() {
            return Self::new(StatusCode::METHOD_NOT_ALLOWED, "request.wrong_method", "this path knows other methods")
                .with_fix("see /docs for what there is");
        }
        if matches!(error.downcast_ref(), Some(ReadBodyError::PayloadTooLarge))
            || matches!(error.downcast_ref(), Some(SizedLimitError::PayloadTooLarge))
        {
            return Self::too_large();
        }
        match error.status() {
            status if status.is_server_error() => {
                tracing::error!(error = %text, "the request failed");
                Self::internal()
            }
            status => Self::new(status, "request.refused", text),
        }
    }

    pub(crate) fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "request.too_large", "the body is larger than this operation takes")
    }

    /// Sorts what the body parser says: no JSON at all is 400, JSON of another shape is 422 and names the field.
    fn of_body(reason: &str) -> Self {
        let named = named_in(reason);
        let with = |problem: Self| Self { field: named.clone(), ..problem };
        if reason.contains("unknown field") {
            let detail = format!("there is no field `{}` here", named.as_deref().unwrap_or_default());
            return with(Self::new(StatusCode::UNPROCESSABLE_ENTITY, "request.unknown_field", detail))
                .with_fix("remove it, or see /docs for the fields that there are");
        }
        if reason.starts_with("failed to parse")
            || reason.contains("Expected input type")
            || reason.contains("expects an input")
        {
            return with(Self::new(StatusCode::UNPROCESSABLE_ENTITY, "request.bad_field", reason));
        }
        Self::new(StatusCode::BAD_REQUEST, "request.bad_json", reason)
    }
}

/// The field that a reason of the framework names.
fn named_in(reason: &str) -> Option<String> {
    reason.split('`').nth(1).map(str::to_owned)
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal.kind {
            RefusalKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            RefusalKind::Unauthenticated => StatusCode::UNAUTHORIZED,
            RefusalKind::Forbidden => StatusCode::FORBIDDEN,
            RefusalKind::NotFound => StatusCode::NOT_FOUND,
            RefusalKind::Conflict => StatusCode::CONFLICT,
            RefusalKind::Stale => StatusCode::PRECONDITION_FAILED,
            RefusalKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            RefusalKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self {
            field: refusal.field,
            fix: refusal.fix,
            current_version: refusal.current_version,
            ..Self::new(status, refusal.code, refusal.detail)
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::Faults(refusals) => {
                let detail = format!("{} fault(s); each is listed", refusals.len());
                let fault =
                    |it: Refusal| Fault { code: it.code.into(), detail: it.detail, field: it.field, fix: it.fix };
                let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "request.faults", detail);
                Self { faults: refusals.into_iter().map(fault).collect(), ..problem }
            }
            Failure::Store(error) if error.is_bad_text() => {
                let detail = "a text holds the character U+0000, which no text may";
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "request.bad_text", detail).with_fix("remove it")
            }
            Failure::Store(error) if error.is_transient() => {
                tracing::error!(error = &error as &dyn std::error::Error, "the database is away");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "server.busy", "the service cannot do this right now")
                    .with_fix("try again in a few seconds")
            }
            Failure::Blobs(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "what keeps attachments is away");
                let text = "the service cannot reach what keeps attachments right now";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "server.busy", text).with_fix("try again in a few seconds")
            }
            other => {
                tracing::error!(error = &other as &dyn std::error::Error, "the request failed");
                Self::internal()
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        use poem_openapi::types::ToJSON as _;
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = Response::builder().status(status).content_type(CONTENT_TYPE).body(self.to_json_string());
        let headers = response.headers_mut();
        if let Some(tag) = self.current_etag.as_deref().and_then(|it| HeaderValue::from_str(it).ok()) {
            headers.insert(header::ETAG, tag);
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Problem> for poem::Error {
    fn from(problem: Problem) -> Self {
        let mut error = Self::from_response(problem.clone().into_response());
        error.set_data(problem);
        error
    }
}

impl ApiResponse for Problem {
    fn meta() -> MetaResponses {
        let of = |range: &str, description| MetaResponse {
            description,
            status: None,
            status_range: Some(range.to_owned()),
            content: vec![MetaMediaType { content_type: CONTENT_TYPE, schema: Self::schema_ref() }],
            headers: Vec::new(),
        };
        MetaResponses {
            responses: vec![
                of("4XX", "Refused; `code` says why and `fix` what to do."),
                of("5XX", "Failed on the server's side, or not possible right now."),
            ],
        }
    }

    fn register(registry: &mut Registry) {
        <Self as poem_openapi::types::Type>::register(registry);
    }
}
