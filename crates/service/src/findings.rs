//! Supervision (監督委員會): checks, findings and questions about a case, and what became of them.

use chrono::{DateTime, Utc};
use serde_json::json;
use yishi_domain::{
    Ctx, EscalationId, Event, FindingId, ItemId, Refusal, TopicId, UnitId,
    access::Role,
    escalation::CaseKind,
    findings::{Finding, FindingKind, FindingState, FindingStep, Ground, Measure, TIME_TO_ANSWER, validate},
    timers::TimerKind,
};
use yishi_store::{
    WriteTx,
    findings::{self, FindingFilter},
    items, notices,
    timers::{self, Timer},
    topics::Topic,
};

use crate::{
    App,
    cases::{self, require_text, require_version},
    closing,
    directory::require_unit,
    events::{commit_to, event},
    failures::Failure,
    items::unknown as unknown_item,
    sessions::Session,
};

pub use yishi_store::findings as stored;

/// Something to note about a case.
#[derive(Clone, Debug)]
pub struct NewFinding {
    /// What it is.
    pub kind: FindingKind,
    /// The unit that it concerns.
    pub unit: UnitId,
    /// The action item that it is about, where it is about one.
    pub item: Option<ItemId>,
    /// Which duty was not kept; a finding alone has a ground.
    pub ground: Option<Ground>,
    /// In words.
    pub text: String,
    /// By when it must be answered; a question and a finding have such a date, a check has none.
    pub answer_by: Option<DateTime<Utc>>,
}

/// Notes something about a case; what is in order is closed at once.
pub async fn note(app: &App, session: &Session, id: TopicId, new: NewFinding) -> Result<FindingId, Failure> {
    let ctx = &session.ctx;
    require_text("finding.bad_text", "text", &new.text, 10_000)?;
    validate(new.kind, new.ground, new.answer_by, ctx.now)?;
    let mut tx = app.db.write(ctx).await?;
    let topic = cases::lock(&mut tx, id, None).await?;
    session.require_role(Role::Supervisor, &topic.path)?;
    require_unit(&mut tx, new.unit, "unit").await?;
    if let Some(item) = new.item {
        let about = items::find(&mut tx, item).await?.filter(|item| item.topic == id);
        about.ok_or_else(|| Refusal { field: Some("item".into()), ..unknown_item() })?;
    }
    let (finding, noted) = insert(ctx, &mut tx, &topic, None, new).await?;
    Ok(tx.commit([noted], finding).await?)
}

/// Opens a finding as the rules answered; not again while one of theirs stands.
pub(crate) async fn open_by_rules(
    ctx: &Ctx,
    tx: &mut WriteTx,
    topic: &Topic,
    escalation: EscalationId,
    unit: UnitId,
    (asked, text): (CaseKind, &str),
) -> Result<Option<Event>, Failure> {
    let ours = FindingFilter { topic: Some(topic.id), ..FindingFilter::default() };
    let known = findings::page(tx, &ours, None, 1_000).await?;
    if known.iter().any(|it| it.escalation.is_some() && it.state != FindingState::Closed) {
        return Ok(None);
    }
    let (ground, answer_by) = (Some(Ground::of_case(asked)), Some(ctx.now + TIME_TO_ANSWER));
    let new = NewFinding { kind: FindingKind::Finding, unit, item: None, ground, text: text.into(), answer_by };
    Ok(Some(insert(ctx, tx, topic, Some(escalation), new).await?.1))
}

async fn insert(
    ctx: &Ctx,
    tx: &mut WriteTx,
    topic: &Topic,
    escalation: Option<EscalationId>,
    new: NewFinding,
) -> Result<(FindingId, Event), Failure> {
    let NewFinding { kind, unit, item, ground, text, answer_by } = new;
    let settled = kind == FindingKind::Check;
    let finding = Finding {
        id: ctx.new_id(),
        topic: topic.id,
        item,
        unit,
        escalation,
        kind,
        ground,
        text,
        answer_by,
        state: if settled { FindingState::Closed } else { FindingState::Open },
        answer: None,
        outcome: None,
        measure: None,
        noted_at: ctx.now,
        closed_at: settled.then_some(ctx.now),
        version: 1,
    };
    findings::insert(tx, &finding).await?;
    set_timer(ctx, tx, &finding).await?;
    let mut body = json!({
        "finding": finding.id,
        "kind": kind,
        "unit": unit,
        "item": item,
        "escalation": escalation,
        "answer_by": answer_by,
    });
    if let Some(ground) = ground {
        body["ground"] = json!(ground);
    }
    let noted = event(ctx, "finding.noted", topic.id.uuid(), body);
    ask_unit(ctx, tx, &finding, &noted).await?;
    Ok((finding.id, commit_to(ctx, noted, "text", finding.text.as_str())))
}

/// Finds a finding.
pub async fn get(app: &App, session: &Session, id: FindingId) -> Result<Finding, Failure> {
    Ok(findings::find(&mut app.db.read(&session.ctx).await?, id).await?.ok_or_else(unknown)?)
}

/// Lists findings after one, the earliest first; they are public.
pub async fn list(
    app: &App,
    session: &Session,
    filter: &FindingFilter,
    after: Option<FindingId>,
    limit: u16,
) -> Result<Vec<Finding>, Failure> {
    Ok(findings::page(&mut app.db.read(&session.ctx).await?, filter, after, limit).await?)
}

/// Answers a finding, as an officer of the unit that it concerns.
pub async fn answer(
    app: &App,
    session: &Session,
    id: FindingId,
    seen: Option<u64>,
    answer: String,
) -> Result<Finding, Failure> {
    let ctx = &session.ctx;
    require_text("finding.bad_answer", "answer", &answer, 10_000)?;
    let mut tx = app.db.write(ctx).await?;
    let (topic, mut finding) = lock_with_topic(&mut tx, id, seen).await?;
    let unit = require_unit(&mut tx, finding.unit, "unit").await?;
    session.require_role(Role::Officer, &unit.path)?;
    finding.step(FindingStep::Answer)?;
    finding.answer = Some(answer.clone());
    findings::save(&mut tx, &mut finding).await?;
    timers::cancel(&mut tx, TimerKind::AnswerDue, id.uuid()).await?;
    let late = finding.answer_by.is_some_and(|by| ctx.now > by);
    let answered = event(ctx, "finding.answered", topic.id.uuid(), json!({"finding": id, "late": late}));
    Ok(tx.commit([commit_to(ctx, answered, "answer", answer)], finding).await?)
}

/// Asks again what was not answered well, by a date.
pub async fn ask_again(
    app: &App,
    session: &Session,
    id: FindingId,
    seen: Option<u64>,
    question: String,
    answer_by: DateTime<Utc>,
) -> Result<Finding, Failure> {
    let ctx = &session.ctx;
    require_text("finding.bad_text", "question", &question, 10_000)?;
    validate(FindingKind::Question, None, Some(answer_by), ctx.now)?;
    let mut tx = app.db.write(ctx).await?;
    let (topic, mut finding) = lock_with_topic(&mut tx, id, seen).await?;
    session.require_role(Role::Supervisor, &topic.path)?;
    finding.step(FindingStep::AskAgain)?;
    finding.answer_by = Some(answer_by);
    finding.text = question.clone();
    findings::save(&mut tx, &mut finding).await?;
    set_timer(ctx, &mut tx, &finding).await?;
    let body = json!({"finding": id, "answer_by": answer_by});
    let asked = event(ctx, "finding.asked_again", topic.id.uuid(), body);
    ask_unit(ctx, &mut tx, &finding, &asked).await?;
    let asked = commit_to(ctx, asked, "question", question);
    Ok(tx.commit([asked], finding).await?)
}

/// Closes a finding, with what became of it and what follows for the unit, which is heard before.
pub async fn close(
    app: &App,
    session: &Session,
    id: FindingId,
    seen: Option<u64>,
    outcome: String,
    measure: Option<Measure>,
) -> Result<Finding, Failure> {
    let ctx = &session.ctx;
    require_text("finding.bad_outcome", "outcome", &outcome, 10_000)?;
    let mut tx = app.db.write(ctx).await?;
    let (mut topic, mut finding) = lock_with_topic(&mut tx, id, seen).await?;
    session.require_role(Role::Supervisor, &topic.path)?;
    let measure = match finding.kind {
        FindingKind::Finding => Some(measure.unwrap_or(Measure::None)),
        FindingKind::Check | FindingKind::Question => measure,
    };
    finding.require_heard(measure.unwrap_or(Measure::None), ctx.now)?;
    finding.step(FindingStep::Close)?;
    finding.measure = measure;
    finding.outcome = Some(outcome.clone());
    finding.closed_at = Some(ctx.now);
    findings::save(&mut tx, &mut finding).await?;
    timers::cancel(&mut tx, TimerKind::AnswerDue, id.uuid()).await?;
    let mut body = json!({"finding": id});
    if let Some(measure) = measure {
        body["measure"] = json!(measure);
    }
    let closed = event(ctx, "finding.closed", topic.id.uuid(), body);
    if measure.is_some_and(|it| it != Measure::None) {
        tell_unit(ctx, &mut tx, &finding, &closed).await?;
    }
    let closed = commit_to(ctx, closed, "outcome", outcome);
    // The case may have waited for nothing else.
    let rests = closing::go_on(ctx, &mut tx, &mut topic).await?;
    Ok(tx.commit_with(closed, rests.into_iter().collect(), finding).await?)
}

pub(crate) fn unknown() -> Refusal {
    Refusal::not_found("finding.unknown", "there is no such finding in this tenant")
}

/// Locks a finding after its topic; refuses where it has changed since the caller read it.
pub(crate) async fn lock_with_topic(
    tx: &mut WriteTx,
    id: FindingId,
    seen: Option<u64>,
) -> Result<(Topic, Finding), Failure> {
    let known = findings::find(tx, id).await?.ok_or_else(unknown)?;
    let topic = cases::lock(tx, known.topic, None).await?;
    let finding = findings::lock(tx, id).await?.ok_or_else(unknown)?;
    require_version("finding.stale", "finding", seen, finding.version)?;
    Ok((topic, finding))
}

/// Tells the unit what waits for its answer.
async fn ask_unit(ctx: &Ctx, tx: &mut WriteTx, finding: &Finding, asked: &Event) -> Result<(), Failure> {
    match finding.answer_by {
        Some(_) => tell_unit(ctx, tx, finding, asked).await,
        None => Ok(()),
    }
}

/// Leaves a notice with the officers of the unit that a finding concerns.
async fn tell_unit(ctx: &Ctx, tx: &mut WriteTx, finding: &Finding, told: &Event) -> Result<(), Failure> {
    let (unit, id) = ([finding.unit], || ctx.new_id());
    Ok(notices::tell_at(tx, Role::Officer, &unit, id, told.kind, told.id, &told.body, ctx.now).await?)
}

async fn set_timer(ctx: &Ctx, tx: &mut WriteTx, finding: &Finding) -> Result<(), Failure> {
    if let Some(due_at) = finding.answer_by {
        let timer = Timer { id: ctx.new_id(), kind: TimerKind::AnswerDue, subject: finding.id.uuid(), due_at };
        timers::insert(tx, &timer).await?;
    }
    Ok(())
}
