//! `/v1/{tenant}/notices`: what the caller is told in the application itself.

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
};
use serde_json::Value;
use uuid::Uuid;
use yishi_service::notices;

use crate::{
    instants::Instant,
    pages::{Wanted, bad_cursor},
    parameters::{Cursor, RequestKey},
    problems::Problem,
    resources::Tag,
    sessions::Session,
};

/// The operations on notices.
pub struct NoticesApi;

/// A notice.
#[derive(Debug, Object)]
pub struct Notice {
    /// Its identifier.
    pub id: Uuid,
    /// What it tells of, such as `rule_set.suspended`.
    pub kind: String,
    /// The event that it tells of.
    pub event: Uuid,
    /// What is to be known of it.
    pub facts: Value,
    /// When it was told.
    pub told_at: Instant,
    /// When it was read.
    #[oai(skip_serializing_if_is_none)]
    pub read_at: Option<Instant>,
}

/// A page of notices.
#[derive(Debug, Object)]
pub struct Inbox {
    /// How many of all are unread.
    pub unread: u64,
    /// The notices, the latest first.
    pub items: Vec<Notice>,
    /// The cursor of the next page, where there is one.
    #[oai(skip_serializing_if_is_none)]
    pub next: Option<String>,
}

#[OpenApi(tag = "Tag::Notice")]
impl NoticesApi {
    /// Lists the caller's notices, the latest first.
    #[oai(path = "/v1/:tenant/notices", method = "get", operation_id = "list_notices")]
    async fn list_notices(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many notices at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Inbox>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let before = match wanted.after.as_str() {
            "" => None,
            id => Some(id.parse().map_err(|_| bad_cursor())?),
        };
        let (loaded, unread) = notices::list(&session.app, &session, before, wanted.load()).await?;
        let page = wanted.page(loaded, |it| it.id.to_string(), Notice::from);
        Ok(Json(Inbox { unread, items: page.items, next: page.next }))
    }

    /// Notes that the caller has read a notice.
    #[oai(path = "/v1/:tenant/notices/:notice/reading", method = "post", operation_id = "read_notice")]
    async fn read_notice(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The notice's id.
        notice: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
    ) -> Result<Json<Inbox>, Problem> {
        let app = &session.app;
        session.once(app, notices::read(app, &session, *notice)).await?;
        let (_, unread) = notices::list(app, &session, None, 1).await?;
        Ok(Json(Inbox { unread, items: Vec::new(), next: None }))
    }
}

impl From<notices::Notice> for Notice {
    fn from(it: notices::Notice) -> Self {
        let notices::Notice { id, kind, event_id, facts, told_at, read_at } = it;
        Self { id, kind, event: event_id, facts, told_at: told_at.into(), read_at: read_at.map(Instant::from) }
    }
}
