//! `/v1/{tenant}/units/{unit}/pool` and what is drawn from it.

use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use uuid::Uuid;
use yishi_domain::{DrawId, ProvisionId, UnitId, pools as domain};
use yishi_service::pools::{self, Offer, stored};

use crate::{
    instants::Instant,
    parameters::RequestKey,
    problems::Problem,
    resources::{EXAMPLE, Tag, bookings::purpose, codes::wire_enum, members::Created},
    sessions::Session,
};

/// The operations on pools.
pub struct PoolsApi;

wire_enum! {
    /// What a pool holds besides money.
    ProvisionKind = domain::ProvisionKind {
        /// Things, such as chairs or a projector.
        Goods,
        /// Work of a trade or a profession.
        Services,
        /// Hours of volunteers.
        VolunteerHours,
    }
}

/// Something to offer.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct ProvisionInput {
    /// What it is.
    pub kind: ProvisionKind,
    /// What it is called.
    #[oai(validator(min_length = 1, max_length = 100))]
    pub name: String,
    /// In what it is counted, such as `小时`.
    #[oai(validator(min_length = 1, max_length = 20))]
    pub measure: String,
    /// How much there is.
    pub quantity: u64,
}

/// Something that a pool holds.
#[derive(Debug, Object)]
pub struct Provision {
    /// Its identifier.
    pub id: Uuid,
    /// What it is.
    pub kind: ProvisionKind,
    /// What it is called.
    pub name: String,
    /// In what it is counted.
    pub measure: String,
    /// How much was offered.
    pub quantity: u64,
    /// How much is left.
    pub remaining: u64,
    /// When it was offered.
    pub offered_at: Instant,
}

/// What is available of a fund.
#[derive(Debug, Object)]
pub struct PooledMoney {
    /// The fund.
    pub fund: Uuid,
    /// What it is called.
    pub name: String,
    /// How much is available in the unit, in fen.
    pub available_fen: i64,
}

/// A unit's pool.
#[derive(Debug, Object)]
pub struct Pool {
    /// Its money; it is set aside for a resolution or an action item in the fund's books.
    pub money: Vec<PooledMoney>,
    /// Goods, services and hours.
    pub provisions: Vec<Provision>,
}

/// What to draw.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct DrawInput {
    /// The resolution that it is for, which lies under the pool's unit.
    pub resolution: Uuid,
    /// The action item of it that this is for; for all of it unless given.
    #[oai(skip_serializing_if_is_none)]
    pub item: Option<Uuid>,
    /// How much.
    pub quantity: u64,
}

/// The answer to giving something back.
#[derive(ApiResponse)]
pub enum GivenBack {
    /// It is in the pool again.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(tag = "Tag::Money")]
impl PoolsApi {
    /// Offers goods, services or hours to the pool of a unit.
    #[oai(path = "/v1/:tenant/units/:unit/pool", method = "post", operation_id = "offer_provision")]
    async fn offer_provision(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The unit's id.
        unit: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<ProvisionInput>,
    ) -> Result<Created, Problem> {
        let ProvisionInput { kind, name, measure, quantity } = body.0;
        let offer = Offer { kind: kind.into(), name, measure, quantity };
        let app = &session.app;
        Ok(Created::one(session.once(app, pools::offer(app, &session, UnitId(*unit), offer)).await?.uuid()))
    }

    /// Gets what the pool of a unit holds.
    #[oai(path = "/v1/:tenant/units/:unit/pool", method = "get", operation_id = "get_pool")]
    async fn get_pool(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The unit's id.
        unit: Path<Uuid>,
    ) -> Result<Json<Pool>, Problem> {
        let pool = pools::get(&session.app, &session, UnitId(*unit)).await?;
        let money = pool.money.into_iter();
        let money = money.map(|(it, fen)| PooledMoney { fund: it.id.uuid(), name: it.name, available_fen: fen });
        let provisions = pool.provisions.into_iter().map(Provision::from).collect();
        Ok(Json(Pool { money: money.collect(), provisions }))
    }

    /// Draws from a pool for a resolution, or for one of its action items.
    #[oai(path = "/v1/:tenant/provisions/:provision/draws", method = "post", operation_id = "draw_provision")]
    async fn draw_provision(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The id of what is drawn from.
        provision: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<DrawInput>,
    ) -> Result<Created, Problem> {
        let DrawInput { resolution, item, quantity } = body.0;
        let app = &session.app;
        let draw = pools::draw(app, &session, ProvisionId(*provision), purpose(resolution, item), quantity);
        Ok(Created::one(session.once(app, draw).await?.uuid()))
    }

    /// Gives back what was drawn, once.
    #[oai(path = "/v1/:tenant/draws/:draw/return", method = "post", operation_id = "return_draw")]
    async fn return_draw(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The draw's id.
        draw: Path<Uuid>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
    ) -> Result<GivenBack, Problem> {
        let app = &session.app;
        session.once(app, pools::give_back(app, &session, DrawId(*draw))).await?;
        Ok(GivenBack::Done)
    }
}

impl From<stored::Provision> for Provision {
    fn from(it: stored::Provision) -> Self {
        let stored::Provision { id, kind, name, measure, quantity, remaining, offered_at, .. } = it;
        Self { id: id.uuid(), kind: kind.into(), name, measure, quantity, remaining, offered_at: offered_at.into() }
    }
}

impl Example for ProvisionInput {
    fn example() -> Self {
        Self {
            kind: ProvisionKind::VolunteerHours, name: "电工义务维修".into(), measure: "小时".into(), quantity: 40
        }
    }
}

impl Example for DrawInput {
    fn example() -> Self {
        Self { resolution: EXAMPLE, item: Some(EXAMPLE), quantity: 6 }
    }
}
