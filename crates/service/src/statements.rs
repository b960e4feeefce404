//! Statements on a topic, stances on them, and the groups of opinion that appear.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::json;
use yishi_domain::{MemberId, Refusal, StatementId, TopicId, opinions::Stance, workflow::Stage};
use yishi_record::commitments::{canonical, digest};
use yishi_store::{
    WriteTx,
    statements::{self, Stances, Statement, Taken},
    topics::Topic,
};

use crate::{
    App,
    cases::{self, require_text},
    events::{commit_to, event},
    failures::Failure,
    landscapes::{self, Landscape, Row},
    meetings::require_members,
    sessions::Session,
    topics,
};

pub use yishi_store::statements as stored;

/// How many statements one request adds at most, and a topic has at most.
pub const MOST: (usize, u32) = (500, 2_000);

/// How many stances one request enters at most.
pub const MOST_STANCES: usize = 5_000;

/// What entering stances came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entered {
    /// How many were sent.
    pub received: u64,
    /// How many stood once later ones of the list had taken the place of earlier ones.
    pub kept: u64,
}

/// The groups of opinion on a topic, with the statements that they are about.
#[derive(Clone, Debug)]
pub struct Shown {
    /// How many took a stance on any statement.
    pub participants: u64,
    /// The statements, in order of their numbers.
    pub statements: Vec<StatementId>,
    /// What the stances show.
    pub landscape: Landscape,
}

/// Adds statements while a topic is deliberated.
pub async fn add(app: &App, session: &Session, id: TopicId, texts: Vec<String>) -> Result<Vec<StatementId>, Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    if texts.is_empty() || texts.len() > MOST.0 {
        let text = format!("give 1 to {} statements", MOST.0);
        return Err(Refusal::invalid("statement.bad_number", "statements", text).into());
    }
    for (i, text) in texts.iter().enumerate() {
        require_text("statement.bad_text", &format!("statements[{i}]"), text, 1_000)?;
    }
    let (mut tx, topic) = begin(app, session, id).await?;
    let last = statements::last_number(&mut tx, id).await?;
    let added: Vec<_> = (last + 1..)
        .zip(texts)
        .map(|(number, text)| Statement { id: ctx.new_id(), topic: id, number, member: me, text, added_at: ctx.now })
        .collect();
    if last as usize + added.len() > MOST.1 as usize {
        let text = format!("a topic has at most {} statements", MOST.1);
        return Err(Refusal::conflict("statement.too_many", text).into());
    }
    statements::insert(&mut tx, &added).await?;
    let body = json!({"first": last + 1, "added": added.len()});
    let texts: Vec<_> = added.iter().map(|it| json!(it.text)).collect();
    let told = commit_to(ctx, event(ctx, "statements.added", topic.id.uuid(), body), "texts", texts);
    Ok(tx.commit([told], added.iter().map(|it| it.id).collect()).await?)
}

/// Takes a stance on a statement, in the place of an earlier one.
pub async fn take(app: &App, session: &Session, id: StatementId, stance: Stance) -> Result<(), Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    let unknown = || Refusal::not_found("statement.unknown", "there is no such statement in this tenant");
    let statement = statements::find(&mut app.db.read(ctx).await?, id).await?.ok_or_else(unknown)?;
    let (mut tx, topic) = begin(app, session, statement.topic).await?;
    statements::take(&mut tx, topic.id, &[(me, id, stance)], ctx.now).await?;
    let told = event(ctx, "stance.taken", topic.id.uuid(), json!({"number": statement.number}));
    let told = commit_to(ctx, told, "stance", json!({"member": me, "stance": stance}));
    Ok(tx.commit([told], ()).await?)
}

/// Enters stances that were taken elsewhere, in their order: all of the list, or nothing. The record commits to the list's digest.
pub async fn enter(app: &App, session: &Session, id: TopicId, list: Vec<Taken>) -> Result<Entered, Failure> {
    let ctx = &session.ctx;
    if list.is_empty() || list.len() > MOST_STANCES {
        let text = format!("give 1 to {MOST_STANCES} stances");
        return Err(Refusal::invalid("statement.bad_number", "stances", text).into());
    }
    let (mut tx, topic) = begin(app, session, id).await?;
    let known: HashSet<_> = statements::ids(&mut tx, id).await?.into_iter().collect();
    if let Some(i) = list.iter().position(|it| !known.contains(&it.1)) {
        let text = "there is no such statement on this topic";
        return Err(Refusal::invalid("statement.unknown", format!("stances[{i}].statement"), text).into());
    }
    let mut first = HashMap::new();
    list.iter().enumerate().for_each(|(i, it)| _ = first.entry(it.0).or_insert(i));
    require_members(&mut tx, first.into_iter().map(|(member, i)| (member, format!("stances[{i}].member")))).await?;
    let last: BTreeMap<_, _> = list.iter().map(|it| ((it.0, it.1), it.2)).collect();
    let kept: Vec<Taken> = last.into_iter().map(|((member, statement), stance)| (member, statement, stance)).collect();
    statements::take(&mut tx, id, &kept, ctx.now).await?;
    let entered = Entered { received: list.len() as u64, kept: kept.len() as u64 };
    let told = event(ctx, "stances.entered", topic.id.uuid(), json!(entered));
    let told = commit_to(ctx, told, "stances", digest(&canonical(&json!(list))).to_string());
    Ok(tx.commit([told], entered).await?)
}

/// Lists statements after a number, with how many take each stance.
pub async fn list(
    app: &App,
    session: &Session,
    id: TopicId,
    after: u32,
    limit: u16,
) -> Result<Vec<(Statement, Stances)>, Failure> {
    topics::get(app, session, id).await?;
    let mut tx = app.db.read(&session.ctx).await?;
    let counts = statements::counts(&mut tx, id).await?;
    let page = statements::page(&mut tx, id, after, limit).await?;
    Ok(page
        .into_iter()
        .map(|it| (counts.get(&it.id).copied().unwrap_or_default(), it))
        .map(|(n, it)| (it, n))
        .collect())
}

/// The stances of so many members after one, for those who watch over the topic.
pub async fn matrix(
    app: &App,
    session: &Session,
    id: TopicId,
    after: Option<MemberId>,
    members: u16,
) -> Result<Vec<(MemberId, Vec<(StatementId, Stance)>)>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    session.require_reach(&cases::find(&mut tx, id).await?.path)?;
    let takers = statements::takers(&mut tx, id, after, members).await?;
    Ok(by_member(statements::taken(&mut tx, id, Some(&takers)).await?))
}

/// The groups of opinion: a display, which decides nothing. The same stances and seed always show the same.
pub async fn landscape(app: &App, session: &Session, id: TopicId, seed: u64) -> Result<Shown, Failure> {
    topics::get(app, session, id).await?;
    let mut tx = app.db.read(&session.ctx).await?;
    let ids = statements::ids(&mut tx, id).await?;
    let taken = by_member(statements::taken(&mut tx, id, None).await?);
    drop(tx);
    let places: HashMap<_, _> = ids.iter().enumerate().map(|(i, id)| (*id, i)).collect();
    let place = |(id, stance): (StatementId, Stance)| places.get(&id).map(|i| (*i, stance));
    let rows: Vec<Row> = taken.into_iter().map(|(_, row)| row.into_iter().filter_map(place).collect()).collect();
    let (participants, number) = (rows.len() as u64, ids.len());
    let landscape = tokio::task::spawn_blocking(move || landscapes::landscape(&rows, number, seed)).await;
    let landscape = landscape.map_err(|error| Failure::Inconsistent(error.to_string()))?;
    Ok(Shown { participants, statements: ids, landscape })
}

fn by_member(taken: Vec<Taken>) -> Vec<(MemberId, Vec<(StatementId, Stance)>)> {
    let mut rows: Vec<(MemberId, Vec<_>)> = Vec::new();
    for (member, statement, stance) in taken {
        match rows.last_mut().filter(|it| it.0 == member) {
            Some((_, row)) => row.push((statement, stance)),
            None => rows.push((member, vec![(statement, stance)])),
        }
    }
    rows
}

/// Locks a topic that is deliberated, for somebody whose role reaches it.
pub(crate) async fn begin(app: &App, session: &Session, id: TopicId) -> Result<(WriteTx, Topic), Failure> {
    let mut tx = app.db.write(&session.ctx).await?;
    let topic = cases::lock(&mut tx, id, None).await?;
    session.require_reach(&topic.path)?;
    match topic.stage {
        Stage::Accepted | Stage::Deliberating | Stage::Deliberated => Ok((tx, topic)),
        stage => {
            let text = format!("a topic that is {stage} is not deliberated");
            let refusal = Refusal::conflict("deliberation.closed", text);
            Err(refusal.with_fix("take part from its acceptance until its ballot is announced").into())
        }
    }
}
