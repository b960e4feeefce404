//! What speaks for a rule set, and against it.

use poem_openapi::{
    Enum, Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use yishi_service::trust::{self, NewSignature, stored};

use crate::{
    instants::Instant,
    parameters::RequestKey,
    problems::Problem,
    resources::{Tag, members::Created, rule_sets::parse_digest_in_path},
    sessions::Session,
};

/// The operations on the trust in rule sets.
pub struct TrustApi;

/// A detached signature.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct SignatureInput {
    /// The signer's name among the keys that the platform trusts.
    #[oai(validator(min_length = 1, max_length = 100))]
    pub signer: String,
    /// Ed25519 over the line `yishi rule set v1`, the line `sha256:` with 64 hexadecimal digits, each ended by a line feed; 128 hexadecimal
    /// digits.
    #[oai(validator(min_length = 128, max_length = 128))]
    pub signature: String,
}

/// What the province says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum ApprovalDecision {
    /// It may be put in force.
    Approved,
    /// It may not, or not any more.
    Refused,
}

/// What the province says of a rule set.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct ApprovalInput {
    /// Whether it may be put in force.
    pub decision: ApprovalDecision,
    /// Why.
    #[oai(validator(min_length = 1, max_length = 2000))]
    pub reason: String,
}

/// A signature that was checked.
#[derive(Debug, Object)]
pub struct RuleSetSignature {
    /// The signer's name.
    pub signer: String,
    /// 128 hexadecimal digits.
    pub signature: String,
    /// When it was filed.
    pub signed_at: Instant,
}

/// What the province said last.
#[derive(Debug, Object)]
pub struct Approval {
    /// Whether it may be put in force.
    pub decision: ApprovalDecision,
    /// Why.
    pub reason: String,
    /// When.
    pub decided_at: Instant,
}

/// How a rule set failed of late.
#[derive(Debug, Object)]
pub struct Faults {
    /// How often in a row.
    pub failures: u32,
    /// The code of the last failure.
    pub cause: String,
    /// When it failed last.
    pub failed_at: Instant,
    /// Since when it is suspended for new work; ballots that were opened under it keep it.
    #[oai(skip_serializing_if_is_none)]
    pub suspended_at: Option<Instant>,
}

/// What speaks for a rule set, and against it.
#[derive(Debug, Object)]
pub struct RuleSetStanding {
    /// The signatures of keys that the platform trusted when they were filed.
    pub signatures: Vec<RuleSetSignature>,
    /// What the province said last.
    #[oai(skip_serializing_if_is_none)]
    pub approval: Option<Approval>,
    /// How it failed of late; absent where it answers.
    #[oai(skip_serializing_if_is_none)]
    pub faults: Option<Faults>,
}

#[OpenApi(tag = "Tag::Rules")]
impl TrustApi {
    /// Files a signature over a rule set.
    #[oai(path = "/v1/:tenant/rule-sets/:digest/signatures", method = "post", operation_id = "sign_rule_set")]
    async fn sign_rule_set(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The digest of its component.
        digest: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<SignatureInput>,
    ) -> Result<Json<RuleSetStanding>, Problem> {
        let (digest, app) = (parse_digest_in_path(&digest)?, &session.app);
        session.once(app, trust::sign(app, &session, &digest, body.0.into())).await?;
        Ok(Json(trust::standing(app, &session, &digest).await?.into()))
    }

    /// Tells what speaks for a rule set, and against it.
    #[oai(path = "/v1/:tenant/rule-sets/:digest/standing", method = "get", operation_id = "get_rule_set_standing")]
    async fn get_rule_set_standing(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The digest of its component.
        digest: Path<String>,
    ) -> Result<Json<RuleSetStanding>, Problem> {
        let digest = parse_digest_in_path(&digest)?;
        yishi_service::rule_sets::get(&session.app, &session, &digest).await?;
        Ok(Json(trust::standing(&session.app, &session, &digest).await?.into()))
    }

    /// Approves a tenant's rule set for the province, or refuses it; the latest word holds, and its administrators are told.
    ///
    /// Ballots that were opened under it keep it.
    #[oai(
        path = "/platform/tenants/:tenant/rule-sets/:digest/approvals",
        method = "post",
        operation_id = "approve_rule_set"
    )]
    async fn approve_rule_set(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The digest of its component.
        digest: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<ApprovalInput>,
    ) -> Result<Created, Problem> {
        let (digest, app) = (parse_digest_in_path(&digest)?, &session.app);
        let ApprovalInput { decision, reason } = body.0;
        let approves = decision == ApprovalDecision::Approved;
        Ok(Created::one(session.once(app, trust::decide(app, &session, &digest, approves, reason)).await?))
    }
}

impl From<trust::Standing> for RuleSetStanding {
    fn from(it: trust::Standing) -> Self {
        let signature = |it: stored::Signature| RuleSetSignature {
            signer: it.signer,
            signature: it.signature.iter().map(|byte| format!("{byte:02x}")).collect(),
            signed_at: it.signed_at.into(),
        };
        let approval = |it: stored::Approval| Approval {
            decision: match it.decision.as_str() {
                "approved" => ApprovalDecision::Approved,
                _ => ApprovalDecision::Refused,
            },
            reason: it.reason,
            decided_at: it.decided_at.into(),
        };
        let faults = |it: stored::Faults| Faults {
            failures: it.failures.unsigned_abs(),
            cause: it.cause,
            failed_at: it.failed_at.into(),
            suspended_at: it.suspended_at.map(Instant::from),
        };
        Self {
            signatures: it.signatures.into_iter().map(signature).collect(),
            approval: it.approval.map(approval),
            faults: it.faults.map(faults),
        }
    }
}

impl From<SignatureInput> for NewSignature {
    fn from(SignatureInput { signer, signature }: SignatureInput) -> Self {
        Self { signer, signature }
    }
}

impl Example for SignatureInput {
    fn example() -> Self {
        Self { signer: "zhejiang".into(), signature: "0f".repeat(64) }
    }
}

impl Example for ApprovalInput {
    fn example() -> Self {
        Self { decision: ApprovalDecision::Approved, reason: "与《民法典》第二百七十八条一致。".into() }
    }
}
