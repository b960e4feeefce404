//! Holds: what one transaction of a tenant does at a time where there is no row that could be locked, or not yet.

use crate::{StoreError, TenantTx};

/// Keeps everybody else in the tenant from holding the same until the transaction ends; the number tells things of a kind apart.
pub(crate) async fn hold(tx: &mut TenantTx, kind: &str, number: u64) -> Result<(), StoreError> {
    let what = format!("{kind} {}", tx.tenant());
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, $2))")
        .bind(what)
        .bind(number.cast_signed())
        .execute(tx.sql())
        .await?;
    Ok(())
}
