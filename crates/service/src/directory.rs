//! Reading a tenant: its units, its events, its record.

use yishi_domain::{Refusal, StoredEvent, UnitId};
use yishi_record::{leaves, trees};
use yishi_store::{events, records, tenants, units};

pub use yishi_store::{tenants::Tenant, units::Unit};

use crate::{App, failures::Failure, proving, sessions::Session};

/// An event of the record with what proves that it is there.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The size of the tree that the proof is for.
    pub size: u64,
    /// The bytes of the leaf.
    pub leaf: String,
    /// The sibling hashes, lowest first.
    pub hashes: Vec<trees::Hash>,
    /// The signed checkpoint of that size.
    pub checkpoint: String,
}

/// Lists tenants after a slug, in order of slug.
pub async fn list_tenants(app: &App, after: &str, limit: u16) -> Result<Vec<Tenant>, Failure> {
    Ok(tenants::page(&mut app.db.platform().await?, after, limit).await?)
}

/// Lists units after a code, in order of code; of a level and directly under a unit where these are given.
pub async fn list_units(
    app: &App,
    session: &Session,
    level: Option<&str>,
    parent: Option<UnitId>,
    after: &str,
    limit: u16,
) -> Result<Vec<Unit>, Failure> {
    Ok(units::page(&mut app.db.read(&session.ctx).await?, level, parent, after, limit).await?)
}

/// Finds a unit.
pub async fn get_unit(app: &App, session: &Session, id: UnitId) -> Result<Unit, Failure> {
    let unit = units::find(&mut app.db.read(&session.ctx).await?, id).await?;
    Ok(unit.ok_or_else(|| Refusal::not_found("unit.unknown", "there is no such unit in this tenant"))?)
}

/// Lists events from a position on.
pub async fn list_events(app: &App, session: &Session, position: u64, limit: u16) -> Result<Vec<StoredEvent>, Failure> {
    Ok(events::from_position(&mut app.db.read(&session.ctx).await?, position, limit).await?)
}

/// The newest signed checkpoint of the tenant's record.
pub async fn checkpoint(app: &App, session: &Session) -> Result<(u64, String), Failure> {
    let found = records::latest_checkpoint(&mut app.db.read(&session.ctx).await?).await?;
    let (size, _, note) =
        found.ok_or_else(|| Refusal::not_found("record.empty", "nothing has been recorded of this tenant yet"))?;
    Ok((size, note))
}

/// Proves that the event at a position is in the record.
pub async fn prove(app: &App, session: &Session, position: u64) -> Result<Proof, Failure> {
    let (size, checkpoint) = checkpoint(app, session).await?;
    let unknown = || Refusal::not_found("record.unknown_position", format!("the record has {size} events"));
    if position >= size {
        return Err(unknown().into());
    }
    let event = list_events(app, session, position, 1).await?.into_iter().next().ok_or_else(unknown)?;
    let hashes = proving::prove_inclusion(&app.db, &session.ctx, size, position).await?;
    let leaf = leaves::leaf_bytes(&session.tenant()?.slug, &event);
    let leaf = String::from_utf8(leaf).expect("the canonical form of JSON is UTF-8");
    Ok(Proof { size, leaf, hashes, checkpoint })
}
