//! `/v1/{tenant}/topics/{topic}/positions` and `wordings`: where people stand and why, and the wording with its amendments.

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{AmendmentId, PositionId, TopicId, channels};
use yishi_service::positions::{self, stored};

use crate::{
    instants::Instant,
    pages::{Wanted, uuid_cursor},
    parameters::{Cursor, RequestKey},
    problems::Problem,
    resources::{Tag, codes::wire_enum, invitations::Noted, members::Created},
    sessions::Session,
};

/// The operations on positions and wordings.
pub struct PositionsApi;

wire_enum! {
    /// Where somebody stands.
    Side = channels::Side {
        /// For it.
        InFavour,
        /// Against it.
        Against,
        /// Neither.
        Neutral,
    }
}

/// A position to state.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct PositionInput {
    /// The side.
    pub side: Side,
    /// Why.
    #[oai(validator(min_length = 1, max_length = 2000))]
    pub reason: String,
}

/// A position, without the name of whose it is.
#[derive(Debug, Object)]
pub struct Position {
    /// The side.
    pub side: Side,
    /// Why.
    pub reason: String,
    /// Since when.
    pub stated_at: Instant,
}

/// Where people stand.
#[derive(Debug, Object)]
pub struct Positions {
    /// How many are for it.
    pub in_favour: u64,
    /// How many are against it.
    pub against: u64,
    /// How many are neither.
    pub neutral: u64,
    /// The positions, the earliest first.
    pub items: Vec<Position>,
    /// Where the next page begins; absent on the last one.
    #[oai(skip_serializing_if_is_none)]
    pub next: Option<String>,
}

/// A wording to give.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct WordingInput {
    /// The version that was read; 0 where there is none yet.
    pub base: u32,
    /// The text.
    #[oai(validator(min_length = 1, max_length = 10000))]
    pub text: String,
}

/// A version of the wording.
#[derive(Debug, Object)]
pub struct Wording {
    /// The version, from 1.
    pub version: u32,
    /// The text.
    pub text: String,
    /// The amendment that led to it.
    #[oai(skip_serializing_if_is_none)]
    pub amendment: Option<Uuid>,
    /// When it was given.
    pub worded_at: Instant,
}

/// An amendment to propose.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct AmendmentInput {
    /// The version that it amends: the present one.
    pub base: u32,
    /// The whole text as it would be.
    #[oai(validator(min_length = 1, max_length = 10000))]
    pub text: String,
    /// Why.
    #[oai(validator(min_length = 1, max_length = 2000))]
    pub reason: String,
}

/// An amendment.
#[derive(Debug, Object)]
pub struct Amendment {
    /// Its identifier.
    pub id: Uuid,
    /// The version that it amends.
    pub base: u32,
    /// The whole text as it would be.
    pub text: String,
    /// Why.
    pub reason: String,
    /// When it was proposed.
    pub proposed_at: Instant,
    /// Whether it was accepted; absent while it is open.
    #[oai(skip_serializing_if_is_none)]
    pub accepted: Option<bool>,
    /// Why.
    #[oai(skip_serializing_if_is_none)]
    pub answer: Option<String>,
}

/// The decision on an amendment.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct AmendmentDecision {
    /// Whether it is accepted.
    pub accepted: bool,
    /// Why.
    #[oai(validator(min_length = 1, max_length = 2000))]
    pub answer: String,
}

/// The version of the wording after a change.
#[derive(Debug, Object)]
pub struct WordingVersion {
    /// The version.
    pub version: u32,
}

#[OpenApi(tag = "Tag::Deliberation")]
impl PositionsApi {
    /// States where one stands on a topic, in the place of where one stood before.
    #[oai(path = "/v1/:tenant/topics/:topic/positions", method = "post", operation_id = "state_position")]
    async fn state_position(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<PositionInput>,
    ) -> Result<Noted, Problem> {
        let PositionInput { side, reason } = body.0;
        let app = &session.app;
        session.once(app, positions::state(app, &session, TopicId(*topic), side.into(), reason)).await?;
        Ok(Noted::Done)
    }

    /// Lists where people stand on a topic and why, without their names.
    #[oai(path = "/v1/:tenant/topics/:topic/positions", method = "get", operation_id = "list_positions")]
    async fn list_positions(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Positions>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let after = uuid_cursor(&wanted.after)?.map(PositionId);
        let (sides, loaded) = positions::list(&session.app, &session, TopicId(*topic), after, wanted.load()).await?;
        let number = |side| sides.iter().find(|it| it.0 == side).map_or(0, |it| it.1);
        let page = wanted.page(loaded, |it| it.id.to_string(), Position::from);
        Ok(Json(Positions {
            in_favour: number(channels::Side::InFavour),
            against: number(channels::Side::Against),
            neutral: number(channels::Side::Neutral),
            items: page.items,
            next: page.next,
        }))
    }

    /// Gives a topic its wording, the first one or another one.
    #[oai(path = "/v1/:tenant/topics/:topic/wordings", method = "post", operation_id = "give_wording")]
    async fn give_wording(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<WordingInput>,
    ) -> Result<Json<WordingVersion>, Problem> {
        let WordingInput { base, text } = body.0;
        let app = &session.app;
        let version = session.once(app, positions::word(app, &session, TopicId(*topic), base, text)).await?;
        Ok(Json(WordingVersion { version }))
    }

    /// Lists every version of the wording, the first one first.
    #[oai(path = "/v1/:tenant/topics/:topic/wordings", method = "get", operation_id = "list_wordings")]
    async fn list_wordings(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
    ) -> Result<Json<Vec<Wording>>, Problem> {
        let all = positions::wordings(&session.app, &session, TopicId(*topic)).await?;
        Ok(Json(all.into_iter().map(Wording::from).collect()))
    }

    /// Proposes an amendment to the wording as it stands.
    #[oai(path = "/v1/:tenant/topics/:topic/amendments", method = "post", operation_id = "propose_amendment")]
    async fn propose_amendment(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<AmendmentInput>,
    ) -> Result<Created, Problem> {
        let AmendmentInput { base, text, reason } = body.0;
        let app = &session.app;
        let id = session.once(app, positions::propose(app, &session, TopicId(*topic), base, text, reason)).await?;
        Ok(Created::one(id.uuid()))
    }

    /// Lists every amendment, the earliest first, with what became of it.
    #[oai(path = "/v1/:tenant/topics/:topic/amendments", method = "get", operation_id = "list_amendments")]
    async fn list_amendments(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
    ) -> Result<Json<Vec<Amendment>>, Problem> {
        let all = positions::amendments(&session.app, &session, TopicId(*topic)).await?;
        Ok(Json(all.into_iter().map(Amendment::from).collect()))
    }

    /// Accepts an amendment, which makes a version of the wording, or rejects it.
    #[oai(path = "/v1/:tenant/amendments/:amendment/decision", method = "post", operation_id = "decide_amendment")]
    async fn decide_amendment(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The amendment's id.
        amendment: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<AmendmentDecision>,
    ) -> Result<Json<WordingVersion>, Problem> {
        let AmendmentDecision { accepted, answer } = body.0;
        let app = &session.app;
        let decide = positions::decide(app, &session, AmendmentId(*amendment), accepted, answer);
        Ok(Json(WordingVersion { version: session.once(app, decide).await? }))
    }
}

impl From<stored::Position> for Position {
    fn from(it: stored::Position) -> Self {
        Self { side: it.side.into(), reason: it.reason, stated_at: it.stated_at.into() }
    }
}

impl From<stored::Wording> for Wording {
    fn from(it: stored::Wording) -> Self {
        let amendment = it.amendment.map(AmendmentId::uuid);
        Self { version: it.version, text: it.text, amendment, worded_at: it.worded_at.into() }
    }
}

impl From<stored::Amendment> for Amendment {
    fn from(it: stored::Amendment) -> Self {
        let (accepted, answer) = it.decision.map(|(accepted, answer, _)| (accepted, answer)).unzip();
        Self {
            id: it.id.uuid(),
            base: it.base,
            text: it.text,
            reason: it.reason,
            proposed_at: it.proposed_at.into(),
            accepted,
            answer,
        }
    }
}

impl Example for PositionInput {
    fn example() -> Self {
        Self { side: Side::InFavour, reason: "老人夜间出行不安全。".into() }
    }
}

impl Example for WordingInput {
    fn example() -> Self {
        Self { base: 0, text: "更换3号楼前的两盏路灯。".into() }
    }
}

impl Example for AmendmentInput {
    fn example() -> Self {
        Self {
            base: 1, text: "先修后换3号楼前的两盏路灯。".into(), reason: "能修的不必换。".into()
        }
    }
}

impl Example for AmendmentDecision {
    fn example() -> Self {
        Self { accepted: true, answer: "多数人同意。".into() }
    }
}
