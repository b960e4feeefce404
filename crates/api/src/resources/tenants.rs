//! `/platform/tenants`: the cities of the province.

use chrono::{DateTime, Utc};
use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
};
use yishi_service::{directory, memberships};

use crate::{
    instants::Instant,
    pages::{Page, Wanted},
    parameters::{Cursor, RequestKey},
    problems::Problem,
    resources::{EXAMPLE, Tag, members::Created},
    sessions::Session,
};

/// The operations on tenants.
pub struct TenantsApi;

/// A tenant: a city.
#[derive(Debug, Object)]
#[oai(example)]
pub struct Tenant {
    /// Its identifier.
    pub id: uuid::Uuid,
    /// Its name in paths.
    pub slug: String,
    /// Its national statistical code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// `production`, or `sandbox` whose clock can be moved forward.
    pub mode: String,
    /// Its time zone, as the IANA database names it.
    pub zone: String,
    /// What its clock shows.
    pub now: Instant,
    /// When it was created.
    pub created_at: Instant,
}

/// A first administrator.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct NewAdministrator {
    /// Their name.
    #[oai(validator(min_length = 1, max_length = 100))]
    pub name: String,
}

#[OpenApi(tag = "Tag::Platform")]
impl TenantsApi {
    /// Lists the tenants, in order of slug.
    #[oai(path = "/platform/tenants", method = "get", operation_id = "list_tenants")]
    async fn list_tenants(
        &self,
        session: Session,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many tenants at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "200")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<Tenant>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let loaded = directory::list_tenants(&session.app, &wanted.after, wanted.load()).await?;
        Ok(Json(wanted.page(loaded, |it| it.slug.clone(), |it| Tenant::at(it, session.ctx.wall))))
    }

    /// Gets a tenant.
    #[oai(path = "/platform/tenants/:tenant", method = "get", operation_id = "get_tenant")]
    async fn get_tenant(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
    ) -> Result<Json<Tenant>, Problem> {
        Ok(Json(Tenant::at(session.tenant()?.clone(), session.ctx.wall)))
    }

    /// Adds an administrator at the root of a tenant.
    #[oai(path = "/platform/tenants/:tenant/administrators", method = "post", operation_id = "create_administrator")]
    async fn create_administrator(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<NewAdministrator>,
    ) -> Result<Created, Problem> {
        let app = &session.app;
        let id = session.once(app, memberships::create_administrator(app, &session, body.0.name)).await?;
        Ok(Created::one(id.uuid()))
    }
}

impl Tenant {
    fn at(it: directory::Tenant, wall: DateTime<Utc>) -> Self {
        let now = wall + chrono::TimeDelta::milliseconds(it.clock_offset_ms);
        let directory::Tenant { id, slug, code, name, mode, zone, created_at, .. } = it;
        Self { id: id.uuid(), slug, code, name, mode, zone, now: now.into(), created_at: created_at.into() }
    }
}

impl poem_openapi::types::Example for Tenant {
    fn example() -> Self {
        Self {
            id: EXAMPLE,
            slug: "3301".into(),
            code: "3301".into(),
            name: "杭州市".into(),
            mode: "sandbox".into(),
            zone: "Asia/Shanghai".into(),
            now: (DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_500)).into(),
            created_at: (DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_454)).into(),
        }
    }
}

impl poem_openapi::types::Example for NewAdministrator {
    fn example() -> Self {
        Self { name: "王芳".into() }
    }
}
