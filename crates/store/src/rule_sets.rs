//! Rule sets as uploaded, and which of them holds from when.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;
use yishi_domain::{ActivationId, Digest, describe::Descriptor};

use crate::{StoreError, TenantTx, WriteTx};

/// An uploaded rule set, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct RuleSet {
    /// The digest of its component.
    #[sqlx(try_from = "Vec<u8>")]
    pub digest: Digest,
    /// What it says of itself.
    #[sqlx(json)]
    pub descriptor: Descriptor,
    /// How many bytes its component has.
    pub bytes: i64,
    /// When it was uploaded.
    pub uploaded_at: DateTime<Utc>,
}

/// A rule set put in force with a configuration.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Activation {
    /// Its identifier.
    #[sqlx(try_from = "Uuid")]
    pub id: ActivationId,
    /// Its number, counted from one.
    pub number: i64,
    /// The rule set.
    #[sqlx(try_from = "Vec<u8>")]
    pub digest: Digest,
    /// Its configuration.
    pub configuration: Value,
    /// From when it holds, by the tenant's clock.
    pub activated_at: DateTime<Utc>,
}

macro_rules! rule_sets {
    ($rest:literal) => {
        concat!("SELECT digest, descriptor, length(component)::bigint AS bytes, uploaded_at FROM rule_sets ", $rest)
    };
}

macro_rules! activations {
    ($rest:literal) => {
        concat!("SELECT id, number, digest, configuration, activated_at FROM activations ", $rest)
    };
}

/// Adds a rule set; false where it is there already.
pub async fn insert(
    tx: &mut WriteTx,
    digest: &Digest,
    component: &[u8],
    descriptor: &Descriptor,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO rule_sets (tenant_id, digest, component, descriptor, uploaded_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant_id, digest) DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(digest.0.as_slice())
    .bind(component)
    .bind(sqlx::types::Json(descriptor))
    .bind(at)
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Finds a rule set.
pub async fn find(tx: &mut TenantTx, digest: &Digest) -> Result<Option<RuleSet>, StoreError> {
    Ok(sqlx::query_as(rule_sets!("WHERE tenant_id = $1 AND digest = $2"))
        .bind(tx.tenant().uuid())
        .bind(digest.0.as_slice())
        .fetch_optional(tx.sql())
        .await?)
}

/// Lists the rule sets, the latest first.
pub async fn all(tx: &mut TenantTx) -> Result<Vec<RuleSet>, StoreError> {
    Ok(sqlx::query_as(rule_sets!("WHERE tenant_id = $1 ORDER BY uploaded_at DESC, digest LIMIT 1000"))
        .bind(tx.tenant().uuid())
        .fetch_all(tx.sql())
        .await?)
}

/// The bytes of a rule set's component.
pub async fn component(tx: &mut TenantTx, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
    let row: Option<(Vec<u8>,)> =
        sqlx::query_as("SELECT component FROM rule_sets WHERE tenant_id = $1 AND digest = $2")
            .bind(tx.tenant().uuid())
            .bind(digest.0.as_slice())
            .fetch_optional(tx.sql())
            .await?;
    Ok(row.map(|(bytes,)| bytes))
}

/// Puts a rule set in force; its number is taken where somebody else was faster.
pub async fn activate(tx: &mut WriteTx, activation: &Activation) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO activations (tenant_id, id, number, digest, configuration, activated_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(tx.tenant().uuid())
    .bind(activation.id.uuid())
    .bind(activation.number)
    .bind(activation.digest.0.as_slice())
    .bind(&activation.configuration)
    .bind(activation.activated_at)
    .execute(tx.sql())
    .await
    .map_err(StoreError::or_taken)?;
    Ok(())
}

/// The activations that hold at an instant or held before it, the one that holds first.
pub async fn in_force(tx: &mut TenantTx, at: DateTime<Utc>, limit: u16) -> Result<Vec<Activation>, StoreError> {
    Ok(sqlx::query_as(activations!(
        "WHERE tenant_id = $1 AND activated_at <= $2 ORDER BY activated_at DESC, number DESC LIMIT $3"
    ))
    .bind(tx.tenant().uuid())
    .bind(at)
    .bind(i64::from(limit))
    .fetch_all(tx.sql())
    .await?)
}

/// Lists the activations before a number, the latest decision first.
pub async fn activations(tx: &mut TenantTx, before: Option<i64>, limit: u16) -> Result<Vec<Activation>, StoreError> {
    Ok(sqlx::query_as(activations!(
        "WHERE tenant_id = $1 AND ($2::bigint IS NULL OR number < $2) ORDER BY number DESC LIMIT $3"
    ))
    .bind(tx.tenant().uuid())
    .bind(before)
    .bind(i64::from(limit))
    .fetch_all(tx.sql())
    .await?)
}

/// Finds an activation, also one that no longer holds.
pub async fn activation(tx: &mut TenantTx, id: ActivationId) -> Result<Option<Activation>, StoreError> {
    Ok(sqlx::query_as(activations!("WHERE tenant_id = $1 AND id = $2"))
        .bind(tx.tenant().uuid())
        .bind(id.uuid())
        .fetch_optional(tx.sql())
        .await?)
}
