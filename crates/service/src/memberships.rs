//! Members and the roles that they hold.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde_json::json;
use yishi_domain::{Ctx, Event, GrantId, MemberId, Refusal, UnitId, access::Role, quotas::Quota};
use yishi_store::{
    WriteTx, contacts, grants,
    members::{self, Member},
    units::{self, Unit},
};

use crate::{
    App,
    contacts::Reached,
    directory::require_unit,
    events::{commit_to, event},
    failures::Failure,
    quotas,
    sessions::Session,
};

/// How many members one request adds at most.
pub const MOST: usize = 1_000;

/// How long an outside evaluator's role lasts at most.
const LONGEST_EVALUATION: Duration = Duration::days(731);

/// A person to add.
#[derive(Clone, Debug)]
pub struct NewMember {
    /// Their name.
    pub name: String,
    /// Where they live or work.
    pub unit: UnitId,
    /// When they were born, where that is known.
    pub born_on: Option<NaiveDate>,
    /// Where they are reached.
    pub reached: Reached,
}

/// Adds members; their names enter the record as commitments only.
pub async fn create_members(app: &App, session: &Session, list: Vec<NewMember>) -> Result<Vec<MemberId>, Failure> {
    if list.is_empty() || list.len() > MOST {
        return Err(Refusal::invalid("member.bad_number", "members", format!("give 1 to {MOST} members")).into());
    }
    let mut tx = app.db.write(&session.ctx).await?;
    let mut events = Vec::with_capacity(list.len());
    let mut rows = Vec::with_capacity(list.len());
    let mut reached = Vec::new();
    for (i, new) in list.into_iter().enumerate() {
        let unit = require_unit(&mut tx, new.unit, &format!("members[{i}].unit")).await?;
        session.require_reach(&unit.path)?;
        let (row, event) = member(&session.ctx, new.name, new.born_on, &unit, &format!("members[{i}]."))?;
        let addresses = new.reached.checked(&format!("members[{i}]."))?;
        reached.extend(addresses.into_iter().map(|(carrier, address)| (row.id, carrier, address)));
        rows.push(row);
        events.push(event);
    }
    quotas::require(&mut tx, &session.ctx, session.tenant()?, Quota::Members, rows.len()).await?;
    members::insert(&mut tx, &rows).await?;
    contacts::put(&mut tx, &reached, session.ctx.wall).await?;
    let first = events.remove(0);
    Ok(tx.commit_with(first, events, rows.into_iter().map(|row| row.id).collect()).await?)
}

/// Adds a tenant's administrator at its root.
pub async fn create_administrator(app: &App, session: &Session, name: String) -> Result<MemberId, Failure> {
    let mut tx = app.db.write(&session.ctx).await?;
    let root = units::page(&mut tx, Some("city"), None, "", 1).await?.into_iter().next();
    let root = root.ok_or_else(|| Refusal::conflict("tenant.no_units", "the tenant has no units yet"))?;
    let (row, added) = member(&session.ctx, name, None, &root, "")?;
    quotas::require(&mut tx, &session.ctx, session.tenant()?, Quota::Members, 1).await?;
    members::insert(&mut tx, std::slice::from_ref(&row)).await?;
    let (_, given) = give(&session.ctx, &mut tx, row.id, &root, Role::Administrator, None).await?;
    Ok(tx.commit([added, given], row.id).await?)
}

/// Gives a member a role at a unit.
pub async fn create_grant(
    app: &App,
    session: &Session,
    member: MemberId,
    unit: UnitId,
    role: Role,
    until: Option<DateTime<Utc>>,
) -> Result<GrantId, Failure> {
    let now = session.ctx.now;
    if until.is_some_and(|it| it <= now) {
        return Err(Refusal::invalid("grant.bad_end", "until", "this lies behind").into());
    }
    if role == Role::Evaluator && until.is_none_or(|it| it > now + LONGEST_EVALUATION) {
        let refusal = Refusal::invalid("grant.bad_end", "until", "an evaluator's role ends, within two years");
        return Err(refusal.with_fix("say until when they evaluate").into());
    }
    let mut tx = app.db.write(&session.ctx).await?;
    let unit = require_unit(&mut tx, unit, "unit").await?;
    session.require_reach(&unit.path)?;
    if members::find(&mut tx, member).await?.is_none() {
        return Err(Refusal::invalid("grant.unknown_member", "member", "there is no such member").into());
    }
    let (id, given) = give(&session.ctx, &mut tx, member, &unit, role, until).await?;
    Ok(tx.commit([given], id).await?)
}

async fn give(
    ctx: &Ctx,
    tx: &mut WriteTx,
    member: MemberId,
    unit: &Unit,
    role: Role,
    until: Option<DateTime<Utc>>,
) -> Result<(GrantId, Event), Failure> {
    let id: GrantId = ctx.new_id();
    if !grants::insert(tx, id, member, (unit.id, role), ctx.now, until).await? {
        return Err(Refusal::conflict("grant.held", "the member holds this role at this unit already").into());
    }
    let mut body = json!({"grant": id, "member": member, "role": role.code(), "unit": unit.id});
    if let Some(until) = until {
        body["until"] = json!(until);
    }
    Ok((id, event(ctx, "grant.given", member.uuid(), body)))
}

fn member(
    ctx: &Ctx,
    name: String,
    born_on: Option<NaiveDate>,
    unit: &Unit,
    prefix: &str,
) -> Result<(Member, Event), Failure> {
    if born_on.is_some_and(|it| it > ctx.now.date_naive()) {
        return Err(Refusal::invalid("member.bad_birth_date", format!("{prefix}born_on"), "this day is to come").into());
    }
    if name.trim().is_empty() || name.chars().count() > 100 {
        return Err(
            Refusal::invalid("member.bad_name", format!("{prefix}name"), "a name has 1 to 100 characters").into()
        );
    }
    let row = Member { id: ctx.new_id(), unit_id: unit.id, name, born_on, created_at: ctx.now };
    let added = event(ctx, "member.added", row.id.uuid(), json!({"unit": unit.id}));
    let added = commit_to(ctx, added, "name", row.name.as_str());
    Ok((row, added))
}
