//! `/v1/{tenant}/events` and `/public/{tenant}/record`: what happened, and the proof that nothing was changed afterwards.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Json,
};
use uuid::Uuid;
use yishi_domain::StoredEvent;
use yishi_service::directory;

use crate::{
    instants::Instant,
    pages::{Page, Wanted, bad_cursor},
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
    /// Lists events that have their position in the record, in order of position.
    #[oai(path = "/v1/:tenant/events", method = "get", operation_id = "list_events")]
    async fn list_events(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// `next` of the page before.
        cursor: Query<Option<String>>,
        /// How many events at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<Event>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let from = match wanted.after.as_str() {
            "" => 0,
            last => 1 + last.parse::<u64>().map_err(|_| bad_cursor())?,
        };
        let loaded = directory::list_events(&session.app, &session, from, wanted.load()).await?;
        Ok(Json(wanted.page(loaded, |it| it.position.unwrap_or_default().to_string(), Event::from)))
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
        position: Path<u64>,
    ) -> Result<Json<Proof>, Problem> {
        let directory::Proof { size, leaf, hashes, checkpoint } =
            directory::prove(&visitor.app, &visitor, *position).await?;
        let hashes = hashes.iter().map(|hash| STANDARD.encode(hash)).collect();
        Ok(Json(Proof { size, position: *position, leaf, hashes, checkpoint }))
    }
}

impl From<StoredEvent> for Event {
    fn from(it: StoredEvent) -> Self {
        let StoredEvent { id, kind, subject, actor, at, recorded_at, body, position } = it;
        let position = position.unwrap_or_default();
        Self { id: id.uuid(), position, kind, subject, actor, at: at.into(), recorded_at: recorded_at.into(), body }
    }
}
