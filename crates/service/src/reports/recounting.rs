//! Counting anew, from the first event on: proves what is kept, or says what differs, and repairs it.

use yishi_domain::Ctx;
use yishi_store::{Db, StoreError, reports as stored, tenants::Tenant};

use super::projecting::{advance, zone};

pub use yishi_store::reports::Difference;

/// How many events are counted together; other parts than usual, so that what a part ends with is found out.
const PART: u64 = 1_777;

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

/// Counts a tenant's events anew, as many as are counted, in one transaction that is undone unless something differs and is to be repaired.
pub async fn recount(db: &Db, ctx: &Ctx, tenant: &Tenant, repair: bool) -> Result<Recount, StoreError> {
    let mut tx = db.record(ctx).await?;
    let events = stored::hold(&mut tx).await?;
    stored::begin_anew(&mut tx).await?;
    let mut counted = 0;
    while counted < events {
        let part = u16::try_from(PART.min(events - counted)).unwrap_or(u16::MAX);
        counted += advance(&mut tx, zone(tenant), part).await? as u64;
    }
    let differences = stored::differences(&mut tx).await?;
    let repaired = repair && !differences.is_empty();
    if repaired {
        tx.commit().await?;
    }
    Ok(Recount { events, differences, repaired })
}
