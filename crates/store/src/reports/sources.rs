//! What is read to count: the events from the cursor on, and who stands behind those that do not say it.

use sqlx::Row as _;
use uuid::Uuid;
use yishi_domain::StoredEvent;

use crate::{RecordTx, StoreError, TenantTx, events, records::bigint};

/// Holds the cursor and tells where it stands; nothing where another process is counting.
pub async fn position(tx: &mut RecordTx) -> Result<Option<u64>, StoreError> {
    let tenant = tx.tenant().uuid();
    // Inserting beside somebody who holds the row would wait for them, so it is done only where there is none.
    let (there,): (bool,) = sqlx::query_as("SELECT EXISTS (SELECT FROM report_cursors WHERE tenant_id = $1)")
        .bind(tenant)
        .fetch_one(tx.sql())
        .await?;
    if !there {
        sqlx::query("INSERT INTO report_cursors (tenant_id, position) VALUES ($1, 0) ON CONFLICT DO NOTHING")
            .bind(tenant)
            .execute(tx.sql())
            .await?;
    }
    let row: Option<(i64,)> =
        sqlx::query_as("SELECT position FROM report_cursors WHERE tenant_id = $1 FOR UPDATE SKIP LOCKED")
            .bind(tenant)
            .fetch_optional(tx.sql())
            .await?;
    Ok(row.map(|(position,)| position.unsigned_abs()))
}

/// Tells whether an event has its position that is not counted, without holding anything.
pub async fn has_more(tx: &mut TenantTx) -> Result<bool, StoreError> {
    let (more,): (bool,) = sqlx::query_as(
        "SELECT COALESCE((SELECT max(position) FROM events WHERE tenant_id = $1), -1)
         >= COALESCE((SELECT position FROM report_cursors WHERE tenant_id = $1), 0)",
    )
    .bind(tx.tenant().uuid())
    .fetch_one(tx.sql())
    .await?;
    Ok(more)
}

/// Tells whether every event is counted, also those that have no position yet.
pub async fn is_settled(tx: &mut TenantTx) -> Result<bool, StoreError> {
    // One statement: what gets its position between two would be seen by neither.
    let (open,): (bool,) = sqlx::query_as(
        "SELECT EXISTS (SELECT FROM events WHERE tenant_id = $1 AND position IS NULL)
         OR COALESCE((SELECT max(position) FROM events WHERE tenant_id = $1), -1)
         >= COALESCE((SELECT position FROM report_cursors WHERE tenant_id = $1), 0)",
    )
    .bind(tx.tenant().uuid())
    .fetch_one(tx.sql())
    .await?;
    Ok(!open)
}

/// Moves the cursor.
pub async fn save_position(tx: &mut RecordTx, position: u64) -> Result<(), StoreError> {
    sqlx::query("UPDATE report_cursors SET position = $2 WHERE tenant_id = $1")
        .bind(tx.tenant().uuid())
        .bind(bigint(position))
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// The events from a position on, in order, each with who acted.
pub async fn next(tx: &mut TenantTx, position: u64, limit: u16) -> Result<Vec<(StoredEvent, String)>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, kind, subject, actor, at, recorded_at, body, position, principal FROM events
         WHERE tenant_id = $1 AND position >= $2 ORDER BY position LIMIT $3",
    )
    .bind(tx.tenant().uuid())
    .bind(bigint(position))
    .bind(i64::from(limit))
    .fetch_all(tx.sql())
    .await?;
    rows.iter().map(|row| Ok((events::stored(row)?, row.try_get("principal")?))).collect()
}

/// Events by their identifiers, each with who acted, in no order.
pub async fn told(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<(StoredEvent, String)>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, kind, subject, actor, at, recorded_at, body, position, principal FROM events
         WHERE tenant_id = $1 AND id = ANY($2)",
    )
    .bind(tx.tenant().uuid())
    .bind(ids)
    .fetch_all(tx.sql())
    .await?;
    rows.iter().map(|row| Ok((events::stored(row)?, row.try_get("principal")?))).collect()
}

/// For whom topics were raised that somebody else entered.
pub async fn represented(tx: &mut TenantTx, topics: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT id, on_behalf_of FROM topics WHERE tenant_id = $1 AND id = ANY($2) AND on_behalf_of IS NOT NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(topics)
    .fetch_all(tx.sql())
    .await?)
}

/// Whom events recorded as present at meetings.
pub async fn attended(tx: &mut TenantTx, events: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    Ok(sqlx::query_as("SELECT event_id, member_id FROM attendances WHERE tenant_id = $1 AND event_id = ANY($2)")
        .bind(tx.tenant().uuid())
        .bind(events)
        .fetch_all(tx.sql())
        .await?)
}

/// Who rated resolutions, by the events that tell it.
pub async fn rated(tx: &mut TenantTx, events: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    Ok(sqlx::query_as("SELECT event_id, member_id FROM ratings WHERE tenant_id = $1 AND event_id = ANY($2)")
        .bind(tx.tenant().uuid())
        .bind(events)
        .fetch_all(tx.sql())
        .await?)
}

/// Who may act for voting units, by ballot and voting unit.
pub async fn agents(
    tx: &mut TenantTx,
    ballots: &[Uuid],
    voting_units: &[String],
) -> Result<Vec<(Uuid, String, Uuid)>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT a.ballot_id, a.voting_unit, a.member_id
         FROM (SELECT DISTINCT * FROM unnest($2::uuid[], $3::text[]) AS v (ballot_id, voting_unit)) v
         JOIN roll_agents a ON a.tenant_id = $1 AND a.ballot_id = v.ballot_id AND a.voting_unit = v.voting_unit
         ORDER BY a.ballot_id, a.voting_unit, a.member_id",
    )
    .bind(tx.tenant().uuid())
    .bind(ballots)
    .bind(voting_units)
    .fetch_all(tx.sql())
    .await?)
}
