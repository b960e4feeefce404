//! `/v1/{tenant}/funds/{fund}/campaigns` and `/v1/{tenant}/campaigns`: crowdfunding.

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{CampaignId, FundId, UnitId};
use yishi_service::campaigns::{self, NewCampaign, stored};

use crate::{
    instants::Instant,
    parameters::RequestKey,
    problems::Problem,
    resources::{EXAMPLE, Tag, codes::wire_enum, members::Created},
    sessions::Session,
};

/// The operations on crowdfunding.
pub struct CampaignsApi;

/// A crowdfunding to open.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct CampaignInput {
    /// The unit for which it is collected.
    pub unit: Uuid,
    /// What for.
    #[oai(validator(min_length = 1, max_length = 200))]
    pub title: String,
    /// How much it needs, in fen.
    pub goal_fen: u64,
    /// When it ends: it is collected then if the goal is reached, and released if not.
    pub ends_at: Instant,
}

wire_enum! {
    /// How a crowdfunding stands.
    CampaignState = yishi_domain::money::CampaignState {
        /// It takes pledges.
        Open,
        /// The goal was reached, and the money is in the fund.
        Collected,
        /// The goal was not reached, and nobody owes anything.
        Released,
    }
}

/// A crowdfunding.
#[derive(Debug, Object)]
pub struct Campaign {
    /// Its identifier.
    pub id: Uuid,
    /// The fund.
    pub fund: Uuid,
    /// The unit.
    pub unit: Uuid,
    /// What for.
    pub title: String,
    /// How much it needs, in fen.
    pub goal_fen: u64,
    /// How much is pledged, in fen.
    pub pledged_fen: u64,
    /// When it ends.
    pub ends_at: Instant,
    /// How it stands.
    pub state: CampaignState,
}

/// A pledge.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct PledgeInput {
    /// How much, in fen.
    pub amount_fen: u64,
}

#[OpenApi(tag = "Tag::Money")]
impl CampaignsApi {
    /// Opens a crowdfunding into a fund.
    #[oai(path = "/v1/:tenant/funds/:fund/campaigns", method = "post", operation_id = "open_campaign")]
    async fn open_campaign(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The fund's id.
        fund: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<CampaignInput>,
    ) -> Result<Created, Problem> {
        let CampaignInput { unit, title, goal_fen, ends_at } = body.0;
        let new = NewCampaign { unit: UnitId(unit), title, goal_fen, ends_at: ends_at.0 };
        let app = &session.app;
        Ok(Created::one(session.once(app, campaigns::open(app, &session, FundId(*fund), new)).await?.uuid()))
    }

    /// Gets a crowdfunding.
    #[oai(path = "/v1/:tenant/campaigns/:campaign", method = "get", operation_id = "get_campaign")]
    async fn get_campaign(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The crowdfunding's id.
        campaign: Path<Uuid>,
    ) -> Result<Json<Campaign>, Problem> {
        Ok(Json(campaigns::get(&session.app, &session, CampaignId(*campaign)).await?.into()))
    }

    /// Pledges an amount, which is due only when the goal is reached; the record does not say who pledged.
    #[oai(path = "/v1/:tenant/campaigns/:campaign/pledges", method = "post", operation_id = "make_pledge")]
    async fn make_pledge(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The crowdfunding's id.
        campaign: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<PledgeInput>,
    ) -> Result<Created, Problem> {
        let app = &session.app;
        let pledge = campaigns::pledge(app, &session, CampaignId(*campaign), body.0.amount_fen);
        Ok(Created::one(session.once(app, pledge).await?.uuid()))
    }
}

impl From<stored::Campaign> for Campaign {
    fn from(it: stored::Campaign) -> Self {
        let state = it.state().into();
        let stored::Campaign { id, fund, unit, title, goal_fen, pledged_fen, ends_at, .. } = it;
        let (id, fund, unit) = (id.uuid(), fund.uuid(), unit.uuid());
        Self { id, fund, unit, title, goal_fen, pledged_fen, ends_at: ends_at.into(), state }
    }
}

impl Example for CampaignInput {
    fn example() -> Self {
        let ends_at = Instant(chrono::DateTime::from_timestamp(1_798_761_600, 0).expect("2027-01-01"));
        Self { unit: EXAMPLE, title: "楼道加装扶手".into(), goal_fen: 300_000, ends_at }
    }
}

impl Example for PledgeInput {
    fn example() -> Self {
        Self { amount_fen: 10_000 }
    }
}
