//! `/v1/{tenant}/mandates`: who may vote, come and speak for whom.

use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{BallotId, MandateId, MeetingId, MemberId};
use yishi_service::mandates::{self, NewMandate, stored};

use crate::{
    instants::Instant,
    parameters::RequestKey,
    problems::Problem,
    resources::{EXAMPLE, Tag, members::Created},
    sessions::Session,
};

/// The operations on mandates.
pub struct MandatesApi;

/// A mandate to give.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct MandateInput {
    /// Who votes, comes and speaks by it.
    pub proxy: Uuid,
    /// Who gives it; the caller unless given. A coordinator files what somebody gave on paper.
    #[oai(skip_serializing_if_is_none)]
    pub principal: Option<Uuid>,
    /// The ballot that it is for; all of them unless given.
    #[oai(skip_serializing_if_is_none)]
    pub ballot: Option<Uuid>,
    /// The meeting that it is for, where it is for one alone.
    #[oai(skip_serializing_if_is_none)]
    pub meeting: Option<Uuid>,
    /// From when it holds, by the tenant's clock; now unless given.
    #[oai(skip_serializing_if_is_none)]
    pub starts_at: Option<Instant>,
    /// Until when it holds; a year at most.
    pub ends_at: Instant,
}

/// A mandate.
#[derive(Debug, Object)]
pub struct Mandate {
    /// Its identifier.
    pub id: Uuid,
    /// Who gave it.
    pub principal: Uuid,
    /// Who votes by it.
    pub proxy: Uuid,
    /// The ballot that it is for; all of them where there is none.
    #[oai(skip_serializing_if_is_none)]
    pub ballot: Option<Uuid>,
    /// The meeting that it is for, where it is for one alone.
    #[oai(skip_serializing_if_is_none)]
    pub meeting: Option<Uuid>,
    /// From when it holds.
    pub starts_at: Instant,
    /// Until when it holds.
    pub ends_at: Instant,
    /// When it was taken back.
    #[oai(skip_serializing_if_is_none)]
    pub revoked_at: Option<Instant>,
}

/// The answer to taking a mandate back.
#[derive(ApiResponse)]
pub enum Revoked {
    /// Taken back; votes that were cast by it stand.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(tag = "Tag::Decision")]
impl MandatesApi {
    /// Gives somebody a mandate to vote for the caller, where the rule of a ballot knows proxies, and to come to meetings and speak there for them.
    #[oai(path = "/v1/:tenant/mandates", method = "post", operation_id = "give_mandate")]
    async fn give_mandate(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<MandateInput>,
    ) -> Result<Created, Problem> {
        let MandateInput { proxy, principal, ballot, meeting, starts_at, ends_at } = body.0;
        let new = NewMandate {
            proxy: MemberId(proxy),
            principal: principal.map(MemberId),
            ballot: ballot.map(BallotId),
            meeting: meeting.map(MeetingId),
            starts_at: starts_at.map(|it| it.0),
            ends_at: ends_at.0,
        };
        let app = &session.app;
        Ok(Created::one(session.once(app, mandates::give(app, &session, new)).await?.uuid()))
    }

    /// Lists the mandates that the caller gave or holds, the latest first.
    #[oai(path = "/v1/:tenant/mandates", method = "get", operation_id = "list_mandates")]
    async fn list_mandates(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
    ) -> Result<Json<Vec<Mandate>>, Problem> {
        let all = mandates::list(&session.app, &session).await?;
        Ok(Json(all.into_iter().map(Mandate::from).collect()))
    }

    /// Takes a mandate back that the caller gave.
    #[oai(path = "/v1/:tenant/mandates/:mandate", method = "delete", operation_id = "revoke_mandate")]
    async fn revoke_mandate(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The mandate's id.
        mandate: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
    ) -> Result<Revoked, Problem> {
        let app = &session.app;
        session.once(app, mandates::revoke(app, &session, MandateId(*mandate))).await?;
        Ok(Revoked::Done)
    }
}

impl From<stored::Mandate> for Mandate {
    fn from(it: stored::Mandate) -> Self {
        Self {
            id: it.id.uuid(),
            principal: it.principal.uuid(),
            proxy: it.proxy.uuid(),
            ballot: it.ballot_id,
            meeting: it.meeting_id,
            starts_at: it.starts_at.into(),
            ends_at: it.ends_at.into(),
            revoked_at: it.revoked_at.map(Instant::from),
        }
    }
}

impl Example for MandateInput {
    fn example() -> Self {
        let ends_at = chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_820);
        Self { proxy: EXAMPLE, principal: None, ballot: None, meeting: None, starts_at: None, ends_at: ends_at.into() }
    }
}
