//! `/v1/{tenant}/shadow` and `/v1/{tenant}/replays`: what rules that are not in force would answer.

use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use serde_json::{Value, json};
use uuid::Uuid;
use yishi_domain::{BallotId, ReplayId, trials};
use yishi_service::{
    replays,
    shadows::{self, Watched},
};

use crate::{
    instants::Instant,
    pages::{Page, Wanted, uuid_cursor},
    parameters::{Cursor, RequestKey},
    problems::Problem,
    resources::{Tag, codes::wire_enum, members::Created, rule_sets::parse_digest_in_path},
    sessions::Session,
};

/// The operations on trials.
pub struct TrialsApi;

wire_enum! {
    /// How an answer of a candidate stands beside the one of the rules in force.
    Comparison = trials::Comparison {
        /// It comes to the same.
        Same,
        /// It comes to something else.
        Flipped,
        /// Method, roll or weights would have differed, or the candidate gave no answer.
        NotComparable,
    }
}

/// A candidate's configuration.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct TrialInput {
    /// The configuration, which must fit the rule set's schema.
    pub configuration: Value,
}

/// The shadow that runs.
#[derive(Debug, Object)]
pub struct ShadowState {
    /// The shadow; absent where none runs.
    #[oai(skip_serializing_if_is_none)]
    pub running: Option<Shadow>,
}

/// A rule set that runs beside the one in force.
#[derive(Debug, Object)]
pub struct Shadow {
    /// Its identifier.
    pub id: Uuid,
    /// The digest of its component.
    pub digest: String,
    /// Its configuration.
    pub configuration: Value,
    /// Since when it runs.
    pub since: Instant,
    /// How many of its answers came to the same.
    pub same: u64,
    /// How many came to something else.
    pub flipped: u64,
    /// How many cannot be compared.
    pub not_comparable: u64,
    /// The latest that did not come to the same, at most 100.
    pub differences: Vec<ShadowDifference>,
}

/// An answer of a shadow that did not come to the same.
#[derive(Debug, Object)]
pub struct ShadowDifference {
    /// What it is about: a ballot.
    pub subject: Uuid,
    /// What was asked: `rule` or `verdict`.
    pub function: String,
    /// How it stands.
    pub comparison: Comparison,
    /// Why.
    pub why: String,
    /// When.
    pub at: Instant,
}

/// A replay of all past decisions under a candidate.
#[derive(Debug, Object)]
pub struct Replay {
    /// Its identifier.
    pub id: Uuid,
    /// The digest of the candidate's component.
    pub digest: String,
    /// Its configuration.
    pub configuration: Value,
    /// How many decisions there were when it was asked for.
    pub total: u64,
    /// How many of them are done.
    pub done: u64,
    /// How many come out the same.
    pub same: u64,
    /// How many come out differently.
    pub flipped: u64,
    /// How many cannot be compared.
    pub not_comparable: u64,
    /// When it was asked for.
    pub requested_at: Instant,
    /// When it was finished.
    #[oai(skip_serializing_if_is_none)]
    pub finished_at: Option<Instant>,
}

/// A decision that does not come out the same.
#[derive(Debug, Object)]
pub struct ReplayDifference {
    /// Its ballot.
    pub ballot: Uuid,
    /// How it comes out.
    pub comparison: Comparison,
    /// Why.
    pub why: String,
}

/// The answer to the end of a shadow.
#[derive(ApiResponse)]
pub enum Ended {
    /// Ended.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(tag = "Tag::Rules")]
impl TrialsApi {
    /// Lets a rule set run as a shadow beside the one in force, in the place of one that runs already.
    ///
    /// It is asked whatever the rules in force are asked of ballots; its answers are compared and recorded, and nothing else comes of them.
    #[oai(path = "/v1/:tenant/rule-sets/:digest/shadow", method = "post", operation_id = "begin_shadow")]
    async fn begin_shadow(
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
        body: Json<TrialInput>,
    ) -> Result<Created, Problem> {
        let (digest, app) = (parse_digest_in_path(&digest)?, &session.app);
        let id = session.once(app, shadows::begin(app, &session, &digest, body.0.configuration)).await?;
        Ok(Created::one(id.uuid()))
    }

    /// Gets the shadow that runs, with how its answers stand.
    #[oai(path = "/v1/:tenant/shadow", method = "get", operation_id = "get_shadow")]
    async fn get_shadow(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
    ) -> Result<Json<ShadowState>, Problem> {
        let watched = shadows::get(&session.app, &session).await?;
        Ok(Json(ShadowState { running: watched.map(Shadow::from) }))
    }

    /// Ends the shadow that runs.
    #[oai(path = "/v1/:tenant/shadow", method = "delete", operation_id = "end_shadow")]
    async fn end_shadow(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
    ) -> Result<Ended, Problem> {
        session.once(&session.app, shadows::end(&session.app, &session)).await?;
        Ok(Ended::Done)
    }

    /// Asks for a replay: all past decisions under a candidate. It runs in the background and changes none of them.
    #[oai(path = "/v1/:tenant/rule-sets/:digest/replays", method = "post", operation_id = "request_replay")]
    async fn request_replay(
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
        body: Json<TrialInput>,
    ) -> Result<Created, Problem> {
        let (digest, app) = (parse_digest_in_path(&digest)?, &session.app);
        let id = session.once(app, replays::request(app, &session, &digest, body.0.configuration)).await?;
        Ok(Created::one(id.uuid()))
    }

    /// Gets a replay, with how far it is.
    #[oai(path = "/v1/:tenant/replays/:replay", method = "get", operation_id = "get_replay")]
    async fn get_replay(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The replay's id.
        replay: Path<Uuid>,
    ) -> Result<Json<Replay>, Problem> {
        let it = replays::get(&session.app, &session, ReplayId(*replay)).await?;
        Ok(Json(Replay {
            id: it.id.uuid(),
            digest: it.digest.to_string(),
            configuration: it.configuration,
            total: it.total,
            done: it.done,
            same: it.same,
            flipped: it.flipped,
            not_comparable: it.not_comparable,
            requested_at: it.requested_at.into(),
            finished_at: it.finished_at.map(Instant::from),
        }))
    }

    /// Lists the decisions of a replay that do not come out the same, in the order of their ballots.
    #[oai(path = "/v1/:tenant/replays/:replay/differences", method = "get", operation_id = "list_replay_differences")]
    async fn list_replay_differences(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The replay's id.
        replay: Path<Uuid>,
        /// `next` of the page before.
        cursor: Query<Option<Cursor>>,
        /// How many decisions at most; 50 unless given.
        #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
        limit: Query<Option<u16>>,
    ) -> Result<Json<Page<ReplayDifference>>, Problem> {
        let wanted = Wanted::new(cursor.as_deref(), *limit)?;
        let after = uuid_cursor(&wanted.after)?.map(BallotId);
        let loaded = replays::differences(&session.app, &session, ReplayId(*replay), after, wanted.load()).await?;
        let wire = |(ballot, compared): (BallotId, trials::Compared)| ReplayDifference {
            ballot: ballot.uuid(),
            comparison: compared.comparison.into(),
            why: compared.why.unwrap_or_default(),
        };
        Ok(Json(wanted.page(loaded, |(ballot, _)| ballot.to_string(), wire)))
    }
}

impl From<Watched> for Shadow {
    fn from(it: Watched) -> Self {
        let Watched { shadow, counts, differences } = it;
        let count = |of| counts.iter().find(|(it, _)| *it == of).map_or(0, |(_, n)| *n);
        Self {
            id: shadow.id.uuid(),
            digest: shadow.digest.to_string(),
            configuration: shadow.configuration,
            since: shadow.since.into(),
            same: count(trials::Comparison::Same),
            flipped: count(trials::Comparison::Flipped),
            not_comparable: count(trials::Comparison::NotComparable),
            differences: differences
                .into_iter()
                .map(|it| ShadowDifference {
                    subject: it.subject,
                    function: it.function,
                    comparison: it.compared.comparison.into(),
                    why: it.compared.why.unwrap_or_default(),
                    at: it.at.into(),
                })
                .collect(),
        }
    }
}

impl Example for TrialInput {
    fn example() -> Self {
        Self { configuration: json!({"major_majority": {"numerator": 3, "denominator": 4}}) }
    }
}
