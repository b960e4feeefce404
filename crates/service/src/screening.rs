//! Screening: every submission is answered, accepted into the pool, merged into another, or rejected with a reason.

use serde_json::json;
use yishi_domain::{
    Refusal, TopicId,
    access::Role,
    timers::TimerKind,
    topics::Significance,
    workflow::{Stage, Step},
};
use yishi_store::{
    WriteTx, timers,
    topics::{self, Topic},
};

use crate::{
    App,
    cases::{self, Stepped, require_text},
    events::{commit_to, event},
    failures::Failure,
    pool,
    rules::Rules,
    sessions::Session,
};

/// What a coordinator decides on accepting a topic.
#[derive(Clone, Debug, Default)]
pub struct Acceptance {
    /// Its category, where the proposed one is wrong.
    pub category: Option<String>,
    /// Its significance, where it differs from its category's.
    pub significance: Option<Significance>,
}

/// Accepts a topic into the pool (議題庫), which makes it public.
pub async fn accept(
    app: &App,
    session: &Session,
    id: TopicId,
    seen: Option<u64>,
    acceptance: Acceptance,
) -> Result<Stepped, Failure> {
    let ctx = &session.ctx;
    let chosen = match &acceptance.category {
        None => None,
        Some(code) => {
            let categories = Rules::active(app, ctx).await?.categories(app).await;
            let known: Vec<_> = categories.iter().map(|it| it.code.as_str()).collect();
            let unknown = || {
                Refusal::invalid("topic.unknown_category", "category", format!("there is no category `{code}`"))
                    .with_fix(format!("name one of {}", known.join(", ")))
            };
            Some(categories.iter().find(|it| it.code == *code).cloned().ok_or_else(unknown)?)
        }
    };
    let (mut tx, mut topic) = begin(app, session, id, seen).await?;
    if let Some(category) = chosen {
        (topic.category, topic.significance, topic.form) = (category.code, category.significance, category.form);
    }
    topic.significance = acceptance.significance.unwrap_or(topic.significance);
    cases::step(ctx, &mut tx, &mut topic, Step::Accept).await?;
    timers::cancel(&mut tx, TimerKind::ScreeningDue, id.uuid()).await?;
    let body =
        json!({"category": topic.category, "significance": topic.significance, "form": topic.form, "unit": topic.unit});
    let accepted = event(ctx, "topic.accepted", id.uuid(), body);
    let accepted = commit_to(ctx, accepted, "title", topic.title.as_str());
    pool::tell(session, &mut tx, &topic, &accepted, None).await?;
    Ok(tx.commit([accepted], Stepped::of(&topic)).await?)
}

/// Rejects a topic with a reason, which whoever raised it can read.
pub async fn reject(
    app: &App,
    session: &Session,
    id: TopicId,
    seen: Option<u64>,
    reason: String,
) -> Result<Stepped, Failure> {
    require_text("topic.no_reason", "reason", &reason, 2_000)?;
    let (mut tx, mut topic) = begin(app, session, id, seen).await?;
    topic.reason = Some(reason);
    end(session, &mut tx, &mut topic, Step::Reject).await?;
    let rejected = event(&session.ctx, "topic.rejected", id.uuid(), json!({}));
    let rejected = commit_to(&session.ctx, rejected, "reason", topic.reason.as_deref().unwrap_or_default());
    pool::tell(session, &mut tx, &topic, &rejected, topic.reason.as_deref()).await?;
    Ok(tx.commit([rejected], Stepped::of(&topic)).await?)
}

/// Merges a topic into another one of the pool that is about the same.
pub async fn merge(
    app: &App,
    session: &Session,
    id: TopicId,
    seen: Option<u64>,
    into: TopicId,
) -> Result<Stepped, Failure> {
    let mut tx = app.db.write(&session.ctx).await?;
    // Both are locked, always in the order of their identifiers, so that no two topics are merged into each other.
    if into < id {
        topics::lock(&mut tx, into).await?;
    }
    let mut topic = cases::lock(&mut tx, id, seen).await?;
    session.require_role(Role::Coordinator, &topic.path)?;
    let target = topics::lock(&mut tx, into).await?;
    let target = target.ok_or_else(|| Refusal::invalid("topic.unknown", "into", "there is no such topic"))?;
    if target.id == topic.id
        || matches!(target.stage, Stage::Submitted | Stage::Rejected | Stage::Merged | Stage::Withdrawn)
    {
        let text = format!("a topic is merged into another one that was accepted; this one is {}", target.stage);
        return Err(Refusal::invalid("topic.bad_target", "into", text).into());
    }
    topic.merged_into = Some(into);
    end(session, &mut tx, &mut topic, Step::Merge).await?;
    let merged = event(&session.ctx, "topic.merged", id.uuid(), json!({"into": into}));
    pool::tell(session, &mut tx, &topic, &merged, None).await?;
    pool::follow(session, &mut tx, &topic, into).await?;
    Ok(tx.commit([merged], Stepped::of(&topic)).await?)
}

/// Takes one's own topic back.
pub async fn withdraw(app: &App, session: &Session, id: TopicId, seen: Option<u64>) -> Result<Stepped, Failure> {
    let me = session.member()?;
    let mut tx = app.db.write(&session.ctx).await?;
    let mut topic = cases::lock(&mut tx, id, seen).await?;
    if topic.author != me && topic.on_behalf_of != Some(me) {
        return Err(Refusal::not_found("topic.unknown", "there is no such topic of yours").into());
    }
    end(session, &mut tx, &mut topic, Step::Withdraw).await?;
    let withdrawn = event(&session.ctx, "topic.withdrawn", id.uuid(), json!({}));
    Ok(tx.commit([withdrawn], Stepped::of(&topic)).await?)
}

async fn begin(app: &App, session: &Session, id: TopicId, seen: Option<u64>) -> Result<(WriteTx, Topic), Failure> {
    let mut tx = app.db.write(&session.ctx).await?;
    let topic = cases::lock(&mut tx, id, seen).await?;
    session.require_role(Role::Coordinator, &topic.path)?;
    Ok((tx, topic))
}

async fn end(session: &Session, tx: &mut WriteTx, topic: &mut Topic, step: Step) -> Result<(), Failure> {
    cases::step(&session.ctx, tx, topic, step).await?;
    Ok(timers::cancel(tx, TimerKind::ScreeningDue, topic.id.uuid()).await?)
}
