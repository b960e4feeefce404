//! Sessions as handlers take them: admitted before the handler runs, by the operation that the route names.

use std::{ops::Deref, sync::Arc};

use poem::{
    Request, RequestBody,
    http::{Method, StatusCode},
};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions, SecurityScheme, auth::Bearer};
use yishi_domain::{Digest, IdempotencyKey};
use yishi_service::{App, sessions};

use crate::{
    access::{Access, access_of},
    operations::operation_of,
    problems::Problem,
    requests::{self, IDEMPOTENCY_KEY, Sent},
    shapes,
};

/// An admitted caller with a token.
///
/// The first argument of every handler that is not public: what comes after it is not even read before the caller is admitted.
#[derive(SecurityScheme)]
#[oai(ty = "bearer", bearer_format = "JWT", rename = "token", checker = "admit_bearer")]
pub struct Session(Admitted);

/// A caller whose token is good, of whom the use case asks the rest together with others.
#[derive(SecurityScheme)]
#[oai(ty = "bearer", bearer_format = "JWT", rename = "token", checker = "claim_bearer")]
pub struct Claimant(Claimed);

/// A claim, and the service itself.
pub struct Claimed {
    /// The service.
    pub app: Arc<App>,
    /// Who asks, by their token.
    pub claim: sessions::Claim,
}

/// A caller of a public operation, of whom nothing is known.
pub struct Visitor(Admitted);

/// What both are: a session of the service, and the service itself.
pub struct Admitted {
    /// The service.
    pub app: Arc<App>,
    session: sessions::Session,
}

impl Deref for Session {
    type Target = Admitted;

    fn deref(&self) -> &Admitted {
        &self.0
    }
}

impl Deref for Claimant {
    type Target = Claimed;

    fn deref(&self) -> &Claimed {
        &self.0
    }
}

impl Deref for Visitor {
    type Target = Admitted;

    fn deref(&self) -> &Admitted {
        &self.0
    }
}

impl Deref for Admitted {
    type Target = sessions::Session;

    fn deref(&self) -> &sessions::Session {
        &self.session
    }
}

/// Described as a security scheme that asks for nothing, so that the description says of public operations that they are.
impl<'a> ApiExtractor<'a> for Visitor {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn has_security_fallback() -> bool {
        true
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        Ok(Self(admit(request, None).await?))
    }
}

async fn admit_bearer(request: &Request, bearer: Bearer) -> poem::Result<Admitted> {
    Ok(admit(request, Some(&bearer.token)).await?)
}

async fn claim_bearer(request: &Request, bearer: Bearer) -> poem::Result<Claimed> {
    let Asked { app, tenant, once, .. } = asked(request)?;
    let claim = sessions::claim(app, Some(&bearer.token), tenant, requests::id(), once).map_err(Problem::from)?;
    check_body(request)?;
    Ok(Claimed { app: Arc::clone(app), claim })
}

async fn admit(request: &Request, token: Option<&str>) -> Result<Admitted, Problem> {
    let Asked { app, access, tenant, once } = asked(request)?;
    let session = sessions::admit(app, access, token, tenant, requests::id(), once).await?;
    check_body(request)?;
    Ok(Admitted { app: Arc::clone(app), session })
}

/// Holds a JSON body against the description; rows of other types are read by whoever takes them.
fn check_body(request: &Request) -> Result<(), Problem> {
    let is_json = request.content_type().is_some_and(|it| it.starts_with("application/json"));
    match (operation_of(request), request.data()) {
        (Some(operation), Some(Sent(body))) if is_json => shapes::check(operation, body),
        _ => Ok(()),
    }
}

/// What a request is for.
struct Asked<'a> {
    app: &'a Arc<App>,
    access: Access,
    tenant: Option<&'a str>,
    once: Option<IdempotencyKey>,
}

fn asked(request: &Request) -> Result<Asked<'_>, Problem> {
    let (Some(operation), Some(app)) = (operation_of(request), request.data::<Arc<App>>()) else {
        tracing::error!(path = request.uri().path(), "a handler without an operation id, or without the service");
        return Err(Problem::internal());
    };
    let Some(access) = access_of(operation) else {
        tracing::error!(operation, "an operation without a row in the table of access");
        return Err(Problem::internal());
    };
    let tenant = tenant_of(request.uri().path());
    requests::note(operation, tenant);
    Ok(Asked { app, access, tenant, once: idempotency_key(request, operation)? })
}

/// The request's idempotency key; only a change needs one, so others that bring it are answered as if they had not.
fn idempotency_key(request: &Request, operation: &'static str) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(value) = request.headers().get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let Some(digest) = request.data::<Digest>().filter(|_| *request.method() != Method::GET) else { return Ok(None) };
    let key = value
        .to_str()
        .ok()
        .filter(|key| (1..=200).contains(&key.len()) && key.bytes().all(|it| it == b' ' || it.is_ascii_graphic()));
    let key = key.ok_or_else(|| {
        let text = "a key has 1 to 200 printable ASCII characters";
        Problem::new(StatusCode::BAD_REQUEST, "request.bad_key", text).with_field("Idempotency-Key")
    })?;
    Ok(Some(IdempotencyKey { key: key.to_owned(), operation, request: *digest }))
}

/// The tenant that a path names: `/v1/{tenant}/..`, `/public/{tenant}/..`, `/open311/{tenant}/..` or `/platform/tenants/{tenant}/..`.
fn tenant_of(path: &str) -> Option<&str> {
    let mut parts = path.trim_start_matches('/').split('/');
    let slug = match parts.next()? {
        "v1" | "public" | "open311" => parts.next(),
        "platform" => parts.next().filter(|it| *it == "tenants").and_then(|_| parts.next()),
        _ => None,
    };
    slug.filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::tenant_of;

    #[test]
    fn the_path_names_the_tenant() {
        assert_eq!(tenant_of("/v1/3301/units"), Some("3301"));
        assert_eq!(tenant_of("/public/3301"), Some("3301"));
        assert_eq!(tenant_of("/platform/tenants/3301/administrators"), Some("3301"));
        assert_eq!(tenant_of("/platform/tenants"), None);
        assert_eq!(tenant_of("/platform/divisions"), None);
        assert_eq!(tenant_of("/v1/"), None);
    }
}
