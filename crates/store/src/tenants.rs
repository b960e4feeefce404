//! The directory of tenants.

use chrono::{DateTime, Utc};
use uuid::Uuid;
use yishi_domain::TenantId;

use crate::{PlatformTx, StoreError, WriteTx};

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

/// Lists tenants after a slug, in order of slug.
pub async fn page(tx: &mut PlatformTx, after: &str, limit: u16) -> Result<Vec<Tenant>, StoreError> {
    Ok(sqlx::query_as("SELECT * FROM tenants WHERE slug > $1 ORDER BY slug LIMIT $2")
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(tx.sql())
        .await?)
}

/// Moves a sandbox's own clock forward by milliseconds; tells how far ahead it is then, or nothing where the tenant is no sandbox.
pub async fn advance(tx: &mut WriteTx, by_ms: i64) -> Result<Option<i64>, StoreError> {
    let row: Option<(i64,)> = sqlx::query_as(
        "UPDATE tenants SET clock_offset_ms = clock_offset_ms + $2 WHERE id = $1 AND mode = 'sandbox'
         RETURNING clock_offset_ms",
    )
    .bind(tx.tenant().uuid())
    .bind(by_ms)
    .fetch_optional(tx.sql())
    .await?;
    Ok(row.map(|(ahead,)| ahead))
}
