//! `/v1/{tenant}/bodies`: standing bodies with a cadence, what their periods came to, and hours at which people can come.

use poem_openapi::{
    Enum, Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{BodyId, MemberId, UnitId, bodies as domain, scheduling};
use yishi_service::bodies::{self, NewBody, stored};

use crate::{
    instants::Instant,
    pages::{Page, Wanted, bad_cursor, uuid_cursor},
    parameters::{Cursor, RequestKey},
    problems::Problem,
    resources::{EXAMPLE, Tag, codes::wire_enum, invitations::Noted, members::Created},
    sessions::Session,
};

/// The operations on standing bodies.
pub struct BodiesApi;

wire_enum! {
    /// Whose council a standing body is.
    BodyKind = domain::BodyKind {
        /// The council of a unit (議事會).
        Council,
        /// Young people's.
        Youth,
        /// Older people's.
        OlderPeople,
        /// Drivers'.
        Drivers,
        /// Couriers'.
        Couriers,
    }
}

wire_enum! {
    /// Why a sitting is missed.
    MissedFor = domain::MissedFor {
        /// No meeting of the body began in the period.
        NoMeeting,
        /// Meetings began, and nobody is recorded as present.
        NobodyPresent,
    }
}

/// What people are told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum Dimension {
    /// Age bands.
    AgeBand,
    /// Sexes.
    Sex,
    /// Occupations.
    Occupation,
}

/// A standing body to found.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct BodyInput {
    /// The unit that it belongs to.
    pub unit: Uuid,
    /// Whose council it is.
    pub kind: BodyKind,
    /// What it is called.
    #[oai(validator(min_length = 1, max_length = 100))]
    pub name: String,
    /// The months of a period, in each of which it sits at least once; 3 at a city and 1 below it unless given.
    #[oai(validator(minimum(value = "1"), maximum(value = "12")))]
    pub months: Option<u32>,
    /// Its members.
    #[oai(validator(min_items = 1, max_items = 500))]
    pub members: Vec<Uuid>,
}

/// A change of a body's members.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct BodyChange {
    /// Those who join.
    #[oai(default, validator(max_items = 500))]
    pub added: Vec<Uuid>,
    /// Those who leave.
    #[oai(default, validator(max_items = 500))]
    pub removed: Vec<Uuid>,
}

/// A standing body.
#[derive(Debug, Object)]
pub struct Body {
    /// Its identifier.
    pub id: Uuid,
    /// The unit that it belongs to.
    pub unit: Uuid,
    /// Whose council it is.
    pub kind: BodyKind,
    /// What it is called.
    pub name: String,
    /// The months of a period.
    pub months: u32,
    /// When it was founded.
    pub founded_at: Instant,
    /// The number of its present period, from 1.
    pub period: u32,
    /// By when it has to sit.
    pub due_at: Instant,
    /// Its members; only where one body is asked for.
    #[oai(skip_serializing_if_is_none)]
    pub members: Option<Vec<Uuid>>,
}

/// What a period that has ended came to.
#[derive(Debug, Object)]
pub struct Sitting {
    /// The period, from 1.
    pub period: u32,
    /// When it began.
    pub from: Instant,
    /// When it ended.
    pub until: Instant,
    /// How many meetings with somebody present it had.
    pub meetings: u64,
    /// Why the sitting was missed, where it was.
    #[oai(skip_serializing_if_is_none)]
    pub missed_for: Option<MissedFor>,
}

/// An hour of the week at which meetings were held, with how groups came then.
#[derive(Debug, Object)]
pub struct ProposedTime {
    /// The weekday, 1 for Monday to 7 for Sunday.
    pub weekday: u8,
    /// The hour of the day in the tenant's zone, 0 to 23.
    pub hour: u8,
    /// How each group came.
    pub groups: Vec<GroupTurnout>,
}

/// How a group came to the meetings of an hour of the week.
#[derive(Debug, Object)]
pub struct GroupTurnout {
    /// The group's code.
    pub group: String,
    /// How many of the group came.
    pub came: u64,
    /// To how many meetings.
    pub meetings: u64,
}

#[OpenApi(tag = "Tag::Deliberation")]
impl BodiesApi {
    /// Founds a standing body; its first period begins now.
    #[oai(path = "/v1/:tenant/bodies", method = "post", operation_id = "found_body")]
    async fn found_body(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<BodyInput>,
    ) -> Result<Created, Problem> {
        let app = &session.app;
        let id = session.once(app, bodies::found(app, &session, body.0.into())).await?;
        Ok(Created::one(id.uuid()))
    }

    /// Lists standing bodies in the order of their founding.
    #[oai(path = "/v1/:tenant/bodies", method = "get", operation_id = "list_bodies")]
    async fn list_bodies(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<Body>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let after = uuid_cursor(&wanted.after)?.map(BodyId);
        let loaded = bodies::list(&session.app, &session, after, wanted.load()).await?;
        Ok(Json(wanted.page(loaded, |it| it.id.to_string(), Body::from)))
    }

    /// Gets a standing body with its members.
    #[oai(path = "/v1/:tenant/bodies/:body_id", method = "get", operation_id = "get_body")]
    async fn get_body(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The body's id.
        body_id: Path<Uuid>,
    ) -> Result<Json<Body>, Problem> {
        let (body, members) = bodies::get(&session.app, &session, BodyId(*body_id)).await?;
        Ok(Json(Body { members: Some(members.into_iter().map(MemberId::uuid).collect()), ..body.into() }))
    }

    /// Adds members to a standing body and takes others out.
    #[oai(path = "/v1/:tenant/bodies/:body_id/members", method = "post", operation_id = "change_body")]
    async fn change_body(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The body's id.
        body_id: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<BodyChange>,
    ) -> Result<Noted, Problem> {
        let members = |list: Vec<Uuid>| list.into_iter().map(MemberId).collect();
        let (added, removed) = (members(body.0.added), members(body.0.removed));
        let app = &session.app;
        session.once(app, bodies::change(app, &session, BodyId(*body_id), added, removed)).await?;
        Ok(Noted::Done)
    }

    /// Lists what a standing body's periods came to; one that was missed is a finding.
    #[oai(path = "/v1/:tenant/bodies/:body_id/sittings", method = "get", operation_id = "list_sittings")]
    async fn list_sittings(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The body's id.
        body_id: Path<Uuid>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<Sitting>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let after = if wanted.after.is_empty() { Ok(0) } else { wanted.after.parse().map_err(|_| bad_cursor()) }?;
        let loaded = bodies::sittings(&session.app, &session, BodyId(*body_id), after, wanted.load()).await?;
        Ok(Json(wanted.page(loaded, |it| it.period.number.to_string(), Sitting::from)))
    }

    /// Proposes hours of the week for a meeting of groups, from when these came to meetings at a unit: the best first.
    #[oai(path = "/v1/:tenant/meeting-times", method = "get", operation_id = "propose_times")]
    async fn propose_times(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The unit; meetings on topics under it count.
        unit: Query<Uuid>,
        /// What the groups are told apart by.
        by: Query<Dimension>,
        /// The groups' codes, separated by commas.
        #[oai(validator(min_length = 1, max_length = 400))]
        groups: Query<String>,
    ) -> Result<Json<Vec<ProposedTime>>, Problem> {
        let dimension = match *by {
            Dimension::AgeBand => "age_band",
            Dimension::Sex => "sex",
            Dimension::Occupation => "occupation",
        };
        let groups = groups.split(',').map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()).collect();
        let times = bodies::times(&session.app, &session, UnitId(*unit), dimension, groups).await?;
        Ok(Json(times.into_iter().map(ProposedTime::from).collect()))
    }
}

impl From<BodyInput> for NewBody {
    fn from(it: BodyInput) -> Self {
        let members = it.members.into_iter().map(MemberId).collect();
        Self { unit: UnitId(it.unit), kind: it.kind.into(), name: it.name, months: it.months, members }
    }
}

impl From<stored::Body> for Body {
    fn from(it: stored::Body) -> Self {
        Self {
            due_at: bodies::present(&it).until.into(),
            id: it.id.uuid(),
            unit: it.unit.uuid(),
            kind: it.kind.into(),
            name: it.name,
            months: it.months,
            founded_at: it.founded_at.into(),
            period: it.period,
            members: None,
        }
    }
}

impl From<stored::Sitting> for Sitting {
    fn from(it: stored::Sitting) -> Self {
        let domain::Period { number, from, until } = it.period;
        let missed_for = it.cause.map(MissedFor::from);
        Self { period: number, from: from.into(), until: until.into(), meetings: it.meetings, missed_for }
    }
}

impl From<scheduling::Proposal> for ProposedTime {
    fn from(it: scheduling::Proposal) -> Self {
        let turnout =
            |(group, it): (String, scheduling::Turnout)| GroupTurnout { group, came: it.came, meetings: it.meetings };
        let (day, hour) = it.slot;
        Self { weekday: day + 1, hour, groups: it.groups.into_iter().map(turnout).collect() }
    }
}

impl Example for BodyInput {
    fn example() -> Self {
        Self {
            unit: EXAMPLE,
            kind: BodyKind::Couriers,
            name: "骑手议事会".into(),
            months: None,
            members: vec![EXAMPLE],
        }
    }
}

impl Example for BodyChange {
    fn example() -> Self {
        Self { added: vec![EXAMPLE], removed: Vec::new() }
    }
}
