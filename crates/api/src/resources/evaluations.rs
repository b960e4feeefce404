//! `/v1/{tenant}/evaluations`: yearly evaluations by a third party, each signed by whoever made it.

use poem::http::StatusCode;
use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{MemberId, UnitId, evaluations as domain};
use yishi_service::evaluations::{self, NewEvaluation, stored};

use crate::{
    instants::Instant,
    parameters::RequestKey,
    problems::Problem,
    resources::{EXAMPLE, Tag, parse_digest, webhooks::WebhookDone},
    sessions::Session,
};

/// The operations on evaluations.
pub struct EvaluationsApi;

/// The key of an evaluator.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct EvaluatorKeyInput {
    /// For whom they evaluate, such as an institute.
    #[oai(validator(min_length = 1, max_length = 200))]
    pub institute: String,
    /// The public half of the key that they sign with (Ed25519), as 64 hexadecimal digits.
    pub key: String,
}

/// An evaluation to file.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct EvaluationInput {
    /// The unit that was evaluated.
    pub unit: Uuid,
    /// The year.
    #[oai(validator(minimum(value = "2000"), maximum(value = "2999")))]
    pub year: u16,
    /// Between 1 and 50 criteria, in the order in which they are signed.
    #[oai(validator(min_items = 1, max_items = 50))]
    pub scores: Vec<EvaluationScore>,
    /// The report's digest: `sha256:` and 64 hexadecimal digits.
    pub report: String,
    /// The signature (Ed25519), as 128 hexadecimal digits.
    pub signature: String,
}

/// What a criterion got.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct EvaluationScore {
    /// The criterion: on one line, without `=`.
    #[oai(validator(min_length = 1, max_length = 100))]
    pub criterion: String,
    /// Of 100.
    pub score: u8,
}

/// The row of an evaluation in the register.
#[derive(Debug, Object)]
pub struct FiledEvaluation {
    /// The key of its row in the register `evaluations`.
    pub key: String,
}

/// The answer to filing.
#[derive(ApiResponse)]
pub enum EvaluationCreated {
    /// Filed.
    #[oai(status = 201)]
    Filed(Json<FiledEvaluation>),
}

/// An evaluation as it was signed, which anyone can check.
#[derive(Debug, Object)]
pub struct SignedEvaluation {
    /// The key of its row in the register.
    pub key: String,
    /// Who signed it.
    pub member: Uuid,
    /// What was scored.
    pub scores: Vec<EvaluationScore>,
    /// Their mean, rounded half up, which is the score in the register.
    pub score: u8,
    /// The report's digest.
    pub report: String,
    /// The text that was signed.
    pub statement: String,
    /// The signature (Ed25519) over that text, as hexadecimal digits.
    pub signature: String,
    /// The public key, as hexadecimal digits.
    pub public_key: String,
    /// When it was filed.
    pub filed_at: Instant,
}

#[OpenApi(tag = "Tag::Register")]
impl EvaluationsApi {
    /// Registers the key with which an evaluator signs, in the place of the one before.
    #[oai(path = "/v1/:tenant/evaluators/:member/key", method = "put", operation_id = "register_evaluator_key")]
    async fn register_evaluator_key(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The member who evaluates.
        member: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<EvaluatorKeyInput>,
    ) -> Result<WebhookDone, Problem> {
        let key = bytes_of::<32>("key", &body.key)?;
        let app = &session.app;
        let register = evaluations::register(app, &session, MemberId(*member), body.0.institute, key);
        session.once(app, register).await?;
        Ok(WebhookDone::Done)
    }

    /// Files an evaluation of a unit for a year, once; its row in the register has the mean of the scores.
    ///
    /// What is signed are lines, each ended by a line feed: `yishi evaluation v1`, the tenant's slug, the unit's statistical code, the year, `criterion=score`
    /// for each score in the order given, and the report's digest.
    #[oai(path = "/v1/:tenant/evaluations", method = "post", operation_id = "file_evaluation")]
    async fn file_evaluation(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<EvaluationInput>,
    ) -> Result<EvaluationCreated, Problem> {
        let EvaluationInput { unit, year, scores, report, signature } = body.0;
        let new = NewEvaluation {
            unit: UnitId(unit),
            year,
            scores: scores.into_iter().map(domain::Score::from).collect(),
            report: parse_digest("report", &report)?,
            signature: bytes_of::<64>("signature", &signature)?.to_vec(),
        };
        let app = &session.app;
        let key = session.once(app, evaluations::file(app, &session, new)).await?;
        Ok(EvaluationCreated::Filed(Json(FiledEvaluation { key })))
    }

    /// Gets an evaluation as it was signed.
    #[oai(path = "/v1/:tenant/evaluations/:key", method = "get", operation_id = "get_evaluation")]
    async fn get_evaluation(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The key of its row in the register `evaluations`.
        key: Path<String>,
    ) -> Result<Json<SignedEvaluation>, Problem> {
        Ok(Json(evaluations::get(&session.app, &session, &key).await?.into()))
    }
}

/// Bytes that a field writes as hexadecimal digits.
fn bytes_of<const N: usize>(field: &str, text: &str) -> Result<[u8; N], Problem> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| {
        let text = format!("give {} hexadecimal digits", 2 * N);
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "request.bad_field", text).with_field(field)
    })?;
    Ok(bytes)
}

impl From<EvaluationScore> for domain::Score {
    fn from(it: EvaluationScore) -> Self {
        Self { criterion: it.criterion, score: it.score }
    }
}

impl From<stored::Signed> for SignedEvaluation {
    fn from(it: stored::Signed) -> Self {
        let score = domain::mean(&it.scores);
        let told = |it: domain::Score| EvaluationScore { criterion: it.criterion, score: it.score };
        Self {
            key: it.row,
            member: it.member.uuid(),
            scores: it.scores.into_iter().map(told).collect(),
            score,
            report: it.report.to_string(),
            statement: it.statement,
            signature: hex::encode(it.signature),
            public_key: hex::encode(it.key),
            filed_at: it.filed_at.into(),
        }
    }
}

impl Example for EvaluatorKeyInput {
    fn example() -> Self {
        Self { institute: "浙江大学社会治理研究院".into(), key: "3d".repeat(32) }
    }
}

impl Example for EvaluationInput {
    fn example() -> Self {
        let scores = [("程序规范", 92), ("群众满意", 88)];
        let scores = scores.map(|(criterion, score)| EvaluationScore { criterion: criterion.into(), score }).to_vec();
        let report = format!("sha256:{}", "ab".repeat(32));
        Self { unit: EXAMPLE, year: 2026, scores, report, signature: "5f".repeat(64) }
    }
}
