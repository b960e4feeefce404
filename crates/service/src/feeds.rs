//! The change feed of a tenant: what happened, by position, as soon as it has one.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use yishi_domain::{Ctx, StoredEvent, UnitId, subscriptions::Kinds};
use yishi_store::feeds;

use crate::{App, directory, failures::Failure, sessions::Session};

pub use yishi_store::feeds::Wanted;

/// How often it is looked whether something has happened.
const LOOK: Duration = Duration::from_millis(250);

/// Puts together what is wanted of the feed, or refuses it.
pub async fn wanted(
    app: &App,
    session: &Session,
    from: u64,
    kinds: Kinds,
    unit: Option<UnitId>,
    limit: u16,
) -> Result<Wanted, Failure> {
    let path = match unit {
        Some(id) => Some(directory::get_unit(app, session, id).await?.path),
        None => None,
    };
    Ok(Wanted { from, kinds, path, limit })
}

/// Reads a part of the feed, and waits up to a time where there is nothing of it yet; also gives the position from which it is read on.
pub async fn read(app: &App, ctx: &Ctx, wanted: &Wanted, wait: Duration) -> Result<(Vec<StoredEvent>, u64), Failure> {
    let until = Instant::now() + wait;
    let mut wanted = wanted.clone();
    loop {
        let (found, next) = feeds::read(&mut app.db.read(ctx).await?, &wanted).await?;
        if !found.is_empty() || Instant::now() >= until || app.is_ending() {
            return Ok((found, next));
        }
        wanted.from = next;
        sleep(LOOK).await;
    }
}
