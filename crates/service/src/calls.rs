//! Whistle calls (議事吹哨、部門報到): departments are called to a case, by a coordinator or by the rules, and answer in time.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use yishi_domain::{
    CallId, Ctx, EscalationId, Event, Refusal, TopicId, UnitId,
    access::Role,
    calls::{ANSWER_HOURS, Answered, Call, CallState, CallStep, Called, Reply},
    timers::TimerKind,
    workflow::FINAL,
};
use yishi_store::{
    WriteTx,
    calls::{self, CallFilter},
    timers::{self, Timer},
    topics::Topic,
    units,
};

use crate::{
    App,
    cases::{self, require_text, require_version},
    directory::require_unit,
    events::{commit_to, event},
    failures::Failure,
    sessions::Session,
};

pub use yishi_store::calls as stored;

/// How many units are called at once at most.
const MOST: usize = 20;

/// A call to make.
#[derive(Clone, Debug)]
pub struct NewCall {
    /// Those who are called.
    pub units: Vec<UnitId>,
    /// The one that leads; may be left out where only one is called.
    pub lead: Option<UnitId>,
    /// What they are called for.
    pub matter: String,
    /// Hours to answer; 48 where nothing is said.
    pub hours: Option<u32>,
    /// Working days to answer, instead of hours.
    pub working_days: Option<u16>,
}

/// Calls units to a case.
pub async fn open(app: &App, session: &Session, id: TopicId, new: NewCall) -> Result<CallId, Failure> {
    let ctx = &session.ctx;
    let NewCall { units, lead, matter, hours, working_days } = new;
    if hours.is_some() && working_days.is_some() {
        let refusal = Refusal::invalid("call.bad_deadline", "working_days", "it is due in hours or in working days");
        return Err(refusal.with_fix("give one of them").into());
    }
    require_text("call.bad_matter", "matter", &matter, 2_000)?;
    let mut distinct = units.clone();
    distinct.sort_unstable();
    distinct.dedup();
    if units.is_empty() || units.len() > MOST || distinct.len() != units.len() {
        return Err(Refusal::invalid("call.bad_units", "units", format!("name 1 to {MOST} units, each once")).into());
    }
    let lead = lead.or_else(|| Some(units[0]).filter(|_| units.len() == 1));
    let Some(lead) = lead.filter(|lead| units.contains(lead)) else {
        return Err(Refusal::invalid("call.no_lead", "lead", "name which of the called units leads").into());
    };
    let mut tx = app.db.write(ctx).await?;
    let topic = cases::lock(&mut tx, id, None).await?;
    session.require_role(Role::Coordinator, &topic.path)?;
    if FINAL.contains(&topic.stage) {
        return Err(Refusal::conflict("call.case_ended", format!("the topic is {}", topic.stage)).into());
    }
    for (i, unit) in units.iter().enumerate() {
        require_unit(&mut tx, *unit, &format!("units[{i}]")).await?;
    }
    let due_at = match working_days {
        Some(number) => crate::working_days::after(&mut tx, session.tenant()?, ctx.now, number, "working_days").await?,
        None => ctx.now + Duration::hours(hours.unwrap_or(ANSWER_HOURS).into()),
    };
    let (call, opened) = insert(ctx, &mut tx, &topic, None, (units, lead, matter, due_at), Vec::new()).await?;
    Ok(tx.commit([opened], call).await?)
}

/// Calls departments by name as the rules answered: those on the path of the case, the lowest of a name; not again while a call stands.
pub(crate) async fn open_by_rules(
    ctx: &Ctx,
    tx: &mut WriteTx,
    topic: &Topic,
    escalation: EscalationId,
    departments: &[String],
    hours: u32,
) -> Result<Event, Failure> {
    let known = units::departments(tx, &topic.path, departments).await?;
    let unknown: Vec<_> = departments.iter().filter(|name| known.iter().all(|unit| unit.name != **name)).collect();
    let standing = calls::page(tx, &CallFilter { topic: Some(topic.id), ..CallFilter::default() }, None, 1_000).await?;
    let standing = standing.iter().filter(|call| matches!(call.state, CallState::Open | CallState::Unanswered));
    let waiting: Vec<_> = standing.flat_map(Call::missing).collect();
    let units: Vec<_> = known.iter().map(|unit| unit.id).filter(|id| !waiting.contains(id)).take(MOST).collect();
    let Some(lead) = units.first().copied() else {
        let body = json!({"escalation": escalation, "unknown": unknown, "called_before": waiting});
        return Ok(event(ctx, "call.not_opened", topic.id.uuid(), body));
    };
    let call = (units, lead, "督办升级".to_owned(), ctx.now + Duration::hours(hours.into()));
    let unknown = unknown.into_iter().cloned().collect();
    Ok(insert(ctx, tx, topic, Some(escalation), call, unknown).await?.1)
}

async fn insert(
    ctx: &Ctx,
    tx: &mut WriteTx,
    topic: &Topic,
    escalation: Option<EscalationId>,
    (units, lead, matter, due_at): (Vec<UnitId>, UnitId, String, DateTime<Utc>),
    unknown: Vec<String>,
) -> Result<(CallId, Event), Failure> {
    let call = Call {
        id: ctx.new_id(),
        topic: topic.id,
        escalation,
        matter,
        lead: Some(lead),
        called_at: ctx.now,
        due_at,
        state: CallState::Open,
        version: 1,
        called: units.into_iter().map(|unit| Called { unit, answer: None }).collect(),
    };
    calls::insert(tx, &call).await?;
    let timer = Timer { id: ctx.new_id(), kind: TimerKind::CallDue, subject: call.id.uuid(), due_at: call.due_at };
    timers::insert(tx, &timer).await?;
    let body = json!({
        "call": call.id,
        "escalation": escalation,
        "units": call.missing(),
        "lead": lead,
        "due_at": call.due_at,
        "unknown": unknown,
    });
    let opened = event(ctx, "call.opened", topic.id.uuid(), body);
    Ok((call.id, commit_to(ctx, opened, "matter", call.matter.as_str())))
}

/// Finds a call.
pub async fn get(app: &App, session: &Session, id: CallId) -> Result<Call, Failure> {
    Ok(calls::find(&mut app.db.read(&session.ctx).await?, id).await?.ok_or_else(unknown)?)
}

/// Lists calls after one, the earliest first.
pub async fn list(
    app: &App,
    session: &Session,
    filter: &CallFilter,
    after: Option<CallId>,
    limit: u16,
) -> Result<Vec<Call>, Failure> {
    Ok(calls::page(&mut app.db.read(&session.ctx).await?, filter, after, limit).await?)
}

/// Answers a call for one of those who are called, as its officer.
pub async fn answer(
    app: &App,
    session: &Session,
    id: CallId,
    seen: Option<u64>,
    unit: UnitId,
    reply: Reply,
    text: Option<String>,
) -> Result<Call, Failure> {
    let ctx = &session.ctx;
    if let Some(text) = &text {
        require_text("call.bad_text", "text", text, 2_000)?;
    }
    let mut tx = app.db.write(ctx).await?;
    let known = require_unit(&mut tx, unit, "unit").await?;
    session.require_role(Role::Officer, &known.path)?;
    let (topic, mut call) = lock_with_topic(&mut tx, id, seen).await?;
    let answered = Answered { reply, text, at: ctx.now };
    call.answer(unit, answered.clone())?;
    if call.state == CallState::Answered {
        timers::cancel(&mut tx, TimerKind::CallDue, id.uuid()).await?;
    }
    calls::save(&mut tx, &mut call, Some((unit, &answered))).await?;
    let body = json!({
        "call": id,
        "unit": unit,
        "reply": reply,
        "late": ctx.now > call.due_at,
        "lead": call.lead,
        "state": call.state,
    });
    let mut told = event(ctx, "call.answered", topic.id.uuid(), body);
    if let Some(text) = answered.text {
        told = commit_to(ctx, told, "text", text);
    }
    Ok(tx.commit([told], call).await?)
}

/// Closes a call, once all have answered and what they were called for is settled.
pub async fn close(app: &App, session: &Session, id: CallId, seen: Option<u64>) -> Result<Call, Failure> {
    let ctx = &session.ctx;
    let mut tx = app.db.write(ctx).await?;
    let (topic, mut call) = lock_with_topic(&mut tx, id, seen).await?;
    session.require_role(Role::Coordinator, &topic.path)?;
    call.step(CallStep::Close)?;
    calls::save(&mut tx, &mut call, None).await?;
    let closed = event(ctx, "call.closed", topic.id.uuid(), json!({"call": id}));
    Ok(tx.commit([closed], call).await?)
}

pub(crate) fn unknown() -> Refusal {
    Refusal::not_found("call.unknown", "there is no such call in this tenant")
}

/// Locks a call after its topic; refuses where it has changed since the caller read it.
pub(crate) async fn lock_with_topic(tx: &mut WriteTx, id: CallId, seen: Option<u64>) -> Result<(Topic, Call), Failure> {
    let known = calls::find(tx, id).await?.ok_or_else(unknown)?;
    let topic = cases::lock(tx, known.topic, None).await?;
    let call = calls::lock(tx, id).await?.ok_or_else(unknown)?;
    require_version("call.stale", "call", seen, call.version)?;
    Ok((topic, call))
}
