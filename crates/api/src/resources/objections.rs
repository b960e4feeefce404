//! `/v1/{tenant}/resolutions/{resolution}/objections`: what speaks against a decision while it is published.

use poem_openapi::{
    ApiResponse, Enum, Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{ObjectionId, ResolutionId};
use yishi_service::objections::{self, stored};

use crate::{
    instants::Instant,
    parameters::RequestKey,
    problems::Problem,
    resources::{Tag, members::Created},
    sessions::Session,
};

/// The operations on objections.
pub struct ObjectionsApi;

/// An objection to raise.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct ObjectionInput {
    /// Why.
    #[oai(validator(min_length = 1, max_length = 2000))]
    pub text: String,
}

/// What becomes of an objection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum ObjectionDecision {
    /// The resolution stands.
    Dismissed,
    /// The resolution is set aside, and its topic is deliberated again.
    Upheld,
}

/// The answer to an objection.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct ObjectionAnswer {
    /// What becomes of it.
    pub decision: ObjectionDecision,
    /// Why.
    #[oai(validator(min_length = 1, max_length = 2000))]
    pub answer: String,
}

/// An objection.
#[derive(Debug, Object)]
pub struct Objection {
    /// Its identifier.
    pub id: Uuid,
    /// The resolution.
    pub resolution: Uuid,
    /// Why it was raised.
    pub text: String,
    /// When.
    pub raised_at: Instant,
    /// What became of it, once it is answered.
    #[oai(skip_serializing_if_is_none)]
    pub decision: Option<ObjectionDecision>,
    /// Why.
    #[oai(skip_serializing_if_is_none)]
    pub answer: Option<String>,
    /// When it was answered.
    #[oai(skip_serializing_if_is_none)]
    pub answered_at: Option<Instant>,
}

/// The reply to answering an objection.
#[derive(ApiResponse)]
pub enum Answered {
    /// Answered.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(tag = "Tag::Decision")]
impl ObjectionsApi {
    /// Raises an objection to a resolution while it is published, once a member. The rules are asked what is to be done.
    #[oai(path = "/v1/:tenant/resolutions/:resolution/objections", method = "post", operation_id = "raise_objection")]
    async fn raise_objection(
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
        body: Json<ObjectionInput>,
    ) -> Result<Created, Problem> {
        let app = &session.app;
        let raise = objections::raise(app, &session, ResolutionId(*resolution), body.0.text);
        Ok(Created::one(session.once(app, raise).await?.uuid()))
    }

    /// Lists the objections to a resolution, the earliest first, without the names of those who raised them.
    #[oai(path = "/v1/:tenant/resolutions/:resolution/objections", method = "get", operation_id = "list_objections")]
    async fn list_objections(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The resolution's id.
        resolution: Path<Uuid>,
    ) -> Result<Json<Vec<Objection>>, Problem> {
        let all = objections::list(&session.app, &session, ResolutionId(*resolution)).await?;
        Ok(Json(all.into_iter().map(Objection::from).collect()))
    }

    /// Answers an objection, once; nothing is carried out before each is answered.
    #[oai(path = "/v1/:tenant/objections/:objection/answer", method = "post", operation_id = "answer_objection")]
    async fn answer_objection(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The objection's id.
        objection: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<ObjectionAnswer>,
    ) -> Result<Answered, Problem> {
        let ObjectionAnswer { decision, answer } = body.0;
        let (app, upheld) = (&session.app, decision == ObjectionDecision::Upheld);
        session.once(app, objections::answer(app, &session, ObjectionId(*objection), upheld, answer)).await?;
        Ok(Answered::Done)
    }
}

impl From<stored::Objection> for Objection {
    fn from(it: stored::Objection) -> Self {
        let decision = it.answer.as_ref().map(|it| match it.upheld {
            true => ObjectionDecision::Upheld,
            false => ObjectionDecision::Dismissed,
        });
        let (answer, answered_at) = it.answer.map(|it| (it.text, it.at.into())).unzip();
        Self {
            id: it.id.uuid(),
            resolution: it.resolution.uuid(),
            text: it.text,
            raised_at: it.raised_at.into(),
            decision,
            answer,
            answered_at,
        }
    }
}

impl Example for ObjectionInput {
    fn example() -> Self {
        Self { text: "公示的预算与讨论时不符。".into() }
    }
}

impl Example for ObjectionAnswer {
    fn example() -> Self {
        Self { decision: ObjectionDecision::Dismissed, answer: "预算按询价结果公示，附件可查。".into() }
    }
}
