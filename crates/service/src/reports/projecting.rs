//! The projector: takes a tenant's events in the order of their positions and counts them. What it writes and how far it has come are one
//! transaction, so that each event counts exactly once, killed anywhere.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use yishi_domain::{Ctx, StoredEvent};
use yishi_store::{Db, RecordTx, StoreError, reports as stored, tenants::Tenant};

use super::batches::Batch;

/// How many events one transaction takes at most: the more they are, the more of them add to the same sums.
const BATCH: u16 = 10_000;

/// How many events are counted together when all are counted anew; other parts than usual, so that what a part ends with is found out.
const PART: u64 = 1_777;

/// What puts units elsewhere, with all that they have done.
const MOVES: [&str; 2] = ["unit.moved", "unit.merged"];

/// Counts what has its position in the context's tenant; tells how many events were counted.
pub async fn project(db: &Db, ctx: &Ctx, tenant: &Tenant) -> Result<usize, StoreError> {
    project_up_to(db, ctx, tenant, BATCH).await
}

/// The same with transactions of so many events at most.
pub async fn project_up_to(db: &Db, ctx: &Ctx, tenant: &Tenant, limit: u16) -> Result<usize, StoreError> {
    // Most tenants have nothing new most of the time, and are left alone.
    if !stored::has_more(&mut db.read(ctx).await?).await? {
        return Ok(0);
    }
    let mut done = 0;
    loop {
        let mut tx = db.record(ctx).await?;
        let counted = advance(&mut tx, zone(tenant), limit).await?;
        tx.commit().await?;
        match counted {
            0 => return Ok(done),
            more => done += more,
        }
    }
}

/// Counts the next events, up to a limit; none where another process is counting.
async fn advance(tx: &mut RecordTx, zone: Tz, limit: u16) -> Result<usize, StoreError> {
    let Some(position) = stored::position(tx).await? else { return Ok(0) };
    let events = stored::next(tx, position, limit).await?;
    let Some(next) = events.last().and_then(|(event, _)| event.position).map(|it| it + 1) else { return Ok(0) };
    count(tx, zone, &events).await?;
    stored::save_position(tx, next).await?;
    if events.iter().any(|(event, _)| MOVES.contains(&event.kind.as_str())) {
        // What is kept was added to the units above as they were.
        stored::clear(tx).await?;
        count_up_to(tx, zone, next).await?;
    }
    Ok(events.len())
}

/// Counts from the first event on, up to a position, as everything lies now.
pub(super) async fn count_up_to(tx: &mut RecordTx, zone: Tz, position: u64) -> Result<(), StoreError> {
    let mut counted = 0;
    while counted < position {
        let part = PART.min(position - counted);
        let events = stored::next(tx, counted, u16::try_from(part).unwrap_or(u16::MAX)).await?;
        count(tx, zone, &events).await?;
        counted += part;
    }
    stored::save_position(tx, position).await
}

async fn count(tx: &mut RecordTx, zone: Tz, events: &[(StoredEvent, String)]) -> Result<(), StoreError> {
    let day_of = |at: DateTime<Utc>| -> NaiveDate { at.with_timezone(&zone).date_naive() };
    Batch::load(tx, events).await?.count(tx, events, &day_of).await
}

/// The zone by which days are told.
pub(super) fn zone(tenant: &Tenant) -> Tz {
    tenant.zone.parse().unwrap_or(chrono_tz::Asia::Shanghai)
}
