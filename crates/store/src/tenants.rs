//! The directory of tenants.

use chrono::{DateTime, Utc};
use uuid::Uuid;
use yishi_domain::TenantId;

use crate::{PlatformTx, StoreError};

/// A tenant: a city.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Tenant {
    /// Its identifier.
    #[sqlx(try_from = "Uuid")]
    pub id: TenantId,
    /// Its name in paths: lower-case letters, digits and hyphens.
    pub slug: String,
    /// Its statistical code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// `production` or `sandbox`.
    pub mode: String,
    /// Its time zone, as the IANA database names it.
    pub zone: String,
    /// How far its clock runs ahead of the wall clock, in milliseconds; zero but for a sandbox.
    pub clock_offset_ms: i64,
    /// When it was created.
    pub created_at: DateTime<Utc>,
}

/// Adds a tenant.
pub async fn insert(tx: &mut PlatformTx, tenant: &Tenant) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO tenants (id, slug, code, name, mode, zone, clock_offset_ms, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tenant.id.uuid())
    .bind(&tenant.slug)
    .bind(&tenant.code)
    .bind(&tenant.name)
    .bind(&tenant.mode)
    .bind(&tenant.zone)
    .bind(tenant.clock_offset_ms)
    .bind(tenant.created_at)
    .execute(tx.sql())
    .await
    .map_err(StoreError::or_taken)?;
    Ok(())
}

/// Finds a tenant by its slug.
pub async fn find_by_slug(tx: &mut PlatformTx, slug: &str) -> Result<Option<Tenant>, StoreError> {
    Ok(sqlx::query_as("SELECT * FROM tenants WHERE slug = $1").bind(slug).fetch_optional(tx.sql()).await?)
}

/// Finds a tenant by its statistical code.
pub async fn find_by_code(tx: &mut PlatformTx, code: &str) -> Result<Option<Tenant>, StoreError> {
    Ok(sqlx::query_as("SELECT * FROM tenants WHERE code = $1").bind(code).fetch_optional(tx.sql()).await?)
}

/// Lists the tenants by slug.
pub async fn list(tx: &mut PlatformTx) -> Result<Vec<Tenant>, StoreError> {
    Ok(sqlx::query_as("SELECT * FROM tenants ORDER BY slug").fetch_all(tx.sql()).await?)
}

/// Moves a sandbox tenant's clock forward by milliseconds; false where the tenant is no sandbox.
pub async fn advance_clock(tx: &mut PlatformTx, tenant: TenantId, by_ms: u32) -> Result<bool, StoreError> {
    let done =
        sqlx::query("UPDATE tenants SET clock_offset_ms = clock_offset_ms + $2 WHERE id = $1 AND mode = 'sandbox'")
            .bind(tenant.uuid())
            .bind(i64::from(by_ms))
            .execute(tx.sql())
            .await?;
    Ok(done.rows_affected() == 1)
}
