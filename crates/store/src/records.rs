//! The rows of the record: positions, hashes of the Merkle tree, signed checkpoints. The hashing is done by the sequencer's use case.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use yishi_domain::{EventId, StoredEvent};

use crate::{RecordTx, StoreError, TenantTx, events, rows};

/// A checkpoint: its size, when it was signed, and the signed note.
pub type Checkpoint = (u64, DateTime<Utc>, String);

/// How many bytes a hash has.
const HASH: usize = 32;

/// How many hashes a row has at most: more of them, and the database would keep them apart from their row.
const RUN: usize = 60;

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
    hashes: &[(u64, [u8; HASH])],
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
    let runs = runs(hashes);
    for part in rows::parts(&runs) {
        let mut query = QueryBuilder::new("INSERT INTO record_hashes (tenant_id, index, hashes) ");
        query.push_values(part, |mut row, (index, hashes)| {
            row.push_bind(tenant).push_bind(bigint(*index)).push_bind(hashes);
        });
        query.build().execute(tx.sql()).await?;
    }
    Ok(())
}

/// Hashes as they are stored: each row has those whose indices follow one another from its own on.
fn runs(hashes: &[(u64, [u8; HASH])]) -> Vec<(u64, Vec<u8>)> {
    let mut runs: Vec<(u64, Vec<u8>)> = Vec::with_capacity(hashes.len().div_ceil(RUN));
    for (index, hash) in hashes {
        match runs.last_mut() {
            Some((first, run)) if run.len() < RUN * HASH && *first + (run.len() / HASH) as u64 == *index => {
                run.extend_from_slice(hash);
            }
            _ => runs.push((*index, hash.to_vec())),
        }
    }
    runs
}

/// Reads hashes of the tree by their stored index; those that are not there are left out.
pub async fn hashes(tx: &mut TenantTx, indices: &[u64]) -> Result<HashMap<u64, [u8; 32]>, StoreError> {
    let wanted: Vec<_> = indices.iter().copied().map(bigint).collect();
    let rows = sqlx::query(
        "SELECT w.index, substring(r.hashes FROM (w.index - r.index)::integer * 32 + 1 FOR 32) AS hash
         FROM unnest($2::bigint[]) AS w (index) CROSS JOIN LATERAL (SELECT h.index, h.hashes FROM record_hashes h
             WHERE h.tenant_id = $1 AND h.index <= w.index ORDER BY h.index DESC LIMIT 1) r
         WHERE length(r.hashes) / 32 > w.index - r.index",
    )
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

#[cfg(test)]
mod tests {
    use super::{HASH, RUN, runs};

    #[test]
    fn a_row_has_hashes_that_follow_one_another_and_no_more_than_it_takes() {
        let hashes: Vec<(u64, [u8; HASH])> = (5..70).chain(90..92).map(|i: u8| (i.into(), [i; HASH])).collect();
        let found: Vec<_> = runs(&hashes).into_iter().map(|(first, run)| (first, run.len() / HASH, run[0])).collect();
        assert_eq!(found, [(5, RUN, 5), (65, 5, 65), (90, 2, 90)]);
        assert!(runs(&[]).is_empty());
    }
}
