//! What falls due while a case is carried out: warnings before, and what is put to the rules after.

use serde_json::json;
use yishi_domain::{
    CallId, Ctx, Event, FindingId, ItemId, ResolutionId, UnitId,
    access::Role,
    calls::CallStep,
    escalation::CaseKind,
    findings::{FindingState, FindingStep},
    items::ItemState,
    timers::TimerKind,
    workflow::Stage,
};
use yishi_store::{
    WriteTx, calls, findings, items, notices,
    resolutions::{self, Resolution},
    timers::{self, Timer},
    topics::Topic,
};

use crate::{
    App,
    escalating::{self, Subject, hours_between},
    events::event,
    execution,
    failures::Failure,
};

/// Those who carry a resolution out are warned before it is late.
pub(crate) async fn execution_warns(app: &App, ctx: &Ctx, timer: &Timer) -> Result<(), Failure> {
    let id = ResolutionId(timer.subject);
    let mut tx = app.db.write(ctx).await?;
    let (topic, resolution) = execution::lock_with_topic(&mut tx, id).await?;
    if topic.stage != Stage::Executing {
        return Err(escalating::moved_on(&topic).into());
    }
    if !timers::fire(&mut tx, timer.id, ctx.now).await? {
        return Ok(());
    }
    let body = json!({"resolution": id, "due_at": resolution.due_at});
    let warned = event(ctx, "resolution.warned", topic.id.uuid(), body);
    let units = resolution.lists.map_or_else(Vec::new, |lists| {
        let responsibility = lists.responsibility;
        std::iter::once(responsibility.lead_unit).chain(responsibility.cooperating_units).collect()
    });
    tell_officers(ctx, &mut tx, &units, &warned).await?;
    Ok(tx.commit([warned], ()).await?)
}

/// Those who answer for an item are warned before it is late.
pub(crate) async fn item_warns(app: &App, ctx: &Ctx, timer: &Timer) -> Result<(), Failure> {
    let mut tx = app.db.write(ctx).await?;
    let item = items::lock(&mut tx, ItemId(timer.subject)).await?.ok_or_else(crate::items::unknown)?;
    if !timers::fire(&mut tx, timer.id, ctx.now).await? {
        return Ok(());
    }
    let warned = event(ctx, "item.warned", item.topic.uuid(), json!({"item": item.id, "due_at": item.due_at}));
    let units: Vec<_> = std::iter::once(item.unit).chain(item.facts.cooperating_units).collect();
    tell_officers(ctx, &mut tx, &units, &warned).await?;
    Ok(tx.commit([warned], ()).await?)
}

/// An item is past its due date.
pub(crate) async fn item_due(app: &App, ctx: &Ctx, timer: &Timer) -> Result<(), Failure> {
    let id = ItemId(timer.subject);
    let known = items::find(&mut app.db.read(ctx).await?, id).await?.ok_or_else(crate::items::unknown)?;
    let late = hours_between(known.due_at, ctx.now);
    let asked = escalating::ask(app, ctx, known.topic, CaseKind::Overdue, late, None).await?;
    let mut tx = app.db.write(ctx).await?;
    let (mut topic, mut resolution) = execution::lock_with_topic(&mut tx, known.resolution).await?;
    let mut item = crate::items::lock(&mut tx, id, None).await?;
    if !timers::fire(&mut tx, timer.id, ctx.now).await? {
        return Ok(());
    }
    debug_assert!(matches!(item.state, ItemState::Underway | ItemState::Offered), "its timers end with it");
    if item.late_at.is_none() {
        item.late_at = Some(ctx.now);
        items::save(&mut tx, &mut item).await?;
    }
    let told = event(ctx, "item.late", topic.id.uuid(), json!({"item": id, "hours_late": late, "unit": item.unit}));
    let subject = Subject { again: Some((TimerKind::ItemDue, id.uuid())), unit: Some(item.unit) };
    let others = escalating::apply_to(ctx, &mut tx, &mut topic, Some(&mut resolution), subject, asked).await?;
    Ok(tx.commit_with(told, others, ()).await?)
}

/// Some of those who were called have not answered in time.
pub(crate) async fn call_due(app: &App, ctx: &Ctx, timer: &Timer) -> Result<(), Failure> {
    let id = CallId(timer.subject);
    let known = calls::find(&mut app.db.read(ctx).await?, id).await?.ok_or_else(crate::calls::unknown)?;
    let late = hours_between(known.due_at, ctx.now);
    let asked = escalating::ask(app, ctx, known.topic, CaseKind::Unanswered, late, None).await?;
    let mut tx = app.db.write(ctx).await?;
    let (mut topic, mut call) = crate::calls::lock_with_topic(&mut tx, id, None).await?;
    if !timers::fire(&mut tx, timer.id, ctx.now).await? {
        return Ok(());
    }
    // Later on it has lapsed already, and is asked about again.
    if call.step(CallStep::Lapse).is_ok() {
        calls::save(&mut tx, &mut call, None).await?;
    }
    let missing = call.missing();
    let body = json!({"call": id, "units": missing, "hours_late": late, "escalation": call.escalation});
    let told = event(ctx, "call.unanswered", topic.id.uuid(), body);
    let mut resolution = under_way(&mut tx, &topic).await?;
    let subject = Subject { again: Some((TimerKind::CallDue, id.uuid())), unit: missing.first().copied() };
    let others = escalating::apply_to(ctx, &mut tx, &mut topic, resolution.as_mut(), subject, asked).await?;
    Ok(tx.commit_with(told, others, ()).await?)
}

/// A finding was not answered in time.
pub(crate) async fn answer_due(app: &App, ctx: &Ctx, timer: &Timer) -> Result<(), Failure> {
    let id = FindingId(timer.subject);
    let known = findings::find(&mut app.db.read(ctx).await?, id).await?.ok_or_else(crate::findings::unknown)?;
    let late = hours_between(known.answer_by.unwrap_or(timer.due_at), ctx.now);
    let asked = escalating::ask(app, ctx, known.topic, CaseKind::Unanswered, late, None).await?;
    let mut tx = app.db.write(ctx).await?;
    let (mut topic, mut finding) = crate::findings::lock_with_topic(&mut tx, id, None).await?;
    if !timers::fire(&mut tx, timer.id, ctx.now).await? {
        return Ok(());
    }
    if finding.state != FindingState::Overdue {
        finding.step(FindingStep::Lapse)?;
        findings::save(&mut tx, &mut finding).await?;
    }
    let body = json!({"finding": id, "unit": finding.unit, "hours_late": late});
    let told = event(ctx, "finding.unanswered", topic.id.uuid(), body);
    let mut resolution = under_way(&mut tx, &topic).await?;
    let subject = Subject { again: Some((TimerKind::AnswerDue, id.uuid())), unit: Some(finding.unit) };
    let others = escalating::apply_to(ctx, &mut tx, &mut topic, resolution.as_mut(), subject, asked).await?;
    Ok(tx.commit_with(told, others, ()).await?)
}

/// The resolution of a case that is being carried out.
async fn under_way(tx: &mut WriteTx, topic: &Topic) -> Result<Option<Resolution>, Failure> {
    if topic.stage != Stage::Executing {
        return Ok(None);
    }
    match resolutions::of_topic(tx, topic.id).await?.last() {
        Some(latest) => Ok(resolutions::lock(tx, latest.id).await?),
        None => Ok(None),
    }
}

async fn tell_officers(ctx: &Ctx, tx: &mut WriteTx, units: &[UnitId], event: &Event) -> Result<(), Failure> {
    let id = || ctx.new_id();
    Ok(notices::tell_at(tx, Role::Officer, units, id, event.kind, event.id, &event.body, ctx.now).await?)
}
