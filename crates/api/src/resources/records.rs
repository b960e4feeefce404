//! `/v1/{tenant}/events` and `/public/{tenant}/record`: what happened, and the proof that nothing was changed afterwards.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::stream::{self, BoxStream};
use poem::web::sse;
use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::{EventStream, Json},
    types::ToJSON as _,
};
use uuid::Uuid;
use yishi_domain::{StoredEvent, UnitId, subscriptions::Kinds};
use yishi_service::{directory, feeds};

use crate::{
    instants::Instant,
    pages::{Wanted, bad_cursor},
    parameters::Cursor,
    problems::Problem,
    resources::Tag,
    sessions::{Session, Visitor},
};

/// The operations on the record.
pub struct RecordsApi;

/// An event: something that happened.
#[derive(Debug, Object)]
pub struct Event {
    /// Its identifier.
    pub id: Uuid,
    /// Its position in the record, from zero.
    pub position: u64,
    /// Its kind, `<resource>.<past participle>`.
    pub kind: String,
    /// What it is about.
    pub subject: Uuid,
    /// The kind of actor: `member`, `operator` or `system`.
    pub actor: String,
    /// When it happened by the tenant's clock.
    pub at: Instant,
    /// When it was committed by the wall clock.
    pub recorded_at: Instant,
    /// Public facts; a value `{"commitment": ..}` stands for what is not public.
    pub body: serde_json::Value,
}

/// A part of the change feed.
#[derive(Debug, Object)]
pub struct Feed {
    /// The events, in order of position.
    pub items: Vec<Event>,
    /// Where the next page begins; absent on the last one.
    #[oai(skip_serializing_if_is_none)]
    pub next: Option<String>,
    /// The last position that was looked at, whether its event is among the items or not: give it as `after` to go on; absent while nothing
    /// has a position.
    #[oai(skip_serializing_if_is_none)]
    pub read_to: Option<u64>,
}

/// For how long a stream goes on; whoever follows takes it up by `Last-Event-ID`, and is admitted anew.
const STREAM: Duration = Duration::from_secs(300);

/// How often a stream in which nothing happens shows that it is alive.
const ALIVE: Duration = Duration::from_secs(15);

/// The proof that an event is in the record (RFC 6962, section 2.1.1).
#[derive(Debug, Object)]
pub struct Proof {
    /// The size of the tree that the proof is for.
    pub size: u64,
    /// The event's position.
    pub position: u64,
    /// The leaf, as its bytes were hashed.
    pub leaf: String,
    /// The sibling hashes, lowest first, each in base64.
    pub hashes: Vec<String>,
    /// The signed checkpoint of that size.
    pub checkpoint: String,
}

#[OpenApi(tag = "Tag::Record")]
impl RecordsApi {
    /// Lists events that have their position in the record, in order of position; the change feed.
    ///
    /// A position is given once, and no event turns up later below one that was listed: whoever asks again after `read_to` misses nothing.
    /// Events are kept for good. What those of a kind say is described at `/schemas/events.json` (JSON Schema).
    #[oai(path = "/v1/:tenant/events", method = "get", operation_id = "list_events")]
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    async fn list_events(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// The position after which it begins; from the first one unless given.
        after: Query<Option<u64>>,
        /// Kinds with commas between, such as `ballot.opened,topic.*`; all unless given.
        kinds: Query<Option<String>>,
        /// The unit that they are about, or under which what they are about lies.
        unit: Query<Option<Uuid>>,
        /// For how many seconds the answer may wait for a first event.
        #[oai(validator(maximum(value = "60")))]
        wait: Query<Option<u8>>,
        /// How many events at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Feed>, Problem> {
        let page = Wanted::new(cursor.as_deref(), *limit)?;
        let from = match page.after.as_str() {
            "" => after.map_or(0, next),
            last => next(last.parse().map_err(|_| bad_cursor())?),
        };
        let kinds = parse_kinds(kinds.as_deref())?;
        let wanted = feeds::wanted(&session.app, &session, from, kinds, unit.map(UnitId), page.load()).await?;
        let wait = Duration::from_secs(wait.unwrap_or(0).into());
        let (loaded, on) = feeds::read(&session.app, &session.ctx, &wanted, wait).await?;
        let page = page.page(loaded, |it| it.position.unwrap_or_default().to_string(), Event::from);
        let last = page.items.last().filter(|_| page.next.is_some()).map(|it| it.position);
        Ok(Json(Feed { read_to: last.or_else(|| on.checked_sub(1)), items: page.items, next: page.next }))
    }

    /// Sends events as they get their position in the record (server-sent events), each with its position as its id.
    ///
    /// A stream ends after five minutes and when the server does; an `EventSource` takes it up by itself where it ended.
    #[oai(path = "/v1/:tenant/events/stream", method = "get", operation_id = "follow_events")]
    async fn follow_events(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The position after which it begins; from the first one unless given.
        after: Query<Option<u64>>,
        /// The position of the last event that was received, which comes before `after`.
        #[oai(name = "Last-Event-ID")]
        last: Header<Option<u64>>,
        /// Kinds with commas between, such as `ballot.opened,topic.*`; all unless given.
        kinds: Query<Option<String>>,
        /// The unit that they are about, or under which what they are about lies.
        unit: Query<Option<Uuid>>,
    ) -> Result<EventStream<BoxStream<'static, Event>>, Problem> {
        let kinds = parse_kinds(kinds.as_deref())?;
        let from = last.or(*after).map_or(0, next);
        let wanted = feeds::wanted(&session.app, &session, from, kinds, unit.map(UnitId), 200).await?;
        let (app, ctx) = (Arc::clone(&session.app), session.ctx.clone());
        let until = tokio::time::Instant::now() + STREAM;
        let events = stream::unfold((wanted, VecDeque::new()), move |(mut wanted, mut ready)| {
            let (app, ctx) = (Arc::clone(&app), ctx.clone());
            async move {
                while ready.is_empty() && tokio::time::Instant::now() < until && !app.is_ending() {
                    // Whoever follows comes again where the database is away.
                    let (found, on) = feeds::read(&app, &ctx, &wanted, ALIVE).await.ok()?;
                    wanted.from = on;
                    ready.extend(found);
                }
                ready.pop_front().map(|event| (Event::from(event), (wanted, ready)))
            }
        });
        let named =
            |it: Event| sse::Event::message(it.to_json_string()).id(it.position.to_string()).event_type(it.kind);
        Ok(EventStream::new(Box::pin(events) as BoxStream<'static, Event>).keep_alive(ALIVE).to_event(named))
    }

    /// Proves that the event at a position is in the record.
    #[oai(path = "/public/:tenant/record/proofs/:position", method = "get", operation_id = "get_proof")]
    async fn get_proof(
        &self,
        visitor: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The event's position, from zero.
        #[oai(validator(minimum(value = "0"), maximum(value = "9007199254740991")))]
        position: Path<u64>,
    ) -> Result<Json<Proof>, Problem> {
        let directory::Proof { size, leaf, hashes, checkpoint } =
            directory::prove(&visitor.app, &visitor, *position).await?;
        let hashes = hashes.iter().map(|hash| STANDARD.encode(hash)).collect();
        Ok(Json(Proof { size, position: *position, leaf, hashes, checkpoint }))
    }
}

/// The position after one.
const fn next(position: u64) -> u64 {
    position.saturating_add(1)
}

fn parse_kinds(text: Option<&str>) -> Result<Kinds, Problem> {
    Ok(text.unwrap_or_default().parse::<Kinds>().map_err(yishi_service::failures::Failure::from)?)
}

impl From<StoredEvent> for Event {
    fn from(it: StoredEvent) -> Self {
        let StoredEvent { id, kind, subject, actor, at, recorded_at, body, position } = it;
        let position = position.unwrap_or_default();
        Self { id: id.uuid(), position, kind, subject, actor, at: at.into(), recorded_at: recorded_at.into(), body }
    }
}
