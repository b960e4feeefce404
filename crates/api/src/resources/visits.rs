//! `/v1/{tenant}/units/{unit}/helper-visits`: whoever needs a hand at a device gets one, and that is recorded.

use chrono::NaiveDate;
use poem::http::StatusCode;
use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{MemberId, TopicId, UnitId, VisitId, visits as domain};
use yishi_service::visits::{self, NewVisit};

use crate::{
    instants::Instant,
    pages::{Page, Wanted, uuid_cursor},
    parameters::{Cursor, RequestKey},
    problems::Problem,
    resources::{Tag, attachments::ErasureInput, codes::wire_enum, members::Created},
    sessions::Session,
};

/// The operations on visits.
pub struct VisitsApi;

wire_enum! {
    /// What somebody is helped with.
    Help = domain::Help {
        /// To raise a topic, to support one, or to comment.
        Topic,
        /// To take part in a meeting.
        Meeting,
        /// To vote.
        Ballot,
        /// To rate what was done.
        Rating,
        /// To use a device, an account or a service.
        Device,
        /// To read what was published.
        Reading,
    }
}

/// A visit to record.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct HelperVisitInput {
    /// Who helped; the caller unless given. A coordinator records other people's.
    #[oai(skip_serializing_if_is_none)]
    pub helper: Option<Uuid>,
    /// Who was helped, where they are a member.
    #[oai(skip_serializing_if_is_none)]
    pub helped: Option<Uuid>,
    /// Who was helped, by name, where they are none.
    #[oai(skip_serializing_if_is_none, validator(min_length = 1, max_length = 100))]
    pub helped_name: Option<String>,
    /// With what.
    pub help: Help,
    /// The topic that it was about, where it was about one.
    #[oai(skip_serializing_if_is_none)]
    pub topic: Option<Uuid>,
    /// How many minutes it lasted.
    #[oai(validator(minimum(value = "1"), maximum(value = "1440")))]
    pub minutes: u32,
    /// The day.
    pub visited_on: NaiveDate,
    /// What there is to say of it.
    #[oai(skip_serializing_if_is_none, validator(min_length = 1, max_length = 2000))]
    pub note: Option<String>,
}

/// A visit.
#[derive(Debug, Object)]
pub struct HelperVisit {
    /// Its identifier.
    pub id: Uuid,
    /// Where it was.
    pub unit: Uuid,
    /// Who helped.
    pub helper: Uuid,
    /// Who was helped, where they are a member. Neither this nor a name is there once it was erased.
    #[oai(skip_serializing_if_is_none)]
    pub helped: Option<Uuid>,
    /// Who was helped, by name, where they are none.
    #[oai(skip_serializing_if_is_none)]
    pub helped_name: Option<String>,
    /// With what.
    pub help: Help,
    /// The topic that it was about.
    #[oai(skip_serializing_if_is_none)]
    pub topic: Option<Uuid>,
    /// How many minutes it lasted.
    pub minutes: u32,
    /// The day.
    pub visited_on: NaiveDate,
    /// What there is to say of it.
    #[oai(skip_serializing_if_is_none)]
    pub note: Option<String>,
    /// When it was recorded.
    pub recorded_at: Instant,
}

/// What visits come to.
#[derive(Debug, Object)]
pub struct HelperVisitSum {
    /// What was helped with; none where all is added up.
    #[oai(skip_serializing_if_is_none)]
    pub help: Option<Help>,
    /// How many visits.
    pub visits: u64,
    /// How many people were helped.
    pub people: u64,
    /// How many minutes.
    pub minutes: u64,
}

/// Names were erased.
#[derive(ApiResponse)]
pub enum NamesErased {
    /// They are kept no more.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(tag = "Tag::Topic")]
impl VisitsApi {
    /// Records a visit of a digital helper, for who helped and coordinators.
    #[oai(path = "/v1/:tenant/units/:unit/helper-visits", method = "post", operation_id = "record_helper_visit")]
    async fn record_helper_visit(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The unit's id.
        unit: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<HelperVisitInput>,
    ) -> Result<Created, Problem> {
        let it = body.0;
        let helped = match (it.helped, it.helped_name) {
            (Some(member), None) => domain::Helped::Member(MemberId(member)),
            (None, Some(name)) => domain::Helped::Named(name),
            _ => {
                let text = "say who was helped: a member, or somebody else by name";
                let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "visit.whose", text);
                return Err(problem.with_field("helped").with_fix("give one of `helped` and `helped_name`"));
            }
        };
        let new = NewVisit {
            unit: UnitId(*unit),
            helper: it.helper.map(MemberId),
            helped,
            help: it.help.into(),
            topic: it.topic.map(TopicId),
            minutes: it.minutes,
            visited_on: it.visited_on,
            note: it.note,
        };
        let app = &session.app;
        Ok(Created::one(session.once(app, visits::record(app, &session, new)).await?.uuid()))
    }

    /// Lists the visits in a unit and all that lies under it, in the order in which they were recorded.
    #[oai(path = "/v1/:tenant/units/:unit/helper-visits", method = "get", operation_id = "list_helper_visits")]
    async fn list_helper_visits(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The unit's id.
        unit: Path<Uuid>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many visits at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<HelperVisit>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let after = uuid_cursor(&wanted.after)?.map(VisitId);
        let loaded = visits::list(&session.app, &session, UnitId(*unit), after, wanted.load()).await?;
        Ok(Json(wanted.page(loaded, |it| it.id.to_string(), HelperVisit::from)))
    }

    /// Erases whom a visit was to and what was noted of it; the visit itself still counts. For both of them, coordinators and administrators.
    #[oai(path = "/v1/:tenant/helper-visits/:visit/erasure", method = "post", operation_id = "erase_helper_visit")]
    async fn erase_helper_visit(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The visit's id.
        visit: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<ErasureInput>,
    ) -> Result<NamesErased, Problem> {
        let (app, id) = (&session.app, VisitId(*visit));
        session.once(app, visits::erase(app, &session, id, body.0.reason)).await?;
        Ok(NamesErased::Done)
    }

    /// Adds the visits in a unit and all that lies under it up: all of them first, then by what was helped with.
    ///
    /// Whoever holds no role there is not told of sums of 1 to 9 people, and of the others in whole tens of visits and people and whole ten hours, rounded
    /// down.
    #[oai(path = "/v1/:tenant/units/:unit/helper-visits/sums", method = "get", operation_id = "get_helper_visit_sums")]
    async fn get_helper_visit_sums(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The unit's id.
        unit: Path<Uuid>,
        /// The first day.
        from: Query<Option<NaiveDate>>,
        /// The day after the last one.
        until: Query<Option<NaiveDate>>,
    ) -> Result<Json<Vec<HelperVisitSum>>, Problem> {
        let sums = visits::sums(&session.app, &session, UnitId(*unit), (*from, *until)).await?;
        Ok(Json(sums.into_iter().map(HelperVisitSum::from).collect()))
    }
}

impl From<domain::Visit> for HelperVisit {
    fn from(it: domain::Visit) -> Self {
        let (helped, helped_name) = match it.helped {
            domain::Helped::Member(member) => (Some(member.uuid()), None),
            domain::Helped::Named(name) => (None, Some(name)),
            domain::Helped::Erased => (None, None),
        };
        Self {
            id: it.id.uuid(),
            unit: it.unit.uuid(),
            helper: it.helper.uuid(),
            helped,
            helped_name,
            help: it.help.into(),
            topic: it.topic.map(TopicId::uuid),
            minutes: it.minutes,
            visited_on: it.visited_on,
            note: it.note,
            recorded_at: it.recorded_at.into(),
        }
    }
}

impl From<domain::Sum> for HelperVisitSum {
    fn from(it: domain::Sum) -> Self {
        Self { help: it.help.map(Help::from), visits: it.visits, people: it.people, minutes: it.minutes }
    }
}

impl Example for HelperVisitInput {
    fn example() -> Self {
        Self {
            helper: None,
            helped: None,
            helped_name: Some("陈阿婆".into()),
            help: Help::Ballot,
            topic: None,
            minutes: 40,
            visited_on: NaiveDate::from_ymd_opt(2026, 3, 5).expect("a day"),
            note: Some("上门读选票，教会语音播报。".into()),
        }
    }
}
