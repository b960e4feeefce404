//! `/v1/{tenant}/resolutions`: what was adopted, how it is carried out, and what residents think of it.

use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{MemberId, ResolutionId, TopicId, UnitId, channels as domain, resolutions as lists};
use yishi_service::{
    execution::{self, stored},
    surveys::{self, Rating},
};

use crate::{
    instants::Instant,
    parameters::RequestKey,
    problems::Problem,
    resources::{
        EXAMPLE, Tag,
        codes::{Level, Stage, wire_enum},
        topics::Step,
    },
    sessions::Session,
};

/// The operations on resolutions.
pub struct ResolutionsApi;

/// The three lists (三張清單).
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct Lists {
    /// Who: the responsibility list (責任清單).
    pub responsibility: Responsibility,
    /// With what: the resource list (資源清單).
    pub resources: Resources,
    /// By when: the deadline list (時限清單).
    pub deadlines: Deadlines,
}

/// Who carries a resolution out.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct Responsibility {
    /// The unit that leads.
    pub lead_unit: Uuid,
    /// The units that help.
    #[oai(default, validator(max_items = 50))]
    pub cooperating_units: Vec<Uuid>,
    /// The post that answers for it first.
    #[oai(validator(min_length = 1, max_length = 200))]
    pub first_responsible_post: String,
}

/// What a resolution is carried out with.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct Resources {
    /// The budget in fen (one hundredth of a yuan).
    #[oai(validator(maximum(value = "9007199254740991")))]
    pub budget_fen: u64,
    /// Where it comes from, also where it is zero.
    #[oai(validator(min_length = 1, max_length = 200))]
    pub source_of_funds: String,
}

/// By when a resolution is carried out.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct Deadlines {
    /// When all is done.
    pub due_at: Instant,
    /// What is reached on the way, in order of time.
    #[oai(default, validator(max_items = 50))]
    pub milestones: Vec<Milestone>,
}

/// Something reached on the way.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct Milestone {
    /// What is reached.
    #[oai(validator(min_length = 1, max_length = 200))]
    pub name: String,
    /// By when.
    pub due_at: Instant,
}

/// A resolution.
#[derive(Debug, Object)]
pub struct Resolution {
    /// Its identifier.
    pub id: Uuid,
    /// The topic that it decides.
    pub topic: Uuid,
    /// The ballot that adopted it.
    pub ballot: Uuid,
    /// The meeting that it comes from.
    #[oai(skip_serializing_if_is_none)]
    pub meeting: Option<Uuid>,
    /// The commitment to that meeting's minutes, as they were signed and published.
    #[oai(skip_serializing_if_is_none)]
    pub minutes: Option<String>,
    /// Where the topic stands.
    pub stage: Stage,
    /// The level that the case has reached by escalation.
    pub level: Level,
    /// When it was adopted.
    pub adopted_at: Instant,
    /// Until when it is published for objections.
    #[oai(skip_serializing_if_is_none)]
    pub published_until: Option<Instant>,
    /// When an objection set it aside.
    #[oai(skip_serializing_if_is_none)]
    pub set_aside_at: Option<Instant>,
    /// Its three lists, once it is assigned.
    #[oai(skip_serializing_if_is_none)]
    pub lists: Option<Lists>,
    /// By when it is due; an escalation may have moved it.
    #[oai(skip_serializing_if_is_none)]
    pub due_at: Option<Instant>,
    /// Since when it is marked on the public board as late.
    #[oai(skip_serializing_if_is_none)]
    pub marked_at: Option<Instant>,
    /// When completion was reported.
    #[oai(skip_serializing_if_is_none)]
    pub completed_at: Option<Instant>,
    /// What shows that it is done.
    #[oai(skip_serializing_if_is_none)]
    pub evidence: Option<String>,
    /// Until when residents rate it.
    #[oai(skip_serializing_if_is_none)]
    pub survey_closes_at: Option<Instant>,
    /// The survey's mean as 0 to 1000, once it is closed and where anybody rated.
    #[oai(skip_serializing_if_is_none)]
    pub satisfaction_per_mille: Option<u32>,
}

/// A report of completion.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct Completion {
    /// What shows that it is done.
    #[oai(validator(min_length = 1, max_length = 10000))]
    pub evidence: String,
}

/// A rating.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct RatingInput {
    /// From 0 to 100.
    #[oai(validator(maximum(value = "100")))]
    pub score: u8,
    /// Why.
    #[oai(validator(min_length = 1, max_length = 2000))]
    pub words: Option<String>,
    /// How it came in; online unless given. What came on paper or by telephone a coordinator enters.
    pub channel: Option<RatingChannel>,
    /// Whose it is, where a coordinator enters it.
    pub member: Option<Uuid>,
}

wire_enum! {
    /// How a rating came in.
    RatingChannel = domain::RatingChannel {
        /// By whoever gives it.
        Online,
        /// On paper.
        Paper,
        /// By telephone.
        Telephone,
    }
}

/// The answer to a rating.
#[derive(ApiResponse)]
pub enum Rated {
    /// Rated.
    #[oai(status = 204)]
    Done,
}

/// An escalation: what the rules were asked about a case, and what they answered.
#[derive(Debug, Object)]
pub struct Escalation {
    /// Its identifier.
    pub id: Uuid,
    /// When.
    pub at: Instant,
    /// Why: `overdue`, `unanswered`, `unsatisfied` or `objection`.
    pub kind: String,
    /// Whole hours past the deadline.
    pub hours_late: u32,
    /// The level that the case had before.
    pub level: Level,
    /// What is done, in order.
    pub actions: Vec<serde_json::Value>,
    /// The code of why the standard rules answered in the city's place, where they did.
    #[oai(skip_serializing_if_is_none)]
    pub fallback: Option<String>,
}

#[OpenApi(tag = "Tag::Execution")]
impl ResolutionsApi {
    /// Lists the resolutions on a topic, the earliest first.
    #[oai(path = "/v1/:tenant/topics/:topic/resolutions", method = "get", operation_id = "list_resolutions")]
    async fn list_resolutions(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
    ) -> Result<Json<Vec<Resolution>>, Problem> {
        let list = execution::list(&session.app, &session, TopicId(*topic)).await?;
        Ok(Json(list.into_iter().map(Resolution::from).collect()))
    }

    /// Gets a resolution.
    #[oai(path = "/v1/:tenant/resolutions/:resolution", method = "get", operation_id = "get_resolution")]
    async fn get_resolution(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The resolution's id.
        resolution: Path<Uuid>,
    ) -> Result<Json<Resolution>, Problem> {
        Ok(Json(execution::get(&session.app, &session, ResolutionId(*resolution)).await?.into()))
    }

    /// Files the three lists, with which a resolution enters execution.
    #[oai(path = "/v1/:tenant/resolutions/:resolution/lists", method = "post", operation_id = "assign_resolution")]
    async fn assign_resolution(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The resolution's id.
        resolution: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<Lists>,
    ) -> Result<Json<Step>, Problem> {
        let app = &session.app;
        let act = execution::assign(app, &session, ResolutionId(*resolution), body.0.into());
        Ok(Json(session.once(app, act).await?.into()))
    }

    /// Reports that a resolution is carried out; residents rate it from then on.
    #[oai(
        path = "/v1/:tenant/resolutions/:resolution/completion",
        method = "post",
        operation_id = "complete_resolution"
    )]
    async fn complete_resolution(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The resolution's id.
        resolution: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<Completion>,
    ) -> Result<Json<Step>, Problem> {
        let app = &session.app;
        let act = execution::complete(app, &session, ResolutionId(*resolution), body.0.evidence);
        Ok(Json(session.once(app, act).await?.into()))
    }

    /// Rates a resolution that was carried out, once a person.
    #[oai(path = "/v1/:tenant/resolutions/:resolution/ratings", method = "post", operation_id = "rate_resolution")]
    async fn rate_resolution(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The resolution's id.
        resolution: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<RatingInput>,
    ) -> Result<Rated, Problem> {
        let RatingInput { score, words, channel, member } = body.0;
        let (app, channel) = (&session.app, channel.map_or(domain::RatingChannel::Online, Into::into));
        let rating = Rating { score, words, channel, member: member.map(MemberId) };
        session.once(app, surveys::rate(app, &session, ResolutionId(*resolution), rating)).await?;
        Ok(Rated::Done)
    }

    /// Lists the escalations of a topic's case, the earliest first.
    #[oai(path = "/v1/:tenant/topics/:topic/escalations", method = "get", operation_id = "list_escalations")]
    async fn list_escalations(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
    ) -> Result<Json<Vec<Escalation>>, Problem> {
        let list = execution::escalations(&session.app, &session, TopicId(*topic)).await?;
        Ok(Json(list.into_iter().map(Escalation::from).collect()))
    }
}

impl From<Lists> for lists::Lists {
    fn from(it: Lists) -> Self {
        let Lists { responsibility, resources, deadlines } = it;
        Self {
            responsibility: lists::Responsibility {
                lead_unit: UnitId(responsibility.lead_unit),
                cooperating_units: responsibility.cooperating_units.into_iter().map(UnitId).collect(),
                first_responsible_post: responsibility.first_responsible_post,
            },
            resources: lists::Resources {
                budget_fen: resources.budget_fen,
                source_of_funds: resources.source_of_funds,
            },
            deadlines: lists::Deadlines {
                due_at: deadlines.due_at.0,
                milestones: deadlines
                    .milestones
                    .into_iter()
                    .map(|it| lists::Milestone { name: it.name, due_at: it.due_at.0 })
                    .collect(),
            },
        }
    }
}

impl From<lists::Lists> for Lists {
    fn from(it: lists::Lists) -> Self {
        let lists::Lists { responsibility, resources, deadlines } = it;
        Self {
            responsibility: Responsibility {
                lead_unit: responsibility.lead_unit.uuid(),
                cooperating_units: responsibility.cooperating_units.into_iter().map(UnitId::uuid).collect(),
                first_responsible_post: responsibility.first_responsible_post,
            },
            resources: Resources { budget_fen: resources.budget_fen, source_of_funds: resources.source_of_funds },
            deadlines: Deadlines {
                due_at: deadlines.due_at.into(),
                milestones: deadlines
                    .milestones
                    .into_iter()
                    .map(|it| Milestone { name: it.name, due_at: it.due_at.into() })
                    .collect(),
            },
        }
    }
}

impl From<(stored::Resolution, yishi_service::topics::stored::Topic)> for Resolution {
    fn from((it, topic): (stored::Resolution, yishi_service::topics::stored::Topic)) -> Self {
        Self {
            id: it.id.uuid(),
            topic: topic.id.uuid(),
            ballot: it.ballot.uuid(),
            meeting: it.deliberation.map(|(meeting, _)| meeting.uuid()),
            minutes: it.deliberation.map(|(_, minutes)| minutes.to_string()),
            stage: topic.stage.into(),
            level: topic.level.into(),
            adopted_at: it.adopted_at.into(),
            published_until: it.published_until.map(Instant::from),
            set_aside_at: it.set_aside_at.map(Instant::from),
            lists: it.lists.map(Lists::from),
            due_at: it.due_at.map(Instant::from),
            marked_at: topic.marked_at.map(Instant::from),
            completed_at: it.completed_at.map(Instant::from),
            evidence: it.evidence,
            survey_closes_at: it.survey_closes_at.map(Instant::from),
            satisfaction_per_mille: it.satisfaction_per_mille,
        }
    }
}

impl From<stored::Escalation> for Escalation {
    fn from(it: stored::Escalation) -> Self {
        let json = |value: serde_json::Result<serde_json::Value>| value.unwrap_or_default();
        Self {
            id: it.id.uuid(),
            at: it.at.into(),
            kind: json(serde_json::to_value(it.asked.kind)).as_str().unwrap_or_default().to_owned(),
            hours_late: it.asked.hours_late,
            level: it.asked.level.into(),
            actions: it.answer.actions.iter().map(|action| json(serde_json::to_value(action))).collect(),
            fallback: it.fallback,
        }
    }
}

impl Example for Lists {
    fn example() -> Self {
        let due_at = chrono::DateTime::from_timestamp(1_769_817_600, 0).unwrap_or_default().into();
        Self {
            responsibility: Responsibility {
                lead_unit: EXAMPLE,
                cooperating_units: vec![],
                first_responsible_post: "街道办主任".into(),
            },
            resources: Resources { budget_fen: 1_200_000, source_of_funds: "社区专项资金".into() },
            deadlines: Deadlines { due_at, milestones: vec![] },
        }
    }
}

impl Example for Completion {
    fn example() -> Self {
        Self { evidence: "两盏路灯已更换，验收照片见附件。".into() }
    }
}

impl Example for RatingInput {
    fn example() -> Self {
        Self { score: 92, words: Some("修得很快。".into()), channel: None, member: None }
    }
}
