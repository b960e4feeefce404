//! Evaluations by a third party as they were signed, and the keys that sign them.

use chrono::{DateTime, Utc};
use sqlx::{Row, types::Json};
use yishi_domain::{Digest, MemberId, evaluations::Score};

use crate::{StoreError, TenantTx, WriteTx};

/// The key of an evaluator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Whose it is.
    pub member: MemberId,
    /// For whom they evaluate, such as an institute.
    pub institute: String,
    /// The public half (Ed25519).
    pub key: [u8; 32],
    /// When it was registered.
    pub registered_at: DateTime<Utc>,
}

/// An evaluation as it was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The key of its row in the register.
    pub row: String,
    /// Who signed it.
    pub member: MemberId,
    /// The public key with which it was signed.
    pub key: [u8; 32],
    /// What was scored.
    pub scores: Vec<Score>,
    /// The report's digest.
    pub report: Digest,
    /// The text that was signed.
    pub statement: String,
    /// The signature (Ed25519).
    pub signature: [u8; 64],
    /// When it was filed.
    pub filed_at: DateTime<Utc>,
}

/// Registers a member's key in the place of the one before.
pub async fn set_key(tx: &mut WriteTx, it: &Key) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO evaluator_keys (tenant_id, member_id, institute, key, registered_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant_id, member_id)
         DO UPDATE SET institute = excluded.institute, key = excluded.key, registered_at = excluded.registered_at",
    )
    .bind(tx.tenant().uuid())
    .bind(it.member.uuid())
    .bind(&it.institute)
    .bind(it.key.as_slice())
    .bind(it.registered_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// The key of a member, where they have one.
pub async fn key(tx: &mut TenantTx, member: MemberId) -> Result<Option<Key>, StoreError> {
    let row =
        sqlx::query("SELECT institute, key, registered_at FROM evaluator_keys WHERE tenant_id = $1 AND member_id = $2")
            .bind(tx.tenant().uuid())
            .bind(member.uuid())
            .fetch_optional(tx.sql())
            .await?;
    row.map(|row| {
        Ok(Key {
            member,
            institute: row.try_get("institute")?,
            key: bytes(row.try_get("key")?)?,
            registered_at: row.try_get("registered_at")?,
        })
    })
    .transpose()
}

/// Which of these rows of the register were signed.
pub async fn signed(tx: &mut TenantTx, rows: &[&str]) -> Result<Vec<String>, StoreError> {
    let query = "SELECT row_key FROM signed_evaluations WHERE tenant_id = $1 AND row_key = ANY($2) ORDER BY row_key";
    Ok(sqlx::query_scalar(query).bind(tx.tenant().uuid()).bind(rows).fetch_all(tx.sql()).await?)
}

/// Keeps an evaluation as it was signed; false where its row has one already.
pub async fn insert(tx: &mut WriteTx, it: &Signed) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO signed_evaluations (tenant_id, row_key, member_id, key, scores, report, statement, signature, filed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(&it.row)
    .bind(it.member.uuid())
    .bind(it.key.as_slice())
    .bind(Json(&it.scores))
    .bind(it.report.0.as_slice())
    .bind(&it.statement)
    .bind(it.signature.as_slice())
    .bind(it.filed_at)
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Finds an evaluation by the key of its row in the register.
pub async fn find(tx: &mut TenantTx, row: &str) -> Result<Option<Signed>, StoreError> {
    let found = sqlx::query(
        "SELECT row_key, member_id, key, scores, report, statement, signature, filed_at FROM signed_evaluations
         WHERE tenant_id = $1 AND row_key = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(row)
    .fetch_optional(tx.sql())
    .await?;
    found
        .map(|row| {
            Ok(Signed {
                row: row.try_get("row_key")?,
                member: MemberId(row.try_get("member_id")?),
                key: bytes(row.try_get("key")?)?,
                scores: row.try_get::<Json<Vec<Score>>, _>("scores")?.0,
                report: Digest(bytes(row.try_get("report")?)?),
                statement: row.try_get("statement")?,
                signature: bytes(row.try_get("signature")?)?,
                filed_at: row.try_get("filed_at")?,
            })
        })
        .transpose()
}

fn bytes<const N: usize>(bytes: Vec<u8>) -> Result<[u8; N], StoreError> {
    bytes.try_into().map_err(|bytes: Vec<u8>| StoreError::Unreadable {
        what: "a key, a digest or a signature",
        value: format!("{} bytes", bytes.len()),
    })
}
