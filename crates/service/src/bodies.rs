//! Standing bodies: founded with a cadence, reminded before a period ends, and found out when they did not sit in it.

use std::collections::BTreeSet;

use serde_json::json;
use yishi_domain::{
    BodyId, Ctx, MemberId, Refusal, UnitId,
    access::Role,
    bodies::{BodyKind, MOST_MONTHS, Period, missed, usual_months},
    escalation::Level,
    scheduling::{Proposal, rank},
    timers::TimerKind,
};
use yishi_store::{
    WriteTx,
    bodies::{self, Body, Sitting},
    notices,
    timers::{self, Timer},
};

use crate::{
    App,
    cases::require_text,
    directory::require_unit,
    events::{commit_to, event},
    failures::Failure,
    meetings::require_members,
    sessions::Session,
};

pub use yishi_store::bodies as stored;

/// How many members a body has at most.
pub const MOST_MEMBERS: usize = 500;

/// A body to found.
#[derive(Clone, Debug)]
pub struct NewBody {
    /// The unit that it belongs to.
    pub unit: UnitId,
    /// Whose council it is.
    pub kind: BodyKind,
    /// What it is called.
    pub name: String,
    /// The months of a period, where they differ from what is usual at the unit's level.
    pub months: Option<u32>,
    /// Its members.
    pub members: Vec<MemberId>,
}

/// Founds a body; its first period begins now.
pub async fn found(app: &App, session: &Session, new: NewBody) -> Result<BodyId, Failure> {
    let ctx = &session.ctx;
    require_text("body.bad_name", "name", &new.name, 100)?;
    if new.months.is_some_and(|it| it == 0 || it > MOST_MONTHS) {
        let text = format!("a period has 1 to {MOST_MONTHS} months");
        return Err(Refusal::invalid("body.bad_months", "months", text).into());
    }
    require_number(&new.members)?;
    let mut tx = app.db.write(ctx).await?;
    let unit = require_unit(&mut tx, new.unit, "unit").await?;
    session.require_reach(&unit.path)?;
    require_members(&mut tx, named("members", &new.members)).await?;
    let usual = Level::of_code(&unit.level).map_or(1, usual_months);
    let body = Body {
        id: ctx.new_id(),
        unit: unit.id,
        path: unit.path,
        kind: new.kind,
        name: new.name,
        months: new.months.unwrap_or(usual),
        founded_at: ctx.now,
        period: 1,
    };
    bodies::insert(&mut tx, &body).await?;
    bodies::add(&mut tx, body.id, &new.members, ctx.now).await?;
    set_timers(ctx, &mut tx, &body).await?;
    let facts = json!({
        "body": body.id, "unit": body.unit, "kind": body.kind, "name": body.name, "months": body.months, "members": new.members.len(),
    });
    let founded = event(ctx, "body.founded", body.id.uuid(), facts);
    Ok(tx.commit([commit_to(ctx, founded, "people", people(&new.members))], body.id).await?)
}

/// Adds members to a body and takes others out.
pub async fn change(
    app: &App,
    session: &Session,
    id: BodyId,
    added: Vec<MemberId>,
    removed: Vec<MemberId>,
) -> Result<(), Failure> {
    let ctx = &session.ctx;
    let mut tx = app.db.write(ctx).await?;
    let body = bodies::lock(&mut tx, id).await?.ok_or_else(unknown)?;
    session.require_reach(&body.path)?;
    require_members(&mut tx, named("added", &added)).await?;
    bodies::add(&mut tx, id, &added, ctx.now).await?;
    bodies::remove(&mut tx, id, &removed).await?;
    let now = bodies::members(&mut tx, id).await?;
    require_number(&now)?;
    let changed = event(ctx, "body.changed", id.uuid(), json!({"body": id, "members": now.len()}));
    Ok(tx.commit([commit_to(ctx, changed, "people", people(&now))], ()).await?)
}

/// Finds a body, with its members.
pub async fn get(app: &App, session: &Session, id: BodyId) -> Result<(Body, Vec<MemberId>), Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let body = bodies::find(&mut tx, id).await?.ok_or_else(unknown)?;
    let members = bodies::members(&mut tx, id).await?;
    Ok((body, members))
}

/// Lists bodies after one, in the order of their founding.
pub async fn list(app: &App, session: &Session, after: Option<BodyId>, limit: u16) -> Result<Vec<Body>, Failure> {
    Ok(bodies::page(&mut app.db.read(&session.ctx).await?, after, limit).await?)
}

/// Lists what a body's periods came to, in order; those with a cause are findings.
pub async fn sittings(
    app: &App,
    session: &Session,
    id: BodyId,
    after: u32,
    limit: u16,
) -> Result<Vec<Sitting>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    bodies::find(&mut tx, id).await?.ok_or_else(unknown)?;
    Ok(bodies::sittings(&mut tx, id, after, limit).await?)
}

/// Proposes hours of the week for a meeting of groups at a unit, from when these came to meetings there: the best first.
pub async fn times(
    app: &App,
    session: &Session,
    unit: UnitId,
    dimension: &str,
    groups: BTreeSet<String>,
) -> Result<Vec<Proposal>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let unit = require_unit(&mut tx, unit, "unit").await?;
    session.require_reach(&unit.path)?;
    let zone = &session.tenant()?.zone;
    let held = bodies::hours(&mut tx, &unit.path, zone).await?;
    let came = bodies::came(&mut tx, &unit.path, zone, dimension).await?;
    Ok(rank(&held, &came, &groups))
}

/// Refuses a sitting on a topic that does not lie in the body's unit.
pub(crate) async fn require_sits(tx: &mut WriteTx, id: BodyId, topic_path: &str) -> Result<(), Failure> {
    match bodies::find(tx, id).await? {
        Some(body) if topic_path.starts_with(&body.path) => Ok(()),
        Some(_) => Err(Refusal::invalid("body.elsewhere", "body", "the topic does not lie in the body's unit").into()),
        None => Err(Refusal::invalid("body.unknown", "body", "there is no such body in this tenant").into()),
    }
}

/// A period is about to end: members are told, unless the body has sat in it.
pub(crate) async fn remind_due(app: &App, ctx: &Ctx, timer: &Timer) -> Result<(), Failure> {
    let mut tx = app.db.write(ctx).await?;
    let body = bodies::lock(&mut tx, BodyId(timer.subject)).await?.ok_or_else(unknown)?;
    let period = present(&body);
    let (begun, attended) = bodies::held(&mut tx, body.id, &period).await?;
    if missed(begun, attended).is_none() {
        return Err(Refusal::conflict("body.sat", "the body has sat in this period").into());
    }
    if !timers::fire(&mut tx, timer.id, ctx.now).await? {
        return Ok(());
    }
    let members = bodies::members(&mut tx, body.id).await?;
    let facts = json!({"body": body.id, "name": body.name, "period": period.number, "until": period.until});
    let reminded = event(ctx, "body.reminded", body.id.uuid(), facts.clone());
    notices::leave(&mut tx, &members, || ctx.new_id(), reminded.kind, reminded.id, &facts, ctx.now).await?;
    Ok(tx.commit([reminded], ()).await?)
}

/// A period has ended: the body has sat in it, or it is found that it has not, and supervisors are told. The next period begins.
pub(crate) async fn close_due(app: &App, ctx: &Ctx, timer: &Timer) -> Result<(), Failure> {
    let mut tx = app.db.write(ctx).await?;
    let body = bodies::lock(&mut tx, BodyId(timer.subject)).await?.ok_or_else(unknown)?;
    if !timers::fire(&mut tx, timer.id, ctx.now).await? {
        return Ok(());
    }
    let period = present(&body);
    let (begun, attended) = bodies::held(&mut tx, body.id, &period).await?;
    let cause = missed(begun, attended);
    bodies::close(&mut tx, body.id, &Sitting { period, meetings: attended, cause }).await?;
    set_timers(ctx, &mut tx, &Body { period: body.period + 1, ..body.clone() }).await?;
    let facts = json!({
        "body": body.id, "name": body.name, "unit": body.unit, "period": period.number, "from": period.from, "until": period.until,
        "meetings": attended, "cause": cause,
    });
    let kind = if cause.is_some() { "body.missed" } else { "body.sat" };
    let closed = event(ctx, kind, body.id.uuid(), facts.clone());
    if cause.is_some() {
        notices::tell(&mut tx, Role::Supervisor, || ctx.new_id(), kind, closed.id, &facts, ctx.now).await?;
    }
    Ok(tx.commit([closed], ()).await?)
}

/// Sets the timers of a body's present period.
async fn set_timers(ctx: &Ctx, tx: &mut WriteTx, body: &Body) -> Result<(), Failure> {
    let period = present(body);
    for (kind, due_at) in [(TimerKind::BodyReminder, period.reminder()), (TimerKind::BodyDue, period.until)] {
        timers::insert(tx, &Timer { id: ctx.new_id(), kind, subject: body.id.uuid(), due_at }).await?;
    }
    Ok(())
}

/// A body's present period.
pub fn present(body: &Body) -> Period {
    Period::of(body.founded_at, body.months, body.period)
}

fn require_number(members: &[MemberId]) -> Result<(), Refusal> {
    match members.len() {
        1..=MOST_MEMBERS => Ok(()),
        _ => Err(Refusal::invalid("body.bad_members", "members", format!("a body has 1 to {MOST_MEMBERS} members"))),
    }
}

fn named<'a>(field: &'a str, members: &'a [MemberId]) -> impl Iterator<Item = (MemberId, String)> + 'a {
    members.iter().enumerate().map(move |(i, member)| (*member, format!("{field}[{i}]")))
}

fn people(members: &[MemberId]) -> serde_json::Value {
    json!(members)
}

fn unknown() -> Refusal {
    Refusal::not_found("body.unknown", "there is no such body in this tenant")
}
