//! `/v1/{tenant}/notices`: what the caller is told in the application itself.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures_util::stream::{self, BoxStream};
use poem::web::sse;
use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::{EventStream, Json},
    types::{Example, ToJSON as _},
};
use serde_json::Value;
use uuid::Uuid;
use yishi_service::{failures::Failure, notices};

use crate::{
    instants::Instant,
    pages::{Wanted, bad_cursor},
    parameters::{Cursor, RequestKey},
    problems::Problem,
    resources::{EXAMPLE, Tag},
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

/// A notice as it comes, and how many there are then.
#[derive(Debug, Object)]
pub struct Delivered {
    /// The notice.
    pub notice: Notice,
    /// How many of all are unread.
    pub unread: u64,
    /// The id of the event, which also tells what else was sent.
    pub mark: String,
}

/// Up to where the caller has read.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct ReadTo {
    /// The last notice that they have seen.
    pub until: Uuid,
}

/// How often a stream says that it is still there, and how long it lasts.
const ALIVE: Duration = Duration::from_secs(15);
const STREAM: Duration = Duration::from_secs(300);

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
        /// Whether only those are listed that are unread.
        unread: Query<Option<bool>>,
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
        let only = unread.unwrap_or(false);
        let (loaded, unread) = notices::list(&session.app, &session, only, before, wanted.load()).await?;
        let page = wanted.page(loaded, |it| it.id.to_string(), Notice::from);
        Ok(Json(Inbox { unread, items: page.items, next: page.next }))
    }

    /// Sends the caller's notices as they come (server-sent events), each with how many are unread then.
    ///
    /// A stream ends after five minutes and when the server does; an `EventSource` takes it up by itself where it ended. What was on its way at that very
    /// moment may be sent once more, with the same id of its notice.
    #[oai(path = "/v1/:tenant/notices/stream", method = "get", operation_id = "follow_notices")]
    async fn follow_notices(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Whether it begins with those that are unread and leaves out whatever was read meanwhile; with the next one unless given.
        unread: Query<Option<bool>>,
        /// The id of the last event that was received, after which it goes on.
        #[oai(name = "Last-Event-ID")]
        last: Header<Option<String>>,
    ) -> Result<EventStream<BoxStream<'static, Delivered>>, Problem> {
        let mark = last.as_deref().map(str::parse).transpose().map_err(Failure::from)?;
        let follower = notices::follow(&session.app, &session, mark, unread.unwrap_or(false)).await?;
        let until = tokio::time::Instant::now() + STREAM;
        let start = (session, follower, VecDeque::new());
        let delivered = stream::unfold(start, move |(session, mut follower, mut ready)| async move {
            let app = Arc::clone(&session.app);
            while ready.is_empty() && tokio::time::Instant::now() < until && !app.is_ending() {
                // Whoever follows comes again where the database is away.
                let (found, unread) = notices::next(&app, &session, &mut follower, ALIVE).await.ok()?;
                let sent = |(it, mark): (notices::Notice, notices::Mark)| Delivered {
                    notice: it.into(),
                    unread,
                    mark: mark.to_string(),
                };
                ready.extend(found.into_iter().map(sent));
            }
            ready.pop_front().map(|it| (it, (session, follower, ready)))
        });
        let named = |it: Delivered| sse::Event::message(it.to_json_string()).id(it.mark);
        Ok(EventStream::new(Box::pin(delivered) as BoxStream<'static, Delivered>).keep_alive(ALIVE).to_event(named))
    }

    /// Notes that the caller has read whatever they were told up to a notice.
    #[oai(path = "/v1/:tenant/notices/reading", method = "post", operation_id = "read_notices")]
    async fn read_notices(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<ReadTo>,
    ) -> Result<Json<Inbox>, Problem> {
        let app = &session.app;
        session.once(app, notices::read_until(app, &session, body.0.until)).await?;
        let (_, unread) = notices::list(app, &session, true, None, 1).await?;
        Ok(Json(Inbox { unread, items: Vec::new(), next: None }))
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
        let (_, unread) = notices::list(app, &session, true, None, 1).await?;
        Ok(Json(Inbox { unread, items: Vec::new(), next: None }))
    }
}

impl From<notices::Notice> for Notice {
    fn from(it: notices::Notice) -> Self {
        let notices::Notice { id, kind, event_id, facts, told_at, read_at } = it;
        Self { id, kind, event: event_id, facts, told_at: told_at.into(), read_at: read_at.map(Instant::from) }
    }
}

impl Example for ReadTo {
    fn example() -> Self {
        Self { until: EXAMPLE }
    }
}
