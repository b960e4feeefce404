//! Counting anew, from the first event on: proves what is kept, or says what differs, and repairs it.

use std::time::Duration;

use yishi_domain::Ctx;
use yishi_store::{Db, StoreError, reports as stored, tenants::Tenant};

use super::projecting::{count_up_to, project, zone};

pub use yishi_store::reports::Difference;

/// What a recount came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recount {
    /// How many events were counted.
    pub events: u64,
    /// Where what is kept differs; nothing where it is equal.
    pub differences: Vec<Difference>,
    /// Whether the recount stands in its place now.
    pub repaired: bool,
}

/// How often it is counted again where a difference may come from what happened meanwhile.
const TURNS: u32 = 10;

/// In between, what happened gets its position.
const PAUSE: Duration = Duration::from_millis(200);

/// Counts a tenant's events anew, as many as are counted, in one transaction that is undone unless something differs and is to be repaired.
///
/// Rows of registers and of facts are read as they stand. Beside a server they may say what no counted event tells yet, which is no difference: it is
/// counted again when that is counted too.
pub async fn recount(db: &Db, ctx: &Ctx, tenant: &Tenant, repair: bool) -> Result<Recount, StoreError> {
    let mut turn = 1;
    loop {
        let (came_to, is_settled) = attempt(db, ctx, tenant, repair).await?;
        if came_to.differences.is_empty() || came_to.repaired || is_settled || turn == TURNS {
            return Ok(came_to);
        }
        turn += 1;
        tokio::time::sleep(PAUSE).await;
        project(db, ctx, tenant).await?;
    }
}

/// Counts anew once; tells besides whether all that happened is counted.
async fn attempt(db: &Db, ctx: &Ctx, tenant: &Tenant, repair: bool) -> Result<(Recount, bool), StoreError> {
    let mut tx = db.record(ctx).await?;
    let events = stored::hold(&mut tx).await?;
    stored::begin_anew(&mut tx).await?;
    count_up_to(&mut tx, zone(tenant), events).await?;
    let differences = stored::differences(&mut tx).await?;
    let is_settled = stored::is_settled(&mut tx).await?;
    let repaired = repair && !differences.is_empty();
    if repaired {
        tx.commit().await?;
    }
    Ok((Recount { events, differences, repaired }, is_settled))
}
