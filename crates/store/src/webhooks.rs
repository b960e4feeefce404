//! Webhooks: where a tenant has its events sent.

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;
use uuid::Uuid;

use crate::{RecordTx, StoreError, TenantTx, WriteTx};

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Webhook {
    /// Its identifier.
    pub id: Uuid,
    /// Where it is called.
    pub url: String,
    /// Patterns of the kinds of events that it is sent; all where there is none.
    pub kinds: Vec<String>,
    /// The unit under which what the events are about lies.
    pub unit_id: Option<Uuid>,
    /// From which position on events have not been taken over.
    pub position: i64,
    /// The installation's secret from which its own is derived.
    pub secret: i32,
    /// How many secrets it has had.
    pub number: i32,
    /// Until when the secret before is good too.
    pub previous_until: Option<DateTime<Utc>>,
    /// Since when it is not called.
    pub disabled_at: Option<DateTime<Utc>>,
    /// Why it is not called.
    pub why: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

const COLUMNS: &str = "id, url, kinds, unit_id, position, secret, number, previous_until, disabled_at, why, created_at";

/// Adds one.
pub async fn insert(tx: &mut WriteTx, it: &Webhook) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO webhooks (tenant_id, id, url, kinds, unit_id, position, secret, number, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(tx.tenant().uuid())
    .bind(it.id)
    .bind(&it.url)
    .bind(&it.kinds)
    .bind(it.unit_id)
    .bind(it.position)
    .bind(it.secret)
    .bind(it.number)
    .bind(it.created_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Keeps what has changed of one.
pub async fn save(tx: &mut WriteTx, it: &Webhook) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE webhooks SET url = $3, kinds = $4, unit_id = $5, position = $6, secret = $7, number = $8,
                previous_until = $9, disabled_at = $10, why = $11 WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(it.id)
    .bind(&it.url)
    .bind(&it.kinds)
    .bind(it.unit_id)
    .bind(it.position)
    .bind(it.secret)
    .bind(it.number)
    .bind(it.previous_until)
    .bind(it.disabled_at)
    .bind(&it.why)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Takes one away, with the log of its deliveries.
pub async fn delete(tx: &mut WriteTx, id: Uuid) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM deliveries WHERE tenant_id = $1 AND webhook_id = $2",
        "DELETE FROM webhooks WHERE tenant_id = $1 AND id = $2",
    ] {
        sqlx::query(statement).bind(tx.tenant().uuid()).bind(id).execute(tx.sql()).await?;
    }
    Ok(())
}

/// Lists them, the oldest first.
pub async fn list(tx: &mut TenantTx) -> Result<Vec<Webhook>, StoreError> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(" FROM webhooks WHERE tenant_id = ").push_bind(tx.tenant().uuid()).push(" ORDER BY id");
    Ok(query.build_query_as().fetch_all(tx.sql()).await?)
}

/// Finds one.
pub async fn find(tx: &mut TenantTx, id: Uuid) -> Result<Option<Webhook>, StoreError> {
    one(tx, id, "").await
}

/// Finds one and holds it until the transaction ends.
pub async fn lock(tx: &mut WriteTx, id: Uuid) -> Result<Option<Webhook>, StoreError> {
    one(tx, id, " FOR UPDATE").await
}

/// Finds one that is called and holds it until the transaction ends; none where somebody else holds it.
pub(crate) async fn claim(tx: &mut RecordTx, id: Uuid) -> Result<Option<Webhook>, StoreError> {
    one(tx, id, " AND disabled_at IS NULL FOR UPDATE SKIP LOCKED").await
}

async fn one(tx: &mut TenantTx, id: Uuid, rest: &'static str) -> Result<Option<Webhook>, StoreError> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(" FROM webhooks WHERE tenant_id = ").push_bind(tx.tenant().uuid());
    query.push(" AND id = ").push_bind(id).push(rest);
    Ok(query.build_query_as().fetch_optional(tx.sql()).await?)
}
