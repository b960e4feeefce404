//! `/v1/{tenant}/api-keys`: the keys by which the hotline and the government-service site bring requests.

use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{ApiKeyId, MemberId, UnitId};
use yishi_service::api_keys::{self, NewKey, stored};

use crate::{
    instants::Instant,
    parameters::RequestKey,
    problems::Problem,
    resources::{EXAMPLE, Tag, topics::Channel, webhooks::WebhookDone},
    sessions::Session,
};

/// The operations on keys.
pub struct ApiKeysApi;

/// A key to make.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct ApiKeyInput {
    /// The system that gets it.
    #[oai(validator(min_length = 1, max_length = 100))]
    pub name: String,
    /// For whom it speaks: a coordinator of the unit.
    pub member: Uuid,
    /// Where what comes with it belongs, unless a request names another unit that the member reaches.
    pub unit: Uuid,
    /// By which channel what comes with it came: `hotline` or `government_site`.
    pub channel: Channel,
    /// For how many days it is good; a year unless given.
    #[oai(default = "year", validator(minimum(value = "1"), maximum(value = "730")))]
    pub days: u16,
}

/// A key as it is told once.
#[derive(Debug, Object)]
pub struct NewApiKey {
    /// Its identifier.
    pub id: Uuid,
    /// The key, which is told in this answer alone; only a digest of it is kept.
    pub key: String,
    /// Until when it is good.
    pub expires_at: Instant,
}

/// A key.
#[derive(Debug, Object)]
pub struct ApiKey {
    /// Its identifier.
    pub id: Uuid,
    /// The system that has it.
    pub name: String,
    /// For whom it speaks.
    pub member: Uuid,
    /// Where what comes with it belongs.
    pub unit: Uuid,
    /// By which channel what comes with it came.
    pub channel: Channel,
    /// When it was made.
    pub created_at: Instant,
    /// Until when it is good.
    pub expires_at: Instant,
    /// When it was taken back.
    #[oai(skip_serializing_if_is_none)]
    pub revoked_at: Option<Instant>,
}

/// The answer to a creation.
#[derive(ApiResponse)]
pub enum KeyCreated {
    /// Created.
    #[oai(status = 201)]
    Key(Json<NewApiKey>),
}

#[OpenApi(tag = "Tag::Integration")]
impl ApiKeysApi {
    /// Makes a key for another system, which speaks for a coordinator in what it brings by Open311.
    #[oai(path = "/v1/:tenant/api-keys", method = "post", operation_id = "create_api_key")]
    async fn create_api_key(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<ApiKeyInput>,
    ) -> Result<KeyCreated, Problem> {
        let ApiKeyInput { name, member, unit, channel, days } = body.0;
        let new = NewKey { name, member: MemberId(member), unit: UnitId(unit), channel: channel.into(), days };
        let app = &session.app;
        let id = session.once(app, api_keys::create(app, &session, new)).await?;
        let (key, expires_at) = api_keys::text(app, &session, id).await?;
        Ok(KeyCreated::Key(Json(NewApiKey { id: id.uuid(), key, expires_at: expires_at.into() })))
    }

    /// Lists the keys, the oldest first; there are at most 1,000.
    #[oai(path = "/v1/:tenant/api-keys", method = "get", operation_id = "list_api_keys")]
    async fn list_api_keys(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
    ) -> Result<Json<Vec<ApiKey>>, Problem> {
        let all = api_keys::list(&session.app, &session).await?;
        Ok(Json(all.into_iter().map(ApiKey::from).collect()))
    }

    /// Takes a key back, at once.
    #[oai(path = "/v1/:tenant/api-keys/:key", method = "delete", operation_id = "revoke_api_key")]
    async fn revoke_api_key(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The key's id.
        #[oai(name = "key")]
        id: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
    ) -> Result<WebhookDone, Problem> {
        let app = &session.app;
        session.once(app, api_keys::revoke(app, &session, ApiKeyId(*id))).await?;
        Ok(WebhookDone::Done)
    }
}

const fn year() -> u16 {
    365
}

impl From<stored::ApiKey> for ApiKey {
    fn from(it: stored::ApiKey) -> Self {
        Self {
            id: it.id.uuid(),
            name: it.name,
            member: it.member.uuid(),
            unit: it.unit.uuid(),
            channel: it.channel.into(),
            created_at: it.created_at.into(),
            expires_at: it.expires_at.into(),
            revoked_at: it.revoked_at.map(Instant::from),
        }
    }
}

impl Example for ApiKeyInput {
    fn example() -> Self {
        Self { name: "12345热线".into(), member: EXAMPLE, unit: EXAMPLE, channel: Channel::Hotline, days: year() }
    }
}
