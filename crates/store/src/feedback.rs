//! Feedback beyond the ratings: results that supervisors conclude, and looks back at what was finished.

use chrono::{DateTime, Utc};
use uuid::Uuid;
use yishi_domain::{MemberId, ResolutionId};

use crate::{StoreError, TenantTx, WriteTx};

/// A look back at what was finished.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct LookBack {
    /// Its identifier.
    pub id: Uuid,
    /// Who looked.
    #[sqlx(rename = "member_id", try_from = "Uuid")]
    pub member: MemberId,
    /// Whether what was done has lasted.
    pub lasting: bool,
    /// What was seen.
    pub text: String,
    /// When.
    pub looked_at: DateTime<Utc>,
}

/// Adds a look back.
pub async fn look_back(tx: &mut WriteTx, id: ResolutionId, it: &LookBack) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO look_backs (tenant_id, id, resolution_id, member_id, lasting, text, looked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tx.tenant().uuid())
    .bind(it.id)
    .bind(id.uuid())
    .bind(it.member.uuid())
    .bind(it.lasting)
    .bind(&it.text)
    .bind(it.looked_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Lists the looks back at a resolution, the earliest first.
pub async fn look_backs(tx: &mut TenantTx, id: ResolutionId) -> Result<Vec<LookBack>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT id, member_id, lasting, text, looked_at FROM look_backs WHERE tenant_id = $1 AND resolution_id = $2
         ORDER BY id LIMIT 1000",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .fetch_all(tx.sql())
    .await?)
}

/// Notes that a resolution was put to the supervisors.
pub async fn refer(tx: &mut WriteTx, id: ResolutionId, at: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query("UPDATE resolutions SET referred_at = $3 WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().uuid())
        .bind(id.uuid())
        .bind(at)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Tells whether a resolution was put to the supervisors, who have not concluded.
pub async fn is_referred(tx: &mut TenantTx, id: ResolutionId) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT referred_at IS NOT NULL AND conclusion IS NULL FROM resolutions WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .fetch_one(tx.sql())
    .await?)
}

/// Keeps what the supervisors concluded; false where nothing was put to them, or they have concluded.
pub async fn conclude(tx: &mut WriteTx, id: ResolutionId, text: &str) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE resolutions SET conclusion = $3 WHERE tenant_id = $1 AND id = $2 AND referred_at IS NOT NULL
         AND conclusion IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(text)
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected() == 1)
}
