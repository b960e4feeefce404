//! The province's view: all tenants side by side through the platform's own role, which sees sums and no cases, and a log of every look
//! and of what operators set.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;
use yishi_domain::{Ctx, Digest, TenantId, describe::Descriptor};

use crate::{StoreError, TenantTx, WriteTx, transactions::PlatformTx};

/// A transaction that looks at tenants as they are at one instant, one after the other; [`ProvinceTx::commit`] takes what the platform's log says of it.
#[derive(Debug)]
pub struct ProvinceTx {
    inner: TenantTx,
}

impl ProvinceTx {
    pub(crate) async fn begin(pool: &PgPool) -> Result<Self, StoreError> {
        let nobody = TenantId(Uuid::nil());
        Ok(Self { inner: TenantTx::begin(pool, nobody, "BEGIN ISOLATION LEVEL REPEATABLE READ").await? })
    }

    /// Looks at a tenant, as far as the platform's role may.
    pub async fn look_at(&mut self, tenant: TenantId) -> Result<&mut TenantTx, StoreError> {
        // A UUID is safe in a literal.
        let look = format!("SET LOCAL yishi.looks_at = '{}'", tenant.uuid());
        sqlx::query(AssertSqlSafe(look)).execute(self.inner.sql()).await?;
        self.inner.turn_to(tenant);
        Ok(&mut self.inner)
    }

    /// Adds to the platform's log what was looked at, and commits.
    pub async fn commit(mut self, ctx: &Ctx, kind: &str, body: Value) -> Result<(), StoreError> {
        add(&mut self.inner, ctx, kind, body).await?;
        self.inner.end().await
    }
}

/// Adds to the platform's log what its operator does to a tenant, in the transaction that does it. The database takes only what names the tenant, and of
/// the kinds that it knows to be such acts.
pub async fn note(tx: &mut WriteTx, ctx: &Ctx, kind: &str, body: Value) -> Result<(), StoreError> {
    add(tx, ctx, kind, body).await
}

async fn add(tx: &mut TenantTx, ctx: &Ctx, kind: &str, body: Value) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO platform_events (id, kind, principal, request, at, body) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(ctx.new_id::<Uuid>())
        .bind(kind)
        .bind(ctx.actor.principal())
        .bind(ctx.request.uuid())
        .bind(ctx.wall)
        .bind(body)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// An event of the platform's log.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PlatformEvent {
    /// Its identifier.
    pub id: Uuid,
    /// Its kind.
    pub kind: String,
    /// Who looked, or acted.
    pub principal: String,
    /// When, by the wall clock.
    pub at: DateTime<Utc>,
    /// What was looked at, or done.
    pub body: Value,
}

/// Lists the events of the platform's log after one, the earliest first.
pub async fn log(tx: &mut PlatformTx, after: Option<Uuid>, limit: u16) -> Result<Vec<PlatformEvent>, StoreError> {
    Ok(sqlx::query_as("SELECT id, kind, principal, at, body FROM platform_events WHERE id > $1 ORDER BY id LIMIT $2")
        .bind(after.unwrap_or_default())
        .bind(i64::from(limit))
        .fetch_all(tx.sql())
        .await?)
}

/// A rule set that holds in a tenant.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct InForce {
    /// The digest of its component.
    #[sqlx(try_from = "Vec<u8>")]
    pub digest: Digest,
    /// What it says of itself.
    #[sqlx(json)]
    pub descriptor: Descriptor,
    /// Since when it holds, by the tenant's clock.
    pub activated_at: DateTime<Utc>,
}

/// The rule set that holds in the tenant that is looked at, at an instant of its clock; none where the standard rules do.
pub async fn in_force(tx: &mut TenantTx, now: DateTime<Utc>) -> Result<Option<InForce>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT a.digest, r.descriptor, a.activated_at FROM activations a
         JOIN rule_sets r ON r.tenant_id = a.tenant_id AND r.digest = a.digest
         WHERE a.tenant_id = $1 AND a.activated_at <= $2 ORDER BY a.activated_at DESC, a.number DESC LIMIT 1",
    )
    .bind(tx.tenant().uuid())
    .bind(now)
    .fetch_optional(tx.sql())
    .await?)
}

/// How many units of each level the tenant that is looked at has.
pub async fn units_by_level(tx: &mut TenantTx) -> Result<Vec<(String, i64)>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT level, count(*) FROM units WHERE tenant_id = $1 AND merged_into IS NULL GROUP BY level ORDER BY level",
    )
    .bind(tx.tenant().uuid())
    .fetch_all(tx.sql())
    .await?)
}
