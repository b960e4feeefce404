//! The members of a tenant.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::QueryBuilder;
use uuid::Uuid;
use yishi_domain::{MemberId, UnitId};

use crate::{StoreError, TenantTx, WriteTx, rows};

/// A person known to a tenant.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Member {
    /// Their identifier.
    #[sqlx(try_from = "Uuid")]
    pub id: MemberId,
    /// Where they live or work.
    #[sqlx(try_from = "Uuid")]
    pub unit_id: UnitId,
    /// Their name: personal data, never part of the record.
    pub name: String,
    /// When they were born, where that is known: personal data, never part of the record.
    pub born_on: Option<NaiveDate>,
    /// When they were added.
    pub created_at: DateTime<Utc>,
}

/// Adds members.
pub async fn insert(tx: &mut WriteTx, members: &[Member]) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for part in rows::parts(members) {
        let mut query = QueryBuilder::new("INSERT INTO members (tenant_id, id, unit_id, name, created_at, born_on) ");
        query.push_values(part, |mut row, member| {
            row.push_bind(tenant).push_bind(member.id.uuid()).push_bind(member.unit_id.uuid());
            row.push_bind(&member.name).push_bind(member.created_at).push_bind(member.born_on);
        });
        query.build().execute(tx.sql()).await.map_err(StoreError::or_taken)?;
    }
    Ok(())
}

/// Finds a member.
pub async fn find(tx: &mut TenantTx, id: MemberId) -> Result<Option<Member>, StoreError> {
    Ok(sqlx::query_as("SELECT id, unit_id, name, born_on, created_at FROM members WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().uuid())
        .bind(id.uuid())
        .fetch_optional(tx.sql())
        .await?)
}

/// Tells which of the identifiers are not those of members.
pub async fn unknown(tx: &mut TenantTx, ids: &[MemberId]) -> Result<Vec<MemberId>, StoreError> {
    let wanted: Vec<_> = ids.iter().map(|id| id.uuid()).collect();
    let rows: Vec<(Uuid,)> = sqlx::query_as("SELECT id FROM members WHERE tenant_id = $1 AND id = ANY($2)")
        .bind(tx.tenant().uuid())
        .bind(wanted)
        .fetch_all(tx.sql())
        .await?;
    let known: HashSet<_> = rows.into_iter().map(|(id,)| id).collect();
    Ok(ids.iter().copied().filter(|id| !known.contains(&id.uuid())).collect())
}
