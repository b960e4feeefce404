//! What witnesses say of a record's checkpoints: their signature lines.

use chrono::{DateTime, Utc};
use sqlx::Row;

use crate::{RecordTx, StoreError, TenantTx, records};

/// When the checkpoint with exactly this note was signed, if there is one.
pub async fn find_checkpoint(tx: &mut TenantTx, size: u64, note: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
    let row = sqlx::query("SELECT signed_at FROM checkpoints WHERE tenant_id = $1 AND size = $2 AND note = $3 LIMIT 1")
        .bind(tx.tenant().uuid())
        .bind(records::bigint(size))
        .bind(note)
        .fetch_optional(tx.sql())
        .await?;
    Ok(row.map(|row| row.try_get("signed_at")).transpose()?)
}

/// Adds a witness's signature line to a checkpoint; one that the witness has already is left as it is.
pub async fn insert(
    tx: &mut RecordTx,
    (size, signed_at): (u64, DateTime<Utc>),
    witness: &str,
    line: &str,
    cosigned_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO cosignatures (tenant_id, size, signed_at, witness, line, cosigned_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant_id, size, signed_at, witness) DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(records::bigint(size))
    .bind(signed_at)
    .bind(witness)
    .bind(line)
    .bind(cosigned_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// The signature lines on a checkpoint, in the order of the witnesses' names.
pub async fn of(tx: &mut TenantTx, size: u64, signed_at: DateTime<Utc>) -> Result<Vec<String>, StoreError> {
    let lines = sqlx::query_scalar(
        "SELECT line FROM cosignatures WHERE tenant_id = $1 AND size = $2 AND signed_at = $3 ORDER BY witness",
    );
    let lines = lines.bind(tx.tenant().uuid()).bind(records::bigint(size)).bind(signed_at);
    Ok(lines.fetch_all(tx.sql()).await?)
}

/// The newest checkpoint that a witness has cosigned: its size, when it was signed, and the note without the witnesses' lines.
pub async fn latest(tx: &mut TenantTx) -> Result<Option<records::Checkpoint>, StoreError> {
    let row = sqlx::query(
        "SELECT size, signed_at, note FROM cosignatures JOIN checkpoints USING (tenant_id, size, signed_at)
         WHERE tenant_id = $1 ORDER BY size DESC, signed_at DESC LIMIT 1",
    )
    .bind(tx.tenant().uuid())
    .fetch_optional(tx.sql())
    .await?;
    row.map(|row| records::checkpoint(&row)).transpose()
}
