//! The topic pool (議題庫): what residents do with topics that were accepted, and how everybody finds them.

use serde_json::json;
use yishi_domain::{
    CommentId, Event, MemberId, Refusal, StoredEvent, TopicId, UnitId,
    access::Role,
    channels::Channel,
    pool::{asked, words},
    workflow::Stage,
};
use yishi_store::{
    WriteTx,
    comments::{self, Comment},
    events, notices,
    pool::{self, Answer, Bond, Order, Pooled},
    topics::{self as stored_topics, Topic, TopicFilter},
};

use crate::{
    App,
    cases::{self, require_text},
    directory::require_unit,
    events::{commit_to, event},
    failures::Failure,
    sessions::Session,
    topics,
};

pub use yishi_store::{comments as stored_comments, pool as stored};

/// What a list of topics shows, and in which order.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// What it says, in Chinese or English.
    pub text: Option<String>,
    /// Where it stands.
    pub stage: Option<Stage>,
    /// Its unit, or one above it.
    pub unit: Option<UnitId>,
    /// Its category.
    pub category: Option<String>,
    /// The order.
    pub order: Order,
}

/// A part to split off a topic.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
}

/// Finds public topics after a rank and an identifier.
pub async fn search(
    app: &App,
    session: &Session,
    wanted: Search,
    after: Option<(i64, TopicId)>,
    limit: u16,
) -> Result<Vec<Pooled>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let under = match wanted.unit {
        None => None,
        Some(unit) => Some(require_unit(&mut tx, unit, "unit").await?.path),
    };
    let text = wanted.text.as_deref().unwrap_or_default();
    let words = asked(text);
    if words.is_empty() && !text.is_empty() {
        return Err(Refusal::invalid("topic.bad_search", "text", "there is no letter or digit in it").into());
    }
    let filter = TopicFilter { stage: wanted.stage, under, public: true };
    let order = (wanted.order, session.ctx.now);
    Ok(pool::search(&mut tx, &filter, wanted.category.as_deref(), &words, order, after, limit).await?)
}

/// Supports or follows a topic of the pool, or does so no more; doing it again changes nothing.
pub async fn bind(app: &App, session: &Session, id: TopicId, bond: Bond, bound: bool) -> Result<(), Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    let mut tx = app.db.write(ctx).await?;
    let topic = lock_pooled(&mut tx, id).await?;
    if bond == Bond::Support {
        require_concerned(session, &topic)?;
    }
    let changed = match bound {
        true => pool::bind(&mut tx, bond, id, &[me], ctx.now).await? == 1,
        false => pool::loosen(&mut tx, bond, id, me).await?,
    };
    if !changed {
        return Ok(());
    }
    let kind = match (bond, bound) {
        (Bond::Support, true) => "topic.supported",
        (Bond::Support, false) => "topic.unsupported",
        (Bond::Following, true) => "topic.followed",
        (Bond::Following, false) => "topic.unfollowed",
    };
    let told = commit_to(ctx, event(ctx, kind, id.uuid(), json!({})), "member", json!(me));
    Ok(tx.commit([told], ()).await?)
}

/// Comments on a topic of the pool, or answers a comment.
pub async fn comment(
    app: &App,
    session: &Session,
    id: TopicId,
    parent: Option<CommentId>,
    text: String,
) -> Result<CommentId, Failure> {
    let (ctx, member) = (&session.ctx, session.member()?);
    require_text("comment.bad_text", "text", &text, 2_000)?;
    let mut tx = app.db.write(ctx).await?;
    lock_pooled(&mut tx, id).await?;
    if let Some(parent) = parent {
        let found = comments::find(&mut tx, parent).await?.filter(|it| it.topic == id);
        found.ok_or_else(|| Refusal::invalid("comment.unknown", "parent", "there is no such comment on this topic"))?;
    }
    let (parent_id, written_at) = (parent.map(CommentId::uuid), ctx.now);
    let (hidden_at, hidden_reason) = (None, None);
    let comment =
        Comment { id: ctx.new_id(), topic: id, parent_id, member, text, written_at, hidden_at, hidden_reason };
    comments::insert(&mut tx, &comment).await?;
    let body = json!({"comment": comment.id, "parent": parent});
    let written = commit_to(ctx, event(ctx, "comment.written", id.uuid(), body), "text", comment.text.as_str());
    Ok(tx.commit([written], comment.id).await?)
}

/// Hides a comment with a reason, which stands in its place; what answers it stays.
pub async fn hide(app: &App, session: &Session, id: CommentId, reason: String) -> Result<(), Failure> {
    let ctx = &session.ctx;
    require_text("comment.no_reason", "reason", &reason, 2_000)?;
    let mut tx = app.db.write(ctx).await?;
    let unknown = || Refusal::not_found("comment.unknown", "there is no such comment in this tenant");
    let comment = comments::find(&mut tx, id).await?.ok_or_else(unknown)?;
    let topic = cases::lock(&mut tx, comment.topic, None).await?;
    session.require_role(Role::Coordinator, &topic.path)?;
    if !comments::hide(&mut tx, id, &reason, ctx.now).await? {
        return Err(Refusal::conflict("comment.hidden", "it was hidden before").into());
    }
    let hidden = event(ctx, "comment.hidden", topic.id.uuid(), json!({"comment": id}));
    Ok(tx.commit([commit_to(ctx, hidden, "reason", reason)], ()).await?)
}

/// Lists the comments on a topic after one.
pub async fn comments(
    app: &App,
    session: &Session,
    id: TopicId,
    after: Option<CommentId>,
    limit: u16,
) -> Result<Vec<Comment>, Failure> {
    topics::get(app, session, id).await?;
    Ok(comments::page(&mut app.db.read(&session.ctx).await?, id, after, limit).await?)
}

/// Answers everybody who raised a topic, supports or follows it, those included who came by a merger.
pub async fn answer(app: &App, session: &Session, id: TopicId, text: String) -> Result<uuid::Uuid, Failure> {
    let ctx = &session.ctx;
    require_text("topic.bad_answer", "text", &text, 2_000)?;
    let mut tx = app.db.write(ctx).await?;
    let topic = cases::lock(&mut tx, id, None).await?;
    session.require_reach(&topic.path)?;
    let answered = event(ctx, "topic.answered", id.uuid(), json!({}));
    let mut answered = commit_to(ctx, answered, "text", text.as_str());
    let told = tell(session, &mut tx, &topic, &answered, Some(&text)).await?;
    answered.body["told"] = json!(told);
    let answer = Answer { id: ctx.new_id(), text, told: told.cast_signed(), answered_at: ctx.now };
    pool::answer(&mut tx, id, &answer).await?;
    Ok(tx.commit([answered], answer.id).await?)
}

/// Lists a topic's answers.
pub async fn answers(app: &App, session: &Session, id: TopicId) -> Result<Vec<Answer>, Failure> {
    topics::get(app, session, id).await?;
    Ok(pool::answers(&mut app.db.read(&session.ctx).await?, id).await?)
}

/// What happened to a topic and to all that were merged into it, in order.
pub async fn history(app: &App, session: &Session, id: TopicId) -> Result<Vec<StoredEvent>, Failure> {
    topics::get(app, session, id).await?;
    let mut tx = app.db.read(&session.ctx).await?;
    let mut all = events::of_subject(&mut tx, id.uuid()).await?;
    for source in pool::merged_into(&mut tx, id).await? {
        all.extend(events::of_subject(&mut tx, source.uuid()).await?);
    }
    all.sort_by_key(|it| it.position);
    Ok(all)
}

/// Splits parts off a topic of the pool: each is a topic of the pool itself, with the same supporters and followers.
pub async fn split(app: &App, session: &Session, id: TopicId, parts: Vec<Part>) -> Result<Vec<TopicId>, Failure> {
    let ctx = &session.ctx;
    if parts.is_empty() || parts.len() > 10 {
        return Err(Refusal::invalid("topic.bad_parts", "parts", "split off 1 to 10 parts").into());
    }
    let mut tx = app.db.write(ctx).await?;
    let topic = cases::lock(&mut tx, id, None).await?;
    session.require_role(Role::Coordinator, &topic.path)?;
    if topic.stage != Stage::Accepted {
        let text = format!("a topic is split while it is accepted; this one is {}", topic.stage);
        return Err(Refusal::conflict("topic.wrong_stage", text).into());
    }
    let (mut ids, mut told) = (Vec::with_capacity(parts.len()), Vec::with_capacity(parts.len()));
    for (i, Part { title, body }) in parts.into_iter().enumerate() {
        require_text("topic.bad_title", &format!("parts[{i}].title"), &title, 200)?;
        require_text("topic.bad_body", &format!("parts[{i}].body"), &body, 10_000)?;
        let part = Topic { id: ctx.new_id(), title, body, split_from: Some(id), version: 1, ..topic.clone() };
        stored_topics::insert(&mut tx, &part).await?;
        pool::index(&mut tx, part.id, &words(&format!("{} {}", part.title, part.body))).await?;
        for bond in [Bond::Support, Bond::Following] {
            let members = pool::bound(&mut tx, bond, id).await?;
            pool::bind(&mut tx, bond, part.id, &members, ctx.now).await?;
        }
        let body = json!({
            "from": id, "unit": part.unit, "channel": part.channel, "category": part.category,
            "significance": part.significance, "form": part.form,
        });
        let split = commit_to(ctx, event(ctx, "topic.split", part.id.uuid(), body), "title", part.title.as_str());
        told.push(commit_to(ctx, split, "body", part.body.as_str()));
        ids.push(part.id);
    }
    let first = told.remove(0);
    Ok(tx.commit_with(first, told, ids).await?)
}

/// Lets what a topic has gathered follow it into the one that it is merged into; whoever raised it supports and follows that one.
pub(crate) async fn follow(session: &Session, tx: &mut WriteTx, from: &Topic, into: TopicId) -> Result<(), Failure> {
    let now = session.ctx.now;
    // What staff enters for nobody in particular is nobody's support.
    let raised = from.on_behalf_of.or((from.channel == Channel::Online).then_some(from.author));
    for bond in [Bond::Support, Bond::Following] {
        let mut members = pool::bound(tx, bond, from.id).await?;
        members.extend(raised.filter(|it| !members.contains(it)));
        pool::bind(tx, bond, into, &members, now).await?;
    }
    Ok(comments::follow(tx, from.id, into).await?)
}

/// Leaves a notice with everybody who raised a topic, supports or follows it; tells how many.
pub(crate) async fn tell(
    session: &Session,
    tx: &mut WriteTx,
    topic: &Topic,
    event: &Event,
    text: Option<&str>,
) -> Result<u64, Failure> {
    let ctx = &session.ctx;
    let mut members: Vec<MemberId> = [Some(topic.author), topic.on_behalf_of].into_iter().flatten().collect();
    for bond in [Bond::Support, Bond::Following] {
        members.extend(pool::bound(tx, bond, topic.id).await?);
    }
    members.sort_unstable();
    members.dedup();
    let facts = json!({"topic": topic.id, "stage": topic.stage, "reason": text});
    notices::leave(tx, &members, || ctx.new_id(), event.kind, event.id, &facts, ctx.now).await?;
    Ok(members.len() as u64)
}

async fn lock_pooled(tx: &mut WriteTx, id: TopicId) -> Result<Topic, Failure> {
    let topic = cases::lock(tx, id, None).await?;
    if topics::is_public(topic.stage) { Ok(topic) } else { Err(cases::unknown().into()) }
}

/// Refuses those who neither live in the topic's unit or above it, nor under it.
fn require_concerned(session: &Session, topic: &Topic) -> Result<(), Failure> {
    let homes = session.reach(&[Role::Resident]);
    match homes.iter().any(|home| home.starts_with(&topic.path) || topic.path.starts_with(home)) {
        true => Ok(()),
        false => session.require_role(Role::Resident, &topic.path),
    }
}
