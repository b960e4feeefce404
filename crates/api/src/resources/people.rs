//! `/v1/{tenant}/people`, the pools of a unit, and who advises on a case.

use chrono::NaiveDate;
use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{AdviserId, TopicId, UnitId};
use yishi_service::people::{self, stored};

use crate::{
    instants::Instant,
    parameters::RequestKey,
    problems::Problem,
    resources::{
        Tag,
        books::{KeptRow, RegisterRow},
        members::Created,
    },
    sessions::Session,
};

/// The operations on people.
pub struct PeopleApi;

/// Somebody to assign.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct AdviserInput {
    /// Their key in the register of people.
    #[oai(validator(min_length = 1, max_length = 60))]
    pub person: String,
}

/// Why somebody is recused.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct RecusalInput {
    /// Why.
    #[oai(validator(min_length = 1, max_length = 500))]
    pub reason: String,
}

/// Somebody who advises on a case, or did.
#[derive(Debug, Object)]
pub struct Adviser {
    /// The assignment's identifier.
    pub id: Uuid,
    /// Who, by their key in the register of people.
    pub person: String,
    /// Since when.
    pub assigned_at: Instant,
    /// When they were recused.
    #[oai(skip_serializing_if_is_none)]
    pub recused_at: Option<Instant>,
    /// Why.
    #[oai(skip_serializing_if_is_none)]
    pub reason: Option<String>,
}

/// What a volunteer did.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct VolunteeringInput {
    /// The activity, of which a row of the register `point_rules` says what an hour earns.
    #[oai(validator(min_length = 1, max_length = 60))]
    pub activity: String,
    /// How many hours.
    #[oai(validator(minimum(value = "1"), maximum(value = "24")))]
    pub hours: u8,
    /// When.
    pub served_on: NaiveDate,
}

/// How somebody stands in a year.
#[derive(Debug, Object)]
pub struct PersonStanding {
    /// Who.
    pub person: RegisterRow,
    /// On how many cases they advise now.
    pub cases: u64,
    /// Hours of training.
    pub training_hours: i64,
    /// Whether these are the 40 hours that a year asks for.
    pub trained_enough: bool,
    /// Hours as a volunteer.
    pub volunteer_hours: i64,
    /// Points as a volunteer.
    pub points: i64,
    /// How many honours.
    pub honours: u64,
}

/// Who is in a pool.
#[derive(Debug, Object)]
pub struct PoolCount {
    /// The pool.
    pub pool: String,
    /// How many people.
    pub people: u64,
}

/// Who is in the pools of a unit and those under it today.
#[derive(Debug, Object)]
pub struct PoolsStanding {
    /// Each pool that has somebody.
    pub pools: Vec<PoolCount>,
    /// How many leaders (骨干) there are.
    pub leaders: u64,
    /// Whether these are the 5 to 10 that a community should have; of a community alone.
    #[oai(skip_serializing_if_is_none)]
    pub leaders_suffice: Option<bool>,
    /// Whether there are the experts that a district (10) or a city (500) should have; of these alone.
    #[oai(skip_serializing_if_is_none)]
    pub experts_suffice: Option<bool>,
}

/// The answer to a recusal.
#[derive(ApiResponse)]
pub enum Recused {
    /// Recused.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(tag = "Tag::Register")]
impl PeopleApi {
    /// Assigns somebody of a pool to a case, within what they can take on.
    #[oai(path = "/v1/:tenant/topics/:topic/advisers", method = "post", operation_id = "assign_adviser")]
    async fn assign_adviser(
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
        body: Json<AdviserInput>,
    ) -> Result<Created, Problem> {
        let app = &session.app;
        let assign = people::assign(app, &session, TopicId(*topic), body.0.person);
        Ok(Created::one(session.once(app, assign).await?.uuid()))
    }

    /// Lists who was assigned to a case, the earliest first.
    #[oai(path = "/v1/:tenant/topics/:topic/advisers", method = "get", operation_id = "list_advisers")]
    async fn list_advisers(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
    ) -> Result<Json<Vec<Adviser>>, Problem> {
        let all = people::advising(&session.app, &session, TopicId(*topic)).await?;
        Ok(Json(all.into_iter().map(Adviser::from).collect()))
    }

    /// Recuses somebody from a case, with the reason; they are not assigned to it again.
    #[oai(path = "/v1/:tenant/advisers/:adviser/recusal", method = "post", operation_id = "recuse_adviser")]
    async fn recuse_adviser(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The assignment's id.
        adviser: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<RecusalInput>,
    ) -> Result<Recused, Problem> {
        let app = &session.app;
        session.once(app, people::recuse(app, &session, AdviserId(*adviser), body.0.reason)).await?;
        Ok(Recused::Done)
    }

    /// Gets how somebody stands in a year.
    #[oai(path = "/v1/:tenant/people/:person", method = "get", operation_id = "get_person")]
    async fn get_person(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Their key in the register of people.
        person: Path<String>,
        /// The year; this one unless given.
        #[oai(validator(minimum(value = "2000"), maximum(value = "2999")))]
        year: Query<Option<u16>>,
    ) -> Result<Json<PersonStanding>, Problem> {
        let year = year.map_or_else(|| people::this_year(&session), i32::from);
        let it = people::standing(&session.app, &session, &person, year).await?;
        Ok(Json(PersonStanding {
            person: it.person.into(),
            cases: it.cases,
            training_hours: it.training.hours,
            trained_enough: it.training.hours >= people::TRAINING_HOURS,
            volunteer_hours: it.volunteering.hours,
            points: it.volunteering.points,
            honours: it.honours,
        }))
    }

    /// Credits a volunteer with hours, and with the points that the published rule of that day gives.
    #[oai(path = "/v1/:tenant/people/:person/volunteering", method = "post", operation_id = "credit_volunteering")]
    async fn credit_volunteering(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Their key in the register of people.
        person: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<VolunteeringInput>,
    ) -> Result<Json<KeptRow>, Problem> {
        let VolunteeringInput { activity, hours, served_on } = body.0;
        let app = &session.app;
        let done = people::Service { activity, hours, served_on };
        let key = session.once(app, people::credit(app, &session, person.0, done)).await?;
        Ok(Json(KeptRow { key }))
    }

    /// Undoes hours and points that were credited, once, by a row with the opposite figures.
    #[oai(path = "/v1/:tenant/volunteering/:key/reversal", method = "post", operation_id = "reverse_volunteering")]
    async fn reverse_volunteering(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The row's key in the register of volunteers' hours.
        key: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _once: Header<Option<RequestKey>>,
    ) -> Result<Json<KeptRow>, Problem> {
        let app = &session.app;
        let key = session.once(app, people::undo(app, &session, &key)).await?;
        Ok(Json(KeptRow { key }))
    }

    /// Gets who is in the pools of a unit and those under it today.
    #[oai(path = "/v1/:tenant/units/:unit/people", method = "get", operation_id = "get_pools_standing")]
    async fn get_pools_standing(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The unit's id.
        unit: Path<Uuid>,
    ) -> Result<Json<PoolsStanding>, Problem> {
        let (level, pools) = people::pools(&session.app, &session, UnitId(*unit)).await?;
        let of = |pool: &str| pools.iter().find(|it| it.0 == pool).map_or(0, |it| it.1);
        let (leaders, experts) = (of("leader"), of("expert"));
        let experts_suffice = match level.as_str() {
            "district" => Some(experts >= 10),
            "city" => Some(experts >= 500),
            _ => None,
        };
        let leaders_suffice = (level == "community").then(|| people::LEADERS.contains(&leaders));
        let pools = pools.into_iter().map(|(pool, people)| PoolCount { pool, people }).collect();
        Ok(Json(PoolsStanding { pools, leaders, leaders_suffice, experts_suffice }))
    }
}

impl From<stored::Adviser> for Adviser {
    fn from(it: stored::Adviser) -> Self {
        let (recused_at, reason) = it.recused.map(|(at, reason)| (at.into(), reason)).unzip();
        Self { id: it.id.uuid(), person: it.person, assigned_at: it.assigned_at.into(), recused_at, reason }
    }
}

impl Example for AdviserInput {
    fn example() -> Self {
        Self { person: "E-001".into() }
    }
}

impl Example for RecusalInput {
    fn example() -> Self {
        Self { reason: "与当事人有亲属关系".into() }
    }
}

impl Example for VolunteeringInput {
    fn example() -> Self {
        let served_on = NaiveDate::from_ymd_opt(2026, 3, 5).expect("a day");
        Self { activity: "巡查".into(), hours: 3, served_on }
    }
}
