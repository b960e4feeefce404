//! `/v1/{tenant}/report-schedules`: reports that come to the caller by themselves.

use chrono::{DateTime, Utc};
use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{ScheduleId, UnitId, reports as domain};
use yishi_service::schedules::{self, NewSchedule, Schedule};

use crate::{
    parameters::RequestKey,
    problems::Problem,
    resources::{Tag, codes::wire_enum, members::Created, webhooks::WebhookDone},
    sessions::Session,
};

/// The operations on reports that come by themselves.
pub struct SchedulesApi;

wire_enum! {
    /// A report that can come by itself.
    ScheduledReport = domain::Scheduled {
        /// The performance sheet of a unit.
        Sheet,
        /// The quarterly report of a unit.
        Quarter,
        /// Figures of indicators, with those of the period before and the place among siblings.
        Figures,
    }
}

wire_enum! {
    /// How often a report comes: on the morning after each of these, about that one.
    Cadence = domain::Cadence {
        /// A month.
        Monthly,
        /// A quarter.
        Quarterly,
        /// A year.
        Yearly,
    }
}

/// A report to have.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct ScheduleInput {
    /// The unit that it tells of; the whole city unless given.
    pub unit: Option<Uuid>,
    /// Which report.
    pub report: ScheduledReport,
    /// How often; a quarterly report comes quarterly.
    pub cadence: Cadence,
    /// The indicators, of figures; all unless given.
    #[oai(default, validator(max_items = 100))]
    pub indicators: Vec<String>,
}

/// A report that comes by itself.
#[derive(Debug, Object)]
pub struct ReportSchedule {
    /// Its identifier.
    pub id: Uuid,
    /// The unit that it tells of.
    pub unit: Uuid,
    /// Which report.
    pub report: ScheduledReport,
    /// How often.
    pub cadence: Cadence,
    /// The indicators, of figures; all where there are none.
    pub indicators: Vec<String>,
    /// Since when.
    pub begun_at: DateTime<Utc>,
}

#[OpenApi(tag = "Tag::Reports")]
impl SchedulesApi {
    /// Has a report come to the caller: a notice `report.ready` on the morning after each period says where it is got, and so does a letter where the
    /// caller wants letters. At most 50.
    #[oai(path = "/v1/:tenant/report-schedules", method = "post", operation_id = "begin_report_schedule")]
    async fn begin_report_schedule(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<ScheduleInput>,
    ) -> Result<Created, Problem> {
        let ScheduleInput { unit, report, cadence, indicators } = body.0;
        let new = NewSchedule { unit: unit.map(UnitId), report: report.into(), cadence: cadence.into(), indicators };
        let app = &session.app;
        Ok(Created::one(session.once(app, schedules::begin(app, &session, new)).await?.uuid()))
    }

    /// Lists what comes to the caller by itself, the oldest first.
    #[oai(path = "/v1/:tenant/report-schedules", method = "get", operation_id = "list_report_schedules")]
    async fn list_report_schedules(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
    ) -> Result<Json<Vec<ReportSchedule>>, Problem> {
        let all = schedules::list(&session.app, &session).await?;
        Ok(Json(all.into_iter().map(ReportSchedule::from).collect()))
    }

    /// Has a report come to the caller no more.
    #[oai(path = "/v1/:tenant/report-schedules/:schedule", method = "delete", operation_id = "end_report_schedule")]
    async fn end_report_schedule(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The id of what comes.
        schedule: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
    ) -> Result<WebhookDone, Problem> {
        let app = &session.app;
        session.once(app, schedules::end(app, &session, ScheduleId(*schedule))).await?;
        Ok(WebhookDone::Done)
    }
}

impl From<Schedule> for ReportSchedule {
    fn from(it: Schedule) -> Self {
        Self {
            id: it.id.uuid(),
            unit: it.unit.uuid(),
            report: it.report.into(),
            cadence: it.cadence.into(),
            indicators: it.indicators,
            begun_at: it.begun_at,
        }
    }
}

impl Example for ScheduleInput {
    fn example() -> Self {
        Self { unit: None, report: ScheduledReport::Sheet, cadence: Cadence::Monthly, indicators: Vec::new() }
    }
}
