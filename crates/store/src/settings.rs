//! A tenant's settings.

use sqlx::Row;
use yishi_domain::settings::Settings;

use crate::{StoreError, TenantTx, WriteTx};

/// The settings; the defaults where none were changed.
pub async fn get(tx: &mut TenantTx) -> Result<Settings, StoreError> {
    let found = sqlx::query(
        "SELECT satisfaction_floor_per_mille, look_back_days, closing_needs_look_back, closing_needs_findings_closed
         FROM settings WHERE tenant_id = $1",
    )
    .bind(tx.tenant().uuid())
    .fetch_optional(tx.sql())
    .await?;
    let Some(row) = found else { return Ok(Settings::default()) };
    Ok(Settings {
        satisfaction_floor_per_mille: row.try_get::<i32, _>("satisfaction_floor_per_mille")?.cast_unsigned(),
        look_back_days: row.try_get::<i32, _>("look_back_days")?.cast_unsigned(),
        closing_needs_look_back: row.try_get("closing_needs_look_back")?,
        closing_needs_findings_closed: row.try_get("closing_needs_findings_closed")?,
    })
}

/// Keeps them.
pub async fn put(tx: &mut WriteTx, it: &Settings) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO settings (tenant_id, satisfaction_floor_per_mille, look_back_days, closing_needs_look_back,
         closing_needs_findings_closed) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant_id) DO UPDATE SET satisfaction_floor_per_mille = $2, look_back_days = $3,
         closing_needs_look_back = $4, closing_needs_findings_closed = $5",
    )
    .bind(tx.tenant().uuid())
    .bind(it.satisfaction_floor_per_mille.cast_signed())
    .bind(it.look_back_days.cast_signed())
    .bind(it.closing_needs_look_back)
    .bind(it.closing_needs_findings_closed)
    .execute(tx.sql())
    .await?;
    Ok(())
}
