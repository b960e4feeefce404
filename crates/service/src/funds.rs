//! Funds: who keeps which, and what their accounts hold.

use serde_json::json;
use yishi_domain::{
    FundId, Refusal, UnitId,
    money::{Balances, FundKind},
};
use yishi_store::{
    TenantTx,
    funds::{self, Fund},
    units::Unit,
};

use crate::{App, cases::require_text, directory::require_unit, events::event, failures::Failure, sessions::Session};

pub use yishi_store::funds as stored;

/// A fund to open.
#[derive(Clone, Debug)]
pub struct NewFund {
    /// The unit that keeps it.
    pub unit: UnitId,
    /// Where its money comes from.
    pub kind: FundKind,
    /// What it is called.
    pub name: String,
    /// Whether its rule lets available money go below nothing.
    pub may_overdraw: bool,
}

/// Opens a fund, which holds money of the unit that keeps it and of those under it.
pub async fn open(app: &App, session: &Session, new: NewFund) -> Result<FundId, Failure> {
    let ctx = &session.ctx;
    require_text("fund.bad_name", "name", &new.name, 100)?;
    let mut tx = app.db.write(ctx).await?;
    let unit = require_unit(&mut tx, new.unit, "unit").await?;
    session.require_reach(&unit.path)?;
    funds::hold_opening(&mut tx).await?;
    let alike = funds::of_names(&mut tx, std::slice::from_ref(&new.name)).await?;
    if alike.iter().any(|it| it.unit == new.unit) {
        let refusal = Refusal::conflict("fund.exists", "the unit keeps a fund of this name");
        return Err(refusal.with_fix("give the fund another name, or use the one that is there").into());
    }
    let NewFund { unit: keeper, kind, name, may_overdraw } = new;
    let id = ctx.new_id();
    let fund = Fund { id, unit: keeper, path: unit.path, kind, name, may_overdraw, opened_at: ctx.now };
    funds::insert(&mut tx, &fund).await?;
    let body = json!({
        "fund": id, "unit": keeper, "kind": kind, "name": fund.name, "may_overdraw": may_overdraw,
    });
    Ok(tx.commit([event(ctx, "fund.opened", id.uuid(), body)], id).await?)
}

/// Finds a fund with what its accounts hold.
pub async fn get(app: &App, session: &Session, id: FundId) -> Result<(Fund, Balances), Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let fund = require(&mut tx, id).await?;
    Ok((fund, funds::balances(&mut tx, id).await?))
}

/// Lists funds after one, in order of their identifiers.
pub async fn list(app: &App, session: &Session, after: Option<FundId>, limit: u16) -> Result<Vec<Fund>, Failure> {
    Ok(funds::page(&mut app.db.read(&session.ctx).await?, after, limit).await?)
}

/// Finds a fund, or refuses.
pub(crate) async fn require(tx: &mut TenantTx, id: FundId) -> Result<Fund, Failure> {
    let unknown = || Refusal::not_found("fund.unknown", "there is no such fund in this tenant");
    Ok(funds::find(tx, id).await?.ok_or_else(unknown)?)
}

/// Finds a unit whose money the fund may hold, or refuses.
pub(crate) async fn require_unit_of(tx: &mut TenantTx, fund: &Fund, id: UnitId, field: &str) -> Result<Unit, Failure> {
    let unit = require_unit(tx, id, field).await?;
    if !unit.path.starts_with(&fund.path) {
        let text = "the fund holds money of the unit that keeps it and of those under it";
        return Err(Refusal::invalid("fund.elsewhere", field, text).with_fix("name a unit under the fund's").into());
    }
    Ok(unit)
}
