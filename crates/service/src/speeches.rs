//! Timed speeches: asked for, kept in order, and ended at their limit.

use chrono::{DateTime, Utc};
use serde_json::json;
use yishi_domain::{
    Ctx, Event, MeetingId, MemberId, Refusal, RefusalKind, SpeechId,
    meetings::{Turn, check_turn},
    timers::TimerKind,
};
use yishi_store::{
    WriteTx, invitations, mandates,
    meetings::{self as stored_meetings, Meeting},
    speeches::{self, Speech},
    timers::{self, Timer},
    topics::Topic,
};

use crate::{
    App,
    events::{commit_to, event},
    failures::Failure,
    meetings::{lock, require_begun, require_chair, require_open},
    sessions::Session,
};

pub use yishi_store::speeches as stored;

/// Asks to speak, on an item of the agenda or on all of it; whoever is invited or takes part may, and whoever holds a mandate of theirs may for them.
pub async fn request(
    app: &App,
    session: &Session,
    id: MeetingId,
    item: Option<u32>,
    principal: Option<MemberId>,
) -> Result<SpeechId, Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    let mut tx = app.db.write(ctx).await?;
    let (topic, meeting) = lock(&mut tx, id).await?;
    require_open(&meeting)?;
    let mandate = match principal {
        Some(principal) => mandates::for_meeting(&mut tx, id, principal, me, ctx.now).await?,
        None => None,
    };
    if principal.is_some() && mandate.is_none() {
        let text = "you hold no mandate of theirs for this meeting";
        return Err(Refusal::new(RefusalKind::Forbidden, "speech.no_mandate", text).into());
    }
    let voice = principal.unwrap_or(me);
    let here =
        stored_meetings::attendances(&mut tx, id).await?.iter().any(|it| it.member == voice || it.mandated == Some(me));
    if !here && meeting.host != Some(voice) && invitations::find(&mut tx, id, voice).await?.is_none() {
        let text = "speeches are for those who are invited or take part";
        return Err(Refusal::new(RefusalKind::Forbidden, "speech.not_invited", text).into());
    }
    if item.is_some_and(|item| item as usize >= meeting.agenda.len()) {
        let text = format!("the agenda has {} items, counted from 0", meeting.agenda.len());
        return Err(Refusal::invalid("speech.unknown_item", "item", text).into());
    }
    let queue = speeches::of_meeting(&mut tx, id).await?;
    if queue.iter().any(|it| (it.member, it.principal) == (me, principal) && it.turn.ended_at.is_none()) {
        return Err(Refusal::conflict("speech.requested", "you have asked to speak already").into());
    }
    let turn = queue.last().map_or(1, |it| it.turn.turn + 1);
    let turn = Turn { turn, seconds: meeting.speech_seconds, began_at: None, ended_at: None };
    let speech =
        Speech { id: ctx.new_id(), meeting: id, member: me, principal, item, turn, requested_at: ctx.now, cut: false };
    speeches::insert(&mut tx, &speech).await?;
    let body = json!({"meeting": id, "speech": speech.id, "turn": turn.turn, "item": item, "seconds": turn.seconds, "mandate": mandate});
    let requested = event(ctx, "speech.requested", topic.id.uuid(), body);
    let requested = commit_to(ctx, requested, "member", me.to_string());
    let requested = match principal {
        Some(principal) => commit_to(ctx, requested, "principal", principal.to_string()),
        None => requested,
    };
    Ok(tx.commit([requested], speech.id).await?)
}

/// Begins a speech in its turn; one before it whose time is over ends by that.
pub async fn begin(app: &App, session: &Session, id: SpeechId) -> Result<(), Failure> {
    let ctx = &session.ctx;
    let mut tx = app.db.write(ctx).await?;
    let (topic, meeting, mut speech) = load(&mut tx, id).await?;
    require_chair(session, &topic, &meeting)?;
    require_begun(&meeting, session)?;
    require_open(&meeting)?;
    let queue = speeches::of_meeting(&mut tx, meeting.id).await?;
    let turns: Vec<_> = queue.iter().map(|it| it.turn).collect();
    check_turn(&turns, speech.turn.turn, ctx.now)?;
    let mut ended = Vec::new();
    for before in queue.into_iter().filter(|it| it.turn.began_at.is_some() && it.turn.ended_at.is_none()) {
        ended.push(end_at(ctx, &mut tx, &topic, before, ctx.now).await?);
    }
    speech.turn.began_at = Some(ctx.now);
    speeches::save(&mut tx, &speech).await?;
    let due_at = speech.turn.limit().unwrap_or(ctx.now);
    let timer = Timer { id: ctx.new_id(), kind: TimerKind::SpeechEnds, subject: id.uuid(), due_at };
    timers::insert(&mut tx, &timer).await?;
    let body = json!({"meeting": meeting.id, "speech": id, "turn": speech.turn.turn});
    ended.push(event(ctx, "speech.begun", topic.id.uuid(), body));
    let first = ended.remove(0);
    Ok(tx.commit_with(first, ended, ()).await?)
}

/// Ends a speech, or takes it out of the queue, for whoever speaks and whoever runs the meeting.
pub async fn end(app: &App, session: &Session, id: SpeechId) -> Result<(), Failure> {
    let ctx = &session.ctx;
    let mut tx = app.db.write(ctx).await?;
    let (topic, meeting, speech) = load(&mut tx, id).await?;
    if session.member()? != speech.member {
        require_chair(session, &topic, &meeting)?;
    }
    if speech.turn.ended_at.is_some() {
        return Err(Refusal::conflict("speech.over", "this speech is over").into());
    }
    let ended = end_at(ctx, &mut tx, &topic, speech, ctx.now).await?;
    Ok(tx.commit([ended], ()).await?)
}

/// A speech has lasted as long as it may.
pub(crate) async fn end_due(app: &App, ctx: &Ctx, timer: &Timer) -> Result<(), Failure> {
    let mut tx = app.db.write(ctx).await?;
    let (topic, _, speech) = load(&mut tx, SpeechId(timer.subject)).await?;
    if speech.turn.ended_at.is_some() {
        return Err(Refusal::conflict("speech.over", "this speech is over").into());
    }
    if !timers::fire(&mut tx, timer.id, ctx.now).await? {
        return Ok(());
    }
    let ended = end_at(ctx, &mut tx, &topic, speech, ctx.now).await?;
    Ok(tx.commit([ended], ()).await?)
}

/// Lists the speeches at a meeting in the order of their turns.
pub async fn list(app: &App, session: &Session, id: MeetingId) -> Result<Vec<Speech>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    stored_meetings::find(&mut tx, id).await?.ok_or_else(crate::meetings::unknown)?;
    Ok(speeches::of_meeting(&mut tx, id).await?)
}

async fn end_at(
    ctx: &Ctx,
    tx: &mut WriteTx,
    topic: &Topic,
    mut speech: Speech,
    now: DateTime<Utc>,
) -> Result<Event, Failure> {
    let (at, cut) = speech.turn.ending(now);
    (speech.turn.ended_at, speech.cut) = (Some(at), cut);
    speeches::save(tx, &speech).await?;
    timers::cancel(tx, TimerKind::SpeechEnds, speech.id.uuid()).await?;
    // Whoever leaves the queue has not spoken.
    let lasted = speech.turn.began_at.map_or(0, |began| (at - began).num_seconds());
    let body = json!({
        "meeting": speech.meeting, "speech": speech.id, "turn": speech.turn.turn, "seconds": lasted, "cut": cut,
    });
    Ok(event(ctx, "speech.ended", topic.id.uuid(), body))
}

async fn load(tx: &mut WriteTx, id: SpeechId) -> Result<(Topic, Meeting, Speech), Failure> {
    let unknown = || Refusal::not_found("speech.unknown", "there is no such speech in this tenant");
    let known = speeches::find(tx, id).await?.ok_or_else(unknown)?;
    let (topic, meeting) = lock(tx, known.meeting).await?;
    // Read again: the meeting's lock is held from here on.
    let speech = speeches::find(tx, id).await?.ok_or_else(unknown)?;
    Ok((topic, meeting, speech))
}
