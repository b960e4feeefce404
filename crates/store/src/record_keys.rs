//! The keys that have signed a tenant's record.

use chrono::{DateTime, Utc};

use crate::{StoreError, TenantTx};

/// A key of a record.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct RecordKey {
    /// Its number among the record's keys, from one.
    pub number: i32,
    /// The number of the installation's secret that it is derived from, from one.
    pub secret: i32,
    /// Its public half, as C2SP signed-note writes it.
    pub key: String,
    /// The note by which the key before handed over to it; none of the first.
    pub handover: Option<String>,
    /// Since when it signs.
    pub since: DateTime<Utc>,
}

/// Lists the keys, the first one first.
pub async fn list(tx: &mut TenantTx) -> Result<Vec<RecordKey>, StoreError> {
    let keys = sqlx::query_as(
        "SELECT number, secret, key, handover, since FROM record_keys WHERE tenant_id = $1 ORDER BY number",
    );
    Ok(keys.bind(tx.tenant().uuid()).fetch_all(tx.sql()).await?)
}

/// The key that signs.
pub async fn latest(tx: &mut TenantTx) -> Result<Option<RecordKey>, StoreError> {
    let key = sqlx::query_as(
        "SELECT number, secret, key, handover, since FROM record_keys WHERE tenant_id = $1 ORDER BY number DESC LIMIT 1",
    );
    Ok(key.bind(tx.tenant().uuid()).fetch_optional(tx.sql()).await?)
}

/// Adds a key, in a transaction that has the claim to sequence.
pub async fn insert(tx: &mut TenantTx, key: &RecordKey) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO record_keys (tenant_id, number, secret, key, handover, since) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(tx.tenant().uuid())
    .bind(key.number)
    .bind(key.secret)
    .bind(&key.key)
    .bind(&key.handover)
    .bind(key.since)
    .execute(tx.sql())
    .await?;
    Ok(())
}
