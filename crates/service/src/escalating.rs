//! Supervision that nobody has to remember: late, unanswered and unsatisfying cases are put to the rules, and their answer is done.

use chrono::Duration;
use serde_json::json;
use uuid::Uuid;
use yishi_domain::{
    Ctx, EscalationId, Event, Refusal, ResolutionId, TopicId, UnitId,
    access::Role,
    escalation::{Action, Answer, Case, CaseKind, Level},
    timers::TimerKind,
    workflow::{Stage, Step, after},
};
use yishi_policy::Answered;
use yishi_store::{
    WriteTx, notices,
    resolutions::{self, Escalation, Resolution},
    timers::{self, Timer},
    topics::{self, Topic},
    units,
};

use crate::{App, calls, cases, events::event, execution, failures::Failure, findings, items, rules::Rules, shadows};

/// What the rules were asked, and their answer.
pub(crate) struct Asked {
    /// The case.
    pub case: Case,
    /// The answer.
    pub answered: Answered<Answer>,
}

/// A resolution is past its due date.
pub(crate) async fn execution_due(app: &App, ctx: &Ctx, timer: &Timer) -> Result<(), Failure> {
    let id = ResolutionId(timer.subject);
    let known = resolutions::find(&mut app.db.read(ctx).await?, id).await?.ok_or_else(execution::unknown)?;
    let due = known.due_at.unwrap_or(timer.due_at);
    let asked = ask(app, ctx, known.topic, CaseKind::Overdue, hours_between(due, ctx.now), None).await?;
    let mut tx = app.db.write(ctx).await?;
    let (mut topic, mut resolution) = execution::lock_with_topic(&mut tx, id).await?;
    if topic.stage != Stage::Executing {
        return Err(moved_on(&topic).into());
    }
    // A resolution that was completed meanwhile took its timer away.
    if !timers::fire(&mut tx, timer.id, ctx.now).await? {
        return Ok(());
    }
    let events = apply(ctx, &mut tx, &mut topic, Some(&mut resolution), asked.case, asked.answered).await?;
    commit(tx, events).await
}

/// A submission was not answered in time.
pub(crate) async fn screening_due(app: &App, ctx: &Ctx, timer: &Timer) -> Result<(), Failure> {
    let id = TopicId(timer.subject);
    let due = timers::first_due(&mut app.db.read(ctx).await?, timer.kind, timer.subject).await?;
    let late = hours_between(due.unwrap_or(timer.due_at), ctx.now);
    let asked = ask(app, ctx, id, CaseKind::Unanswered, late, None).await?;
    let mut tx = app.db.write(ctx).await?;
    let mut topic = cases::lock(&mut tx, id, None).await?;
    if topic.stage != Stage::Submitted {
        return Err(moved_on(&topic).into());
    }
    if !timers::fire(&mut tx, timer.id, ctx.now).await? {
        return Ok(());
    }
    let events = apply(ctx, &mut tx, &mut topic, None, asked.case, asked.answered).await?;
    commit(tx, events).await
}

/// Puts a case to the rules that hold now; the standard rules answer where they fail, and the record says so.
pub(crate) async fn ask(
    app: &App,
    ctx: &Ctx,
    id: TopicId,
    kind: CaseKind,
    hours_late: u32,
    satisfaction_per_mille: Option<u32>,
) -> Result<Asked, Failure> {
    let mut tx = app.db.read(ctx).await?;
    let topic = cases::find(&mut tx, id).await?;
    let earlier = resolutions::escalations(&mut tx, id).await?.len();
    let path = units::on_path(&mut tx, &topic.path).await?;
    drop(tx);
    let case = Case {
        stage: topic.stage.code().into(),
        kind,
        hours_late,
        level: topic.level,
        earlier: u32::try_from(earlier).unwrap_or(u32::MAX),
        path: path.iter().rev().filter_map(|unit| Level::of_code(&unit.level)).collect(),
        satisfaction_per_mille,
    };
    let answered = Rules::active(app, ctx).await?.assess(app, &case).await;
    shadows::watch_case(app, ctx, id, &case, &answered.value).await;
    Ok(Asked { case, answered })
}

/// What an escalation is about, beside its case.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Subject {
    /// The timer that asks again, and what it is about.
    pub again: Option<(TimerKind, Uuid)>,
    /// The unit that answers for it.
    pub unit: Option<UnitId>,
}

/// Does what the rules answered about a case or its resolution, and makes the events that tell of it.
pub(crate) async fn apply(
    ctx: &Ctx,
    tx: &mut WriteTx,
    topic: &mut Topic,
    resolution: Option<&mut Resolution>,
    case: Case,
    answered: Answered<Answer>,
) -> Result<Vec<Event>, Failure> {
    let again = match (case.kind, resolution.as_deref()) {
        (CaseKind::Overdue, Some(resolution)) => Some((TimerKind::ExecutionDue, resolution.id.uuid())),
        (CaseKind::Unanswered, None) => Some((TimerKind::ScreeningDue, topic.id.uuid())),
        _ => None,
    };
    apply_to(ctx, tx, topic, resolution, Subject { again, unit: None }, Asked { case, answered }).await
}

/// Does what the rules answered, and makes the events that tell of it.
pub(crate) async fn apply_to(
    ctx: &Ctx,
    tx: &mut WriteTx,
    topic: &mut Topic,
    mut resolution: Option<&mut Resolution>,
    subject: Subject,
    asked: Asked,
) -> Result<Vec<Event>, Failure> {
    let Asked { case, answered } = asked;
    let Answered { value: answer, receipt, fallback, .. } = answered;
    let mut reopened = false;
    for action in &answer.actions {
        match action {
            Action::RaiseLevel => topic.level = above(topic.level, &case.path),
            Action::MarkPublic => topic.marked_at = topic.marked_at.or(Some(ctx.now)),
            // What is not being carried out has no deadline.
            Action::SetDeadline { hours } => {
                if let Some(resolution) = resolution.as_deref_mut().filter(|_| topic.stage == Stage::Executing) {
                    resolution.due_at = Some(ctx.now + Duration::hours((*hours).into()));
                    execution::set_timers(ctx, tx, resolution).await?;
                }
            }
            Action::ReopenDeliberation => reopened |= after(topic.stage, Step::Reopen).is_ok(),
            // These name the escalation, and so are done once it is written.
            Action::Notify { .. } | Action::Whistle { .. } | Action::OpenFinding { .. } | Action::Other { .. } => {}
        }
    }
    if let Some((hours, (kind, about))) = answer.ask_again_hours.zip(subject.again).filter(|_| !reopened) {
        set_timer(ctx, tx, kind, about, ctx.now + Duration::hours(hours.into())).await?;
    }
    let escalation = Escalation {
        id: ctx.new_id::<EscalationId>(),
        topic: topic.id,
        asked: case,
        answer,
        fallback: fallback.map(|failure| failure.code().to_owned()),
        at: ctx.now,
    };
    resolutions::insert_escalation(tx, &escalation).await?;
    let body = json!({
        "escalation": escalation.id,
        "asked": escalation.asked,
        "answer": escalation.answer,
        "level": topic.level,
        "fallback": escalation.fallback,
        "receipt": receipt,
    });
    let mut events = vec![event(ctx, "case.escalated", topic.id.uuid(), body)];
    let lead = resolution.as_deref().and_then(|it| it.lists.as_ref()).map(|lists| lists.responsibility.lead_unit);
    let unit = subject.unit.or(lead).unwrap_or(topic.unit);
    act_on(ctx, tx, topic, &escalation, unit, &mut events).await?;
    if reopened {
        if let Some(resolution) = resolution.as_deref() {
            execution::cancel_timers(tx, resolution.id).await?;
            events.extend(items::drop_open(ctx, tx, resolution.id).await?);
        }
        cases::step(ctx, tx, topic, Step::Reopen).await?;
        let body = json!({"escalation": escalation.id});
        events.push(event(ctx, "topic.reopened", topic.id.uuid(), body));
    } else {
        topics::save(tx, topic).await?;
    }
    if let Some(resolution) = resolution {
        resolutions::save(tx, resolution).await?;
    }
    Ok(events)
}

/// Tells, calls and notes what the rules want told, called and found; the first of the events is the escalation's.
async fn act_on(
    ctx: &Ctx,
    tx: &mut WriteTx,
    topic: &Topic,
    escalation: &Escalation,
    unit: UnitId,
    events: &mut Vec<Event>,
) -> Result<(), Failure> {
    let path = units::on_path(tx, &topic.path).await?;
    for action in &escalation.answer.actions {
        match action {
            // A role that the core does not know has no holders.
            Action::Notify { role, level } => {
                let at = path.iter().filter(|it| it.level == level.code()).map(|it| it.id);
                if let Ok(role) = role.parse::<Role>() {
                    let asked = &escalation.asked;
                    let facts = json!({"topic": topic.id, "kind": asked.kind, "hours_late": asked.hours_late});
                    let (id, at): (_, Vec<_>) = (|| ctx.new_id(), at.collect());
                    notices::tell_at(tx, role, &at, id, "case.escalated", events[0].id, &facts, ctx.now).await?;
                }
            }
            Action::Whistle { departments, hours } => {
                events.push(calls::open_by_rules(ctx, tx, topic, escalation.id, departments, *hours).await?);
            }
            Action::OpenFinding { text } => {
                let found = (escalation.asked.kind, text.as_str());
                events.extend(findings::open_by_rules(ctx, tx, topic, escalation.id, unit, found).await?);
            }
            _ => {}
        }
    }
    Ok(())
}

async fn commit(tx: WriteTx, mut events: Vec<Event>) -> Result<(), Failure> {
    let first = events.remove(0);
    Ok(tx.commit_with(first, events, ()).await?)
}

async fn set_timer(
    ctx: &Ctx,
    tx: &mut WriteTx,
    kind: TimerKind,
    subject: uuid::Uuid,
    due_at: chrono::DateTime<chrono::Utc>,
) -> Result<(), Failure> {
    timers::cancel(tx, kind, subject).await?;
    Ok(timers::insert(tx, &Timer { id: ctx.new_id(), kind, subject, due_at }).await?)
}

/// A deadline of what is not waited for any more, so that its timer lapses.
pub(crate) fn moved_on(topic: &Topic) -> Refusal {
    Refusal::conflict("topic.moved_on", format!("the topic is {} and nothing is due", topic.stage))
}

/// The next level up on the path of a case; the city has none above it.
fn above(level: Level, path: &[Level]) -> Level {
    path.iter().copied().filter(|it| *it < level).max().unwrap_or(level)
}

pub(crate) fn hours_between(due: chrono::DateTime<chrono::Utc>, now: chrono::DateTime<chrono::Utc>) -> u32 {
    u32::try_from((now - due).num_hours()).unwrap_or(0)
}
