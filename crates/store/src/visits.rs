//! Visits of digital helpers.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use uuid::Uuid;
use yishi_domain::{
    MemberId, TopicId, UnitId, VisitId,
    visits::{Helped, Sum, Visit},
};

use crate::{StoreError, TenantTx, WriteTx, codes};

/// The days from one on and before another, where they are given.
pub type Days = (Option<NaiveDate>, Option<NaiveDate>);

/// Adds a visit.
pub async fn insert(tx: &mut WriteTx, it: &Visit) -> Result<(), StoreError> {
    let (member, name) = match &it.helped {
        Helped::Member(member) => (Some(member.uuid()), None),
        Helped::Named(name) => (None, Some(name)),
        Helped::Erased => (None, None),
    };
    sqlx::query(
        "INSERT INTO helper_visits (tenant_id, id, unit_id, helper_id, helped_id, helped_name, help, topic_id, minutes,
         visited_on, note, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(tx.tenant().uuid())
    .bind(it.id.uuid())
    .bind(it.unit.uuid())
    .bind(it.helper.uuid())
    .bind(member)
    .bind(name)
    .bind(it.help.code())
    .bind(it.topic.map(TopicId::uuid))
    .bind(it.minutes.cast_signed())
    .bind(it.visited_on)
    .bind(&it.note)
    .bind(it.recorded_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Finds a visit and keeps it from changing until the transaction ends.
pub async fn lock(tx: &mut WriteTx, id: VisitId) -> Result<Option<Visit>, StoreError> {
    let row = sqlx::query(
        "SELECT id, unit_id, helper_id, helped_id, helped_name, help, topic_id, minutes, visited_on, note, recorded_at
         FROM helper_visits WHERE tenant_id = $1 AND id = $2 FOR UPDATE",
    );
    row.bind(tx.tenant().uuid()).bind(id.uuid()).fetch_optional(tx.sql()).await?.as_ref().map(visit).transpose()
}

/// Takes away whom a visit was to and what was noted of it, also what its event keeps of it apart from the record.
pub async fn erase(tx: &mut WriteTx, id: VisitId, at: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE helper_visits SET helped_id = NULL, helped_name = NULL, note = NULL, erased_at = $3
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(at)
    .execute(tx.sql())
    .await?;
    sqlx::query(
        "DELETE FROM openings WHERE tenant_id = $1 AND event_id IN
         (SELECT id FROM events WHERE tenant_id = $1 AND subject = $2 AND kind = 'visit.recorded')",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Lists the visits in a unit and all that lies under it after one, in the order in which they were recorded.
pub async fn page(tx: &mut TenantTx, path: &str, after: Option<VisitId>, limit: u16) -> Result<Vec<Visit>, StoreError> {
    let rows = sqlx::query(
        "SELECT v.id, v.unit_id, v.helper_id, v.helped_id, v.helped_name, v.help, v.topic_id, v.minutes, v.visited_on, v.note,
         v.recorded_at FROM helper_visits v JOIN units u ON u.tenant_id = v.tenant_id AND u.id = v.unit_id
         WHERE v.tenant_id = $1 AND u.path LIKE $2 AND ($3::uuid IS NULL OR v.id > $3) ORDER BY v.id LIMIT $4",
    )
    .bind(tx.tenant().uuid())
    .bind(format!("{path}%"))
    .bind(after.map(VisitId::uuid))
    .bind(i64::from(limit))
    .fetch_all(tx.sql())
    .await?;
    rows.iter().map(visit).collect()
}

/// Adds the visits in a unit and all that lies under it up, by what was helped with; whom an erased one was to counts as somebody else.
pub async fn sums(tx: &mut TenantTx, path: &str, (from, until): Days) -> Result<Vec<Sum>, StoreError> {
    let mut query = QueryBuilder::new(
        "SELECT v.help, count(*) AS visits, count(DISTINCT COALESCE(v.helped_id::text, v.helped_name, v.id::text)) AS people,
         COALESCE(sum(v.minutes), 0)::bigint AS minutes FROM helper_visits v
         JOIN units u ON u.tenant_id = v.tenant_id AND u.id = v.unit_id WHERE v.tenant_id = ",
    );
    query.push_bind(tx.tenant().uuid()).push(" AND u.path LIKE ").push_bind(format!("{path}%"));
    if let Some(from) = from {
        query.push(" AND v.visited_on >= ").push_bind(from);
    }
    if let Some(until) = until {
        query.push(" AND v.visited_on < ").push_bind(until);
    }
    query.push(" GROUP BY GROUPING SETS ((v.help), ()) ORDER BY v.help NULLS FIRST");
    let rows = query.build().fetch_all(tx.sql()).await?;
    let number = |row: &PgRow, name| Ok::<_, StoreError>(row.try_get::<i64, _>(name)?.unsigned_abs());
    rows.iter()
        .map(|row| {
            let help = row.try_get::<Option<String>, _>("help")?.map(|it| codes::read("help", it)).transpose()?;
            let (visits, people) = (number(row, "visits")?, number(row, "people")?);
            Ok(Sum { help, visits, people, minutes: number(row, "minutes")? })
        })
        .collect()
}

fn visit(row: &PgRow) -> Result<Visit, StoreError> {
    let helped = match row.try_get::<Option<Uuid>, _>("helped_id")? {
        Some(member) => Helped::Member(MemberId(member)),
        None => row.try_get::<Option<String>, _>("helped_name")?.map_or(Helped::Erased, Helped::Named),
    };
    Ok(Visit {
        id: VisitId(row.try_get("id")?),
        unit: UnitId(row.try_get("unit_id")?),
        helper: MemberId(row.try_get("helper_id")?),
        helped,
        help: codes::read("help", row.try_get("help")?)?,
        topic: row.try_get::<Option<Uuid>, _>("topic_id")?.map(TopicId),
        minutes: row.try_get::<i32, _>("minutes")?.cast_unsigned(),
        visited_on: row.try_get("visited_on")?,
        note: row.try_get("note")?,
        recorded_at: row.try_get("recorded_at")?,
    })
}
