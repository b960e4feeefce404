//! Closing: a case that was rated comes to rest once nothing is awaited any more, neither an open finding nor, where the city asks for it, a look back.

use chrono::Duration;
use serde_json::json;
use yishi_domain::{
    Ctx, Event, Refusal, ResolutionId,
    findings::FindingState,
    settings::{Awaited, Settings},
    timers::TimerKind,
    workflow::{Stage, Step},
};
use yishi_store::{
    WriteTx, feedback,
    findings::{self, FindingFilter},
    resolutions::{self, Resolution},
    settings,
    timers::{self, Timer},
    topics::Topic,
};

use crate::{cases, events::event, failures::Failure};

/// Closes a case whose survey is over, or tells what it waits for.
pub(crate) async fn close_or_wait(
    ctx: &Ctx,
    tx: &mut WriteTx,
    topic: &mut Topic,
    resolution: &Resolution,
) -> Result<Vec<Event>, Failure> {
    let settings = settings::get(tx).await?;
    let awaited = awaited(tx, &settings, topic, resolution.id).await?;
    if !awaited.is_nothing() {
        if awaited.look_back {
            set_look_back(ctx, tx, resolution.id).await?;
        }
        let body = json!({"resolution": resolution.id, "awaited": awaited});
        return Ok(vec![event(ctx, "case.held_open", topic.id.uuid(), body)]);
    }
    Ok(vec![close(ctx, tx, topic, resolution.id).await?])
}

/// Closes a case that waited, once nothing keeps it; what supervisors have not concluded waits for them.
pub(crate) async fn go_on(ctx: &Ctx, tx: &mut WriteTx, topic: &mut Topic) -> Result<Option<Event>, Failure> {
    if topic.stage != Stage::Done {
        return Ok(None);
    }
    let Some(resolution) = resolutions::of_topic(tx, topic.id).await?.pop() else { return Ok(None) };
    let concluded = !feedback::is_referred(tx, resolution.id).await?;
    if resolution.surveyed_at.is_none() || !concluded {
        return Ok(None);
    }
    let settings = settings::get(tx).await?;
    match awaited(tx, &settings, topic, resolution.id).await?.is_nothing() {
        true => Ok(Some(close(ctx, tx, topic, resolution.id).await?)),
        false => Ok(None),
    }
}

/// Refuses to conclude what still waits.
pub(crate) async fn require_nothing_open(tx: &mut WriteTx, topic: &Topic) -> Result<(), Failure> {
    let settings = settings::get(tx).await?;
    match open_findings(tx, &settings, topic).await? {
        0 => Ok(()),
        open => Err(Refusal::conflict("resolution.findings_open", format!("{open} findings about it are open"))
            .with_fix("close each, under its `closing`, with what became of it")
            .into()),
    }
}

/// Closes a case now, and has it visited again unless it was found to last already.
pub(crate) async fn close(ctx: &Ctx, tx: &mut WriteTx, topic: &mut Topic, id: ResolutionId) -> Result<Event, Failure> {
    cases::step(ctx, tx, topic, Step::Close).await?;
    if !has_lasted(tx, id).await? {
        set_look_back(ctx, tx, id).await?;
    }
    Ok(event(ctx, "topic.closed", topic.id.uuid(), json!({"resolution": id})))
}

/// Has a matter visited again after the days that the city sets.
pub(crate) async fn set_look_back(ctx: &Ctx, tx: &mut WriteTx, id: ResolutionId) -> Result<(), Failure> {
    let days = settings::get(tx).await?.look_back_days;
    timers::cancel(tx, TimerKind::LookBackDue, id.uuid()).await?;
    let due_at = ctx.now + Duration::days(days.into());
    let timer = Timer { id: ctx.new_id(), kind: TimerKind::LookBackDue, subject: id.uuid(), due_at };
    Ok(timers::insert(tx, &timer).await?)
}

async fn awaited(tx: &mut WriteTx, settings: &Settings, topic: &Topic, id: ResolutionId) -> Result<Awaited, Failure> {
    let look_back = settings.closing_needs_look_back && !has_lasted(tx, id).await?;
    Ok(Awaited { findings: open_findings(tx, settings, topic).await?, look_back })
}

async fn open_findings(tx: &mut WriteTx, settings: &Settings, topic: &Topic) -> Result<usize, Failure> {
    if !settings.closing_needs_findings_closed {
        return Ok(0);
    }
    let about = FindingFilter { topic: Some(topic.id), ..FindingFilter::default() };
    let known = findings::page(tx, &about, None, 1_000).await?;
    Ok(known.iter().filter(|it| it.state != FindingState::Closed).count())
}

async fn has_lasted(tx: &mut WriteTx, id: ResolutionId) -> Result<bool, Failure> {
    Ok(feedback::look_backs(tx, id).await?.last().is_some_and(|it| it.lasting))
}
