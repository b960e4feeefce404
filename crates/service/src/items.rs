//! Action items of a resolution: who does what by when, with what shows it, and how it changes hands.

use serde_json::json;
use uuid::Uuid;
use yishi_domain::{
    AttachmentId, Ctx, Event, ItemId, Refusal, ResolutionId,
    access::Role,
    items::{Item, ItemState, ItemStep, NewItem, Report, validate, warned_at},
    timers::TimerKind,
    workflow::Stage,
};
use yishi_store::{
    WriteTx, attachments,
    items::{self, Reported},
    resolutions::{self, Resolution},
    timers::{self, Timer},
    topics::Topic,
};

use crate::{
    App,
    cases::{require_text, require_version},
    directory::require_unit,
    events::{commit_to, event},
    execution::{self, lock_with_topic},
    failures::Failure,
    sessions::Session,
};

pub use yishi_store::items as stored;

/// How many digests of evidence a report names at most.
pub const MOST_EVIDENCE: usize = 50;

/// Adds an item to a resolution that is being carried out.
pub async fn add(app: &App, session: &Session, id: ResolutionId, new: NewItem) -> Result<ItemId, Failure> {
    let ctx = &session.ctx;
    let mut tx = app.db.write(ctx).await?;
    let (topic, resolution) = lock_with_topic(&mut tx, id).await?;
    session.require_role(Role::Coordinator, &topic.path)?;
    let until = due_of(&topic, &resolution)?;
    let (item, added) = insert(ctx, &mut tx, &resolution, None, new, until).await?;
    Ok(tx.commit([added], item).await?)
}

/// Finds an item.
pub async fn get(app: &App, session: &Session, id: ItemId) -> Result<Item, Failure> {
    Ok(items::find(&mut app.db.read(&session.ctx).await?, id).await?.ok_or_else(unknown)?)
}

/// Lists the items of a resolution, the earliest first.
pub async fn list(app: &App, session: &Session, id: ResolutionId) -> Result<Vec<Item>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    resolutions::find(&mut tx, id).await?.ok_or_else(execution::unknown)?;
    Ok(items::of_resolution(&mut tx, id).await?)
}

/// A report, with the attachments of its case that it names as evidence.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The report.
    pub reported: Reported,
    /// The attachments, the earliest first.
    pub attachments: Vec<AttachmentId>,
}

/// Lists the reports on an item after one, the earliest first.
pub async fn reports(
    app: &App,
    session: &Session,
    id: ItemId,
    after: Option<Uuid>,
    limit: u16,
) -> Result<Vec<Shown>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let item = items::find(&mut tx, id).await?.ok_or_else(unknown)?;
    let attached = attachments::of_topic(&mut tx, item.topic).await?;
    let shown = |reported: Reported| {
        let named = attached.iter().filter(|it| reported.report.evidence.contains(&it.digest));
        Shown { attachments: named.map(|it| it.id).collect(), reported }
    };
    Ok(items::reports(&mut tx, id, after, limit).await?.into_iter().map(shown).collect())
}

/// Reports progress, or with `done` that nothing is left to do, with what shows it.
pub async fn report(
    app: &App,
    session: &Session,
    id: ItemId,
    seen: Option<u64>,
    report: Report,
    done: bool,
) -> Result<Item, Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    require_text("item.bad_report", "text", &report.text, 10_000)?;
    if report.evidence.len() > MOST_EVIDENCE || (done && report.evidence.is_empty()) {
        let text = format!("name the digests of 1 to {MOST_EVIDENCE} things that show it");
        return Err(Refusal::invalid("item.no_evidence", "evidence", text).into());
    }
    let mut tx = app.db.write(ctx).await?;
    let mut item = lock(&mut tx, id, seen).await?;
    let unit = item.unit;
    require_officer(&mut tx, session, unit).await?;
    item.report(&report, ctx.now)?;
    let reported = Reported { id: ctx.new_id(), member: me, report, at: ctx.now };
    items::report(&mut tx, id, &reported).await?;
    let Report { text, evidence, milestone } = reported.report;
    let body = json!({"item": id, "evidence": evidence, "milestone": milestone});
    let told = commit_to(ctx, event(ctx, "item.reported", item.topic.uuid(), body), "text", text);
    let mut others = Vec::new();
    if done {
        item.step(ItemStep::Complete)?;
        item.done_at = Some(ctx.now);
        cancel_timers(&mut tx, id).await?;
        let body = json!({"item": id, "late": ctx.now > item.due_at});
        others.push(event(ctx, "item.completed", item.topic.uuid(), body));
    }
    items::save(&mut tx, &mut item).await?;
    Ok(tx.commit_with(told, others, item).await?)
}

/// Asks for more time, with a reason.
pub async fn ask_extension(
    app: &App,
    session: &Session,
    id: ItemId,
    seen: Option<u64>,
    due_at: chrono::DateTime<chrono::Utc>,
    reason: String,
) -> Result<Item, Failure> {
    let ctx = &session.ctx;
    require_text("item.no_reason", "reason", &reason, 2_000)?;
    let mut tx = app.db.write(ctx).await?;
    let mut item = lock(&mut tx, id, seen).await?;
    require_officer(&mut tx, session, item.unit).await?;
    item.ask_extension(due_at, reason.clone())?;
    items::save(&mut tx, &mut item).await?;
    let body = json!({"item": id, "due_at": due_at});
    let asked = commit_to(ctx, event(ctx, "item.extension_asked", item.topic.uuid(), body), "reason", reason);
    Ok(tx.commit([asked], item).await?)
}

/// Grants or refuses the time that was asked for; where the whole would be late by it, its due date moves too.
pub async fn decide_extension(
    app: &App,
    session: &Session,
    id: ItemId,
    seen: Option<u64>,
    granted: bool,
) -> Result<Item, Failure> {
    let ctx = &session.ctx;
    let mut tx = app.db.write(ctx).await?;
    let known = items::find(&mut tx, id).await?.ok_or_else(unknown)?;
    let (topic, mut resolution) = lock_with_topic(&mut tx, known.resolution).await?;
    session.require_role(Role::Coordinator, &topic.path)?;
    let mut item = lock(&mut tx, id, seen).await?;
    item.decide_extension(granted)?;
    if granted && item.due_at <= ctx.now {
        return Err(Refusal::conflict("item.extension_over", "the time that was asked for is over already")
            .with_fix("refuse it, and have more time asked for")
            .into());
    }
    items::save(&mut tx, &mut item).await?;
    if granted {
        set_timers(ctx, &mut tx, &item).await?;
        if resolution.due_at.is_some_and(|due| due < item.due_at) {
            resolution.due_at = Some(item.due_at);
            resolutions::save(&mut tx, &resolution).await?;
            execution::set_timers(ctx, &mut tx, &resolution).await?;
        }
    }
    let body = json!({"item": id, "granted": granted, "due_at": item.due_at, "resolution_due_at": resolution.due_at});
    Ok(tx.commit([event(ctx, "item.extension_decided", item.topic.uuid(), body)], item).await?)
}

/// Offers an item to another unit, which answers for it once it has taken it over.
pub async fn offer(
    app: &App,
    session: &Session,
    id: ItemId,
    seen: Option<u64>,
    unit: yishi_domain::UnitId,
    reason: String,
) -> Result<Item, Failure> {
    let ctx = &session.ctx;
    require_text("item.no_reason", "reason", &reason, 2_000)?;
    let mut tx = app.db.write(ctx).await?;
    let mut item = lock(&mut tx, id, seen).await?;
    require_officer(&mut tx, session, item.unit).await?;
    require_unit(&mut tx, unit, "unit").await?;
    item.offer(unit, reason.clone())?;
    items::save(&mut tx, &mut item).await?;
    let body = json!({"item": id, "from": item.unit, "to": unit});
    let offered = commit_to(ctx, event(ctx, "item.offered", item.topic.uuid(), body), "reason", reason);
    Ok(tx.commit([offered], item).await?)
}

/// Takes over or declines what another unit offers, as an officer of the unit to which it is offered.
pub async fn answer_offer(
    app: &App,
    session: &Session,
    id: ItemId,
    seen: Option<u64>,
    accepted: bool,
) -> Result<Item, Failure> {
    let ctx = &session.ctx;
    let mut tx = app.db.write(ctx).await?;
    let mut item = lock(&mut tx, id, seen).await?;
    let offered = item.facts.offer.as_ref().map_or(item.unit, |offer| offer.unit);
    require_officer(&mut tx, session, offered).await?;
    item.answer_offer(accepted)?;
    items::save(&mut tx, &mut item).await?;
    let kind = if accepted { "item.taken_over" } else { "item.declined" };
    let told = event(ctx, kind, item.topic.uuid(), json!({"item": id, "unit": offered}));
    Ok(tx.commit([told], item).await?)
}

/// Splits an item into parts, which stand in its place and keep to its due date.
pub async fn split(
    app: &App,
    session: &Session,
    id: ItemId,
    seen: Option<u64>,
    parts: Vec<NewItem>,
) -> Result<Vec<ItemId>, Failure> {
    let ctx = &session.ctx;
    if parts.len() < 2 || parts.len() > 20 {
        return Err(Refusal::invalid("item.bad_parts", "parts", "an item is split into 2 to 20 parts").into());
    }
    let mut tx = app.db.write(ctx).await?;
    let known = items::find(&mut tx, id).await?.ok_or_else(unknown)?;
    let (topic, resolution) = lock_with_topic(&mut tx, known.resolution).await?;
    session.require_role(Role::Coordinator, &topic.path)?;
    let mut item = lock(&mut tx, id, seen).await?;
    item.step(ItemStep::Split)?;
    items::save(&mut tx, &mut item).await?;
    cancel_timers(&mut tx, id).await?;
    let (mut ids, mut added) = (Vec::new(), Vec::new());
    for (i, part) in parts.into_iter().enumerate() {
        let within = |failure: Failure| failure.within(&format!("parts[{i}]"));
        let (part, event) = insert(ctx, &mut tx, &resolution, Some(id), part, item.due_at).await.map_err(within)?;
        ids.push(part);
        added.push(event);
    }
    let split = event(ctx, "item.split", topic.id.uuid(), json!({"item": id, "parts": ids}));
    Ok(tx.commit_with(split, added, ids).await?)
}

/// Refuses while items of a resolution are not done.
pub(crate) async fn require_done(tx: &mut WriteTx, id: ResolutionId) -> Result<(), Failure> {
    let all = items::of_resolution(tx, id).await?;
    let open = all.iter().filter(|item| matches!(item.state, ItemState::Underway | ItemState::Offered)).count();
    match open {
        0 => Ok(()),
        _ => Err(Refusal::conflict("resolution.items_open", format!("{open} of its action items are not done"))
            .with_fix("have each reported as done, under its `completion`")
            .into()),
    }
}

/// Gives the open items of a resolution up, since its topic is deliberated again.
pub(crate) async fn drop_open(ctx: &Ctx, tx: &mut WriteTx, id: ResolutionId) -> Result<Vec<Event>, Failure> {
    let mut events = Vec::new();
    for mut item in items::of_resolution(tx, id).await? {
        if item.step(ItemStep::Drop).is_ok() {
            items::save(tx, &mut item).await?;
            cancel_timers(tx, item.id).await?;
            events.push(event(ctx, "item.dropped", item.topic.uuid(), json!({"item": item.id})));
        }
    }
    Ok(events)
}

pub(crate) fn unknown() -> Refusal {
    Refusal::not_found("item.unknown", "there is no such action item in this tenant")
}

/// Locks an item; refuses where it has changed since the caller read it.
pub(crate) async fn lock(tx: &mut WriteTx, id: ItemId, seen: Option<u64>) -> Result<Item, Failure> {
    let item = items::lock(tx, id).await?.ok_or_else(unknown)?;
    require_version("item.stale", "item", seen, item.version)?;
    Ok(item)
}

async fn insert(
    ctx: &Ctx,
    tx: &mut WriteTx,
    resolution: &Resolution,
    parent: Option<ItemId>,
    new: NewItem,
    until: chrono::DateTime<chrono::Utc>,
) -> Result<(ItemId, Event), Failure> {
    validate(&new, ctx.now, until)?;
    require_unit(tx, new.unit, "unit").await?;
    for (i, unit) in new.cooperating_units.iter().enumerate() {
        require_unit(tx, *unit, &format!("cooperating_units[{i}]")).await?;
    }
    let item = Item::new(ctx.new_id(), resolution.id, resolution.topic, parent, new);
    items::insert(tx, &item).await?;
    set_timers(ctx, tx, &item).await?;
    let body = json!({
        "item": item.id,
        "resolution": item.resolution,
        "parent": parent,
        "unit": item.unit,
        "cooperating_units": item.facts.cooperating_units,
        "due_at": item.due_at,
    });
    let added = event(ctx, "item.added", item.topic.uuid(), body);
    Ok((item.id, commit_to(ctx, added, "title", item.facts.title.as_str())))
}

/// The due date of what is being carried out.
fn due_of(topic: &Topic, resolution: &Resolution) -> Result<chrono::DateTime<chrono::Utc>, Refusal> {
    resolution.due_at.filter(|_| topic.stage == Stage::Executing).ok_or_else(|| {
        Refusal::conflict("item.not_executing", format!("the topic is {}", topic.stage))
            .with_fix("file the three lists of its resolution first")
    })
}

async fn require_officer(tx: &mut WriteTx, session: &Session, unit: yishi_domain::UnitId) -> Result<(), Failure> {
    let unit = require_unit(tx, unit, "unit").await?;
    session.require_role(Role::Officer, &unit.path)
}

async fn set_timers(ctx: &Ctx, tx: &mut WriteTx, item: &Item) -> Result<(), Failure> {
    cancel_timers(tx, item.id).await?;
    for (kind, due_at) in [(TimerKind::ItemWarns, warned_at(ctx.now, item.due_at)), (TimerKind::ItemDue, item.due_at)] {
        timers::insert(tx, &Timer { id: ctx.new_id(), kind, subject: item.id.uuid(), due_at }).await?;
    }
    Ok(())
}

async fn cancel_timers(tx: &mut WriteTx, id: ItemId) -> Result<(), Failure> {
    for kind in [TimerKind::ItemWarns, TimerKind::ItemDue] {
        timers::cancel(tx, kind, id.uuid()).await?;
    }
    Ok(())
}
