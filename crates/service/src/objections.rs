//! Objections to what was adopted: raised while it is published, put to the rules, answered before anything is carried out.

use chrono::{DateTime, Utc};
use serde_json::json;
use yishi_domain::{
    ObjectionId, Refusal, ResolutionId,
    access::Role,
    escalation::CaseKind,
    workflow::{Step, after},
};
use yishi_store::{
    ballots,
    objections::{self, Answer, Objection},
    resolutions::{self, Resolution},
};

use crate::{
    App,
    cases::{self, require_text},
    escalating,
    events::{commit_to, event},
    execution::{self, lock_with_topic},
    failures::Failure,
    sessions::Session,
};

pub use yishi_store::objections as stored;

/// Raises an objection, for those who live there and those who might vote.
pub async fn raise(app: &App, session: &Session, id: ResolutionId, text: String) -> Result<ObjectionId, Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    require_text("objection.bad_text", "text", &text, 2_000)?;
    let mut tx = app.db.read(ctx).await?;
    let known = resolutions::find(&mut tx, id).await?.ok_or_else(execution::unknown)?;
    if !ballots::is_agent(&mut tx, known.ballot, me).await? {
        session.require_role(Role::Resident, &cases::find(&mut tx, known.topic).await?.path)?;
    }
    require_published(&known, ctx.now)?;
    drop(tx);
    // The rules are asked for those alone who may object.
    let asked = escalating::ask(app, ctx, known.topic, CaseKind::Objection, 0, None).await?;
    let mut tx = app.db.write(ctx).await?;
    let (mut topic, mut resolution) = lock_with_topic(&mut tx, id).await?;
    require_published(&resolution, ctx.now)?;
    if after(topic.stage, Step::Assign).is_err() {
        return Err(not_published().into());
    }
    let objection = Objection { id: ctx.new_id(), resolution: id, member: me, text, raised_at: ctx.now, answer: None };
    if !objections::insert(&mut tx, &objection).await? {
        return Err(Refusal::conflict("objection.raised", "you have raised an objection to it already").into());
    }
    let raised = event(ctx, "objection.raised", topic.id.uuid(), json!({"resolution": id, "objection": objection.id}));
    let raised = commit_to(ctx, raised, "text", objection.text.as_str());
    let told = escalating::apply(ctx, &mut tx, &mut topic, Some(&mut resolution), asked.case, asked.answered).await?;
    Ok(tx.commit_with(raised, told, objection.id).await?)
}

/// Refuses where the resolution is not published any more.
fn require_published(resolution: &Resolution, now: DateTime<Utc>) -> Result<(), Refusal> {
    let until = resolution.published_until.filter(|until| now < *until && resolution.set_aside_at.is_none());
    until.map(drop).ok_or_else(not_published)
}

fn not_published() -> Refusal {
    let text = "objections are raised while a resolution is published, before it is carried out";
    Refusal::conflict("resolution.not_in_publication", text)
}

/// Answers an objection; one that is upheld sets the resolution aside, and the topic is deliberated again.
pub async fn answer(
    app: &App,
    session: &Session,
    id: ObjectionId,
    upheld: bool,
    answer: String,
) -> Result<(), Failure> {
    let ctx = &session.ctx;
    require_text("objection.bad_answer", "answer", &answer, 2_000)?;
    let mut tx = app.db.write(ctx).await?;
    let unknown = || Refusal::not_found("objection.unknown", "there is no such objection in this tenant");
    let objection = objections::find(&mut tx, id).await?.ok_or_else(unknown)?;
    let (mut topic, mut resolution) = lock_with_topic(&mut tx, objection.resolution).await?;
    session.require_reach(&topic.path)?;
    let given = Answer { upheld, text: answer, at: ctx.now };
    if !objections::answer(&mut tx, id, &given).await? {
        return Err(Refusal::conflict("objection.answered", "it was answered before").into());
    }
    let body = json!({"resolution": resolution.id, "objection": id, "upheld": upheld});
    let answered = commit_to(ctx, event(ctx, "objection.answered", topic.id.uuid(), body), "answer", given.text);
    if !upheld {
        return Ok(tx.commit([answered], ()).await?);
    }
    cases::step(ctx, &mut tx, &mut topic, Step::Reopen).await?;
    resolution.set_aside_at = Some(ctx.now);
    resolutions::save(&mut tx, &resolution).await?;
    execution::cancel_timers(&mut tx, resolution.id).await?;
    let body = json!({"resolution": resolution.id, "objection": id});
    let set_aside = event(ctx, "resolution.set_aside", topic.id.uuid(), body);
    Ok(tx.commit([answered, set_aside], ()).await?)
}

/// Lists the objections to a resolution, the earliest first.
pub async fn list(app: &App, session: &Session, id: ResolutionId) -> Result<Vec<Objection>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    resolutions::find(&mut tx, id).await?.ok_or_else(execution::unknown)?;
    Ok(objections::of_resolution(&mut tx, id).await?)
}
