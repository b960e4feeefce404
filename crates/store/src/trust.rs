//! What speaks for a rule set, and against it: signatures, the province's approval, and how often it failed.

use chrono::{DateTime, Utc};
use uuid::Uuid;
use yishi_domain::Digest;

use crate::{StoreError, TenantTx, WriteTx};

/// A signature that was checked.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Signature {
    /// The signer's name among the platform's trusted keys.
    pub signer: String,
    /// Ed25519, 64 bytes.
    pub signature: Vec<u8>,
    /// When it was filed.
    pub signed_at: DateTime<Utc>,
}

/// What the province says of a rule set.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Approval {
    /// Its identifier.
    pub id: Uuid,
    /// `approved` or `refused`.
    pub decision: String,
    /// Why.
    pub reason: String,
    /// When.
    pub decided_at: DateTime<Utc>,
}

/// How a rule set failed of late; there is none of one that answers.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Faults {
    /// How often in a row.
    pub failures: i32,
    /// The code of the last failure.
    pub cause: String,
    /// When it failed last.
    pub failed_at: DateTime<Utc>,
    /// Since when it is suspended for new work.
    pub suspended_at: Option<DateTime<Utc>>,
}

/// Files a signature; false where the signer has signed already.
pub async fn sign(tx: &mut WriteTx, digest: &Digest, it: &Signature) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO rule_set_signatures (tenant_id, digest, signer, signature, signed_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant_id, digest, signer) DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(digest.0.as_slice())
    .bind(&it.signer)
    .bind(&it.signature)
    .bind(it.signed_at)
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Lists the signatures of a rule set, the earliest first.
pub async fn signatures(tx: &mut TenantTx, digest: &Digest) -> Result<Vec<Signature>, StoreError> {
    let query = "SELECT signer, signature, signed_at FROM rule_set_signatures WHERE tenant_id = $1 AND digest = $2
         ORDER BY signed_at, signer";
    Ok(sqlx::query_as(query).bind(tx.tenant().uuid()).bind(digest.0.as_slice()).fetch_all(tx.sql()).await?)
}

/// Files what the province says.
pub async fn approve(tx: &mut WriteTx, digest: &Digest, it: &Approval) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO rule_set_approvals (tenant_id, id, digest, decision, reason, decided_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(tx.tenant().uuid())
    .bind(it.id)
    .bind(digest.0.as_slice())
    .bind(&it.decision)
    .bind(&it.reason)
    .bind(it.decided_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// What the province says of a rule set now.
pub async fn approval(tx: &mut TenantTx, digest: &Digest) -> Result<Option<Approval>, StoreError> {
    let query = "SELECT id, decision, reason, decided_at FROM rule_set_approvals WHERE tenant_id = $1 AND digest = $2
         ORDER BY id DESC LIMIT 1";
    Ok(sqlx::query_as(query).bind(tx.tenant().uuid()).bind(digest.0.as_slice()).fetch_optional(tx.sql()).await?)
}

/// How a rule set failed of late.
pub async fn faults(tx: &mut TenantTx, digest: &Digest) -> Result<Option<Faults>, StoreError> {
    let query =
        "SELECT failures, cause, failed_at, suspended_at FROM rule_set_faults WHERE tenant_id = $1 AND digest = $2";
    Ok(sqlx::query_as(query).bind(tx.tenant().uuid()).bind(digest.0.as_slice()).fetch_optional(tx.sql()).await?)
}

/// Notes a failure, and suspends the rule set from so many in a row on; tells how it stands now.
pub async fn note_failure(
    tx: &mut WriteTx,
    digest: &Digest,
    cause: &str,
    at: DateTime<Utc>,
    suspended_from: i32,
) -> Result<Faults, StoreError> {
    Ok(sqlx::query_as(
        "INSERT INTO rule_set_faults AS f (tenant_id, digest, failures, cause, failed_at, suspended_at)
         VALUES ($1, $2, 1, $3, $4, CASE WHEN $5 <= 1 THEN $4 END)
         ON CONFLICT (tenant_id, digest) DO UPDATE SET failures = f.failures + 1, cause = $3, failed_at = $4,
         suspended_at = coalesce(f.suspended_at, CASE WHEN f.failures + 1 >= $5 THEN $4 END)
         RETURNING failures, cause, failed_at, suspended_at",
    )
    .bind(tx.tenant().uuid())
    .bind(digest.0.as_slice())
    .bind(cause)
    .bind(at)
    .bind(suspended_from)
    .fetch_one(tx.sql())
    .await?)
}

/// Forgets the failures of a rule set; tells whether there were any.
pub async fn forget_failures(tx: &mut WriteTx, digest: &Digest) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM rule_set_faults WHERE tenant_id = $1 AND digest = $2")
        .bind(tx.tenant().uuid())
        .bind(digest.0.as_slice())
        .execute(tx.sql())
        .await?;
    Ok(done.rows_affected() == 1)
}
