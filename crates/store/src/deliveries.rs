//! Deliveries: which events a webhook is sent, in the order of each subject, and what came of it.
//!
//! Events are taken over from the feed by position, so that none is missed; a webhook and a position are one delivery, however often it is tried.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row};
use uuid::Uuid;
use yishi_domain::StoredEvent;

use crate::{
    RecordTx, StoreError, TenantTx, WriteTx, events,
    feeds::{self, Wanted},
    records::bigint,
    webhooks::{self, Webhook},
};

/// A delivery as the log shows it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Delivery {
    /// The event's position.
    pub position: i64,
    /// The event.
    pub event_id: Uuid,
    /// Its kind.
    pub kind: String,
    /// What it is about.
    pub subject: Uuid,
    /// How often it was tried.
    pub attempts: i32,
    /// When it is tried next, while it was not delivered.
    pub due_at: DateTime<Utc>,
    /// The last answer's status.
    pub status: Option<i32>,
    /// Why the last attempt failed.
    pub failure: Option<String>,
    /// When it was delivered.
    pub delivered_at: Option<DateTime<Utc>>,
}

/// What is to be sent now.
#[derive(Clone, Debug)]
pub struct Due {
    /// Where.
    pub webhook: Uuid,
    /// What.
    pub event: StoredEvent,
    /// Which attempt it is, from one.
    pub attempt: u32,
}

/// What came of an attempt.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The event's position.
    pub position: u64,
    /// The answer's status.
    pub status: Option<u16>,
    /// Why it failed, and when it is tried again; none where it was delivered.
    pub failure: Option<(String, DateTime<Utc>)>,
}

/// Takes over a part of the feed for a webhook; tells how many events were looked at. Zero where there is none, and where another process is at it.
pub async fn take_over(
    tx: &mut RecordTx,
    id: Uuid,
    wanted: impl FnOnce(&Webhook) -> Wanted,
    takes: impl Fn(&Webhook, &StoredEvent) -> bool,
    at: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let Some(webhook) = webhooks::claim(tx, id).await? else { return Ok(0) };
    let from = webhook.position.unsigned_abs();
    let (found, next) = feeds::read(tx, &wanted(&webhook)).await?;
    let tenant = tx.tenant().uuid();
    let found: Vec<_> = found.into_iter().filter(|it| takes(&webhook, it)).collect();
    if !found.is_empty() {
        let mut query =
            QueryBuilder::new("INSERT INTO deliveries (tenant_id, webhook_id, position, event_id, subject, due_at) ");
        query.push_values(&found, |mut row, it| {
            row.push_bind(tenant).push_bind(id).push_bind(bigint(it.position.unwrap_or_default()));
            row.push_bind(it.id.uuid()).push_bind(it.subject).push_bind(at);
        });
        query.push(" ON CONFLICT (tenant_id, webhook_id, position) DO NOTHING");
        query.build().persistent(false).execute(tx.sql()).await?;
    }
    sqlx::query("UPDATE webhooks SET position = $3 WHERE tenant_id = $1 AND id = $2")
        .bind(tenant)
        .bind(id)
        .bind(bigint(next))
        .execute(tx.sql())
        .await?;
    Ok(next - from)
}

/// Claims what is due until the lease ends: of each subject of a webhook only the first that was not delivered, and nothing of the busy ones.
///
/// Whoever dies with a claim loses it with the lease, and the same is sent again under the same id.
pub async fn claim(
    tx: &mut RecordTx,
    busy: &[Uuid],
    now: DateTime<Utc>,
    lease: DateTime<Utc>,
    limit: u16,
) -> Result<Vec<Due>, StoreError> {
    let rows = sqlx::query(
        "UPDATE deliveries c SET due_at = $3, attempts = c.attempts + 1 FROM (
             SELECT d.webhook_id, d.position FROM deliveries d
             JOIN webhooks w ON w.tenant_id = d.tenant_id AND w.id = d.webhook_id AND w.disabled_at IS NULL
             WHERE d.tenant_id = $1 AND d.delivered_at IS NULL AND d.due_at <= $2 AND NOT d.webhook_id = ANY($4)
               AND NOT EXISTS (
                   SELECT 1 FROM deliveries b WHERE b.tenant_id = d.tenant_id AND b.webhook_id = d.webhook_id
                   AND b.subject = d.subject AND b.delivered_at IS NULL AND b.position < d.position)
             ORDER BY d.due_at, d.position LIMIT $5 FOR UPDATE OF d SKIP LOCKED) due, events e
         WHERE c.tenant_id = $1 AND c.webhook_id = due.webhook_id AND c.position = due.position
           AND c.delivered_at IS NULL AND c.due_at <= $2 AND e.tenant_id = $1 AND e.id = c.event_id
         RETURNING c.webhook_id, c.attempts, e.id, e.kind, e.subject, e.actor, e.at, e.recorded_at, e.body, e.position",
    )
    .bind(tx.tenant().uuid())
    .bind(now)
    .bind(lease)
    .bind(busy)
    .bind(i64::from(limit))
    .fetch_all(tx.sql())
    .await?;
    rows.iter()
        .map(|row| {
            let attempts: i32 = row.try_get("attempts")?;
            let attempt = attempts.unsigned_abs();
            Ok(Due { webhook: row.try_get("webhook_id")?, event: events::stored(row)?, attempt })
        })
        .collect()
}

/// Keeps what came of attempts.
pub async fn settle(
    tx: &mut RecordTx,
    webhook: Uuid,
    outcomes: &[Outcome],
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    for it in outcomes {
        let delivered = it.failure.is_none().then_some(at);
        sqlx::query(
            "UPDATE deliveries SET status = $4, failure = $5, due_at = COALESCE($6, due_at), delivered_at = $7
             WHERE tenant_id = $1 AND webhook_id = $2 AND position = $3 AND delivered_at IS NULL",
        )
        .bind(tx.tenant().uuid())
        .bind(webhook)
        .bind(bigint(it.position))
        .bind(it.status.map(i32::from))
        .bind(it.failure.as_ref().map(|(text, _)| text))
        .bind(it.failure.as_ref().map(|(_, due)| due))
        .bind(delivered)
        .execute(tx.sql())
        .await?;
    }
    Ok(())
}

/// Makes everything that was not delivered due at once, and lets its attempts begin anew.
pub async fn revive(tx: &mut WriteTx, webhook: Uuid, at: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE deliveries SET attempts = 0, due_at = $3 WHERE tenant_id = $1 AND webhook_id = $2 AND delivered_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(webhook)
    .bind(at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Forgets that what stands from a position on was delivered, so that it is taken over and sent again.
pub async fn rewind(tx: &mut WriteTx, webhook: Uuid, from: u64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM deliveries WHERE tenant_id = $1 AND webhook_id = $2 AND position >= $3")
        .bind(tx.tenant().uuid())
        .bind(webhook)
        .bind(bigint(from))
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Forgets what was delivered before an instant; tells how many deliveries.
pub async fn forget(tx: &mut RecordTx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let done = sqlx::query("DELETE FROM deliveries WHERE tenant_id = $1 AND delivered_at < $2")
        .bind(tx.tenant().uuid())
        .bind(before)
        .execute(tx.sql())
        .await?;
    Ok(done.rows_affected())
}

/// Lists a webhook's deliveries before a position, the latest first.
pub async fn of_webhook(
    tx: &mut TenantTx,
    webhook: Uuid,
    before: Option<u64>,
    limit: u16,
) -> Result<Vec<Delivery>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT d.position, d.event_id, e.kind, d.subject, d.attempts, d.due_at, d.status, d.failure, d.delivered_at
         FROM deliveries d JOIN events e ON e.tenant_id = d.tenant_id AND e.id = d.event_id
         WHERE d.tenant_id = $1 AND d.webhook_id = $2 AND d.position < $3 ORDER BY d.position DESC LIMIT $4",
    )
    .bind(tx.tenant().uuid())
    .bind(webhook)
    .bind(before.map_or(i64::MAX, bigint))
    .bind(i64::from(limit))
    .fetch_all(tx.sql())
    .await?)
}
