//! `/v1/{tenant}/findings`: what supervision committees (監督委員會) check, find and ask, published for everybody.

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{EscalationId, FindingId, ItemId, TopicId, UnitId, findings as domain};
use yishi_service::findings::{self, NewFinding, stored::FindingFilter};

use crate::{
    conditions::require_match,
    instants::Instant,
    pages::{Page, Wanted, uuid_cursor},
    parameters::{Cursor, RequestKey},
    problems::Problem,
    resources::{EXAMPLE, Tag, codes::wire_enum, members::Created},
    sessions::{Session, Visitor},
};

/// The operations on findings.
pub struct FindingsApi;

wire_enum! {
    /// Where a finding stands.
    FindingState = domain::FindingState {
        /// It waits for an answer.
        Open,
        /// It was not answered in time.
        Overdue,
        /// It is answered.
        Answered,
        /// The committee has closed it.
        Closed,
    }
}

wire_enum! {
    /// What the committee notes.
    FindingKind = domain::FindingKind {
        /// Something was looked at and is in order.
        Check,
        /// Something is not in order.
        Finding,
        /// Something is asked.
        Question,
    }
}

wire_enum! {
    /// Which duty was not kept, where something is not in order (責任追究).
    FindingGround = domain::Ground {
        /// What was resolved was not carried out by its date.
        OverdueItem,
        /// A call to a department, or a question of the committee, was not answered in time.
        UnansweredCall,
        /// A step that the case must show was left out or taken too late.
        MissingStep,
        /// Residents are not satisfied with what was done.
        UnsatisfyingResult,
        /// Something else, as its words say.
        Other,
    }
}

wire_enum! {
    /// What follows for the unit where a finding is closed.
    FindingMeasure = domain::Measure {
        /// Nothing.
        None,
        /// It is reminded (提醒).
        Reminder,
        /// Whoever leads it is talked to (约谈).
        Talk,
        /// It has to put things right (责令整改).
        Correction,
        /// It is criticised before others (通报批评).
        Criticism,
        /// Something else, as the outcome says.
        Other,
    }
}

/// Something to note about a case.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct FindingInput {
    /// What it is.
    pub kind: FindingKind,
    /// The unit that it concerns.
    pub unit: Uuid,
    /// The action item that it is about, where it is about one.
    pub item: Option<Uuid>,
    /// Which duty was not kept; a finding has such a ground, nothing else has.
    pub ground: Option<FindingGround>,
    /// In words, which are published.
    #[oai(validator(min_length = 1, max_length = 10000))]
    pub text: String,
    /// By when it must be answered; a question and a finding have such a date, a check has none.
    pub answer_by: Option<Instant>,
}

/// A finding.
#[derive(Debug, Object)]
pub struct Finding {
    /// Its identifier.
    pub id: Uuid,
    /// The case.
    pub topic: Uuid,
    /// The action item that it is about.
    #[oai(skip_serializing_if_is_none)]
    pub item: Option<Uuid>,
    /// The unit that it concerns.
    pub unit: Uuid,
    /// The escalation by which the rules opened it; absent where the committee did.
    #[oai(skip_serializing_if_is_none)]
    pub escalation: Option<Uuid>,
    /// What it is.
    pub kind: FindingKind,
    /// Which duty was not kept, where something is not in order.
    #[oai(skip_serializing_if_is_none)]
    pub ground: Option<FindingGround>,
    /// In words; what was asked last.
    pub text: String,
    /// By when it must be answered.
    #[oai(skip_serializing_if_is_none)]
    pub answer_by: Option<Instant>,
    /// Where it stands.
    pub state: FindingState,
    /// The last answer.
    #[oai(skip_serializing_if_is_none)]
    pub answer: Option<String>,
    /// What it was closed with.
    #[oai(skip_serializing_if_is_none)]
    pub outcome: Option<String>,
    /// What followed for the unit.
    #[oai(skip_serializing_if_is_none)]
    pub measure: Option<FindingMeasure>,
    /// When it was noted.
    pub noted_at: Instant,
    /// When it was closed.
    #[oai(skip_serializing_if_is_none)]
    pub closed_at: Option<Instant>,
    /// Counts its changes, from one.
    pub version: u64,
}

/// An answer to a finding.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct FindingAnswer {
    /// The answer, which is published.
    #[oai(validator(min_length = 1, max_length = 10000))]
    pub answer: String,
}

/// A question that is asked again.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct FindingQuestion {
    /// The question.
    #[oai(validator(min_length = 1, max_length = 10000))]
    pub question: String,
    /// By when it must be answered.
    pub answer_by: Instant,
}

/// What a finding is closed with.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct FindingOutcome {
    /// What became of it.
    #[oai(validator(min_length = 1, max_length = 10000))]
    pub outcome: String,
    /// What follows for the unit from a finding; nothing unless given. It has answered before, or let the time for it pass.
    pub measure: Option<FindingMeasure>,
}

#[OpenApi(tag = "Tag::Execution")]
impl FindingsApi {
    /// Notes a check, a finding or a question about a case.
    #[oai(path = "/v1/:tenant/topics/:topic/findings", method = "post", operation_id = "note_finding")]
    async fn note_finding(
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
        body: Json<FindingInput>,
    ) -> Result<Created, Problem> {
        let (app, FindingInput { kind, unit, item, ground, text, answer_by }) = (&session.app, body.0);
        let (item, answer_by) = (item.map(ItemId), answer_by.map(|it| it.0));
        let ground = ground.map(Into::into);
        let new = NewFinding { kind: kind.into(), unit: UnitId(unit), item, ground, text, answer_by };
        let act = findings::note(app, &session, TopicId(*topic), new);
        Ok(Created::one(session.once(app, act).await?.uuid()))
    }

    /// Lists what supervision committees have noted, the earliest first.
    #[oai(path = "/public/:tenant/findings", method = "get", operation_id = "list_findings")]
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    async fn list_findings(
        &self,
        session: Visitor,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Only what is about a topic's case.
        topic: Query<Option<Uuid>>,
        /// Only what concerns a unit.
        unit: Query<Option<Uuid>>,
        /// Only what is in a state.
        state: Query<Option<FindingState>>,
        /// Only what stands on a ground.
        ground: Query<Option<FindingGround>>,
        /// Only what was closed with a measure.
        measure: Query<Option<FindingMeasure>>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many findings at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<Finding>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let after = uuid_cursor(&wanted.after)?.map(FindingId);
        let (topic, unit) = (topic.map(TopicId), unit.map(UnitId));
        let (state, ground, measure) = (state.map(Into::into), ground.map(Into::into), measure.map(Into::into));
        let filter = FindingFilter { topic, unit, state, ground, measure };
        let loaded = findings::list(&session.app, &session, &filter, after, wanted.load()).await?;
        Ok(Json(wanted.page(loaded, |it| it.id.to_string(), Finding::from)))
    }

    /// Gets a finding.
    #[oai(path = "/v1/:tenant/findings/:finding", method = "get", operation_id = "get_finding")]
    async fn get_finding(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The finding's id.
        finding: Path<Uuid>,
    ) -> Result<Json<Finding>, Problem> {
        Ok(Json(findings::get(&session.app, &session, FindingId(*finding)).await?.into()))
    }

    /// Answers a finding, for the unit that it concerns.
    #[oai(path = "/v1/:tenant/findings/:finding/answer", method = "post", operation_id = "answer_finding")]
    async fn answer_finding(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The finding's id.
        finding: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        /// The finding's `ETag` as last read; where it has changed since, the answer is 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<FindingAnswer>,
    ) -> Result<Json<Finding>, Problem> {
        let (id, app) = (FindingId(*finding), &session.app);
        let act = async {
            let seen = seen(&session, id, if_match.as_deref()).await?;
            Ok::<_, Problem>(findings::answer(app, &session, id, seen, body.0.answer).await?)
        };
        Ok(Json(session.once(app, act).await?.into()))
    }

    /// Asks again what was not answered well.
    #[oai(path = "/v1/:tenant/findings/:finding/question", method = "post", operation_id = "ask_finding_again")]
    async fn ask_finding_again(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The finding's id.
        finding: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        /// The finding's `ETag` as last read; where it has changed since, the answer is 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<FindingQuestion>,
    ) -> Result<Json<Finding>, Problem> {
        let (id, app) = (FindingId(*finding), &session.app);
        let FindingQuestion { question, answer_by } = body.0;
        let act = async {
            let seen = seen(&session, id, if_match.as_deref()).await?;
            Ok::<_, Problem>(findings::ask_again(app, &session, id, seen, question, answer_by.0).await?)
        };
        Ok(Json(session.once(app, act).await?.into()))
    }

    /// Closes a finding, with what became of it and what follows for the unit.
    #[oai(path = "/v1/:tenant/findings/:finding/closing", method = "post", operation_id = "close_finding")]
    async fn close_finding(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The finding's id.
        finding: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        /// The finding's `ETag` as last read; where it has changed since, the answer is 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<FindingOutcome>,
    ) -> Result<Json<Finding>, Problem> {
        let (id, app) = (FindingId(*finding), &session.app);
        let FindingOutcome { outcome, measure } = body.0;
        let act = async {
            let seen = seen(&session, id, if_match.as_deref()).await?;
            Ok::<_, Problem>(findings::close(app, &session, id, seen, outcome, measure.map(Into::into)).await?)
        };
        Ok(Json(session.once(app, act).await?.into()))
    }
}

/// The version of a finding that the caller has seen, where they say which.
async fn seen(session: &Session, id: FindingId, if_match: Option<&str>) -> Result<Option<u64>, Problem> {
    if if_match.is_none() {
        return Ok(None);
    }
    let present: Finding = findings::get(&session.app, session, id).await?.into();
    require_match(if_match, &present)?;
    Ok(Some(present.version))
}

impl From<domain::Finding> for Finding {
    fn from(it: domain::Finding) -> Self {
        Self {
            id: it.id.uuid(),
            topic: it.topic.uuid(),
            item: it.item.map(ItemId::uuid),
            unit: it.unit.uuid(),
            escalation: it.escalation.map(EscalationId::uuid),
            kind: it.kind.into(),
            ground: it.ground.map(Into::into),
            text: it.text,
            answer_by: it.answer_by.map(Instant::from),
            state: it.state.into(),
            answer: it.answer,
            outcome: it.outcome,
            measure: it.measure.map(Into::into),
            noted_at: it.noted_at.into(),
            closed_at: it.closed_at.map(Instant::from),
            version: it.version,
        }
    }
}

impl Example for FindingInput {
    fn example() -> Self {
        Self {
            kind: FindingKind::Finding,
            unit: EXAMPLE,
            item: None,
            ground: Some(FindingGround::MissingStep),
            text: "施工现场未公示工期。".into(),
            answer_by: chrono::DateTime::from_timestamp(1_798_761_600, 0).map(Instant),
        }
    }
}

impl Example for FindingAnswer {
    fn example() -> Self {
        Self { answer: "已于今日补充公示。".into() }
    }
}

impl Example for FindingOutcome {
    fn example() -> Self {
        Self { outcome: "复查合格。".into(), measure: Some(FindingMeasure::None) }
    }
}
