//! The rows of the record: positions, hashes of the Merkle tree, signed checkpoints. The hashing is done by the sequencer's use case.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use yishi_domain::{EventId, StoredEvent};

use crate::{RecordTx, StoreError, TenantTx, events, rows};

/// A checkpoint: its size, when it was signed, and the signed note.
pub type Checkpoint = (u64, DateTime<Utc>, String);

/// Claims the sequencing of the tenant until the transaction ends; false where another process has it.
pub async fn claim(tx: &mut RecordTx) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT pg_try_advisory_xact_lock($1)").bind(claim_of(tx)).fetch_one(tx.sql()).await?;
    Ok(row.try_get(0)?)
}

/// Claims the sequencing of the tenant until the transaction ends, once whoever has it is done.
pub async fn await_claim(tx: &mut TenantTx) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(claim_of(tx)).execute(tx.sql()).await?;
    Ok(())
}

fn claim_of(tx: &TenantTx) -> i64 {
    let (high, low) = tx.tenant().uuid().as_u64_pair();
    i64::from_ne_bytes((high ^ low).to_ne_bytes())
}

/// How many events have a position, which is also the next position.
pub async fn size(tx: &mut TenantTx) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT COALESCE(max(position) + 1, 0) FROM events WHERE tenant_id = $1")
        .bind(tx.tenant().uuid())
        .fetch_one(tx.sql())
        .await?;
    let size: i64 = row.try_get(0)?;
    Ok(size.unsigned_abs())
}

/// Lists committed events without a position, oldest first.
pub async fn pending(tx: &mut TenantTx, limit: u16) -> Result<Vec<StoredEvent>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, kind, subject, actor, at, recorded_at, body, position FROM events
         WHERE tenant_id = $1 AND position IS NULL ORDER BY id LIMIT $2",
    )
    .bind(tx.tenant().uuid())
    .bind(i64::from(limit))
    .fetch_all(tx.sql())
    .await?;
    rows.iter().map(events::stored).collect()
}

/// Gives events their positions, from the first on, and stores the hashes that this adds to the tree.
pub async fn extend(
    tx: &mut RecordTx,
    first: u64,
    ids: &[EventId],
    hashes: &[(u64, [u8; 32])],
) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    let uuids: Vec<_> = ids.iter().map(|id| id.uuid()).collect();
    let positions: Vec<_> = (first..).take(ids.len()).map(bigint).collect();
    sqlx::query(
        "UPDATE events SET position = given.position FROM unnest($2::uuid[], $3::bigint[]) AS given (id, position)
         WHERE events.tenant_id = $1 AND events.id = given.id AND events.position IS NULL",
    )
    .bind(tenant)
    .bind(uuids)
    .bind(positions)
    .execute(tx.sql())
    .await?;
    for part in rows::parts(hashes) {
        let mut query = QueryBuilder::new("INSERT INTO record_hashes (tenant_id, index, hash) ");
        query.push_values(part, |mut row, (index, hash)| {
            row.push_bind(tenant).push_bind(bigint(*index)).push_bind(hash.as_slice());
        });
        query.build().execute(tx.sql()).await?;
    }
    Ok(())
}

/// Reads hashes of the tree by their stored index; those that are not there are left out.
pub async fn hashes(tx: &mut TenantTx, indices: &[u64]) -> Result<HashMap<u64, [u8; 32]>, StoreError> {
    let wanted: Vec<_> = indices.iter().copied().map(bigint).collect();
    let rows = sqlx::query("SELECT index, hash FROM record_hashes WHERE tenant_id = $1 AND index = ANY($2)")
        .bind(tx.tenant().uuid())
        .bind(wanted)
        .fetch_all(tx.sql())
        .await?;
    rows.iter()
        .map(|row| {
            let index: i64 = row.try_get("index")?;
            let hash: &[u8] = row.try_get("hash")?;
            let hash =
                hash.try_into().map_err(|_| StoreError::Unreadable { what: "hash", value: format!("{hash:02x?}") })?;
            Ok((index.unsigned_abs(), hash))
        })
        .collect()
}

/// Adds a signed checkpoint.
pub async fn insert_checkpoint(
    tx: &mut RecordTx,
    size: u64,
    signed_at: DateTime<Utc>,
    note: &str,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO checkpoints (tenant_id, size, signed_at, note) VALUES ($1, $2, $3, $4)")
        .bind(tx.tenant().uuid())
        .bind(bigint(size))
        .bind(signed_at)
        .bind(note)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// The newest checkpoint.
pub async fn latest_checkpoint(tx: &mut TenantTx) -> Result<Option<Checkpoint>, StoreError> {
    let row = sqlx::query(
        "SELECT size, signed_at, note FROM checkpoints WHERE tenant_id = $1 ORDER BY size DESC, signed_at DESC LIMIT 1",
    )
    .bind(tx.tenant().uuid())
    .fetch_optional(tx.sql())
    .await?;
    row.map(|row| checkpoint(&row)).transpose()
}

pub(crate) fn checkpoint(row: &PgRow) -> Result<Checkpoint, StoreError> {
    let size: i64 = row.try_get("size")?;
    Ok((size.unsigned_abs(), row.try_get("signed_at")?, row.try_get("note")?))
}

pub(crate) fn bigint(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
