//! Invitations to a meeting: participants and third parties, and what they answer.

use serde_json::json;
use yishi_domain::{
    MeetingId, MemberId, Refusal,
    meetings::{Part, Reply},
};
use yishi_store::{
    invitations::{self, Invitation},
    meetings as stored_meetings,
};

use crate::{
    App, cases,
    events::{commit_to, event},
    failures::Failure,
    meetings::{lock, require_chair, require_members, require_open, unknown},
    sessions::Session,
};

pub use yishi_store::invitations as stored;

/// How many people one request invites at most.
pub const MOST: usize = 1_000;

/// Invites people; whoever is invited already stays invited as what they are. Tells how many were not invited before.
pub async fn invite(
    app: &App,
    session: &Session,
    id: MeetingId,
    invited: Vec<(MemberId, Part)>,
) -> Result<u64, Failure> {
    let ctx = &session.ctx;
    if invited.is_empty() || invited.len() > MOST {
        let text = format!("give 1 to {MOST} invitations");
        return Err(Refusal::invalid("meeting.bad_invitations", "invitations", text).into());
    }
    let mut tx = app.db.write(ctx).await?;
    let (topic, meeting) = lock(&mut tx, id).await?;
    require_chair(session, &topic, &meeting)?;
    require_open(&meeting)?;
    let named = invited.iter().enumerate().map(|(i, (member, _))| (*member, format!("invitations[{i}].member")));
    require_members(&mut tx, named).await?;
    let added = invitations::insert(&mut tx, id, &invited, ctx.now).await?;
    let of = |part: Part| invited.iter().filter(|it| it.1 == part).count();
    let parts: serde_json::Map<_, _> = Part::ALL.iter().map(|it| (it.code().to_owned(), json!(of(*it)))).collect();
    let body = json!({"meeting": id, "added": added, "parts": parts});
    let people: Vec<_> = invited.iter().map(|(member, part)| json!({"member": member, "part": part})).collect();
    let told = commit_to(ctx, event(ctx, "meeting.invited", topic.id.uuid(), body), "people", people);
    Ok(tx.commit([told], added).await?)
}

/// Answers one's own invitation; a later answer takes the place of an earlier one, until the meeting begins.
pub async fn answer(app: &App, session: &Session, id: MeetingId, reply: Reply) -> Result<(), Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    let mut tx = app.db.write(ctx).await?;
    let meeting = stored_meetings::find(&mut tx, id).await?.ok_or_else(unknown)?;
    if ctx.now >= meeting.starts_at {
        return Err(Refusal::conflict("meeting.begun", "the meeting has begun").into());
    }
    if !invitations::answer(&mut tx, id, me, reply, ctx.now).await? {
        return Err(Refusal::not_found("invitation.unknown", "you are not invited to this meeting").into());
    }
    let answered = event(ctx, "invitation.answered", meeting.topic.uuid(), json!({"meeting": id, "reply": reply}));
    let answered = commit_to(ctx, answered, "member", me.to_string());
    Ok(tx.commit([answered], ()).await?)
}

/// Lists who is invited and what they answered.
pub async fn list(app: &App, session: &Session, id: MeetingId) -> Result<Vec<Invitation>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let meeting = stored_meetings::find(&mut tx, id).await?.ok_or_else(unknown)?;
    session.require_reach(&cases::find(&mut tx, meeting.topic).await?.path)?;
    Ok(invitations::of_meeting(&mut tx, id).await?)
}
