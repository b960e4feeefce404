//! Keys by which other systems speak for a member.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use yishi_domain::{ApiKeyId, Digest, MemberId, UnitId, channels::Channel, digests::NotADigest};

use crate::{StoreError, TenantTx, WriteTx, codes};

/// A key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its identifier.
    pub id: ApiKeyId,
    /// The system that has it.
    pub name: String,
    /// For whom it speaks.
    pub member: MemberId,
    /// Where what comes with it belongs, unless it says otherwise.
    pub unit: UnitId,
    /// By which channel what comes with it came.
    pub channel: Channel,
    /// The SHA-256 digest of the key.
    pub digest: Digest,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
    /// When it was taken back.
    pub revoked_at: Option<DateTime<Utc>>,
}

const SELECT: &str = "SELECT id, name, member_id, unit_id, channel, digest, created_at, expires_at, revoked_at FROM api_keys \
    WHERE tenant_id = ";

/// Adds one.
pub async fn insert(tx: &mut WriteTx, it: &ApiKey) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO api_keys (tenant_id, id, name, member_id, unit_id, channel, digest, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(tx.tenant().uuid())
    .bind(it.id.uuid())
    .bind(&it.name)
    .bind(it.member.uuid())
    .bind(it.unit.uuid())
    .bind(it.channel.code())
    .bind(it.digest.0.as_slice())
    .bind(it.created_at)
    .bind(it.expires_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Finds one.
pub async fn find(tx: &mut TenantTx, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND id = ").push_bind(id.uuid());
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(key).transpose()
}

/// Lists them, the oldest first.
pub async fn list(tx: &mut TenantTx) -> Result<Vec<ApiKey>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" ORDER BY id");
    query.build().fetch_all(tx.sql()).await?.iter().map(key).collect()
}

/// Takes one back; false where there is none that holds.
pub async fn revoke(tx: &mut WriteTx, id: ApiKeyId, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let done =
        sqlx::query("UPDATE api_keys SET revoked_at = $3 WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL")
            .bind(tx.tenant().uuid())
            .bind(id.uuid())
            .bind(at)
            .execute(tx.sql())
            .await?;
    Ok(done.rows_affected() == 1)
}

fn unreadable(error: NotADigest) -> StoreError {
    StoreError::Unreadable { what: "digest", value: error.to_string() }
}

fn key(row: &PgRow) -> Result<ApiKey, StoreError> {
    Ok(ApiKey {
        id: ApiKeyId(row.try_get("id")?),
        name: row.try_get("name")?,
        member: MemberId(row.try_get("member_id")?),
        unit: UnitId(row.try_get("unit_id")?),
        channel: codes::read("channel", row.try_get("channel")?)?,
        digest: Digest::try_from(row.try_get::<Vec<u8>, _>("digest")?).map_err(unreadable)?,
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
        revoked_at: row.try_get("revoked_at")?,
    })
}
