//! Units that are moved under another one, or merged into one of their level (撤并): what they have done lies, and counts, where they lie.

use serde_json::json;
use yishi_domain::{Ctx, Event, Refusal, UnitId, access::Role, escalation::Level};
use yishi_store::{
    StoreError, WriteTx,
    units::{self, Unit},
};

use crate::{
    App,
    directory::{DEPARTMENT, find_unit, require_unit},
    events::event,
    failures::Failure,
    sessions::Session,
};

/// Puts a unit, with all that lies under it, under another unit of a higher level.
///
/// Refused: `unit.merged`, `unit.is_root`, `unit.below_itself`, `unit.wrong_level`, `unit.there`.
pub async fn move_unit(app: &App, session: &Session, id: UnitId, under: UnitId) -> Result<(), Failure> {
    let (mut tx, unit) = begin(app, session, id).await?;
    let under = require_unit(&mut tx, under, "under").await?;
    require_apart(&unit, &under, "under")?;
    if rank(&under) >= rank(&unit) {
        let text = format!("a {} does not lie under a {}", unit.level, under.level);
        return Err(Refusal::invalid("unit.wrong_level", "under", text)
            .with_fix("name a unit of a higher level")
            .into());
    }
    if unit.parent_id == Some(under.id.uuid()) {
        return Err(Refusal::conflict("unit.there", "it lies under this unit already").into());
    }
    let moved = put_under(&mut tx, &session.ctx, &unit, &under).await?;
    Ok(tx.commit([moved], ()).await?)
}

/// Merges a unit, with all that lies under it, into another one of its level. Nothing new is raised there; what was, and the roles that hold there, stay,
/// and whoever reaches the other unit reaches it.
///
/// Refused: `unit.merged`, `unit.is_root`, `unit.below_itself`, `unit.wrong_level`.
pub async fn merge_unit(app: &App, session: &Session, id: UnitId, into: UnitId) -> Result<(), Failure> {
    let (mut tx, unit) = begin(app, session, id).await?;
    let into = require_unit(&mut tx, into, "into").await?;
    require_apart(&unit, &into, "into")?;
    if into.level != unit.level {
        let text = format!("a {} is not merged into a {}", unit.level, into.level);
        return Err(Refusal::invalid("unit.wrong_level", "into", text)
            .with_fix("name a unit of the same level")
            .into());
    }
    units::put_under(&mut tx, &unit, &into, true, session.ctx.now).await?;
    let merged = event(&session.ctx, "unit.merged", id.uuid(), json!({"into": into.id}));
    Ok(tx.commit([merged], ()).await?)
}

/// Refuses a unit that was merged, where something new is to begin.
pub(crate) fn require_standing(unit: &Unit, field: &str) -> Result<(), Refusal> {
    match unit.merged_into {
        None => Ok(()),
        Some(into) => {
            Err(Refusal::invalid("unit.merged", field, format!("{} was merged into another unit", unit.name))
                .with_fix(format!("name the unit {into}")))
        }
    }
}

/// Moves a unit, and says so.
pub(crate) async fn put_under(tx: &mut WriteTx, ctx: &Ctx, unit: &Unit, under: &Unit) -> Result<Event, StoreError> {
    units::put_under(tx, unit, under, false, ctx.now).await?;
    Ok(event(ctx, "unit.moved", unit.id.uuid(), json!({"from": unit.parent_id, "to": under.id})))
}

async fn begin(app: &App, session: &Session, id: UnitId) -> Result<(WriteTx, Unit), Failure> {
    session.require_role(Role::Administrator, &session.root()?)?;
    let mut tx = app.db.write(&session.ctx).await?;
    units::hold_tree(&mut tx).await?;
    let unit = find_unit(&mut tx, id).await?;
    if unit.parent_id.is_none() {
        return Err(Refusal::conflict("unit.is_root", "the city itself lies where it lies").into());
    }
    if unit.merged_into.is_some() {
        return Err(Refusal::conflict("unit.merged", "it was merged into another unit").into());
    }
    Ok((tx, unit))
}

fn require_apart(unit: &Unit, other: &Unit, field: &str) -> Result<(), Refusal> {
    require_standing(other, field)?;
    match other.path.starts_with(&unit.path) {
        false => Ok(()),
        true => Err(Refusal::invalid("unit.below_itself", field, "it is the unit itself, or lies under it")),
    }
}

/// How low a level is; departments lie under whatever they belong to.
fn rank(unit: &Unit) -> usize {
    match unit.level.as_str() {
        DEPARTMENT => usize::MAX,
        level => Level::ALL.iter().position(|it| it.code() == level).unwrap_or(usize::MAX),
    }
}
