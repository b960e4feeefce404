//! The roles that members hold.

use chrono::{DateTime, Utc};
use sqlx::Row;
use yishi_domain::{
    GrantId, MemberId, UnitId,
    access::{Grant, Role},
};

use crate::{StoreError, TenantTx, WriteTx};

/// Gives a member a role at a unit, for good or until an end; false where they hold it already.
pub async fn insert(
    tx: &mut WriteTx,
    id: GrantId,
    member: MemberId,
    (unit, role): (UnitId, Role),
    at: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO grants (tenant_id, id, member_id, unit_id, role, granted_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (tenant_id, member_id, unit_id, role) DO UPDATE
         SET id = excluded.id, granted_at = excluded.granted_at, ends_at = excluded.ends_at WHERE grants.ends_at <= excluded.granted_at",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(member.uuid())
    .bind(unit.uuid())
    .bind(role.code())
    .bind(at)
    .bind(until)
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Lists the roles that a member holds at an instant, each with the path of its unit.
pub async fn of_member(tx: &mut TenantTx, member: MemberId, at: DateTime<Utc>) -> Result<Vec<Grant>, StoreError> {
    let rows = sqlx::query(
        "SELECT g.role, g.unit_id, u.path FROM grants g JOIN units u ON u.tenant_id = g.tenant_id AND u.id = g.unit_id
         WHERE g.tenant_id = $1 AND g.member_id = $2 AND (g.ends_at IS NULL OR g.ends_at > $3) ORDER BY u.path, g.role",
    )
    .bind(tx.tenant().uuid())
    .bind(member.uuid())
    .bind(at)
    .fetch_all(tx.sql())
    .await?;
    rows.iter()
        .map(|row| {
            let code: String = row.try_get("role")?;
            let role = code.parse().map_err(|_| StoreError::Unreadable { what: "role", value: code })?;
            Ok(Grant { role, unit: UnitId(row.try_get("unit_id")?), path: row.try_get("path")? })
        })
        .collect()
}
