//! A case as an order of whoever raised it (點單-派單-接單-評單): read from its calls, its resolution and their items.

use yishi_domain::{
    TopicId,
    calls::Call,
    items::Item,
    orders::{OrderState, state},
};
use yishi_store::{
    calls::{self, CallFilter},
    items,
    resolutions::{self, Resolution},
    topics::Topic,
    work_orders::{self, WorkOrder},
};

use crate::{App, failures::Failure, sessions::Session};

/// How many calls of a case are looked at.
const MOST: u16 = 1_000;

/// A case as an order.
#[derive(Clone, Debug)]
pub struct Order {
    /// The case.
    pub topic: Topic,
    /// Where it stands.
    pub state: OrderState,
    /// The calls to it, the earliest first.
    pub calls: Vec<Call>,
    /// Its resolution, the latest where it was deliberated again.
    pub resolution: Option<Resolution>,
    /// The items of that.
    pub items: Vec<Item>,
    /// The hotline's work orders that it came from.
    pub work_orders: Vec<WorkOrder>,
}

/// How the order of a case stands.
pub async fn get(app: &App, session: &Session, id: TopicId) -> Result<Order, Failure> {
    let topic = crate::topics::get(app, session, id).await?;
    let mut tx = app.db.read(&session.ctx).await?;
    let filter = CallFilter { topic: Some(id), ..CallFilter::default() };
    let calls = calls::page(&mut tx, &filter, None, MOST).await?;
    let resolution = resolutions::of_topic(&mut tx, id).await?.pop();
    let items = match &resolution {
        Some(resolution) => items::of_resolution(&mut tx, resolution.id).await?,
        None => Vec::new(),
    };
    let work_orders = work_orders::of_topic(&mut tx, id).await?;
    let state = state(topic.stage, &calls, &items);
    Ok(Order { topic, state, calls, resolution, items, work_orders })
}
