//! Timers: deadlines by the tenant's clock, each fired once, in the transaction of what it does.

use chrono::{DateTime, Utc};
use sqlx::Row;
use uuid::Uuid;
use yishi_domain::{TimerId, timers::TimerKind};

use crate::{StoreError, TenantTx, WriteTx, codes};

/// A timer that has not fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timer {
    /// Its identifier.
    pub id: TimerId,
    /// What it does.
    pub kind: TimerKind,
    /// What it is about.
    pub subject: Uuid,
    /// When it is due.
    pub due_at: DateTime<Utc>,
}

/// Sets a timer.
pub async fn insert(tx: &mut WriteTx, timer: &Timer) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO timers (tenant_id, id, kind, subject, due_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(tx.tenant().uuid())
        .bind(timer.id.uuid())
        .bind(timer.kind.code())
        .bind(timer.subject)
        .bind(timer.due_at)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Takes the timers away that would do something about a thing and have not fired.
pub async fn cancel(tx: &mut WriteTx, kind: TimerKind, subject: Uuid) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM timers WHERE tenant_id = $1 AND kind = $2 AND subject = $3 AND fired_at IS NULL")
        .bind(tx.tenant().uuid())
        .bind(kind.code())
        .bind(subject)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// The first timer that is due by an instant, after another one where that is given.
pub async fn next(tx: &mut TenantTx, by: DateTime<Utc>, after: Option<&Timer>) -> Result<Option<Timer>, StoreError> {
    let row = sqlx::query(
        "SELECT id, kind, subject, due_at FROM timers
         WHERE tenant_id = $1 AND fired_at IS NULL AND due_at <= $2 AND ($3::timestamptz IS NULL OR (due_at, id) > ($3, $4))
         ORDER BY due_at, id LIMIT 1",
    )
    .bind(tx.tenant().uuid())
    .bind(by)
    .bind(after.map(|it| it.due_at))
    .bind(after.map(|it| it.id.uuid()))
    .fetch_optional(tx.sql())
    .await?;
    row.map(|row| {
        Ok(Timer {
            id: TimerId(row.try_get("id")?),
            kind: codes::read("timer", row.try_get("kind")?)?,
            subject: row.try_get("subject")?,
            due_at: row.try_get("due_at")?,
        })
    })
    .transpose()
}

/// When the first timer of a kind about a thing was or is due, whether it has fired or not.
pub async fn first_due(tx: &mut TenantTx, kind: TimerKind, subject: Uuid) -> Result<Option<DateTime<Utc>>, StoreError> {
    let row = sqlx::query("SELECT min(due_at) FROM timers WHERE tenant_id = $1 AND kind = $2 AND subject = $3")
        .bind(tx.tenant().uuid())
        .bind(kind.code())
        .bind(subject)
        .fetch_one(tx.sql())
        .await?;
    Ok(row.try_get(0)?)
}

/// Marks a timer as fired by this transaction; false where another has done so.
pub async fn fire(tx: &mut WriteTx, id: TimerId, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE timers SET fired_at = $3 WHERE tenant_id = $1 AND id = $2 AND fired_at IS NULL")
        .bind(tx.tenant().uuid())
        .bind(id.uuid())
        .bind(at)
        .execute(tx.sql())
        .await?;
    Ok(done.rows_affected() == 1)
}
