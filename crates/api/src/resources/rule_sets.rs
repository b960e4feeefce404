//! `/v1/{tenant}/rule-sets`: the rules that a city uploads, and which of them holds.

use poem::http::StatusCode;
use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use serde_json::{Value, json};
use uuid::Uuid;
use yishi_service::rule_sets::{self, NewActivation, stored};

use crate::{
    instants::Instant,
    pages::{Page, Wanted, bad_cursor},
    parameters::{Cursor, RequestKey},
    problems::Problem,
    resources::{
        Tag,
        members::Created,
        parse_digest,
        uploads::{Upload, Uploaded},
    },
    sessions::Session,
};

/// The operations on rule sets.
pub struct RuleSetsApi;

/// An uploaded rule set.
#[derive(Debug, Object)]
pub struct RuleSet {
    /// The digest of its component, by which decisions name it.
    pub digest: String,
    /// Its name.
    pub name: String,
    /// Its version, as semantic versioning writes it.
    pub version: String,
    /// The languages of its texts, as BCP 47 tags.
    pub locales: Vec<String>,
    /// The interfaces that it answers itself: `topics`, `voting`, `escalation`.
    pub interfaces: Vec<String>,
    /// The laws that it implements, each with its edition.
    pub laws: Vec<String>,
    /// The JSON Schema of its configuration.
    pub configuration_schema: Value,
    /// How many bytes its component has.
    pub bytes: u64,
    /// When it was uploaded.
    pub uploaded_at: Instant,
}

/// A rule set to put in force.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct ActivationInput {
    /// Its configuration, which must fit its schema.
    pub configuration: Value,
    /// From when it holds, by the tenant's clock; now unless given.
    pub from: Option<Instant>,
    /// The `number` of the latest activation that the caller knows of; where there is a later one the answer is 409.
    pub after: Option<u64>,
}

/// The rules that hold.
#[derive(Debug, Object)]
pub struct RulesInForce {
    /// The activated rule set; absent where the standard rules of the core hold.
    #[oai(skip_serializing_if_is_none)]
    pub active: Option<ActiveRules>,
}

/// A rule set in force.
#[derive(Debug, Object)]
pub struct ActiveRules {
    /// The activation's identifier.
    pub activation: Uuid,
    /// How many times rules were put in force.
    pub number: u64,
    /// The digest of the rule set's component.
    pub digest: String,
    /// Its configuration.
    pub configuration: Value,
    /// From when they hold, by the tenant's clock.
    pub activated_at: Instant,
}

#[OpenApi(tag = "Tag::Rules")]
impl RuleSetsApi {
    /// Uploads a rule set; it holds only once it is activated.
    ///
    /// Every reason for refusing it is listed, each with its code. The same bytes again are answered in the same way.
    #[oai(path = "/v1/:tenant/rule-sets", method = "post", operation_id = "upload_rule_set")]
    async fn upload_rule_set(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Upload,
    ) -> Result<Uploaded, Problem> {
        let digest = session.once(&session.app, rule_sets::upload(&session.app, &session, body.into())).await?;
        Ok(Uploaded::from(digest))
    }

    /// Lists the rule sets, the latest first.
    #[oai(path = "/v1/:tenant/rule-sets", method = "get", operation_id = "list_rule_sets")]
    async fn list_rule_sets(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
    ) -> Result<Json<Vec<RuleSet>>, Problem> {
        let list = rule_sets::list(&session.app, &session).await?;
        Ok(Json(list.into_iter().map(RuleSet::from).collect()))
    }

    /// Gets a rule set.
    #[oai(path = "/v1/:tenant/rule-sets/:digest", method = "get", operation_id = "get_rule_set")]
    async fn get_rule_set(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The digest of its component.
        digest: Path<String>,
    ) -> Result<Json<RuleSet>, Problem> {
        let digest = parse_digest_in_path(&digest)?;
        Ok(Json(rule_sets::get(&session.app, &session, &digest).await?.into()))
    }

    /// Puts a rule set in force, from now on or from a moment on.
    ///
    /// Ballots that are open keep the rules that they were opened under. Of two that do so at once one is answered 409.
    #[oai(path = "/v1/:tenant/rule-sets/:digest/activations", method = "post", operation_id = "activate_rule_set")]
    async fn activate_rule_set(
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
        body: Json<ActivationInput>,
    ) -> Result<Created, Problem> {
        let (digest, app) = (parse_digest_in_path(&digest)?, &session.app);
        let ActivationInput { configuration, from, after } = body.0;
        let new = NewActivation { configuration, from: from.map(|it| it.0), after };
        let id = session.once(app, rule_sets::activate(app, &session, &digest, new)).await?;
        Ok(Created::one(id.uuid()))
    }

    /// Puts back in force what held before, with the configuration that it had.
    #[oai(path = "/v1/:tenant/rules/rollback", method = "post", operation_id = "roll_back_rules")]
    async fn roll_back_rules(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
    ) -> Result<Created, Problem> {
        let app = &session.app;
        Ok(Created::one(session.once(app, rule_sets::roll_back(app, &session)).await?.uuid()))
    }

    /// Lists the activations, the latest decision first; those that do not hold yet are among them.
    #[oai(path = "/v1/:tenant/activations", method = "get", operation_id = "list_activations")]
    async fn list_activations(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many activations at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<ActiveRules>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let before = match wanted.after.as_str() {
            "" => None,
            number => Some(number.parse().map_err(|_| bad_cursor())?),
        };
        let loaded = rule_sets::activations(&session.app, &session, before, wanted.load()).await?;
        Ok(Json(wanted.page(loaded, |it| it.number.to_string(), ActiveRules::from)))
    }

    /// Gets the rules that hold now: a rule set where one was activated, else the standard rules of the core.
    #[oai(path = "/v1/:tenant/rules", method = "get", operation_id = "get_rules")]
    async fn get_rules(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
    ) -> Result<Json<RulesInForce>, Problem> {
        let active = rule_sets::active(&session.app, &session).await?;
        Ok(Json(RulesInForce { active: active.map(ActiveRules::from) }))
    }
}

/// A path that names nothing is a thing that is not there.
pub(crate) fn parse_digest_in_path(text: &str) -> Result<yishi_domain::Digest, Problem> {
    parse_digest("digest", text)
        .map_err(|problem| Problem::new(StatusCode::NOT_FOUND, "rule_set.unknown", problem.detail).with_field("digest"))
}

impl From<stored::RuleSet> for RuleSet {
    fn from(it: stored::RuleSet) -> Self {
        let descriptor = it.descriptor;
        Self {
            digest: it.digest.to_string(),
            name: descriptor.name,
            version: descriptor.version,
            locales: descriptor.locales,
            interfaces: descriptor.interfaces,
            laws: descriptor.laws,
            configuration_schema: serde_json::from_str(&descriptor.configuration_schema).unwrap_or_default(),
            bytes: it.bytes.unsigned_abs(),
            uploaded_at: it.uploaded_at.into(),
        }
    }
}

impl From<stored::Activation> for ActiveRules {
    fn from(it: stored::Activation) -> Self {
        Self {
            activation: it.id.uuid(),
            number: it.number.unsigned_abs(),
            digest: it.digest.to_string(),
            configuration: it.configuration,
            activated_at: it.activated_at.into(),
        }
    }
}

impl Example for ActivationInput {
    fn example() -> Self {
        let configuration = json!({"quorum": {"numerator": 1, "denominator": 2}, "window_hours": 168});
        Self { configuration, from: None, after: Some(1) }
    }
}
