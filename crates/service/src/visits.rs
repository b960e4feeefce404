//! Visits of digital helpers: recorded by who helped or by a coordinator; the record keeps who they were apart, and what they come to is open to all.

use chrono::NaiveDate;
use serde_json::json;
use yishi_domain::{
    MemberId, Refusal, RefusalKind, TopicId, UnitId, VisitId,
    access::Role,
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
        Helped::Named(_) => None,
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

/// Adds the visits in a unit up: all of them first, then by what was helped with.
pub async fn sums(app: &App, session: &Session, unit: UnitId, days: Days) -> Result<Vec<Sum>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let unit = find_unit(&mut tx, unit).await?;
    Ok(visits::sums(&mut tx, &unit.path, days).await?)
}
