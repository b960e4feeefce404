//! The register: who may vote in which capacity, and the roll that is drawn from it.

use serde_json::json;
use yishi_domain::{
    MemberId, Refusal, RegistrationId, UnitId,
    access::Role,
    ballots::{MOST_VOTING_UNITS, VotingUnit},
    registers::{self as drawing, Capacity},
    voting::Electorate,
};
use yishi_store::{
    TenantTx, members,
    registers::{self, Registration},
    units::{self, Unit},
};

use crate::{
    App,
    cases::require_text,
    directory::require_unit,
    events::{commit_to, event},
    failures::Failure,
    sessions::Session,
};

pub use yishi_store::registers as stored;

/// How many registrations one request makes at most.
pub const MOST: usize = 1_000;

/// A registration to make.
#[derive(Clone, Debug)]
pub struct NewRegistration {
    /// Who votes.
    pub member: MemberId,
    /// The unit where.
    pub unit: UnitId,
    /// In which capacity.
    pub capacity: Capacity,
    /// The voting unit.
    pub voting_unit: String,
    /// Its floor area in hundredths of a square metre, of owners alone.
    pub floor_area: Option<u64>,
}

/// From where a roll is drawn.
#[derive(Clone, Debug)]
pub struct Draw {
    /// The unit; the topic's unless given. Whatever lies under it belongs to it.
    pub unit: Option<UnitId>,
    /// Whoever is younger on the day of the announcement is left out.
    pub minimum_age: Option<u8>,
}

/// Makes registrations: all of them, or none.
pub async fn register(
    app: &App,
    session: &Session,
    list: Vec<NewRegistration>,
) -> Result<Vec<RegistrationId>, Failure> {
    let ctx = &session.ctx;
    if list.is_empty() || list.len() > MOST {
        let text = format!("give 1 to {MOST} registrations");
        return Err(Refusal::invalid("register.bad_number", "registrations", text).into());
    }
    let mut tx = app.db.write(ctx).await?;
    let wanted: Vec<_> = list.iter().map(|it| it.member).collect();
    if let Some(unknown) = members::unknown(&mut tx, &wanted).await?.first() {
        let i = wanted.iter().position(|it| it == unknown).unwrap_or_default();
        let field = format!("registrations[{i}].member");
        return Err(Refusal::invalid("member.unknown", field, "there is no such member").into());
    }
    let mut known: Vec<Unit> = Vec::new();
    let (mut rows, mut events) = (Vec::with_capacity(list.len()), Vec::with_capacity(list.len()));
    for (i, new) in list.into_iter().enumerate() {
        let field = |name: &str| format!("registrations[{i}].{name}");
        if !known.iter().any(|it| it.id == new.unit) {
            let unit = units::find(&mut tx, new.unit).await?;
            known.push(unit.ok_or_else(|| Refusal::invalid("unit.unknown", field("unit"), "there is no such unit"))?);
        }
        if let Some(unit) = known.iter().find(|it| it.id == new.unit) {
            session.require_reach(&unit.path)?;
        }
        require_text("register.bad_voting_unit", &field("voting_unit"), &new.voting_unit, 80)?;
        if new.floor_area.is_some() && new.capacity != Capacity::Owner {
            let text = "only owners have a floor area";
            return Err(Refusal::invalid("register.bad_floor_area", field("floor_area"), text).into());
        }
        let row = Registration {
            id: ctx.new_id(),
            member: new.member,
            unit: new.unit,
            capacity: new.capacity,
            voting_unit: new.voting_unit,
            floor_area: new.floor_area,
            registered_at: ctx.now,
        };
        let body = json!({"registration": row.id, "capacity": row.capacity, "unit": row.unit});
        let entry = json!({"member": row.member, "voting_unit": row.voting_unit, "floor_area": row.floor_area});
        events.push(commit_to(ctx, event(ctx, "registration.made", row.id.uuid(), body), "entry", entry));
        rows.push(row);
    }
    if !registers::insert(&mut tx, &rows).await? {
        let text = "one of them is in the register already, or stands in the list twice";
        return Err(Refusal::conflict("register.registered", text).into());
    }
    let first = events.remove(0);
    Ok(tx.commit_with(first, events, rows.into_iter().map(|row| row.id).collect()).await?)
}

/// Ends a registration; rolls that were drawn before keep it.
pub async fn end(app: &App, session: &Session, id: RegistrationId) -> Result<(), Failure> {
    let ctx = &session.ctx;
    let mut tx = app.db.write(ctx).await?;
    if !registers::end(&mut tx, id, &session.reach(&[Role::Administrator, Role::Coordinator]), ctx.now).await? {
        let text = "there is no such registration for you, or it has ended";
        return Err(Refusal::not_found("register.unknown", text).into());
    }
    let ended = event(ctx, "registration.ended", id.uuid(), json!({"registration": id}));
    Ok(tx.commit([ended], ()).await?)
}

/// Lists the registrations that hold at a unit and under it, after one.
pub async fn list(
    app: &App,
    session: &Session,
    unit: UnitId,
    capacity: Option<Capacity>,
    after: Option<RegistrationId>,
    limit: u16,
) -> Result<Vec<Registration>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let unit = require_unit(&mut tx, unit, "unit").await?;
    session.require_reach(&unit.path)?;
    Ok(registers::page(&mut tx, &unit.path, capacity, after, limit).await?)
}

/// Draws the roll of an electorate.
pub(crate) async fn draw(
    tx: &mut TenantTx,
    session: &Session,
    electorate: Electorate,
    topic_path: &str,
    from: &Draw,
) -> Result<Vec<VotingUnit>, Failure> {
    let path = match from.unit {
        None => topic_path.to_owned(),
        Some(id) => require_unit(tx, id, "register.unit").await?.path,
    };
    session.require_reach(&path)?;
    // More owners than voting units may be entered for them; a roll beyond its cap is refused as such.
    let entries = registers::entries(tx, &path, Capacity::of(electorate), 10 * MOST_VOTING_UNITS).await?;
    let day = session.ctx.now.date_naive();
    let roll = drawing::draw(electorate, &entries, from.minimum_age, day)?;
    match roll.is_empty() {
        true => Err(Refusal::invalid("register.empty", "register", "nobody is registered there in this capacity")
            .with_fix("register them, or send the roll itself")
            .into()),
        false => Ok(roll),
    }
}
