//! `/v1/{tenant}/working-days`: holidays and days on which work is made up, and deadlines in working days.

use chrono::NaiveDate;
use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use yishi_service::working_days;

use crate::{instants::Instant, parameters::RequestKey, problems::Problem, resources::Tag, sessions::Session};

/// The operations on working days.
pub struct WorkingDaysApi;

/// The days of a year that are not what their weekday says, as they are published for it.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct SpecialDayList {
    /// Holidays on weekdays, and weekends on which work is made up (調休).
    #[oai(validator(max_items = 366))]
    pub days: Vec<SpecialDay>,
}

/// A day that is not what its weekday says.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct SpecialDay {
    /// The day.
    pub day: NaiveDate,
    /// Whether there is work on it.
    pub working: bool,
    /// What it is called.
    #[oai(validator(min_length = 1, max_length = 50))]
    pub name: String,
}

/// A deadline.
#[derive(Debug, Object)]
pub struct Deadline {
    /// The end of the last working day.
    pub due_at: Instant,
}

/// The answer to a change.
#[derive(ApiResponse)]
pub enum WorkingDaysDone {
    /// Done.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(tag = "Tag::Tenant")]
impl WorkingDaysApi {
    /// Gets the days of a year that are not what their weekday says.
    #[oai(path = "/v1/:tenant/working-days/:year", method = "get", operation_id = "get_working_days")]
    async fn get_working_days(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The year.
        year: Path<String>,
    ) -> Result<Json<SpecialDayList>, Problem> {
        let days = working_days::get(&session.app, &session, read(&year)).await?;
        Ok(Json(SpecialDayList { days: days.into_iter().map(SpecialDay::from).collect() }))
    }

    /// Says which days of a year are not what their weekday says, in place of those that were there. What is due already keeps its instant.
    #[oai(path = "/v1/:tenant/working-days/:year", method = "put", operation_id = "put_working_days")]
    async fn put_working_days(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The year.
        year: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<SpecialDayList>,
    ) -> Result<WorkingDaysDone, Problem> {
        let app = &session.app;
        let days = body.0.days.into_iter().map(working_days::SpecialDay::from).collect();
        session.once(app, working_days::put(app, &session, read(&year), days)).await?;
        Ok(WorkingDaysDone::Done)
    }

    /// Tells when so many working days have ended.
    ///
    /// The day on which it begins does not count, and the last one counts to its end (Civil Code, articles 201 and 203).
    #[oai(path = "/v1/:tenant/working-days", method = "get", operation_id = "get_deadline")]
    async fn get_deadline(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// How many working days.
        #[oai(validator(minimum(value = "1"), maximum(value = "250")))]
        days: Query<u16>,
        /// From when on; from now on unless given.
        from: Query<Option<Instant>>,
    ) -> Result<Json<Deadline>, Problem> {
        let due_at = working_days::deadline(&session.app, &session, from.map(|it| it.0), *days).await?;
        Ok(Json(Deadline { due_at: due_at.into() }))
    }
}

/// What is no year has no calendar, like a year that is too far away.
fn read(year: &str) -> i32 {
    year.parse().unwrap_or(0)
}

impl From<SpecialDay> for working_days::SpecialDay {
    fn from(it: SpecialDay) -> Self {
        Self { day: it.day, working: it.working, name: it.name }
    }
}

impl From<working_days::SpecialDay> for SpecialDay {
    fn from(it: working_days::SpecialDay) -> Self {
        Self { day: it.day, working: it.working, name: it.name }
    }
}

impl Example for SpecialDayList {
    fn example() -> Self {
        let day = |text: &str, working, name: &str| SpecialDay {
            day: text.parse().unwrap_or_default(),
            working,
            name: name.into(),
        };
        Self { days: vec![day("2025-09-28", true, "国庆节调休"), day("2025-10-01", false, "国庆节")] }
    }
}
