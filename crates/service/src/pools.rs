//! A street's pool (资源池): money, goods, services and volunteers' hours, from which resolutions are served.

use serde_json::json;
use yishi_domain::{Ctx, DrawId, Event, ProvisionId, Refusal, UnitId, money::Purpose, pools::ProvisionKind};
use yishi_store::{
    WriteTx,
    funds::{self as accounts, Fund},
    provisions::{self, Draw, Provision},
};

use crate::{
    App,
    bookings::require_served,
    cases::require_text,
    directory::{find_unit, require_unit},
    events::event,
    failures::Failure,
    sessions::Session,
};

pub use yishi_store::provisions as stored;

/// The largest quantity: the largest integer that the record holds exactly.
const MOST: u64 = (1 << 53) - 1;

/// Something to offer to a pool.
#[derive(Clone, Debug)]
pub struct Offer {
    /// What it is.
    pub kind: ProvisionKind,
    /// What it is called.
    pub name: String,
    /// In what it is counted.
    pub measure: String,
    /// How much there is.
    pub quantity: u64,
}

/// What a unit's pool holds: its available money by fund, and everything else.
#[derive(Clone, Debug)]
pub struct Pool {
    /// The funds with what is available of them, in fen.
    pub money: Vec<(Fund, i64)>,
    /// Goods, services and hours.
    pub provisions: Vec<Provision>,
}

/// Offers something to the pool of a unit.
pub async fn offer(app: &App, session: &Session, unit: UnitId, offer: Offer) -> Result<ProvisionId, Failure> {
    let ctx = &session.ctx;
    require_text("provision.bad_name", "name", &offer.name, 100)?;
    require_text("provision.bad_measure", "measure", &offer.measure, 20)?;
    require_quantity(offer.quantity)?;
    let mut tx = app.db.write(ctx).await?;
    session.require_reach(&find_unit(&mut tx, unit).await?.path)?;
    let (id, offered) = put_in(&mut tx, ctx, unit, offer).await?;
    Ok(tx.commit([offered], id).await?)
}

/// What the pool of a unit holds.
pub async fn get(app: &App, session: &Session, unit: UnitId) -> Result<Pool, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    find_unit(&mut tx, unit).await?;
    let money = accounts::available(&mut tx, unit).await?;
    Ok(Pool { money, provisions: provisions::of_unit(&mut tx, unit).await? })
}

/// Draws from a pool for a resolution that lies under its unit, or for an action item of one.
pub async fn draw(
    app: &App,
    session: &Session,
    id: ProvisionId,
    purpose: Purpose,
    quantity: u64,
) -> Result<DrawId, Failure> {
    let ctx = &session.ctx;
    require_quantity(quantity)?;
    let mut tx = app.db.write(ctx).await?;
    let mut it = require(&mut tx, session, id).await?;
    let path = require_unit(&mut tx, it.unit, "unit").await?.path;
    require_served(&mut tx, purpose, &path).await?;
    let (draw, drawn) = take_out(ctx, &mut it, purpose, quantity)?;
    provisions::save(&mut tx, &it).await?;
    provisions::draw(&mut tx, &draw).await?;
    Ok(tx.commit([drawn], draw.id).await?)
}

/// Gives back what was drawn, once.
pub async fn give_back(app: &App, session: &Session, id: DrawId) -> Result<(), Failure> {
    let ctx = &session.ctx;
    let mut tx = app.db.write(ctx).await?;
    let unknown = || Refusal::not_found("draw.unknown", "there is no such draw in this tenant");
    let draw = provisions::find_draw(&mut tx, id).await?.ok_or_else(unknown)?;
    let mut it = require(&mut tx, session, draw.provision).await?;
    if !provisions::give_back(&mut tx, id, ctx.now).await? {
        return Err(Refusal::conflict("draw.returned", "it was given back before").into());
    }
    let returned = put_back(ctx, &mut it, &draw);
    provisions::save(&mut tx, &it).await?;
    Ok(tx.commit([returned], ()).await?)
}

/// Puts something into a pool.
pub(crate) async fn put_in(
    tx: &mut WriteTx,
    ctx: &Ctx,
    unit: UnitId,
    offer: Offer,
) -> Result<(ProvisionId, Event), Failure> {
    let Offer { kind, name, measure, quantity } = offer;
    let id = ctx.new_id();
    let it = Provision { id, unit, kind, name, measure, quantity, remaining: quantity, offered_at: ctx.now };
    provisions::insert(tx, &it).await?;
    let body = json!({
        "provision": id, "unit": unit, "kind": kind, "name": it.name, "measure": it.measure, "quantity": quantity,
    });
    Ok((id, event(ctx, "provision.offered", id.uuid(), body)))
}

/// Takes a quantity of what is left; nothing is saved yet.
pub(crate) fn take_out(
    ctx: &Ctx,
    it: &mut Provision,
    purpose: Purpose,
    quantity: u64,
) -> Result<(Draw, Event), Refusal> {
    it.remaining = it.remaining.checked_sub(quantity).ok_or_else(|| {
        let text = format!("{} {} are left", it.remaining, it.measure);
        Refusal::conflict("provision.exhausted", text).with_fix("draw less, or from something else")
    })?;
    let draw = Draw { id: ctx.new_id(), provision: it.id, purpose, quantity, drawn_at: ctx.now, returned_at: None };
    let mut body = json!({"provision": it.id, "draw": draw.id, "resolution": purpose.resolution, "quantity": quantity});
    if let Some(item) = purpose.item {
        body["item"] = json!(item);
    }
    let drawn = event(ctx, "provision.drawn", it.id.uuid(), body);
    Ok((draw, drawn))
}

/// Puts back what was drawn; nothing is saved yet.
pub(crate) fn put_back(ctx: &Ctx, it: &mut Provision, draw: &Draw) -> Event {
    it.remaining += draw.quantity;
    let body = json!({"provision": it.id, "draw": draw.id, "quantity": draw.quantity});
    event(ctx, "provision.returned", it.id.uuid(), body)
}

async fn require(tx: &mut WriteTx, session: &Session, id: ProvisionId) -> Result<Provision, Failure> {
    let unknown = || Refusal::not_found("provision.unknown", "there is nothing such in a pool of this tenant");
    let it = provisions::lock(tx, id).await?.ok_or_else(unknown)?;
    session.require_reach(&require_unit(tx, it.unit, "unit").await?.path)?;
    Ok(it)
}

pub(crate) fn require_quantity(quantity: u64) -> Result<(), Refusal> {
    if (1..=MOST).contains(&quantity) {
        return Ok(());
    }
    Err(Refusal::invalid("provision.bad_quantity", "quantity", format!("a quantity lies between 1 and {MOST}")))
}
