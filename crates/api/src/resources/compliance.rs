//! `/v1/{tenant}/compliance`: which steps of the procedure a case must show, and the event that proves each.

use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Json,
};
use uuid::Uuid;
use yishi_domain::{TopicId, UnitId, compliance as domain};
use yishi_service::compliance;

use crate::{
    instants::Instant,
    pages::{Page, Wanted, uuid_cursor},
    parameters::Cursor,
    problems::Problem,
    resources::{
        Tag,
        codes::{Stage, wire_enum},
    },
    sessions::Session,
};

/// The operations on compliance.
pub struct ComplianceApi;

wire_enum! {
    /// How a case stands to a step.
    StepStanding = domain::Standing {
        /// An event proves it.
        Met,
        /// There is time for it.
        Pending,
        /// It was left out, or came too late.
        Unmet,
    }
}

/// How a case stands to the steps that it must show; one that was reopened, in its last round.
#[derive(Debug, Object)]
pub struct Compliance {
    /// The case.
    pub topic: Uuid,
    /// The unit that it belongs to.
    pub unit: Uuid,
    /// Where it stands.
    pub stage: Stage,
    /// Whether no step was left out or came too late.
    pub compliant: bool,
    /// The steps, in the order of the case.
    pub steps: Vec<RequiredStep>,
}

/// A step that a case must show.
#[derive(Debug, Object)]
pub struct RequiredStep {
    /// Its code.
    pub code: String,
    /// How the case stands to it.
    pub standing: StepStanding,
    /// The event that proves it; where it is unmet, the one before which it should have been.
    #[oai(skip_serializing_if_is_none)]
    pub event: Option<Uuid>,
    /// The event's kind.
    #[oai(skip_serializing_if_is_none)]
    pub kind: Option<String>,
    /// The event's position in the record, once it has one.
    #[oai(skip_serializing_if_is_none)]
    pub position: Option<u64>,
    /// When it happened.
    #[oai(skip_serializing_if_is_none)]
    pub at: Option<Instant>,
}

#[OpenApi(tag = "Tag::Execution")]
impl ComplianceApi {
    /// Tells how a case stands to the steps that it must show, each with the event that proves it.
    #[oai(path = "/v1/:tenant/topics/:topic/compliance", method = "get", operation_id = "get_compliance")]
    async fn get_compliance(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
    ) -> Result<Json<Compliance>, Problem> {
        Ok(Json(compliance::get(&session.app, &session, TopicId(*topic)).await?.into()))
    }

    /// Lists the cases that left a step out or took it too late, in the order in which they were raised.
    #[oai(path = "/v1/:tenant/compliance", method = "get", operation_id = "list_unmet")]
    async fn list_unmet(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Only those of a unit and of what lies under it; the whole city unless given.
        unit: Query<Option<Uuid>>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many cases at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<Compliance>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let after = uuid_cursor(&wanted.after)?.map(TopicId);
        let loaded = compliance::list_unmet(&session.app, &session, unit.map(UnitId), after, wanted.load()).await?;
        Ok(Json(wanted.page(loaded, |it| it.topic.id.to_string(), Compliance::from)))
    }
}

impl From<compliance::Compliance> for Compliance {
    fn from(it: compliance::Compliance) -> Self {
        Self {
            topic: it.topic.id.uuid(),
            unit: it.topic.unit.uuid(),
            stage: it.topic.stage.into(),
            compliant: it.steps.iter().all(|step| step.standing != domain::Standing::Unmet),
            steps: it.steps.into_iter().map(RequiredStep::from).collect(),
        }
    }
}

impl From<domain::Shown> for RequiredStep {
    fn from(it: domain::Shown) -> Self {
        let (code, standing) = (it.code.into(), it.standing.into());
        let Some(event) = it.event else {
            return Self { code, standing, event: None, kind: None, position: None, at: None };
        };
        Self {
            code,
            standing,
            event: Some(event.id.uuid()),
            kind: Some(event.kind),
            position: event.position,
            at: Some(event.at.into()),
        }
    }
}
