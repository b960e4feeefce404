//! Standing bodies, their members, and what each of their periods came to.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use uuid::Uuid;
use yishi_domain::{
    BodyId, MemberId, UnitId,
    bodies::{BodyKind, MissedFor, Period},
    scheduling::Slot,
};

use crate::{StoreError, TenantTx, WriteTx, codes};

/// A standing body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// Its identifier.
    pub id: BodyId,
    /// The unit that it belongs to.
    pub unit: UnitId,
    /// That unit's path.
    pub path: String,
    /// Whose council it is.
    pub kind: BodyKind,
    /// What it is called.
    pub name: String,
    /// The months of a period.
    pub months: u32,
    /// When it was founded.
    pub founded_at: DateTime<Utc>,
    /// The number of its present period, from one.
    pub period: u32,
}

/// What a period that has ended came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sitting {
    /// The period.
    pub period: Period,
    /// How many meetings with somebody present it had.
    pub meetings: u64,
    /// Why the sitting was missed, where it was.
    pub cause: Option<MissedFor>,
}

const SELECT: &str = "SELECT b.id, b.unit_id, u.path, b.kind, b.name, b.months, b.founded_at, b.period FROM bodies b \
    JOIN units u ON u.tenant_id = b.tenant_id AND u.id = b.unit_id WHERE b.tenant_id = ";

/// Adds a body.
pub async fn insert(tx: &mut WriteTx, body: &Body) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO bodies (tenant_id, id, unit_id, kind, name, months, founded_at, period) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tx.tenant().uuid())
    .bind(body.id.uuid())
    .bind(body.unit.uuid())
    .bind(body.kind.code())
    .bind(&body.name)
    .bind(body.months.cast_signed())
    .bind(body.founded_at)
    .bind(body.period.cast_signed())
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Finds a body.
pub async fn find(tx: &mut TenantTx, id: BodyId) -> Result<Option<Body>, StoreError> {
    one(tx, id, "").await
}

/// Finds a body and keeps it from changing until the transaction ends.
pub async fn lock(tx: &mut WriteTx, id: BodyId) -> Result<Option<Body>, StoreError> {
    one(tx, id, " FOR UPDATE OF b").await
}

/// Lists bodies after one, in the order of their founding.
pub async fn page(tx: &mut TenantTx, after: Option<BodyId>, limit: u16) -> Result<Vec<Body>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid());
    if let Some(after) = after {
        query.push(" AND b.id > ").push_bind(after.uuid());
    }
    query.push(" ORDER BY b.id LIMIT ").push_bind(i64::from(limit));
    query.build().fetch_all(tx.sql()).await?.iter().map(body).collect()
}

/// Adds members; whoever is one stays one.
pub async fn add(tx: &mut WriteTx, id: BodyId, members: &[MemberId], at: DateTime<Utc>) -> Result<(), StoreError> {
    if members.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let mut query = QueryBuilder::new("INSERT INTO body_members (tenant_id, body_id, member_id, since) ");
    query.push_values(members, |mut row, member| {
        row.push_bind(tenant).push_bind(id.uuid()).push_bind(member.uuid()).push_bind(at);
    });
    query.push(" ON CONFLICT (tenant_id, body_id, member_id) DO NOTHING");
    query.build().persistent(false).execute(tx.sql()).await?;
    Ok(())
}

/// Takes members out.
pub async fn remove(tx: &mut WriteTx, id: BodyId, members: &[MemberId]) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM body_members WHERE tenant_id = $1 AND body_id = $2 AND member_id = ANY($3)")
        .bind(tx.tenant().uuid())
        .bind(id.uuid())
        .bind(members.iter().map(|it| it.uuid()).collect::<Vec<_>>())
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Lists a body's members.
pub async fn members(tx: &mut TenantTx, id: BodyId) -> Result<Vec<MemberId>, StoreError> {
    let all = sqlx::query_scalar(
        "SELECT member_id FROM body_members WHERE tenant_id = $1 AND body_id = $2 ORDER BY member_id",
    );
    let all: Vec<Uuid> = all.bind(tx.tenant().uuid()).bind(id.uuid()).fetch_all(tx.sql()).await?;
    Ok(all.into_iter().map(MemberId).collect())
}

/// How many of a body's meetings began in a period, and how many of them had somebody present.
pub async fn held(tx: &mut TenantTx, id: BodyId, period: &Period) -> Result<(u64, u64), StoreError> {
    let row = sqlx::query(
        "SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT 1 FROM attendances a WHERE a.tenant_id = m.tenant_id
         AND a.meeting_id = m.id)) FROM meetings m
         WHERE m.tenant_id = $1 AND m.body_id = $2 AND m.starts_at >= $3 AND m.starts_at < $4",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(period.from)
    .bind(period.until)
    .fetch_one(tx.sql())
    .await?;
    Ok((row.try_get::<i64, _>(0)?.unsigned_abs(), row.try_get::<i64, _>(1)?.unsigned_abs()))
}

/// Keeps what a period came to, and goes on to the next one.
pub async fn close(tx: &mut WriteTx, id: BodyId, sitting: &Sitting) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO sittings (tenant_id, body_id, period, from_at, until_at, meetings, cause) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(sitting.period.number.cast_signed())
    .bind(sitting.period.from)
    .bind(sitting.period.until)
    .bind(sitting.meetings.cast_signed())
    .bind(sitting.cause.map(MissedFor::code))
    .execute(tx.sql())
    .await?;
    sqlx::query("UPDATE bodies SET period = $3 WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().uuid())
        .bind(id.uuid())
        .bind(sitting.period.number.cast_signed() + 1)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Lists what a body's periods came to after one, in order.
pub async fn sittings(tx: &mut TenantTx, id: BodyId, after: u32, limit: u16) -> Result<Vec<Sitting>, StoreError> {
    let rows = sqlx::query(
        "SELECT period, from_at, until_at, meetings, cause FROM sittings
         WHERE tenant_id = $1 AND body_id = $2 AND period > $3 ORDER BY period LIMIT $4",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(after.cast_signed())
    .bind(i64::from(limit))
    .fetch_all(tx.sql())
    .await?;
    rows.iter()
        .map(|row| {
            let number = row.try_get::<i32, _>("period")?.cast_unsigned();
            let period = Period { number, from: row.try_get("from_at")?, until: row.try_get("until_at")? };
            let cause: Option<String> = row.try_get("cause")?;
            let cause = cause.map(|code| codes::read("cause", code)).transpose()?;
            Ok(Sitting { period, meetings: row.try_get::<i64, _>("meetings")?.unsigned_abs(), cause })
        })
        .collect()
}

/// How many meetings with somebody present began in each hour of the week of a zone, on topics under a path.
pub async fn hours(tx: &mut TenantTx, path: &str, zone: &str) -> Result<BTreeMap<Slot, u64>, StoreError> {
    let rows = sqlx::query(
        "SELECT (extract(isodow FROM m.starts_at AT TIME ZONE $3) - 1)::int, extract(hour FROM m.starts_at AT TIME ZONE $3)::int, count(*)
         FROM meetings m JOIN topics t ON t.tenant_id = m.tenant_id AND t.id = m.topic_id
         JOIN units u ON u.tenant_id = t.tenant_id AND u.id = t.unit_id
         WHERE m.tenant_id = $1 AND starts_with(u.path, $2)
         AND EXISTS (SELECT 1 FROM attendances a WHERE a.tenant_id = m.tenant_id AND a.meeting_id = m.id) GROUP BY 1, 2",
    );
    let rows = rows.bind(tx.tenant().uuid()).bind(path).bind(zone).fetch_all(tx.sql()).await?;
    rows.iter().map(|row| Ok((slot(row)?, row.try_get::<i64, _>(2)?.unsigned_abs()))).collect()
}

/// How many of each group of a dimension came in each hour of the week; the dimension is `age_band`, `sex` or `occupation`.
pub async fn came(
    tx: &mut TenantTx,
    path: &str,
    zone: &str,
    dimension: &str,
) -> Result<BTreeMap<(Slot, String), u64>, StoreError> {
    let rows = sqlx::query(
        "SELECT (extract(isodow FROM m.starts_at AT TIME ZONE $3) - 1)::int, extract(hour FROM m.starts_at AT TIME ZONE $3)::int, count(*),
         CASE $4 WHEN 'age_band' THEN a.age_band WHEN 'sex' THEN a.sex ELSE a.occupation END AS code
         FROM meetings m JOIN topics t ON t.tenant_id = m.tenant_id AND t.id = m.topic_id
         JOIN units u ON u.tenant_id = t.tenant_id AND u.id = t.unit_id
         JOIN attendances a ON a.tenant_id = m.tenant_id AND a.meeting_id = m.id
         WHERE m.tenant_id = $1 AND starts_with(u.path, $2) GROUP BY 1, 2, 4",
    );
    let rows = rows.bind(tx.tenant().uuid()).bind(path).bind(zone).bind(dimension).fetch_all(tx.sql()).await?;
    let mut came = BTreeMap::new();
    for row in &rows {
        if let Some(code) = row.try_get::<Option<String>, _>("code")? {
            came.insert((slot(row)?, code), row.try_get::<i64, _>(2)?.unsigned_abs());
        }
    }
    Ok(came)
}

fn slot(row: &PgRow) -> Result<Slot, StoreError> {
    let number = |i: usize| row.try_get::<i32, _>(i).map(|it| u8::try_from(it).unwrap_or_default());
    Ok((number(0)?, number(1)?))
}

async fn one(tx: &mut TenantTx, id: BodyId, lock: &'static str) -> Result<Option<Body>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND b.id = ").push_bind(id.uuid()).push(lock);
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(body).transpose()
}

fn body(row: &PgRow) -> Result<Body, StoreError> {
    Ok(Body {
        id: BodyId(row.try_get("id")?),
        unit: UnitId(row.try_get("unit_id")?),
        path: row.try_get("path")?,
        kind: codes::read("body kind", row.try_get("kind")?)?,
        name: row.try_get("name")?,
        months: row.try_get::<i32, _>("months")?.cast_unsigned(),
        founded_at: row.try_get("founded_at")?,
        period: row.try_get::<i32, _>("period")?.cast_unsigned(),
    })
}
