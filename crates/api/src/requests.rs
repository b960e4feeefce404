//! What surrounds every request: its id, its span, the limit of its body, its measurement, and the last word on errors.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use bytes::Bytes;
use poem::{
    Body, Endpoint, IntoResponse as _, Request, Response,
    http::{HeaderValue, Method, StatusCode, header},
};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tracing::{Instrument as _, Span, field::Empty, info_span};
use yishi_domain::{Actor, Digest, RequestId};
use yishi_service::{App, sessions::claim, spools::Spool};

use crate::{open311, operations::methods_at, problems::Problem};

/// The header that carries a request's id, both ways.
pub const REQUEST_ID: &str = "x-request-id";

/// The header that makes repeating a request safe.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

const MIB: usize = 1024 * 1024;

/// What a package has besides its component: its signatures, and what stands between its parts.
const PACKING: usize = 64 * 1024;

/// How much of a body that is too large is read before it is refused, and for how long.
const FORGOTTEN: u64 = 32 * MIB as u64;
const PATIENCE: Duration = Duration::from_secs(5);

tokio::task_local! {
    static CURRENT: Arc<Current>;
}

/// The bytes of a request's body.
#[derive(Clone)]
pub(crate) struct Sent(pub Bytes);

struct Current {
    id: RequestId,
    operation: OnceLock<&'static str>,
    span: Span,
}

/// The id of the request at hand; nil outside of one.
pub(crate) fn id() -> RequestId {
    CURRENT.try_with(|it| it.id).unwrap_or(RequestId(uuid::Uuid::nil()))
}

/// The id of the request at hand, for an answer.
pub(crate) fn current_id() -> Option<String> {
    CURRENT.try_with(|it| it.id.to_string()).ok()
}

/// What the request at hand turned out to be for.
pub(crate) fn current_operation() -> Option<&'static str> {
    CURRENT.try_with(|it| it.operation.get().copied()).ok().flatten()
}

/// Notes what the request turned out to be for.
pub(crate) fn note(operation: &'static str, tenant: Option<&str>) {
    let noted = CURRENT.try_with(|it| {
        it.operation.set(operation).ok();
        it.span.record("otel.name", format!("api.{operation}")).record("operation", operation);
        if let Some(tenant) = tenant {
            it.span.record("tenant", tenant);
        }
    });
    if noted.is_err() {
        tracing::error!(operation, "a handler ran outside of a request");
    }
}

/// Surrounds an endpoint.
pub(crate) async fn surround<E: Endpoint<Output = Response>>(
    inner: Arc<E>,
    app: Arc<App>,
    request: Request,
) -> poem::Result<Response> {
    let id = id_of(&request, &app);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let span = info_span!(
        "request",
        request_id = %id,
        method = %method,
        path,
        operation = Empty,
        tenant = Empty,
        otel.name = Empty,
        otel.kind = "server",
    );
    let current = Arc::new(Current { id, operation: OnceLock::new(), span: span.clone() });
    let answer = async {
        let begun = Instant::now();
        let response = match limited(request, &app).await {
            Ok(request) => inner.call(request).await.unwrap_or_else(Problem::answer),
            Err(problem) => problem.into_response(),
        };
        let response = open311::in_its_own_form(&path, response);
        measure(&method, current.operation.get().copied(), &response, begun);
        response
    };
    let mut response = CURRENT.scope(Arc::clone(&current), answer).instrument(span).await;
    if response.status() == StatusCode::METHOD_NOT_ALLOWED
        && let Ok(methods) = HeaderValue::from_str(&methods_at(&path))
    {
        response.headers_mut().insert(header::ALLOW, methods);
    }
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    Ok(response)
}

fn measure(method: &Method, operation: Option<&'static str>, response: &Response, begun: Instant) {
    let seconds = begun.elapsed().as_secs_f64();
    let status = response.status().as_u16();
    let operation = operation.unwrap_or("none");
    tracing::info!(status, ms = (seconds * 1e3) as u64, "answered");
    tracing::event!(
        target: "yishi_metrics",
        tracing::Level::INFO,
        histogram.http.server.request.duration = seconds,
        http.request.method = method.as_str(),
        http.response.status_code = i64::from(status),
        operation,
    );
}

/// The caller's id where it is a UUID, else a new one.
fn id_of(request: &Request, app: &App) -> RequestId {
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok()?.parse().ok());
    given.unwrap_or_else(|| app.ctx_in(None, Actor::System("api"), RequestId(uuid::Uuid::nil())).new_id())
}

/// Reads the body up to the operation's limit, so that what comes after works on memory alone, or on a spool.
async fn limited(mut request: Request, app: &App) -> Result<Request, Problem> {
    let path = request.uri().path();
    let spools = request.method() == Method::POST && path.starts_with("/v1/") && path.ends_with("/attachments");
    if spools {
        // A spool is for members alone: nobody else fills the disk.
        let credentials = request.header("authorization").and_then(|it| it.split_once(' '));
        let token = credentials.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token);
        if let Err(failure) = claim(app, token, path.split('/').nth(2), id(), None) {
            if request.header("expect").is_none() {
                forget(request.take_body().into_async_read()).await;
            }
            return Err(failure.into());
        }
    }
    let limit = match spools {
        true => usize::try_from(app.limits.most()).unwrap_or(usize::MAX),
        false => limit_of(request.method(), path),
    };
    let announced: Option<usize> = request.header("content-length").and_then(|length| length.parse().ok());
    let asks_first = request.header("expect").is_some();
    let body = request.take_body();
    let mut body = body.into_async_read();
    if spools && announced.is_none_or(|length| length <= limit) {
        let spool = Spool::read(&mut body, limit as u64).await.map_err(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "an upload was not spooled");
            broken()
        })?;
        if let Some(spool) = spool {
            if request.headers().contains_key(IDEMPOTENCY_KEY) {
                let digest = digest_of(&request, &spool.digest.0);
                request.set_data(digest);
            }
            request.set_data(spool);
            return Ok(request);
        }
    }
    let mut bytes = Vec::new();
    if !spools && announced.is_none_or(|length| length <= limit) {
        let read = (&mut body).take(limit as u64 + 1).read_to_end(&mut bytes).await;
        if read.is_err() {
            return Err(broken());
        }
        if bytes.len() <= limit {
            if request.headers().contains_key(IDEMPOTENCY_KEY) {
                let digest = digest_of(&request, &bytes);
                request.set_data(digest);
            }
            let bytes = Bytes::from(bytes);
            request.set_data(Sent(bytes.clone()));
            request.set_body(Body::from(bytes));
            return Ok(request);
        }
    }
    if !asks_first {
        forget(body).await;
    }
    Err(Problem::too_large())
}

fn broken() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "request.broken_body", "the body ended before it was complete")
}

/// Reads on and forgets what is read, so that a caller who sends everything before listening hears the answer; not without an end.
async fn forget(body: impl AsyncRead + Unpin) {
    let rest = async { tokio::io::copy(&mut body.take(FORGOTTEN), &mut tokio::io::sink()).await };
    // Whether it came to an end or not, the answer is the same.
    tokio::time::timeout(PATIENCE, rest).await.ok();
}

/// The digest by which a request is known again: over its path, its query and its body, or the digest of what was spooled.
fn digest_of(request: &Request, body: &[u8]) -> Digest {
    let target = request.uri().path_and_query().map_or("", |it| it.as_str());
    let hash = Sha256::new().chain_update(target.as_bytes()).chain_update([0]).chain_update(body);
    Digest(hash.finalize().into())
}

/// How many bytes a body may have: 1 MiB, a rule set 2 MiB and what packs it, a province's division list or facts of its units 8 MiB.
fn limit_of(method: &Method, path: &str) -> usize {
    match path {
        _ if path.starts_with("/v1/") && path.ends_with("/facts") => 8 * MIB,
        "/platform/divisions" if method == Method::POST => 8 * MIB,
        _ if path.starts_with("/v1/") && path.ends_with("/rule-sets") => 2 * MIB + PACKING,
        _ => MIB,
    }
}
