//! Idempotency keys: a repeated request finds the answer of the first one, which was stored in the transaction of its act.

use serde_json::Value;
use sqlx::{QueryBuilder, Row};
use yishi_domain::{Digest, IdempotencyKey, TenantId};

use crate::{StoreError, TenantTx, rows, transactions::Act};

/// Finds what a principal's key was answered with, and the digest of the request that it came with; none where the request was to be forgotten.
pub async fn find(
    tx: &mut TenantTx,
    principal: &str,
    key: &IdempotencyKey,
) -> Result<Option<(Option<Digest>, Value)>, StoreError> {
    let row = sqlx::query(
        "SELECT request, answer FROM idempotency_keys
         WHERE tenant_id = $1 AND principal = $2 AND operation = $3 AND key = $4",
    )
    .bind(tx.tenant().uuid())
    .bind(principal)
    .bind(key.operation)
    .bind(&key.key)
    .fetch_optional(tx.sql())
    .await?;
    row.map(|row| {
        let request: Option<Vec<u8>> = row.try_get("request")?;
        let request = request.map(Digest::try_from).transpose();
        let request = request.map_err(|_| StoreError::Unreadable { what: "request digest", value: key.key.clone() })?;
        Ok((request, row.try_get("answer")?))
    })
    .transpose()
}

/// Holds a key until the transaction ends, so that of two requests that carry it at the same time one goes on.
pub(crate) async fn hold(tx: &mut TenantTx, act: &Act, key: &IdempotencyKey) -> Result<(), StoreError> {
    let name = name(tx.tenant(), &act.principal, key);
    let row = sqlx::query("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))");
    let held: bool = row.bind(name).fetch_one(tx.sql()).await?.try_get(0)?;
    if held && find(tx, &act.principal, key).await?.is_none() { Ok(()) } else { Err(StoreError::InFlight) }
}

/// The name under which a key is held.
pub(crate) fn name(tenant: TenantId, principal: &str, key: &IdempotencyKey) -> String {
    format!("{tenant}/{principal}/{}/{}", key.operation, key.key)
}

/// An answer to keep with its key.
pub(crate) struct Kept<'a> {
    pub act: &'a Act,
    pub key: &'a IdempotencyKey,
    /// Left out where nothing of the request is to be known again.
    pub request: Option<&'a Digest>,
    pub answer: Value,
}

/// Keeps answers with their keys.
pub(crate) async fn keep(tx: &mut TenantTx, kept: &[Kept<'_>]) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for part in rows::parts(kept) {
        let mut query = QueryBuilder::new(
            "INSERT INTO idempotency_keys (tenant_id, principal, operation, key, request, answer, answered_at) ",
        );
        query.push_values(part, |mut row, it| {
            row.push_bind(tenant).push_bind(&it.act.principal).push_bind(it.key.operation).push_bind(&it.key.key);
            row.push_bind(it.request.map(|it| it.0.as_slice())).push_bind(&it.answer).push_bind(it.act.wall);
        });
        query.build().execute(tx.sql()).await.map_err(StoreError::or_taken)?;
    }
    Ok(())
}
