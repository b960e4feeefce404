//! Execution (執行落實): nothing is carried out without its three lists, and completion is reported with what shows it.

use chrono::Duration;
use serde_json::json;
use yishi_domain::{
    Ctx, Refusal, ResolutionId, TopicId,
    access::Role,
    items::warned_at,
    resolutions::{Lists, validate_lists},
    timers::TimerKind,
    workflow::Step,
};
use yishi_store::{
    WriteTx, objections,
    resolutions::{self, Escalation, Resolution},
    timers::{self, Timer},
    topics::Topic,
};

use crate::{
    App,
    cases::{self, Stepped, require_text},
    directory::require_unit,
    events::{commit_to, event},
    failures::Failure,
    items,
    sessions::Session,
    topics,
};

pub use yishi_store::resolutions as stored;

/// Hours for which residents rate what was carried out.
const SURVEY_HOURS: i64 = 7 * 24;

/// Files the three lists (三張清單), with which a resolution enters execution.
pub async fn assign(app: &App, session: &Session, id: ResolutionId, lists: Lists) -> Result<Stepped, Failure> {
    let ctx = &session.ctx;
    validate_lists(&lists, ctx.now)?;
    let mut tx = app.db.write(ctx).await?;
    let (mut topic, mut resolution) = lock_with_topic(&mut tx, id).await?;
    session.require_role(Role::Coordinator, &topic.path)?;
    require_published(&mut tx, ctx, &resolution).await?;
    let responsibility = &lists.responsibility;
    require_unit(&mut tx, responsibility.lead_unit, "responsibility.lead_unit").await?;
    for (i, unit) in responsibility.cooperating_units.iter().enumerate() {
        require_unit(&mut tx, *unit, &format!("responsibility.cooperating_units[{i}]")).await?;
    }
    cases::step(ctx, &mut tx, &mut topic, Step::Assign).await?;
    let due_at = lists.deadlines.due_at;
    let assigned = event(ctx, "resolution.assigned", topic.id.uuid(), json!({"resolution": id, "lists": lists}));
    resolution.due_at = Some(due_at);
    resolution.assigned_at = Some(ctx.now);
    resolution.lists = Some(lists);
    resolutions::save(&mut tx, &resolution).await?;
    set_timers(ctx, &mut tx, &resolution).await?;
    Ok(tx.commit([assigned], Stepped::of(&topic)).await?)
}

/// Refuses to carry out what is still published for objections, as its ballot's rule says, or has one that nobody answered.
async fn require_published(tx: &mut WriteTx, ctx: &Ctx, resolution: &Resolution) -> Result<(), Failure> {
    if let Some(until) = resolution.published_until.filter(|until| ctx.now < *until) {
        let text = format!("it is published for objections until {}", until.to_rfc3339());
        return Err(Refusal::conflict("resolution.in_publication", text)
            .with_fix("assign it when that time is over")
            .into());
    }
    let open = objections::of_resolution(tx, resolution.id).await?.iter().filter(|it| it.answer.is_none()).count();
    match open {
        0 => Ok(()),
        _ => Err(Refusal::conflict("resolution.objections_open", format!("{open} objections are not answered"))
            .with_fix("answer each, under its `answer`")
            .into()),
    }
}

/// Reports that a resolution is carried out; the officer's role must reach the unit that leads. Residents rate it from then on.
pub async fn complete(app: &App, session: &Session, id: ResolutionId, evidence: String) -> Result<Stepped, Failure> {
    let ctx = &session.ctx;
    require_text("resolution.no_evidence", "evidence", &evidence, 10_000)?;
    let mut tx = app.db.write(ctx).await?;
    let (mut topic, mut resolution) = lock_with_topic(&mut tx, id).await?;
    if let Some(lists) = &resolution.lists {
        let lead = require_unit(&mut tx, lists.responsibility.lead_unit, "lead_unit").await?;
        session.require_role(Role::Officer, &lead.path)?;
    }
    cases::step(ctx, &mut tx, &mut topic, Step::Complete).await?;
    items::require_done(&mut tx, id).await?;
    let late = resolution.due_at.is_some_and(|due| ctx.now > due);
    let closes_at = ctx.now + Duration::hours(SURVEY_HOURS);
    resolution.completed_at = Some(ctx.now);
    resolution.evidence = Some(evidence);
    resolution.survey_closes_at = Some(closes_at);
    resolutions::save(&mut tx, &resolution).await?;
    cancel_timers(&mut tx, id).await?;
    let timer = Timer { id: ctx.new_id(), kind: TimerKind::SurveyCloses, subject: id.uuid(), due_at: closes_at };
    timers::insert(&mut tx, &timer).await?;
    let body = json!({"resolution": id, "late": late});
    let completed = event(ctx, "resolution.completed", topic.id.uuid(), body);
    let completed = commit_to(ctx, completed, "evidence", resolution.evidence.as_deref().unwrap_or_default());
    Ok(tx.commit([completed], Stepped::of(&topic)).await?)
}

/// Finds a resolution with its topic.
pub async fn get(app: &App, session: &Session, id: ResolutionId) -> Result<(Resolution, Topic), Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let resolution = resolutions::find(&mut tx, id).await?.ok_or_else(unknown)?;
    let topic = cases::find(&mut tx, resolution.topic).await?;
    Ok((resolution, topic))
}

/// Lists the resolutions on a topic, the earliest first.
pub async fn list(app: &App, session: &Session, topic: TopicId) -> Result<Vec<(Resolution, Topic)>, Failure> {
    let topic = topics::get(app, session, topic).await?;
    let all = resolutions::of_topic(&mut app.db.read(&session.ctx).await?, topic.id).await?;
    Ok(all.into_iter().map(|it| (it, topic.clone())).collect())
}

/// Lists a case's escalations, the earliest first.
pub async fn escalations(app: &App, session: &Session, topic: TopicId) -> Result<Vec<Escalation>, Failure> {
    topics::get(app, session, topic).await?;
    Ok(resolutions::escalations(&mut app.db.read(&session.ctx).await?, topic).await?)
}

pub(crate) fn unknown() -> Refusal {
    Refusal::not_found("resolution.unknown", "there is no such resolution in this tenant")
}

/// Locks a resolution after its topic, always in this order; refuses one in whose place a later one was adopted.
pub(crate) async fn lock_with_topic(tx: &mut WriteTx, id: ResolutionId) -> Result<(Topic, Resolution), Failure> {
    let known = resolutions::find(tx, id).await?.ok_or_else(unknown)?;
    let topic = cases::lock(tx, known.topic, None).await?;
    if let Some(latest) = resolutions::of_topic(tx, topic.id).await?.last().filter(|it| it.id != id) {
        let text = format!("the topic was deliberated again, and {} was adopted since", latest.id);
        return Err(Refusal::conflict("resolution.superseded", text).into());
    }
    let resolution = resolutions::lock(tx, id).await?.ok_or_else(unknown)?;
    Ok((topic, resolution))
}

/// Warns before a resolution is due, and puts it to the rules when it is late.
pub(crate) async fn set_timers(ctx: &Ctx, tx: &mut WriteTx, resolution: &Resolution) -> Result<(), Failure> {
    cancel_timers(tx, resolution.id).await?;
    let Some(due_at) = resolution.due_at else { return Ok(()) };
    for (kind, due_at) in [(TimerKind::ExecutionWarns, warned_at(ctx.now, due_at)), (TimerKind::ExecutionDue, due_at)] {
        timers::insert(tx, &Timer { id: ctx.new_id(), kind, subject: resolution.id.uuid(), due_at }).await?;
    }
    Ok(())
}

pub(crate) async fn cancel_timers(tx: &mut WriteTx, id: ResolutionId) -> Result<(), Failure> {
    for kind in [TimerKind::ExecutionWarns, TimerKind::ExecutionDue] {
        timers::cancel(tx, kind, id.uuid()).await?;
    }
    Ok(())
}
