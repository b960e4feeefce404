//! The units of a tenant: its division tree.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;
use uuid::Uuid;
use yishi_domain::UnitId;

use crate::{StoreError, TenantTx, WriteTx, rows};

/// A unit of the division tree.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Unit {
    /// Its identifier.
    #[sqlx(try_from = "Uuid")]
    pub id: UnitId,
    /// Its statistical code.
    pub code: String,
    /// Its level: `city`, `district`, `street`, `community`, or `department`.
    pub level: String,
    /// Its name.
    pub name: String,
    /// The unit above; none for the city.
    pub parent_id: Option<Uuid>,
    /// The codes from the city down to it, each followed by `/`.
    pub path: String,
    /// The unit that it was merged into, and lies under since.
    pub merged_into: Option<Uuid>,
}

const COLUMNS: &str = "id, code, level, name, parent_id, path, merged_into";

/// How many rows one statement carries: seven values a row stay under the protocol's 65,535 parameters.
const ROWS: usize = 5_000;

/// Adds units or renames those whose code is there already; parents come before children.
pub async fn upsert(tx: &mut WriteTx, units: &[Unit]) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for chunk in units.chunks(ROWS) {
        let mut query = QueryBuilder::new("INSERT INTO units (tenant_id, id, code, level, name, parent_id, path) ");
        query.push_values(chunk, |mut row, unit| {
            row.push_bind(tenant).push_bind(unit.id.uuid()).push_bind(&unit.code).push_bind(&unit.level);
            row.push_bind(&unit.name).push_bind(unit.parent_id).push_bind(&unit.path);
        });
        query.push(" ON CONFLICT (tenant_id, code) DO UPDATE SET name = excluded.name");
        query.build().persistent(false).execute(tx.sql()).await?;
    }
    Ok(())
}

/// Lists every unit, parents before children.
pub async fn all(tx: &mut TenantTx) -> Result<Vec<Unit>, StoreError> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(" FROM units WHERE tenant_id = ").push_bind(tx.tenant().uuid()).push(" ORDER BY path");
    Ok(query.build_query_as().fetch_all(tx.sql()).await?)
}

/// Lists units after a code, in order of code; of a level and directly under a unit where these are given.
pub async fn page(
    tx: &mut TenantTx,
    level: Option<&str>,
    parent: Option<UnitId>,
    after: &str,
    limit: u16,
) -> Result<Vec<Unit>, StoreError> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(" FROM units WHERE tenant_id = ").push_bind(tx.tenant().uuid());
    query.push(" AND code > ").push_bind(after);
    if let Some(level) = level {
        query.push(" AND level = ").push_bind(level);
    }
    if let Some(parent) = parent {
        query.push(" AND parent_id = ").push_bind(parent.uuid());
    }
    query.push(" ORDER BY code LIMIT ").push_bind(i64::from(limit));
    Ok(query.build_query_as().fetch_all(tx.sql()).await?)
}

/// Finds a unit.
pub async fn find(tx: &mut TenantTx, id: UnitId) -> Result<Option<Unit>, StoreError> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(" FROM units WHERE tenant_id = ").push_bind(tx.tenant().uuid());
    query.push(" AND id = ").push_bind(id.uuid());
    Ok(query.build_query_as().fetch_optional(tx.sql()).await?)
}

/// Keeps the tree from changing otherwise until the transaction ends.
pub async fn hold_tree(tx: &mut WriteTx) -> Result<(), StoreError> {
    sqlx::query("SELECT 1 FROM units WHERE tenant_id = $1 AND parent_id IS NULL FOR UPDATE")
        .bind(tx.tenant().uuid())
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Puts a unit, with all that lies under it, under another one, and keeps where each lay until now.
pub async fn put_under(
    tx: &mut WriteTx,
    unit: &Unit,
    under: &Unit,
    is_merged: bool,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    let moved: Vec<(Uuid, String)> =
        sqlx::query_as("SELECT id, path FROM units WHERE tenant_id = $1 AND path LIKE $2 || '%' ORDER BY path")
            .bind(tenant)
            .bind(&unit.path)
            .fetch_all(tx.sql())
            .await?;
    for part in rows::parts(&moved) {
        let mut query = QueryBuilder::new("INSERT INTO former_paths (tenant_id, unit_id, until, path) ");
        query.push_values(part, |mut row, (id, path)| {
            row.push_bind(tenant).push_bind(id).push_bind(now).push_bind(path);
        });
        // Who is moved twice at an instant lay for no time between.
        query.push(" ON CONFLICT DO NOTHING");
        query.build().execute(tx.sql()).await?;
    }
    sqlx::query(
        "UPDATE units SET path = $3 || substr(path, length($2) + 1) WHERE tenant_id = $1 AND path LIKE $2 || '%'",
    )
    .bind(tenant)
    .bind(&unit.path)
    .bind(format!("{}{}/", under.path, unit.code))
    .execute(tx.sql())
    .await?;
    sqlx::query(
        "UPDATE units SET parent_id = $3, merged_into = CASE WHEN $4 THEN $3 END WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tenant)
    .bind(unit.id.uuid())
    .bind(under.id.uuid())
    .bind(is_merged)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// The units that lay under another one, itself among them, just before an instant; where that one lay then counts, and not where it lies now.
pub async fn lay_under(tx: &mut TenantTx, unit: UnitId, at: DateTime<Utc>) -> Result<Vec<Uuid>, StoreError> {
    let query = sqlx::query_scalar(
        "WITH lay AS (
             SELECT u.id, COALESCE((SELECT f.path FROM former_paths f WHERE f.tenant_id = u.tenant_id AND f.unit_id = u.id AND f.until >= $3
                                    ORDER BY f.until LIMIT 1), u.path) AS path
             FROM units u WHERE u.tenant_id = $1
         ) SELECT l.id FROM lay l JOIN lay a ON a.id = $2 AND starts_with(l.path, a.path)",
    );
    Ok(query.bind(tx.tenant().uuid()).bind(unit.uuid()).bind(at).fetch_all(tx.sql()).await?)
}

/// Finds a unit by its statistical code.
pub async fn find_by_code(tx: &mut TenantTx, code: &str) -> Result<Option<Unit>, StoreError> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(" FROM units WHERE tenant_id = ").push_bind(tx.tenant().uuid());
    query.push(" AND code = ").push_bind(code);
    Ok(query.build_query_as().fetch_optional(tx.sql()).await?)
}

/// Lists the units on a path, the highest first.
pub async fn on_path(tx: &mut TenantTx, path: &str) -> Result<Vec<Unit>, StoreError> {
    let codes: Vec<_> = path.split('/').filter(|code| !code.is_empty()).collect();
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(" FROM units WHERE tenant_id = ").push_bind(tx.tenant().uuid());
    query.push(" AND code = ANY(").push_bind(codes).push(") ORDER BY length(path)");
    Ok(query.build_query_as().fetch_all(tx.sql()).await?)
}

/// Lists the units that have one of these statistical codes.
pub async fn with_codes(tx: &mut TenantTx, codes: &[String]) -> Result<Vec<Unit>, StoreError> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(" FROM units WHERE tenant_id = ").push_bind(tx.tenant().uuid());
    query.push(" AND code = ANY(").push_bind(codes).push(")");
    Ok(query.build_query_as().fetch_all(tx.sql()).await?)
}

/// The units with these identifiers.
pub async fn of_ids(tx: &mut TenantTx, ids: &[Uuid]) -> Result<BTreeMap<UnitId, Unit>, StoreError> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(" FROM units WHERE tenant_id = ").push_bind(tx.tenant().uuid());
    query.push(" AND id = ANY(").push_bind(ids).push(")");
    let units: Vec<Unit> = query.build_query_as().fetch_all(tx.sql()).await?;
    Ok(units.into_iter().map(|it| (it.id, it)).collect())
}

/// Lists the departments of these names that belong to a unit on a path: of each name the lowest, in the order of the names.
pub async fn departments(tx: &mut TenantTx, path: &str, names: &[String]) -> Result<Vec<Unit>, StoreError> {
    let above: Vec<_> = on_path(tx, path).await?.iter().map(|unit| unit.id.uuid()).collect();
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(" FROM units WHERE tenant_id = ").push_bind(tx.tenant().uuid());
    query.push(" AND level = 'department' AND parent_id = ANY(").push_bind(above).push(") AND name = ANY(");
    query.push_bind(names).push(") ORDER BY length(path) DESC, code");
    let found: Vec<Unit> = query.build_query_as().fetch_all(tx.sql()).await?;
    Ok(names.iter().filter_map(|name| found.iter().find(|unit| unit.name == *name).cloned()).collect())
}
