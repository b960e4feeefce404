//! The roles that members hold.

use chrono::{DateTime, Utc};
use sqlx::Row;
use yishi_domain::{
    GrantId, MemberId, UnitId,
    access::{Grant, Role},
};

use crate::{StoreError, TenantTx, WriteTx};

/// Gives a member a role at a unit; false where they hold it already.
pub async fn insert(
    tx: &mut WriteTx,
    id: GrantId,
    member: MemberId,
    unit: UnitId,
    role: Role,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO grants (tenant_id, id, member_id, unit_id, role, granted_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant_id, member_id, unit_id, role) DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(member.uuid())
    .bind(unit.uuid())
    .bind(role.code())
    .bind(at)
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Lists the roles that a member holds, each with the path of its unit.
pub async fn of_member(tx: &mut TenantTx, member: MemberId) -> Result<Vec<Grant>, StoreError> {
    let rows = sqlx::query(
        "SELECT g.role, g.unit_id, u.path FROM grants g JOIN units u ON u.tenant_id = g.tenant_id AND u.id = g.unit_id
         WHERE g.tenant_id = $1 AND g.member_id = $2 ORDER BY u.path, g.role",
    )
    .bind(tx.tenant().uuid())
    .bind(member.uuid())
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
