//! Where people stand on a topic and why, and the wording on which it is to be decided, with the amendments to it.

use serde_json::json;
use yishi_domain::{AmendmentId, PositionId, Refusal, RefusalKind, TopicId, access::Role, channels::Side};
use yishi_store::positions::{self, Amendment, Position, Wording};

use crate::{
    App,
    cases::require_text,
    events::{commit_to, event},
    failures::Failure,
    sessions::Session,
    statements::begin,
    topics,
};

pub use yishi_store::positions as stored;

/// States where one stands, in the place of where one stood before.
pub async fn state(app: &App, session: &Session, id: TopicId, side: Side, reason: String) -> Result<(), Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    require_text("position.bad_reason", "reason", &reason, 2_000)?;
    let (mut tx, topic) = begin(app, session, id).await?;
    let position = Position { id: ctx.new_id(), side, reason, stated_at: ctx.now };
    positions::state(&mut tx, id, me, &position).await?;
    let stated = event(ctx, "position.stated", topic.id.uuid(), json!({"position": position.id}));
    let said = json!({"member": me, "side": side, "reason": position.reason});
    Ok(tx.commit([commit_to(ctx, stated, "stated", said)], ()).await?)
}

/// How many stand on each side, and the positions after one, in the order in which they were stated.
pub async fn list(
    app: &App,
    session: &Session,
    id: TopicId,
    after: Option<PositionId>,
    limit: u16,
) -> Result<(Vec<(Side, u64)>, Vec<Position>), Failure> {
    topics::get(app, session, id).await?;
    let mut tx = app.db.read(&session.ctx).await?;
    Ok((positions::sides(&mut tx, id).await?, positions::page(&mut tx, id, after, limit).await?))
}

/// Gives a topic its wording, the first one or another one; gives its version.
pub async fn word(app: &App, session: &Session, id: TopicId, seen: u32, text: String) -> Result<u32, Failure> {
    let ctx = &session.ctx;
    require_text("wording.bad_text", "text", &text, 10_000)?;
    let (mut tx, topic) = begin(app, session, id).await?;
    let present = present(&positions::wordings(&mut tx, id).await?);
    require_seen(present, seen)?;
    let wording = Wording { version: present + 1, text, amendment: None, worded_at: ctx.now };
    positions::word(&mut tx, id, &wording).await?;
    let worded = event(ctx, "wording.given", topic.id.uuid(), json!({"version": wording.version}));
    Ok(tx.commit([commit_to(ctx, worded, "text", wording.text)], wording.version).await?)
}

/// Proposes an amendment to the wording as it stands.
pub async fn propose(
    app: &App,
    session: &Session,
    id: TopicId,
    base: u32,
    text: String,
    reason: String,
) -> Result<AmendmentId, Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    require_text("amendment.bad_text", "text", &text, 10_000)?;
    require_text("amendment.bad_reason", "reason", &reason, 2_000)?;
    let (mut tx, topic) = begin(app, session, id).await?;
    let wordings = positions::wordings(&mut tx, id).await?;
    if wordings.is_empty() {
        return Err(Refusal::conflict("wording.none", "the topic has no wording to amend yet").into());
    }
    require_seen(present(&wordings), base)?;
    let amendment =
        Amendment { id: ctx.new_id(), topic: id, member: me, base, text, reason, proposed_at: ctx.now, decision: None };
    positions::propose(&mut tx, &amendment).await?;
    let body = json!({"amendment": amendment.id, "base": base});
    let proposed = event(ctx, "amendment.proposed", topic.id.uuid(), body);
    let said = json!({"member": me, "text": amendment.text, "reason": amendment.reason});
    Ok(tx.commit([commit_to(ctx, proposed, "proposal", said)], amendment.id).await?)
}

/// Accepts an amendment, which makes a version of the wording, or rejects it; in either case with the reason.
pub async fn decide(
    app: &App,
    session: &Session,
    id: AmendmentId,
    accepted: bool,
    answer: String,
) -> Result<u32, Failure> {
    let ctx = &session.ctx;
    require_text("amendment.bad_answer", "answer", &answer, 2_000)?;
    let unknown = || Refusal::not_found("amendment.unknown", "there is no such amendment in this tenant");
    let amendment = positions::amendment(&mut app.db.read(ctx).await?, id).await?.ok_or_else(unknown)?;
    let (mut tx, topic) = begin(app, session, amendment.topic).await?;
    session.require_role(Role::Coordinator, &topic.path)?;
    let present = present(&positions::wordings(&mut tx, topic.id).await?);
    if !positions::decide(&mut tx, id, accepted, &answer, ctx.now).await? {
        return Err(Refusal::conflict("amendment.decided", "it was decided before").into());
    }
    let mut version = present;
    if accepted {
        // An amendment of an earlier version would undo what was accepted since.
        require_seen(present, amendment.base)?;
        version += 1;
        let wording = Wording { version, text: amendment.text, amendment: Some(id), worded_at: ctx.now };
        positions::word(&mut tx, topic.id, &wording).await?;
    }
    let body = json!({"amendment": id, "accepted": accepted, "version": version});
    let decided = event(ctx, "amendment.decided", topic.id.uuid(), body);
    Ok(tx.commit([commit_to(ctx, decided, "answer", answer)], version).await?)
}

/// Every version of the wording, the first one first.
pub async fn wordings(app: &App, session: &Session, id: TopicId) -> Result<Vec<Wording>, Failure> {
    topics::get(app, session, id).await?;
    Ok(positions::wordings(&mut app.db.read(&session.ctx).await?, id).await?)
}

/// Every amendment, the earliest first.
pub async fn amendments(app: &App, session: &Session, id: TopicId) -> Result<Vec<Amendment>, Failure> {
    topics::get(app, session, id).await?;
    Ok(positions::amendments(&mut app.db.read(&session.ctx).await?, id).await?)
}

fn present(wordings: &[Wording]) -> u32 {
    wordings.last().map_or(0, |it| it.version)
}

fn require_seen(present: u32, seen: u32) -> Result<(), Refusal> {
    if present == seen {
        return Ok(());
    }
    let text = format!("the wording has version {present}, and {seen} was read");
    let refusal = Refusal::new(RefusalKind::Stale, "wording.stale", text);
    let current_version = Some(present.into());
    Err(Refusal { current_version, ..refusal.with_fix("read the wording again, and propose on that") })
}
