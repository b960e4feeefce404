//! `/v1/{tenant}/topics/{topic}/order`: a case as whoever raised it sees it (點單-派單-接單-評單).

use poem_openapi::{Object, OpenApi, param::Path, payload::Json};
use uuid::Uuid;
use yishi_domain::{TopicId, items::ItemState, orders as domain};
use yishi_service::{orders, work_orders::stored::WorkOrder};

use crate::{
    instants::Instant,
    problems::Problem,
    resources::{Tag, codes::wire_enum},
    sessions::Session,
};

/// The operations on orders.
pub struct OrdersApi;

wire_enum! {
    /// Where an order stands.
    OrderState = domain::OrderState {
        /// Placed, and with nobody yet (點單).
        Placed,
        /// Given to units that have not taken it on (派單).
        Dispatched,
        /// A unit has taken it on (接單).
        Accepted,
        /// Done, and rated by residents (評單).
        Done,
        /// Rated, and at rest.
        Rated,
        /// It ended without being done.
        Ended,
    }
}

/// A case as whoever raised it sees it.
#[derive(Debug, Object)]
pub struct Order {
    /// The topic.
    pub topic: Uuid,
    /// Where it stands.
    pub state: OrderState,
    /// When it was placed.
    pub placed_at: Instant,
    /// To whom it was given, the earliest first.
    pub dispatches: Vec<Dispatch>,
    /// When it was done.
    #[oai(skip_serializing_if_is_none)]
    pub done_at: Option<Instant>,
    /// What residents think of it, as 0 to 1000.
    #[oai(skip_serializing_if_is_none)]
    pub satisfaction_per_mille: Option<u32>,
    /// The hotline's work orders that it came from, in order of number.
    pub work_orders: Vec<HotlineOrder>,
}

/// A work order of the hotline.
#[derive(Debug, Object)]
pub struct HotlineOrder {
    /// Its number.
    pub number: String,
    /// When it came in.
    pub received_at: Instant,
    /// When whoever raised it was called back.
    #[oai(skip_serializing_if_is_none)]
    pub called_back_at: Option<Instant>,
    /// What they think of it, of 100.
    #[oai(skip_serializing_if_is_none)]
    pub score: Option<u8>,
}

/// A unit to which an order was given.
#[derive(Debug, Object)]
pub struct Dispatch {
    /// The unit.
    pub unit: Uuid,
    /// The call by which it was given.
    #[oai(skip_serializing_if_is_none)]
    pub call: Option<Uuid>,
    /// The action item by which it was given.
    #[oai(skip_serializing_if_is_none)]
    pub item: Option<Uuid>,
    /// By when the unit answers a call, or does an item.
    pub due_at: Instant,
    /// When the unit answered.
    #[oai(skip_serializing_if_is_none)]
    pub answered_at: Option<Instant>,
    /// When its part was done.
    #[oai(skip_serializing_if_is_none)]
    pub done_at: Option<Instant>,
}

#[OpenApi(tag = "Tag::Execution")]
impl OrdersApi {
    /// Tells how a topic stands as an order: who has it, who has answered, what is done, and how it was rated.
    #[oai(path = "/v1/:tenant/topics/:topic/order", method = "get", operation_id = "get_order")]
    async fn get_order(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// The topic's id.
        topic: Path<Uuid>,
    ) -> Result<Json<Order>, Problem> {
        Ok(Json(orders::get(&session.app, &session, TopicId(*topic)).await?.into()))
    }
}

impl From<WorkOrder> for HotlineOrder {
    fn from(it: WorkOrder) -> Self {
        let WorkOrder { number, received_at, called_back_at, score, .. } = it;
        Self { number, received_at: received_at.into(), called_back_at: called_back_at.map(Instant::from), score }
    }
}

impl From<orders::Order> for Order {
    fn from(it: orders::Order) -> Self {
        let mut dispatches = Vec::new();
        for call in &it.calls {
            dispatches.extend(call.called.iter().map(|called| Dispatch {
                unit: called.unit.uuid(),
                call: Some(call.id.uuid()),
                item: None,
                due_at: call.due_at.into(),
                answered_at: called.answer.as_ref().map(|answer| answer.at.into()),
                done_at: None,
            }));
        }
        // The parts stand in the place of what was split.
        dispatches.extend(it.items.iter().filter(|item| item.state != ItemState::Split).map(|item| Dispatch {
            unit: item.unit.uuid(),
            call: None,
            item: Some(item.id.uuid()),
            due_at: item.due_at.into(),
            answered_at: None,
            done_at: item.done_at.map(Instant::from),
        }));
        Self {
            topic: it.topic.id.uuid(),
            state: it.state.into(),
            placed_at: it.topic.raised_at.into(),
            dispatches,
            done_at: it.resolution.as_ref().and_then(|it| it.completed_at).map(Instant::from),
            satisfaction_per_mille: it.resolution.and_then(|it| it.satisfaction_per_mille),
            work_orders: it.work_orders.into_iter().map(HotlineOrder::from).collect(),
        }
    }
}
