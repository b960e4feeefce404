//! `/v1/{tenant}/work-orders`: work orders of the citizens' hotline 12345, in and out, in its own columns and words.

use std::collections::BTreeMap;

use poem_openapi::{
    ApiRequest, ApiResponse, Enum, Object, OpenApi, ResponseContent,
    param::{Header, Path, Query},
    payload::{Binary, Json},
    types::Example,
};
use serde_json::Value;
use uuid::Uuid;
use yishi_domain::work_orders::{self as domain, WorkStatus};
use yishi_service::{failures::Failure, lines, work_orders};

use crate::{
    instants::Instant,
    pages::Wanted,
    parameters::{Cursor, RequestKey},
    problems::Problem,
    resources::{Tag, webhooks::WebhookDone},
    sessions::Session,
};

/// The operations on work orders.
pub struct WorkOrdersApi;

/// How the hotline writes its work orders.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct WorkOrderMapping {
    /// Its columns.
    pub columns: WorkOrderColumns,
    /// Its words for each status; the first of each is the one that is written.
    pub statuses: WorkOrderWords,
    /// The code of the category of topics that each of its categories is; the rules say where none is named.
    #[oai(default)]
    pub categories: BTreeMap<String, String>,
    /// The score, of 100, that each word of whoever was called back is.
    #[oai(default)]
    pub scores: BTreeMap<String, u8>,
    /// The statistical code of the unit to which an order belongs that names none.
    pub unit: Option<String>,
}

/// The names of the hotline's columns.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct WorkOrderColumns {
    /// The order's number.
    pub number: String,
    /// Its title.
    pub title: String,
    /// What it says.
    pub text: String,
    /// Where it stands.
    pub status: String,
    /// The statistical code of its unit.
    pub unit: Option<String>,
    /// Its category, in the hotline's words.
    pub category: Option<String>,
    /// What whoever was called back thinks of it.
    pub score: Option<String>,
    /// What there is to say: of a call back from the hotline, of what was done from the city.
    pub note: Option<String>,
    /// Who carries it out; goes back.
    pub agency: Option<String>,
    /// By when it is to be done; goes back.
    pub due: Option<String>,
    /// When it came to where it stands; goes back.
    pub changed: Option<String>,
}

/// The hotline's words for each status.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct WorkOrderWords {
    /// It was accepted (受理).
    pub accept: Vec<String>,
    /// It was given to whoever carries it out (派单).
    pub dispatch: Vec<String>,
    /// It is settled, one way or the other (办结).
    pub done: Vec<String>,
    /// Whoever raised it was called back (回访).
    pub call_back: Vec<String>,
}

/// Work orders that come in.
#[derive(ApiRequest)]
pub enum WorkOrders {
    /// An object an order, with the columns that the mapping names.
    Json(Json<Vec<BTreeMap<String, Value>>>),
    /// A line an order, with the columns that the mapping names; others are not looked at.
    #[oai(content_type = "text/csv")]
    Csv(Binary<Vec<u8>>),
}

/// What became of an order that came in.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum WorkOrderOutcome {
    /// It became a topic.
    Entered,
    /// What whoever was called back said is kept.
    CalledBack,
    /// It was known, and says nothing new.
    Known,
}

/// An order that came in.
#[derive(Debug, Object)]
pub struct ReceivedWorkOrder {
    /// Its number.
    pub number: String,
    /// The topic that it is.
    pub topic: Uuid,
    /// What became of it.
    pub outcome: WorkOrderOutcome,
}

/// How work orders are written.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum WorkOrderFormat {
    /// A line an order, after a line with the columns.
    Csv,
    /// An object an order.
    Json,
}

/// Work orders that go back, as was asked for.
#[derive(ResponseContent)]
pub enum WrittenWorkOrders {
    /// An object an order.
    Json(Json<Vec<BTreeMap<String, String>>>),
    /// A line an order, after a line with the columns.
    #[oai(content_type = "text/csv")]
    Csv(Binary<Vec<u8>>),
}

/// Work orders that go back.
#[derive(ApiResponse)]
pub enum WorkOrdersSent {
    /// The orders.
    #[oai(status = 200)]
    Sent(
        WrittenWorkOrders,
        /// Where the next page begins; absent on the last.
        #[oai(header = "X-Next-Cursor")]
        Option<String>,
    ),
}

#[OpenApi(tag = "Tag::Integration")]
impl WorkOrdersApi {
    /// Says how the hotline writes its work orders, from now on.
    #[oai(path = "/v1/:tenant/work-orders/mapping", method = "put", operation_id = "put_work_order_mapping")]
    async fn put_work_order_mapping(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<WorkOrderMapping>,
    ) -> Result<WebhookDone, Problem> {
        let app = &session.app;
        session.once(app, work_orders::set_mapping(app, &session, body.0.into())).await?;
        Ok(WebhookDone::Done)
    }

    /// Gets how the hotline writes its work orders.
    #[oai(path = "/v1/:tenant/work-orders/mapping", method = "get", operation_id = "get_work_order_mapping")]
    async fn get_work_order_mapping(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
    ) -> Result<Json<WorkOrderMapping>, Problem> {
        Ok(Json(work_orders::mapping(&session.app, &session).await?.into()))
    }

    /// Takes work orders in: all of them, or none with what is wrong with each line; between 1 and 1,000.
    ///
    /// An order that is accepted or dispatched becomes a topic, once by its number. Of one that is known only a call back says anything new; what
    /// goes back may come in again and changes nothing.
    #[oai(path = "/v1/:tenant/work-orders", method = "post", operation_id = "receive_work_orders")]
    async fn receive_work_orders(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: WorkOrders,
    ) -> Result<Json<Vec<ReceivedWorkOrder>>, Problem> {
        let lines = match body {
            WorkOrders::Json(Json(list)) => {
                let object = |it: BTreeMap<String, Value>| Value::Object(it.into_iter().collect());
                lines::json(list.into_iter().map(object).collect())
            }
            WorkOrders::Csv(Binary(bytes)) => lines::csv(&bytes).map_err(Failure::from)?,
        };
        let app = &session.app;
        let received = session.once(app, work_orders::receive(app, &session, lines)).await?;
        Ok(Json(received.into_iter().map(ReceivedWorkOrder::from).collect()))
    }

    /// Sends work orders back, in order of their numbers: how far each has come, in the hotline's columns and words.
    #[oai(path = "/v1/:tenant/work-orders", method = "get", operation_id = "send_work_orders")]
    async fn send_work_orders(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// How they are written; as JSON unless given.
        format: Query<Option<WorkOrderFormat>>,
        /// Only those that came to where they stand from this instant on.
        changed_since: Query<Option<Instant>>,
        /// `X-Next-Cursor` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many orders at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<WorkOrdersSent, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let since = changed_since.map(|it| it.0);
        let sent = work_orders::send(&session.app, &session, since, &wanted.after, wanted.load());
        let (mapping, rows) = sent.await?;
        let page = wanted.page(rows, |it| it.0.clone(), |it| it.1);
        let header = mapping.header();
        match format.unwrap_or(WorkOrderFormat::Json) {
            WorkOrderFormat::Json => {
                let object = |cells: Vec<String>| header.iter().map(|it| (*it).to_owned()).zip(cells).collect();
                Ok(WorkOrdersSent::Sent(
                    WrittenWorkOrders::Json(Json(page.items.into_iter().map(object).collect())),
                    page.next,
                ))
            }
            WorkOrderFormat::Csv => {
                let mut writer = csv::Writer::from_writer(Vec::new());
                let lines = std::iter::once(header.iter().map(|it| (*it).to_owned()).collect()).chain(page.items);
                let written = lines.into_iter().try_for_each(|cells: Vec<String>| writer.write_record(cells));
                let bytes = written.ok().and_then(|()| writer.into_inner().ok()).ok_or_else(Problem::internal)?;
                Ok(WorkOrdersSent::Sent(WrittenWorkOrders::Csv(Binary(bytes)), page.next))
            }
        }
    }
}

impl From<WorkOrderMapping> for domain::Mapping {
    fn from(it: WorkOrderMapping) -> Self {
        let WorkOrderWords { accept, dispatch, done, call_back } = it.statuses;
        let WorkOrderColumns { number, title, text, status, unit, category, score, note, agency, due, changed } =
            it.columns;
        Self {
            columns: domain::Columns { number, title, text, status, unit, category, score, note, agency, due, changed },
            statuses: WorkStatus::ALL.iter().copied().zip([accept, dispatch, done, call_back]).collect(),
            categories: it.categories,
            scores: it.scores,
            unit: it.unit,
        }
    }
}

impl From<domain::Mapping> for WorkOrderMapping {
    fn from(it: domain::Mapping) -> Self {
        let words = |status| it.statuses.get(&status).cloned().unwrap_or_default();
        let statuses = WorkOrderWords {
            accept: words(WorkStatus::Accept),
            dispatch: words(WorkStatus::Dispatch),
            done: words(WorkStatus::Done),
            call_back: words(WorkStatus::CallBack),
        };
        let domain::Columns { number, title, text, status, unit, category, score, note, agency, due, changed } =
            it.columns;
        let columns =
            WorkOrderColumns { number, title, text, status, unit, category, score, note, agency, due, changed };
        Self { columns, statuses, categories: it.categories, scores: it.scores, unit: it.unit }
    }
}

impl From<work_orders::Received> for ReceivedWorkOrder {
    fn from(it: work_orders::Received) -> Self {
        let outcome = match it.outcome {
            work_orders::Outcome::Entered => WorkOrderOutcome::Entered,
            work_orders::Outcome::CalledBack => WorkOrderOutcome::CalledBack,
            work_orders::Outcome::Known => WorkOrderOutcome::Known,
        };
        Self { number: it.number, topic: it.topic.uuid(), outcome }
    }
}

impl Example for WorkOrderMapping {
    fn example() -> Self {
        let words = |it: &[&str]| it.iter().map(|it| (*it).to_owned()).collect();
        Self {
            columns: WorkOrderColumns {
                number: "工单编号".into(),
                title: "标题".into(),
                text: "诉求内容".into(),
                status: "状态".into(),
                unit: Some("区划代码".into()),
                category: Some("诉求类别".into()),
                score: Some("满意度".into()),
                note: Some("办理情况".into()),
                agency: Some("承办单位".into()),
                due: Some("办理时限".into()),
                changed: Some("更新时间".into()),
            },
            statuses: WorkOrderWords {
                accept: words(&["已受理"]),
                dispatch: words(&["已派单", "已转派"]),
                done: words(&["已办结"]),
                call_back: words(&["已回访"]),
            },
            categories: BTreeMap::new(),
            scores: BTreeMap::from([("满意".into(), 100), ("不满意".into(), 0)]),
            unit: None,
        }
    }
}
