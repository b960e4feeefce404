//! `/v1/{tenant}/calls`: whistle calls (議事吹哨、部門報到), and the answers to them.

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{CallId, EscalationId, TopicId, UnitId, calls as domain};
use yishi_service::calls::{self, NewCall, stored::CallFilter};

use crate::{
    conditions::require_match,
    instants::Instant,
    pages::{Page, Wanted, uuid_cursor},
    parameters::{Cursor, RequestKey},
    problems::Problem,
    resources::{EXAMPLE, Tag, codes::wire_enum, members::Created},
    sessions::Session,
};

/// The operations on calls.
pub struct CallsApi;

wire_enum! {
    /// Where a call stands.
    CallState = domain::CallState {
        /// Some of those who were called have not answered, and there is time.
        Open,
        /// Some of those who were called did not answer in time.
        Unanswered,
        /// All have answered.
        Answered,
        /// What they were called for is settled.
        Closed,
    }
}

wire_enum! {
    /// What a called unit answers.
    CallReply = domain::Reply {
        /// It takes the matter on.
        Accepted,
        /// It has reported on site (報到).
        OnSite,
        /// It declines, with a reason.
        Declined,
    }
}

/// A call to make.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct CallInput {
    /// Those who are called.
    #[oai(validator(min_items = 1, max_items = 20))]
    pub units: Vec<Uuid>,
    /// The one that leads; may be left out where only one is called.
    pub lead: Option<Uuid>,
    /// What they are called for.
    #[oai(validator(min_length = 1, max_length = 2000))]
    pub matter: String,
    /// Hours to answer; 48 unless given.
    #[oai(validator(minimum(value = "1"), maximum(value = "720")))]
    pub hours: Option<u32>,
    /// Working days to answer by the city's calendar, instead of hours.
    #[oai(skip_serializing_if_is_none, validator(minimum(value = "1"), maximum(value = "250")))]
    pub working_days: Option<u16>,
}

/// A call.
#[derive(Debug, Object)]
pub struct Call {
    /// Its identifier.
    pub id: Uuid,
    /// The case.
    pub topic: Uuid,
    /// The escalation by which the rules called; absent where a coordinator did.
    #[oai(skip_serializing_if_is_none)]
    pub escalation: Option<Uuid>,
    /// What they are called for.
    pub matter: String,
    /// The one that leads; absent where all have declined.
    #[oai(skip_serializing_if_is_none)]
    pub lead: Option<Uuid>,
    /// When it was made.
    pub called_at: Instant,
    /// By when each must answer.
    pub due_at: Instant,
    /// Where it stands.
    pub state: CallState,
    /// Those who are called.
    pub called: Vec<CalledUnit>,
    /// Counts its changes, from one.
    pub version: u64,
}

/// A called unit and its answer.
#[derive(Debug, Object)]
pub struct CalledUnit {
    /// The unit.
    pub unit: Uuid,
    /// What it answered.
    #[oai(skip_serializing_if_is_none)]
    pub reply: Option<CallReply>,
    /// In words.
    #[oai(skip_serializing_if_is_none)]
    pub text: Option<String>,
    /// When.
    #[oai(skip_serializing_if_is_none)]
    pub answered_at: Option<Instant>,
}

/// An answer to a call.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct CallAnswer {
    /// The called unit for which it is given.
    pub unit: Uuid,
    /// The answer.
    pub reply: CallReply,
    /// In words; the reason where it declines.
    #[oai(validator(min_length = 1, max_length = 2000))]
    pub text: Option<String>,
}

#[OpenApi(tag = "Tag::Execution")]
impl CallsApi {
    /// Calls units to a case, each of which must answer in time.
    #[oai(path = "/v1/:tenant/topics/:topic/calls", method = "post", operation_id = "open_call")]
    async fn open_call(
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
        body: Json<CallInput>,
    ) -> Result<Created, Problem> {
        let (app, CallInput { units, lead, matter, hours, working_days }) = (&session.app, body.0);
        let units = units.into_iter().map(UnitId).collect();
        let new = NewCall { units, lead: lead.map(UnitId), matter, hours, working_days };
        let act = calls::open(app, &session, TopicId(*topic), new);
        Ok(Created::one(session.once(app, act).await?.uuid()))
    }

    /// Lists calls, the earliest first.
    #[oai(path = "/v1/:tenant/calls", method = "get", operation_id = "list_calls")]
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    async fn list_calls(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Only those to a topic's case.
        topic: Query<Option<Uuid>>,
        /// Only those to a unit.
        unit: Query<Option<Uuid>>,
        /// Only those in a state.
        state: Query<Option<CallState>>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many calls at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<Call>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let after = uuid_cursor(&wanted.after)?.map(CallId);
        let state = state.map(Into::into);
        let filter = CallFilter { topic: topic.map(TopicId), unit: unit.map(UnitId), state };
        let loaded = calls::list(&session.app, &session, &filter, after, wanted.load()).await?;
        Ok(Json(wanted.page(loaded, |it| it.id.to_string(), Call::from)))
    }

    /// Gets a call.
    #[oai(path = "/v1/:tenant/calls/:call", method = "get", operation_id = "get_call")]
    async fn get_call(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The call's id.
        call: Path<Uuid>,
    ) -> Result<Json<Call>, Problem> {
        Ok(Json(calls::get(&session.app, &session, CallId(*call)).await?.into()))
    }

    /// Answers a call for a unit that is called.
    #[oai(path = "/v1/:tenant/calls/:call/answers", method = "post", operation_id = "answer_call")]
    async fn answer_call(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The call's id.
        call: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        /// The call's `ETag` as last read; where it has changed since, the answer is 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<CallAnswer>,
    ) -> Result<Json<Call>, Problem> {
        let (id, app) = (CallId(*call), &session.app);
        let CallAnswer { unit, reply, text } = body.0;
        let act = async {
            let seen = seen(&session, id, if_match.as_deref()).await?;
            Ok::<_, Problem>(calls::answer(app, &session, id, seen, UnitId(unit), reply.into(), text).await?)
        };
        Ok(Json(session.once(app, act).await?.into()))
    }

    /// Closes a call, once all have answered and what they were called for is settled.
    #[oai(path = "/v1/:tenant/calls/:call/closing", method = "post", operation_id = "close_call")]
    async fn close_call(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The call's id.
        call: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        /// The call's `ETag` as last read; where it has changed since, the answer is 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Json<Call>, Problem> {
        let (id, app) = (CallId(*call), &session.app);
        let act = async {
            let seen = seen(&session, id, if_match.as_deref()).await?;
            Ok::<_, Problem>(calls::close(app, &session, id, seen).await?)
        };
        Ok(Json(session.once(app, act).await?.into()))
    }
}

/// The version of a call that the caller has seen, where they say which.
async fn seen(session: &Session, id: CallId, if_match: Option<&str>) -> Result<Option<u64>, Problem> {
    if if_match.is_none() {
        return Ok(None);
    }
    let present: Call = calls::get(&session.app, session, id).await?.into();
    require_match(if_match, &present)?;
    Ok(Some(present.version))
}

impl From<domain::Call> for Call {
    fn from(it: domain::Call) -> Self {
        Self {
            id: it.id.uuid(),
            topic: it.topic.uuid(),
            escalation: it.escalation.map(EscalationId::uuid),
            matter: it.matter,
            lead: it.lead.map(UnitId::uuid),
            called_at: it.called_at.into(),
            due_at: it.due_at.into(),
            state: it.state.into(),
            called: it.called.into_iter().map(CalledUnit::from).collect(),
            version: it.version,
        }
    }
}

impl From<domain::Called> for CalledUnit {
    fn from(it: domain::Called) -> Self {
        let unit = it.unit.uuid();
        match it.answer {
            None => Self { unit, reply: None, text: None, answered_at: None },
            Some(domain::Answered { reply, text, at }) => {
                Self { unit, reply: Some(reply.into()), text, answered_at: Some(at.into()) }
            }
        }
    }
}

impl Example for CallInput {
    fn example() -> Self {
        Self {
            units: vec![EXAMPLE],
            lead: None,
            matter: "占道停车需现场执法。".into(),
            hours: Some(48),
            working_days: None,
        }
    }
}

impl Example for CallAnswer {
    fn example() -> Self {
        Self { unit: EXAMPLE, reply: CallReply::Accepted, text: Some("今日下午到现场。".into()) }
    }
}
