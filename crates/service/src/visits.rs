//! Visits of digital helpers: recorded by who helped or by a coordinator; the record keeps who they were apart, and what they come to is open to all.

use chrono::NaiveDate;
use serde_json::json;
use yishi_domain::{
    MemberId, Refusal, RefusalKind, TopicId, UnitId, VisitId,
    access::Role,
    reports::LEAST_PEOPLE,
    visits::{Help, Helped, Sum, Visit},
};
use yishi_store::visits::{self, Days};

use crate::{
    App,
    cases::{self, require_text},
    directory::find_unit,
    events::{commit_to, event},
    failures::Failure,
    meetings::require_members,
    sessions::Session,
};

/// To what numbers of visits and people are rounded down for those who hold no role: fewer people than that could be recognised.
const ROUND: u64 = LEAST_PEOPLE.unsigned_abs();

/// To what minutes are rounded down for them: ten hours.
const ROUND_MINUTES: u64 = 600;

/// A visit to record.
#[derive(Clone, Debug)]
pub struct NewVisit {
    /// Where it was.
    pub unit: UnitId,
    /// Who helped; the caller unless given.
    pub helper: Option<MemberId>,
    /// Who was helped.
    pub helped: Helped,
    /// With what.
    pub help: Help,
    /// The topic that it was about.
    pub topic: Option<TopicId>,
    /// How long it lasted.
    pub minutes: u32,
    /// The day.
    pub visited_on: NaiveDate,
    /// What there is to say of it.
    pub note: Option<String>,
}

/// Records a visit: one's own where one holds a role, somebody else's as a coordinator.
pub async fn record(app: &App, session: &Session, new: NewVisit) -> Result<VisitId, Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    let visit = Visit {
        id: ctx.new_id(),
        unit: new.unit,
        helper: new.helper.unwrap_or(me),
        helped: new.helped,
        help: new.help,
        topic: new.topic,
        minutes: new.minutes,
        visited_on: new.visited_on,
        note: new.note,
        recorded_at: ctx.now,
    };
    visit.validate(ctx.now)?;
    if let Some(note) = &visit.note {
        require_text("visit.bad_note", "note", note, 2_000)?;
    }
    let mut tx = app.db.write(ctx).await?;
    let unit = find_unit(&mut tx, visit.unit).await?;
    if visit.helper != me {
        session.require_role(Role::Coordinator, &unit.path)?;
    } else if !session.holds(Role::ALL, &unit.path) {
        let text = "whoever helps in a unit holds a role there or above it";
        return Err(Refusal::new(RefusalKind::Forbidden, "session.forbidden", text).into());
    }
    let helped = match &visit.helped {
        Helped::Member(member) => Some((*member, "helped".to_owned())),
        Helped::Named(_) | Helped::Erased => None,
    };
    require_members(&mut tx, [(visit.helper, "helper".to_owned())].into_iter().chain(helped)).await?;
    if let Some(topic) = visit.topic {
        cases::find(&mut tx, topic).await.map_err(|failure| failure.within("topic"))?;
    }
    visits::insert(&mut tx, &visit).await?;
    let body = json!({
        "visit": visit.id, "unit": visit.unit, "help": visit.help, "topic": visit.topic, "minutes": visit.minutes,
        "visited_on": visit.visited_on,
    });
    let (member, name) = match &visit.helped {
        Helped::Member(member) => (Some(member), None),
        Helped::Named(name) => (None, Some(name)),
        Helped::Erased => (None, None),
    };
    let people = json!({"helper": visit.helper, "helped": member, "helped_name": name, "note": visit.note});
    let recorded = commit_to(ctx, event(ctx, "visit.recorded", visit.id.uuid(), body), "people", people);
    Ok(tx.commit([recorded], visit.id).await?)
}

/// Lists the visits in a unit and all that lies under it after one, in the order in which they were recorded.
pub async fn list(
    app: &App,
    session: &Session,
    unit: UnitId,
    after: Option<VisitId>,
    limit: u16,
) -> Result<Vec<Visit>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let unit = find_unit(&mut tx, unit).await?;
    session.require_reach(&unit.path)?;
    Ok(visits::page(&mut tx, &unit.path, after, limit).await?)
}

/// Erases whom a visit was to and what was noted of it, for both of them, coordinators and administrators; the visit itself still counts.
pub async fn erase(app: &App, session: &Session, id: VisitId, reason: String) -> Result<(), Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    require_text("visit.no_reason", "reason", &reason, 2_000)?;
    let mut tx = app.db.write(ctx).await?;
    let unknown = || Refusal::not_found("visit.unknown", "there is no such visit in this tenant");
    let visit = visits::lock(&mut tx, id).await?.ok_or_else(unknown)?;
    let unit = find_unit(&mut tx, visit.unit).await?;
    let own = visit.helper == me || visit.helped == Helped::Member(me);
    if !own && !session.holds(&[Role::Coordinator, Role::Administrator], &unit.path) {
        let text = "a visit is erased by who helped, who was helped, a coordinator or an administrator";
        return Err(Refusal::new(RefusalKind::Forbidden, "session.forbidden", text).into());
    }
    if visit.helped == Helped::Erased {
        return Err(Refusal::conflict("visit.erased", "it was erased before").into());
    }
    visits::erase(&mut tx, id, ctx.now).await?;
    let erased = event(ctx, "visit.erased", id.uuid(), json!({"visit": id}));
    Ok(tx.commit([commit_to(ctx, erased, "reason", reason)], ()).await?)
}

/// Adds the visits in a unit up: all of them first, then by what was helped with.
///
/// Whoever holds no role there is told of no sum of so few people that one could be recognised, and of the others in round figures, rounded down: what sums
/// of other days or units differ by then tells nobody apart. Rounding to a base is a usual control of disclosure (Hundepool et al., Statistical Disclosure
/// Control, 2012, on frequency tables).
pub async fn sums(app: &App, session: &Session, unit: UnitId, days: Days) -> Result<Vec<Sum>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let unit = find_unit(&mut tx, unit).await?;
    let sums = visits::sums(&mut tx, &unit.path, days).await?;
    if session.holds(&[Role::Coordinator, Role::Supervisor, Role::Administrator], &unit.path) {
        return Ok(sums);
    }
    let round = |it: u64, base: u64| it / base * base;
    let told = sums.into_iter().map(|it| Sum {
        visits: round(it.visits, ROUND),
        people: round(it.people, ROUND),
        minutes: round(it.minutes, ROUND_MINUTES),
        ..it
    });
    Ok(told.filter(|it| it.people > 0).collect())
}
