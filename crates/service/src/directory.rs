//! Reading a tenant: its units, its events, its record.

use serde_json::json;
use yishi_domain::{Refusal, StoredEvent, UnitId};
use yishi_record::{leaves, trees};
use yishi_store::{TenantTx, events, records, tenants, units};

pub use yishi_store::{tenants::Tenant, units::Unit};

use crate::{
    App, cases::require_text, events::event, failures::Failure, moves::require_standing, proving, sessions::Session,
};

const UNKNOWN_UNIT: &str = "there is no such unit in this tenant";

/// The level of a department.
pub const DEPARTMENT: &str = "department";

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
    find_unit(&mut app.db.read(&session.ctx).await?, id).await
}

/// Finds the unit that a path names, or answers that it is not there.
pub(crate) async fn find_unit(tx: &mut TenantTx, id: UnitId) -> Result<Unit, Failure> {
    let unknown = || Refusal::not_found("unit.unknown", UNKNOWN_UNIT);
    Ok(units::find(tx, id).await?.ok_or_else(unknown)?)
}

/// Finds the unit that a field of a request names, or refuses the field.
pub(crate) async fn require_unit(tx: &mut TenantTx, id: UnitId, field: &str) -> Result<Unit, Failure> {
    let unknown = || Refusal::invalid("unit.unknown", field, UNKNOWN_UNIT);
    Ok(units::find(tx, id).await?.ok_or_else(unknown)?)
}

/// A department to add.
#[derive(Clone, Debug)]
pub struct NewDepartment {
    /// The unit that it belongs to.
    pub parent: UnitId,
    /// Its code: 1 to 40 letters, digits and hyphens, of one unit alone.
    pub code: String,
    /// Its name, by which rules call it.
    pub name: String,
}

/// Adds a department of a unit, which is called and carries out like any unit.
pub async fn add_department(app: &App, session: &Session, new: NewDepartment) -> Result<UnitId, Failure> {
    let ctx = &session.ctx;
    let NewDepartment { parent, code, name } = new;
    require_text("department.bad_name", "name", &name, 100)?;
    let plain = |code: &str| code.chars().all(|it| it.is_ascii_alphanumeric() || it == '-');
    if code.is_empty() || code.len() > 40 || !plain(&code) {
        let text = "a code has 1 to 40 letters, digits and hyphens";
        return Err(Refusal::invalid("department.bad_code", "code", text).into());
    }
    let mut tx = app.db.write(ctx).await?;
    units::hold_tree(&mut tx).await?;
    let parent = require_unit(&mut tx, parent, "unit").await?;
    require_standing(&parent, "unit")?;
    session.require_reach(&parent.path)?;
    let siblings = units::departments(&mut tx, &parent.path, std::slice::from_ref(&name)).await?;
    let named = siblings.iter().any(|it| it.parent_id == Some(parent.id.uuid()));
    if named || units::find_by_code(&mut tx, &code).await?.is_some() {
        let text = "there is a unit of this code, or a department of this name at the unit";
        return Err(Refusal::conflict("department.taken", text).with_fix("give another code and name").into());
    }
    let path = format!("{}{code}/", parent.path);
    let level = DEPARTMENT.to_owned();
    let unit = Unit { id: ctx.new_id(), code, level, name, parent_id: Some(parent.id.uuid()), path, merged_into: None };
    units::upsert(&mut tx, std::slice::from_ref(&unit)).await?;
    let body = json!({"code": unit.code, "name": unit.name, "parent": parent.id});
    let added = event(ctx, "department.added", unit.id.uuid(), body);
    Ok(tx.commit([added], unit.id).await?)
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
