//! Work orders of the citizens' hotline 12345: they come in as topics, and how far they have come goes back, each known by its number.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use yishi_domain::{
    Ctx, Event, Refusal, TopicId,
    access::Role,
    books::Fault,
    channels::Channel,
    quotas::Quota,
    work_orders::{Mapping, Progress, WorkOrder, WorkStatus, status},
};
use yishi_store::{
    tenants::Tenant,
    units,
    work_orders::{self, Standing},
};

use crate::{
    App,
    events::{commit_to, event},
    failures::Failure,
    lines::{Line, refused},
    quotas,
    sessions::Session,
    topics::{self, NewTopic, Raised},
};

pub use yishi_store::work_orders as stored;

/// How many orders one request brings at most.
pub const MOST: usize = 1_000;

/// The code of what is wrong with a line.
const BAD: &str = "work_order.bad_line";

/// What became of an order that came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It became a topic.
    Entered,
    /// What whoever was called back said is kept.
    CalledBack,
    /// It was known, and says nothing new.
    Known,
}

/// An order that came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// Its number.
    pub number: String,
    /// The topic that it is.
    pub topic: TopicId,
    /// What became of it.
    pub outcome: Outcome,
}

/// Says how the hotline writes its work orders.
pub async fn set_mapping(app: &App, session: &Session, mapping: Mapping) -> Result<(), Failure> {
    let ctx = &session.ctx;
    session.require_role(Role::Administrator, &session.root()?)?;
    mapping.validate()?;
    let known = topics::categories(app, session).await?;
    if let Some((word, code)) = mapping.categories.iter().find(|(_, code)| !known.iter().any(|it| it.code == **code)) {
        let text = format!("the rules in force know no category `{code}`");
        return Err(Refusal::invalid("work_order.bad_mapping", format!("categories.{word}"), text).into());
    }
    let mut tx = app.db.write(ctx).await?;
    if let Some(code) = &mapping.unit
        && units::with_codes(&mut tx, std::slice::from_ref(code)).await?.is_empty()
    {
        return Err(Refusal::invalid("unit.unknown", "unit", "no unit of this tenant has this code").into());
    }
    work_orders::set_mapping(&mut tx, &mapping, ctx.now).await?;
    Ok(tx.commit([event(ctx, "work_orders.mapped", ctx.tenant.uuid(), json!({}))], ()).await?)
}

/// How the hotline writes its work orders.
pub async fn mapping(app: &App, session: &Session) -> Result<Mapping, Failure> {
    let none = || {
        let refusal = Refusal::not_found("work_order.no_mapping", "nobody has said how the hotline writes its orders");
        refusal.with_fix("PUT work-orders/mapping first")
    };
    Ok(work_orders::mapping(&mut app.db.read(&session.ctx).await?).await?.ok_or_else(none)?)
}

/// Takes orders in: all of them, or none with what is wrong with each line. An order that is known is known by its number.
pub async fn receive(app: &Arc<App>, session: &Session, lines: Vec<Line>) -> Result<Vec<Received>, Failure> {
    let ctx = &session.ctx;
    if lines.is_empty() || lines.len() > MOST {
        return Err(Refusal::invalid("work_order.bad_number", "body", format!("send 1 to {MOST} orders")).into());
    }
    let mapping = mapping(app, session).await?;
    let (mut orders, mut faults) = (Vec::with_capacity(lines.len()), Vec::new());
    for (line, cells) in lines {
        match cells.and_then(|cells| mapping.read(cells)) {
            Ok(order) => orders.push((line, order)),
            Err(found) => faults.extend(found.into_iter().map(|fault| refused(BAD, line, fault))),
        }
    }
    let mut tx = app.db.read(ctx).await?;
    let numbers: Vec<_> = orders.iter().map(|(_, it)| it.number.clone()).collect();
    let mut known: BTreeMap<_, _> =
        work_orders::of_numbers(&mut tx, &numbers).await?.into_iter().map(|it| (it.number.clone(), it)).collect();
    let codes: Vec<_> = orders.iter().filter_map(|(_, it)| it.unit.clone()).collect();
    let places: BTreeMap<_, _> =
        units::with_codes(&mut tx, &codes).await?.into_iter().map(|it| (it.code.clone(), it)).collect();
    let elsewhere = work_orders::elsewhere(&mut tx, &numbers, &session.reach(&[Role::Coordinator])).await?;
    drop(tx);
    let mut expected = HashSet::new();
    for (line, order) in &orders {
        if elsewhere.contains(&order.number) {
            let column = &mapping.columns.number;
            let fault = Fault::new(column, "your role does not reach the unit of this order", "leave the line out");
            faults.push(refused(BAD, *line, fault));
        }
        if !known.contains_key(&order.number) && expected.insert(&order.number) {
            faults.extend(missing(&mapping, order, &places, session).map(|fault| refused(BAD, *line, fault)));
        }
    }
    if !faults.is_empty() {
        return Err(Failure::Faults(faults));
    }
    let (mut fresh, mut first) = (Vec::new(), HashSet::new());
    for (line, order) in &orders {
        if !known.contains_key(&order.number) && first.insert(order.number.clone()) {
            let unit = || Failure::Inconsistent("an order without a unit".into());
            fresh.push((*line, order.number.clone(), topic_of(order, &places).ok_or_else(unit)?));
        }
    }
    let lines: Vec<_> = fresh.iter().map(|it| it.0).collect();
    let (numbers, new): (Vec<_>, Vec<_>) = fresh.into_iter().map(|(_, number, new)| (number, new)).unzip();
    let tenant = session.tenant()?;
    quotas::foresee(&mut app.db.read(ctx).await?, ctx, tenant, Quota::TopicsADay, new.len()).await?;
    let prepared = topics::prepare_all(app, session, new).await;
    let prepared = prepared.map_err(|(i, failure)| at(lines.get(i).copied().unwrap_or_default(), failure))?;
    let mut raised = Vec::with_capacity(prepared.len());
    for (number, topic) in numbers.into_iter().zip(prepared) {
        let (called_back_at, score, words) = (None, None, None);
        let (topic_id, received_at) = (topic.topic.id, ctx.now);
        let row = work_orders::WorkOrder { number, topic: topic_id, received_at, called_back_at, score, words };
        known.insert(row.number.clone(), row.clone());
        raised.push((row, topic));
    }
    let entered: HashSet<_> = lines.into_iter().collect();
    let (mut called, mut received) = (BTreeMap::new(), Vec::with_capacity(orders.len()));
    for (line, order) in orders {
        let row = known.get_mut(&order.number);
        let row = row.ok_or_else(|| Failure::Inconsistent("an order without a topic".into()))?;
        let topic = row.topic;
        let outcome = if entered.contains(&line) {
            Outcome::Entered
        } else if order.status == WorkStatus::CallBack && said(row, &order, ctx.now) {
            called.insert(row.number.clone(), row.clone());
            Outcome::CalledBack
        } else {
            Outcome::Known
        };
        received.push(Received { number: order.number, topic, outcome });
    }
    if raised.is_empty() && called.is_empty() {
        return Ok(received);
    }
    // In a task of its own: whoever hangs up before the answer ends neither this nor what the shadow is asked.
    let (ctx, tenant, called) = (ctx.clone(), tenant.clone(), called.into_values().collect());
    let kept = tokio::spawn(keep(Arc::clone(app), ctx, tenant, raised, called, received));
    kept.await.map_err(|error| Failure::Inconsistent(error.to_string()))?
}

/// Keeps what whoever was called back said; false where that is known.
fn said(row: &mut work_orders::WorkOrder, order: &WorkOrder, now: DateTime<Utc>) -> bool {
    let (score, words) = (order.score.or(row.score), order.note.clone().or_else(|| row.words.clone()));
    let new = row.called_back_at.is_none() || (row.score, &row.words) != (score, &words);
    if new {
        (row.called_back_at, row.score, row.words) = (Some(now), score, words);
    }
    new
}

/// Commits what came in, and has the shadow look at it afterwards, for which nobody waits.
async fn keep(
    app: Arc<App>,
    ctx: Ctx,
    tenant: Tenant,
    raised: Vec<(work_orders::WorkOrder, Raised)>,
    called: Vec<work_orders::WorkOrder>,
    received: Vec<Received>,
) -> Result<Vec<Received>, Failure> {
    let mut tx = app.db.write(&ctx).await?;
    let mut told: Vec<Event> = Vec::new();
    quotas::require(&mut tx, &ctx, &tenant, Quota::TopicsADay, raised.len()).await?;
    for (row, topic) in &raised {
        topics::enter(&mut tx, &ctx, topic).await?;
        if !work_orders::insert(&mut tx, row).await? {
            let text = format!("the order {} came in at the same moment", row.number);
            return Err(Refusal::conflict("work_order.raced", text).with_fix("send the same again").into());
        }
        told.push(topic.told.clone());
        let came = event(&ctx, "work_order.received", row.topic.uuid(), json!({}));
        told.push(commit_to(&ctx, came, "number", row.number.as_str()));
    }
    for row in &called {
        work_orders::call_back(&mut tx, row).await?;
        let said = event(&ctx, "work_order.called_back", row.topic.uuid(), json!({"score": row.score}));
        let said = commit_to(&ctx, said, "number", row.number.as_str());
        told.push(commit_to(&ctx, said, "words", json!(row.words)));
    }
    let first = told.remove(0);
    let received = tx.commit_with(first, told, received).await?;
    tokio::spawn(async move {
        for (_, topic) in &raised {
            topics::watch(&app, &ctx, topic).await;
        }
    });
    Ok(received)
}

/// How far orders have come after a number, as the hotline writes it: the columns, and their cells with the number of each.
pub async fn send(
    app: &App,
    session: &Session,
    since: Option<DateTime<Utc>>,
    after: &str,
    limit: u16,
) -> Result<(Mapping, Vec<(String, Vec<String>)>), Failure> {
    let mapping = mapping(app, session).await?;
    let reach = session.reach(&[Role::Coordinator, Role::Administrator]);
    let found = work_orders::standings(&mut app.db.read(&session.ctx).await?, &reach, since, after, limit).await?;
    let rows = found.into_iter().map(|it| (it.order.number.clone(), mapping.write(&progress(it)))).collect();
    Ok((mapping, rows))
}

fn topic_of(order: &WorkOrder, places: &BTreeMap<String, units::Unit>) -> Option<NewTopic> {
    Some(NewTopic {
        unit: places.get(order.unit.as_ref()?)?.id,
        title: order.title.clone(),
        body: order.text.clone(),
        channel: Channel::Hotline,
        on_behalf_of: None,
        place: None,
        category: order.category.clone(),
    })
}

/// What keeps an order that is not known from becoming a topic.
fn missing(
    mapping: &Mapping,
    order: &WorkOrder,
    places: &BTreeMap<String, units::Unit>,
    session: &Session,
) -> Option<Fault> {
    if !matches!(order.status, WorkStatus::Accept | WorkStatus::Dispatch) {
        let detail = "this order has not come in, and is over already";
        return Some(Fault::new(&mapping.columns.status, detail, "send it as accepted or dispatched first"));
    }
    let column = mapping.columns.unit.as_deref().unwrap_or("unit");
    match order.unit.as_ref().map(|code| places.get(code)) {
        None => Some(Fault::new(column, "it names no unit", "name one, or give the mapping a unit for such orders")),
        Some(None) => Some(Fault::new(column, "no unit of this tenant has this code", "see GET units")),
        Some(Some(unit)) if session.require_role(Role::Coordinator, &unit.path).is_err() => {
            Some(Fault::new(column, "your role does not reach this unit", "leave the line out"))
        }
        Some(Some(_)) => None,
    }
}

fn progress(it: Standing) -> Progress {
    let written = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    Progress {
        status: status(it.stage, it.called, it.order.called_back_at.is_some()),
        number: it.order.number,
        title: it.title,
        agency: it.agency,
        due: it.due_at.map(written),
        note: it.evidence.or(it.reason),
        changed: written(it.changed_at),
    }
}

fn at(line: u64, failure: Failure) -> Failure {
    match failure {
        Failure::Refused(it) => {
            let field =
                it.field.as_deref().map_or_else(|| format!("line {line}"), |field| format!("line {line}: {field}"));
            Failure::Refused(Refusal { field: Some(field), ..it })
        }
        other => other,
    }
}
