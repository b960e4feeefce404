//! People: who advises on a case and is recused, what volunteers earn, and how somebody and a unit's pools stand.

use chrono::{Datelike as _, NaiveDate};
use serde_json::{Map, json};
use yishi_domain::{
    AdviserId, Ctx, Event, Refusal, TopicId, UnitId,
    books::{Book, Row},
    workflow::FINAL,
};
use yishi_store::{
    TenantTx, WriteTx,
    advisers::{self, Adviser},
    books::{self as rows, Kept, Sums},
};

use crate::{
    App,
    books::changed,
    cases::{self, require_text},
    directory::find_unit,
    events::{commit_to, event},
    failures::Failure,
    sessions::Session,
};

pub use yishi_store::advisers as stored;

/// How many hours of training a year count as enough.
pub const TRAINING_HOURS: i64 = 40;

/// How many leaders a community should have.
pub const LEADERS: std::ops::RangeInclusive<u64> = 5..=10;

/// How somebody stands in a year.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Who.
    pub person: Kept,
    /// On how many cases they advise now.
    pub cases: u64,
    /// Their training.
    pub training: Sums,
    /// Their hours and points as a volunteer.
    pub volunteering: Sums,
    /// How many honours they were given.
    pub honours: u64,
}

/// What a volunteer did.
#[derive(Clone, Debug)]
pub struct Service {
    /// Of which a rule says what it earns.
    pub activity: String,
    /// How many hours.
    pub hours: u8,
    /// When.
    pub served_on: NaiveDate,
}

/// Assigns somebody of a pool to a case, within what they can take on.
pub async fn assign(app: &App, session: &Session, topic: TopicId, person: String) -> Result<AdviserId, Failure> {
    let ctx = &session.ctx;
    let mut tx = app.db.write(ctx).await?;
    let topic = cases::lock(&mut tx, topic, None).await?;
    session.require_reach(&topic.path)?;
    if FINAL.contains(&topic.stage) {
        return Err(Refusal::conflict("topic.wrong_stage", format!("the topic is {}", topic.stage)).into());
    }
    let it = require(&mut tx, &person).await?;
    require_serving(&it, ctx.now.date_naive())?;
    require_free(&it, busy(&mut tx, &person).await?)?;
    let adviser = Adviser { id: ctx.new_id(), topic: topic.id, person, assigned_at: ctx.now, recused: None };
    if advisers::insert(&mut tx, std::slice::from_ref(&adviser)).await? == 0 {
        return Err(Refusal::conflict("adviser.assigned", "they were assigned to this case before").into());
    }
    Ok(tx.commit([assigned(ctx, &adviser, &it)], adviser.id).await?)
}

/// Recuses somebody from a case, with the reason; they are not assigned to it again.
pub async fn recuse(app: &App, session: &Session, id: AdviserId, reason: String) -> Result<(), Failure> {
    let ctx = &session.ctx;
    require_text("adviser.bad_reason", "reason", &reason, 500)?;
    let mut tx = app.db.write(ctx).await?;
    let unknown = || Refusal::not_found("adviser.unknown", "there is no such assignment in this tenant");
    let adviser = advisers::find(&mut tx, id).await?.ok_or_else(unknown)?;
    let topic = cases::find(&mut tx, adviser.topic).await?;
    session.require_reach(&topic.path)?;
    let told = recused(ctx, &adviser, &reason);
    if advisers::recuse(&mut tx, &[(id, ctx.now, reason)]).await? == 0 {
        return Err(Refusal::conflict("adviser.recused", "they were recused before").into());
    }
    Ok(tx.commit([told], ()).await?)
}

/// Lists who was assigned to a case, the earliest first.
pub async fn advising(app: &App, session: &Session, topic: TopicId) -> Result<Vec<Adviser>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let topic = cases::find(&mut tx, topic).await?;
    Ok(advisers::of_topics(&mut tx, &[topic.id]).await?)
}

/// Credits a volunteer with hours, and with the points that the published rule of the day gives; answers with the row's key.
pub async fn credit(app: &App, session: &Session, person: String, done: Service) -> Result<String, Failure> {
    let ctx = &session.ctx;
    let Service { activity, hours, served_on } = done;
    if !(1..=24).contains(&hours) || served_on > ctx.now.date_naive() {
        let text = "give 1 to 24 hours of a day that has come";
        return Err(Refusal::invalid("volunteering.bad_hours", "hours", text).into());
    }
    let mut tx = app.db.write(ctx).await?;
    let it = require(&mut tx, &person).await?;
    session.require_reach(&it.path)?;
    let rule = rows::points_rule(&mut tx, &activity, &it.path, served_on).await?;
    let rule = rule.ok_or_else(|| {
        let text = "no rule says what this activity earns on that day";
        Refusal::invalid("volunteering.no_rule", "activity", text).with_fix("publish it in the register point_rules")
    })?;
    let per_hour = rule.row.fields.get("points_per_hour").and_then(serde_json::Value::as_i64).unwrap_or_default();
    let (key, hours) = (ctx.new_id::<uuid::Uuid>().to_string(), i64::from(hours));
    let fields = json!({
        "person": person, "activity": activity, "hours": hours, "points": hours * per_hour, "served_on": served_on,
    });
    keep(tx, session, &it, key, served_on, fields).await
}

/// Undoes hours and points that were credited, once, by a row with the opposite figures.
pub async fn undo(app: &App, session: &Session, key: &str) -> Result<String, Failure> {
    let mut tx = app.db.write(&session.ctx).await?;
    let unknown = || Refusal::not_found("volunteering.unknown", "there is no such row in this tenant");
    let it = rows::lock(&mut tx, Book::VolunteerHours, key).await?.ok_or_else(unknown)?;
    session.require_reach(&it.path)?;
    let undoing = format!("undo-{key}");
    let done = it.row.fields.contains_key("undoes");
    if done || rows::lock(&mut tx, Book::VolunteerHours, &undoing).await?.is_some() {
        return Err(Refusal::conflict("volunteering.undone", "it was undone before, or undoes another row").into());
    }
    let mut fields = it.row.fields.clone();
    for name in ["hours", "points"] {
        let figure = fields.get(name).and_then(serde_json::Value::as_i64).unwrap_or_default();
        fields.insert(name.into(), (-figure).into());
    }
    fields.insert("undoes".into(), key.into());
    keep(tx, session, &it, undoing, it.row.began_on, fields.into()).await
}

/// How somebody stands in a year.
pub async fn standing(app: &App, session: &Session, person: &str, year: i32) -> Result<Standing, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let it = rows::of_keys(&mut tx, Book::People, &[person]).await?.pop().ok_or_else(unknown)?;
    let day = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_else(|| session.ctx.now.date_naive());
    let (from, before) = (day(year), day(year + 1));
    let mut of = async |book| rows::sums(&mut tx, book, person, from, before).await;
    let (training, volunteering) = (of(Book::Trainings).await?, of(Book::VolunteerHours).await?);
    let honours = of(Book::Honours).await?.rows;
    Ok(Standing { person: it, cases: busy(&mut tx, person).await?, training, volunteering, honours })
}

/// Who is in the pools of a unit and those under it today, by pool; with the unit's level.
pub async fn pools(app: &App, session: &Session, unit: UnitId) -> Result<(String, Vec<(String, u64)>), Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let unit = find_unit(&mut tx, unit).await?;
    Ok((unit.level, rows::pooled(&mut tx, &unit.path, session.ctx.now.date_naive()).await?))
}

/// The year of the tenant's clock.
pub fn this_year(session: &Session) -> i32 {
    session.ctx.now.year()
}

/// Refuses whoever is not in their pool on a day.
pub(crate) fn require_serving(it: &Kept, day: NaiveDate) -> Result<(), Refusal> {
    if it.row.began_on <= day && it.row.ended_on.is_none_or(|end| end >= day) {
        return Ok(());
    }
    let refusal = Refusal::conflict("person.not_serving", format!("they are not in the pool on {day}"));
    Err(refusal.with_fix("assign somebody who is, or bring the register of people up to date"))
}

/// Refuses whoever can advise on no more cases than they do.
pub(crate) fn require_free(it: &Kept, busy: u64) -> Result<(), Refusal> {
    let capacity = it.row.fields.get("capacity").and_then(serde_json::Value::as_u64).unwrap_or_default();
    if busy < capacity {
        return Ok(());
    }
    let text = format!("they advise on {busy} cases, and can take on {capacity}");
    Err(Refusal::conflict("person.busy", text).with_fix("assign somebody else of the pool"))
}

/// Tells that somebody of a pool was assigned to a case; who it is enters the record as a commitment.
pub(crate) fn assigned(ctx: &Ctx, adviser: &Adviser, of: &Kept) -> Event {
    let body = json!({"adviser": adviser.id, "pool": of.row.fields.get("pool")});
    let told = event(ctx, "adviser.assigned", adviser.topic.uuid(), body);
    commit_to(ctx, told, "person", adviser.person.as_str())
}

/// Tells that somebody was recused from a case; the reason enters the record as a commitment.
pub(crate) fn recused(ctx: &Ctx, adviser: &Adviser, reason: &str) -> Event {
    let told = event(ctx, "adviser.recused", adviser.topic.uuid(), json!({"adviser": adviser.id}));
    commit_to(ctx, told, "reason", reason)
}

async fn busy(tx: &mut TenantTx, person: &str) -> Result<u64, Failure> {
    Ok(advisers::busy(tx, &[person]).await?.remove(person).unwrap_or_default())
}

async fn keep(
    mut tx: WriteTx,
    session: &Session,
    of: &Kept,
    key: String,
    began_on: NaiveDate,
    fields: serde_json::Value,
) -> Result<String, Failure> {
    let fields: Map<_, _> = fields.as_object().cloned().unwrap_or_default();
    let row = Row { key: key.clone(), unit: of.row.unit.clone(), began_on, ended_on: None, fields };
    let told = changed(&session.ctx, Book::VolunteerHours, of.unit, &row);
    rows::upsert(&mut tx, Book::VolunteerHours, &[(of.unit, row)], session.ctx.now).await?;
    Ok(tx.commit([told], key).await?)
}

async fn require(tx: &mut WriteTx, person: &str) -> Result<Kept, Failure> {
    Ok(rows::lock(tx, Book::People, person).await?.ok_or_else(unknown)?)
}

fn unknown() -> Refusal {
    Refusal::not_found("person.unknown", "nobody in the register of people has this key")
}
