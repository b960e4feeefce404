//! `/v1/{tenant}/resolutions/{resolution}/look-backs` and `/conclusion`: what follows the survey.

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::ResolutionId;
use yishi_service::surveys;

use crate::{
    instants::Instant,
    parameters::RequestKey,
    problems::Problem,
    resources::{Tag, members::Created, topics::Step},
    sessions::Session,
};

/// The operations on what follows the survey.
pub struct FeedbackApi;

/// A conclusion.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct ConclusionInput {
    /// What the supervisors conclude, with their reasons.
    #[oai(validator(min_length = 1, max_length = 2000))]
    pub text: String,
}

/// A look back to record.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct LookBackInput {
    /// Whether what was done has lasted.
    pub lasting: bool,
    /// What was seen.
    #[oai(validator(min_length = 1, max_length = 2000))]
    pub text: String,
}

/// A look back at what was finished.
#[derive(Debug, Object)]
pub struct LookBack {
    /// Its identifier.
    pub id: Uuid,
    /// Whether what was done has lasted.
    pub lasting: bool,
    /// What was seen.
    pub text: String,
    /// When.
    pub looked_at: Instant,
}

#[OpenApi(tag = "Tag::Execution")]
impl FeedbackApi {
    /// Concludes a case whose result did not satisfy a second time, as a supervisor, which closes it.
    #[oai(
        path = "/v1/:tenant/resolutions/:resolution/conclusion",
        method = "post",
        operation_id = "conclude_resolution"
    )]
    async fn conclude_resolution(
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
        body: Json<ConclusionInput>,
    ) -> Result<Json<Step>, Problem> {
        let (app, id) = (&session.app, ResolutionId(*resolution));
        Ok(Json(session.once(app, surveys::conclude(app, &session, id, body.0.text)).await?.into()))
    }

    /// Records a look back (回頭看) at what was finished; what has not lasted is due again after 90 days.
    #[oai(path = "/v1/:tenant/resolutions/:resolution/look-backs", method = "post", operation_id = "record_look_back")]
    async fn record_look_back(
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
        body: Json<LookBackInput>,
    ) -> Result<Created, Problem> {
        let (app, id, LookBackInput { lasting, text }) = (&session.app, ResolutionId(*resolution), body.0);
        Ok(Created::one(session.once(app, surveys::look_back(app, &session, id, lasting, text)).await?))
    }

    /// Lists the looks back at a resolution, the earliest first.
    #[oai(path = "/v1/:tenant/resolutions/:resolution/look-backs", method = "get", operation_id = "list_look_backs")]
    async fn list_look_backs(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The resolution's id.
        resolution: Path<Uuid>,
    ) -> Result<Json<Vec<LookBack>>, Problem> {
        let found = surveys::look_backs(&session.app, &session, ResolutionId(*resolution)).await?;
        Ok(Json(found.into_iter().map(LookBack::from).collect()))
    }
}

impl From<surveys::stored::LookBack> for LookBack {
    fn from(it: surveys::stored::LookBack) -> Self {
        Self { id: it.id, lasting: it.lasting, text: it.text, looked_at: it.looked_at.into() }
    }
}

impl Example for ConclusionInput {
    fn example() -> Self {
        Self { text: "约谈责任单位，限期整改，结果公示。".into() }
    }
}

impl Example for LookBackInput {
    fn example() -> Self {
        Self { lasting: true, text: "三个月后路灯仍正常。".into() }
    }
}
