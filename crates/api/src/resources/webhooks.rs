//! `/v1/{tenant}/webhooks`: where a city has its events sent.

use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{UnitId, subscriptions::Kinds};
use yishi_service::webhooks::{self, Terms};

use crate::{
    conditions::require_match,
    instants::Instant,
    pages::{Page, Wanted, bad_cursor},
    parameters::{Cursor, RequestKey},
    problems::Problem,
    resources::{EXAMPLE, Tag, members::Created},
    sessions::Session,
};

/// The operations on webhooks.
pub struct WebhooksApi;

/// What is said of a webhook.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct WebhookInput {
    /// Where it is called: https, on the public internet.
    #[oai(validator(max_length = 2000))]
    pub url: String,
    /// Kinds of events such as `ballot.opened`, or all of a resource such as `ballot.*`; all unless given.
    #[oai(default, validator(max_items = 100))]
    pub kinds: Vec<String>,
    /// The unit that they are about, or under which what they are about lies; anywhere unless given.
    #[oai(skip_serializing_if_is_none)]
    pub unit: Option<Uuid>,
}

/// A webhook.
#[derive(Debug, Object)]
pub struct Webhook {
    /// Its identifier.
    pub id: Uuid,
    /// Where it is called.
    pub url: String,
    /// Kinds of events that it is sent; all where there is none.
    pub kinds: Vec<String>,
    /// The unit that they are about, or under which what they are about lies.
    #[oai(skip_serializing_if_is_none)]
    pub unit: Option<Uuid>,
    /// Until when the secret before is good too.
    #[oai(skip_serializing_if_is_none)]
    pub previous_secret_until: Option<Instant>,
    /// Since when it is not called.
    #[oai(skip_serializing_if_is_none)]
    pub disabled_at: Option<Instant>,
    /// Why it is not called.
    #[oai(skip_serializing_if_is_none)]
    pub why: Option<String>,
    /// When it was made.
    pub created_at: Instant,
}

/// The secret of a webhook.
#[derive(Debug, Object)]
pub struct WebhookSecret {
    /// The secret, as libraries of Standard Webhooks take it.
    pub secret: String,
    /// Until when what is sent is signed with the one before too.
    #[oai(skip_serializing_if_is_none)]
    pub previous_until: Option<Instant>,
}

/// From which position a webhook is sent everything again.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct ReplayFrom {
    /// The position.
    pub from: u64,
}

/// A delivery to a webhook: an event, however often it was tried.
#[derive(Debug, Object)]
pub struct Delivery {
    /// The event's position.
    pub position: u64,
    /// The event, which is also the delivery's `webhook-id`.
    pub event: Uuid,
    /// Its kind.
    pub kind: String,
    /// What it is about.
    pub subject: Uuid,
    /// How often it was tried.
    pub attempts: u32,
    /// The last answer's status.
    #[oai(skip_serializing_if_is_none)]
    pub status: Option<u16>,
    /// Why the last attempt failed.
    #[oai(skip_serializing_if_is_none)]
    pub failure: Option<String>,
    /// When it was delivered.
    #[oai(skip_serializing_if_is_none)]
    pub delivered_at: Option<Instant>,
    /// When it is tried next, unless another one about the same thing comes first.
    #[oai(skip_serializing_if_is_none)]
    pub due_at: Option<Instant>,
}

/// The answer to a change.
#[derive(ApiResponse)]
pub enum WebhookDone {
    /// Done.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(tag = "Tag::Integration")]
impl WebhooksApi {
    /// Makes a webhook, which is sent what happens from now on; its secret is got apart.
    ///
    /// Each event is posted as a CloudEvent (1.0) whose data is the event as the change feed tells it and fits its `dataschema`, signed as Standard Webhooks says. What is
    /// about the same thing comes in order. Whatever is not answered with 2xx within 15 seconds is tried again after 5 seconds, 5 and 30
    /// minutes, 2, 5, 10, 14, 20 and 24 hours, unless the operator says otherwise, under the same id. After the last attempt, and at once where
    /// it is answered 410, the webhook is disabled and the event `webhook.disabled` tells it. Redirects are not followed.
    #[oai(path = "/v1/:tenant/webhooks", method = "post", operation_id = "create_webhook")]
    async fn create_webhook(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<WebhookInput>,
    ) -> Result<Created, Problem> {
        let (app, terms) = (&session.app, terms(body.0)?);
        Ok(Created::one(session.once(app, webhooks::create(app, &session, terms, None)).await?))
    }

    /// Lists the webhooks, the oldest first; there are at most 50.
    #[oai(path = "/v1/:tenant/webhooks", method = "get", operation_id = "list_webhooks")]
    async fn list_webhooks(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
    ) -> Result<Json<Vec<Webhook>>, Problem> {
        let all = webhooks::list(&session.app, &session).await?;
        Ok(Json(all.into_iter().map(Webhook::from).collect()))
    }

    /// Gets a webhook.
    #[oai(path = "/v1/:tenant/webhooks/:webhook", method = "get", operation_id = "get_webhook")]
    async fn get_webhook(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The webhook's id.
        webhook: Path<Uuid>,
    ) -> Result<Json<Webhook>, Problem> {
        Ok(Json(webhooks::get(&session.app, &session, *webhook).await?.into()))
    }

    /// Changes where a webhook is called and what it is sent, from the next event on that was not taken over for it.
    #[oai(path = "/v1/:tenant/webhooks/:webhook", method = "put", operation_id = "change_webhook")]
    async fn change_webhook(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The webhook's id.
        webhook: Path<Uuid>,
        /// The `ETag` of the webhook as the caller knows it.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<WebhookInput>,
    ) -> Result<WebhookDone, Problem> {
        let (app, terms) = (&session.app, terms(body.0)?);
        let fits = |it: &webhooks::Webhook| require_match(if_match.as_deref(), &Webhook::from(it.clone()));
        session.once(app, webhooks::change(app, &session, *webhook, terms, fits)).await?;
        Ok(WebhookDone::Done)
    }

    /// Takes a webhook away, with what is still to be sent and the log of what was.
    #[oai(path = "/v1/:tenant/webhooks/:webhook", method = "delete", operation_id = "remove_webhook")]
    async fn remove_webhook(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The webhook's id.
        webhook: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
    ) -> Result<WebhookDone, Problem> {
        let app = &session.app;
        session.once(app, webhooks::remove(app, &session, *webhook)).await?;
        Ok(WebhookDone::Done)
    }

    /// Gets the secret of a webhook.
    #[oai(path = "/v1/:tenant/webhooks/:webhook/secret", method = "get", operation_id = "get_webhook_secret")]
    async fn get_webhook_secret(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The webhook's id.
        webhook: Path<Uuid>,
    ) -> Result<Json<WebhookSecret>, Problem> {
        let found = webhooks::get(&session.app, &session, *webhook).await?;
        let secret = webhooks::secret(&session.app, &session, &found)?;
        Ok(Json(WebhookSecret { secret, previous_until: found.previous_until.map(Instant::from) }))
    }

    /// Gives a webhook another secret; for a day what is sent is signed with both.
    #[oai(path = "/v1/:tenant/webhooks/:webhook/secret", method = "post", operation_id = "rotate_webhook_secret")]
    async fn rotate_webhook_secret(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The webhook's id.
        webhook: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
    ) -> Result<WebhookDone, Problem> {
        let app = &session.app;
        session.once(app, webhooks::rotate(app, &session, *webhook)).await?;
        Ok(WebhookDone::Done)
    }

    /// Has a webhook called again that was disabled, beginning at once with what was not delivered.
    #[oai(path = "/v1/:tenant/webhooks/:webhook/enabling", method = "post", operation_id = "enable_webhook")]
    async fn enable_webhook(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The webhook's id.
        webhook: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
    ) -> Result<WebhookDone, Problem> {
        let app = &session.app;
        session.once(app, webhooks::enable(app, &session, *webhook)).await?;
        Ok(WebhookDone::Done)
    }

    /// Sends a webhook everything again from a position on, each under the id that it had.
    #[oai(path = "/v1/:tenant/webhooks/:webhook/replays", method = "post", operation_id = "replay_webhook")]
    async fn replay_webhook(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The webhook's id.
        webhook: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<ReplayFrom>,
    ) -> Result<WebhookDone, Problem> {
        let app = &session.app;
        session.once(app, webhooks::replay(app, &session, *webhook, body.0.from)).await?;
        Ok(WebhookDone::Done)
    }

    /// Sends a webhook an event `webhook.tested`, whatever it is sent otherwise; the answer names the event.
    #[oai(path = "/v1/:tenant/webhooks/:webhook/tests", method = "post", operation_id = "test_webhook")]
    async fn test_webhook(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The webhook's id.
        webhook: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
    ) -> Result<Created, Problem> {
        let app = &session.app;
        Ok(Created::one(session.once(app, webhooks::test(app, &session, *webhook)).await?))
    }

    /// Lists a webhook's deliveries, the latest first; what was delivered is kept for 30 days, what was not until it is.
    #[oai(path = "/v1/:tenant/webhooks/:webhook/deliveries", method = "get", operation_id = "list_deliveries")]
    async fn list_deliveries(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The webhook's id.
        webhook: Path<Uuid>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many deliveries at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<Delivery>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let before = match wanted.after.as_str() {
            "" => None,
            last => Some(last.parse().map_err(|_| bad_cursor())?),
        };
        let loaded = webhooks::log(&session.app, &session, *webhook, before, wanted.load()).await?;
        Ok(Json(wanted.page(loaded, |it| it.position.to_string(), Delivery::from)))
    }
}

fn terms(input: WebhookInput) -> Result<Terms, Problem> {
    let kinds = Kinds::of(&input.kinds).map_err(yishi_service::failures::Failure::from)?;
    Ok(Terms { url: input.url, kinds, unit: input.unit.map(UnitId) })
}

impl From<webhooks::Webhook> for Webhook {
    fn from(it: webhooks::Webhook) -> Self {
        Self {
            id: it.id,
            url: it.url,
            kinds: it.kinds,
            unit: it.unit_id,
            previous_secret_until: it.previous_until.map(Instant::from),
            disabled_at: it.disabled_at.map(Instant::from),
            why: it.why,
            created_at: it.created_at.into(),
        }
    }
}

impl From<webhooks::Delivery> for Delivery {
    fn from(it: webhooks::Delivery) -> Self {
        Self {
            position: it.position.unsigned_abs(),
            event: it.event_id,
            kind: it.kind,
            subject: it.subject,
            attempts: it.attempts.unsigned_abs(),
            status: it.status.and_then(|it| u16::try_from(it).ok()),
            failure: it.failure,
            due_at: it.delivered_at.is_none().then(|| it.due_at.into()),
            delivered_at: it.delivered_at.map(Instant::from),
        }
    }
}

impl Example for WebhookInput {
    fn example() -> Self {
        let kinds = vec!["ballot.decided".into(), "resolution.*".into()];
        Self { url: "https://12345.example.org/yishi".into(), kinds, unit: Some(EXAMPLE) }
    }
}

impl Example for ReplayFrom {
    fn example() -> Self {
        Self { from: 1_024 }
    }
}
