//! The facts of units, each version from a day on.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow, types::Json};
use yishi_domain::{FactId, UnitId, facts::Cell};

use crate::{StoreError, TenantTx, WriteTx, rows};

/// A version of a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its identifier.
    pub id: FactId,
    /// The unit.
    pub unit: UnitId,
    /// That unit's path.
    pub path: String,
    /// What it is about, such as `population`.
    pub name: String,
    /// The first day on which it holds.
    pub valid_from: NaiveDate,
    /// Where it comes from.
    pub source: String,
    /// The counts.
    pub cells: Vec<Cell>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

const COLUMNS: &str = "f.id, f.unit_id, u.path, f.name, f.valid_from, f.source, f.cells, f.recorded_at \
    FROM unit_facts f JOIN units u ON u.tenant_id = f.tenant_id AND u.id = f.unit_id WHERE f.tenant_id = ";

/// Adds versions of facts.
pub async fn insert(tx: &mut WriteTx, facts: &[Fact]) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for part in rows::parts(facts) {
        let mut query = QueryBuilder::new(
            "INSERT INTO unit_facts (tenant_id, id, unit_id, name, valid_from, source, cells, recorded_at) ",
        );
        query.push_values(part, |mut row, it| {
            row.push_bind(tenant).push_bind(it.id.uuid()).push_bind(it.unit.uuid()).push_bind(&it.name);
            row.push_bind(it.valid_from).push_bind(&it.source).push_bind(Json(&it.cells)).push_bind(it.recorded_at);
        });
        query.build().execute(tx.sql()).await?;
    }
    Ok(())
}

/// Lists the facts of a unit that are in force on a day, one a name.
pub async fn in_force(tx: &mut TenantTx, unit: UnitId, day: NaiveDate) -> Result<Vec<Fact>, StoreError> {
    let mut query = QueryBuilder::new("SELECT DISTINCT ON (f.name) ");
    query.push(COLUMNS).push_bind(tx.tenant().uuid()).push(" AND f.unit_id = ").push_bind(unit.uuid());
    query.push(" AND f.valid_from <= ").push_bind(day).push(" ORDER BY f.name, f.valid_from DESC, f.id DESC");
    query.build().fetch_all(tx.sql()).await?.iter().map(fact).collect()
}

/// Lists the versions of one fact of a unit, the latest first.
pub async fn versions(tx: &mut TenantTx, unit: UnitId, name: &str, most: u16) -> Result<Vec<Fact>, StoreError> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push_bind(tx.tenant().uuid()).push(" AND f.unit_id = ").push_bind(unit.uuid());
    query.push(" AND f.name = ").push_bind(name).push(" ORDER BY f.valid_from DESC, f.id DESC LIMIT ");
    query.push_bind(i64::from(most));
    query.build().fetch_all(tx.sql()).await?.iter().map(fact).collect()
}

/// Lists every version of one fact of every unit.
pub async fn all(tx: &mut TenantTx, name: &str) -> Result<Vec<Fact>, StoreError> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push_bind(tx.tenant().uuid()).push(" AND f.name = ").push_bind(name);
    query.build().fetch_all(tx.sql()).await?.iter().map(fact).collect()
}

/// Lists one fact as it is in force on a day in each unit at a path and under it, higher units first.
pub async fn under(tx: &mut TenantTx, path: &str, name: &str, day: NaiveDate) -> Result<Vec<Fact>, StoreError> {
    let mut query = QueryBuilder::new("SELECT DISTINCT ON (length(u.path), f.unit_id) ");
    query.push(COLUMNS).push_bind(tx.tenant().uuid()).push(" AND u.path LIKE ").push_bind(format!("{path}%"));
    query.push(" AND f.name = ").push_bind(name).push(" AND f.valid_from <= ").push_bind(day);
    query.push(" ORDER BY length(u.path), f.unit_id, f.valid_from DESC, f.id DESC");
    query.build().fetch_all(tx.sql()).await?.iter().map(fact).collect()
}

fn fact(row: &PgRow) -> Result<Fact, StoreError> {
    Ok(Fact {
        id: FactId(row.try_get("id")?),
        unit: UnitId(row.try_get("unit_id")?),
        path: row.try_get("path")?,
        name: row.try_get("name")?,
        valid_from: row.try_get("valid_from")?,
        source: row.try_get("source")?,
        cells: row.try_get::<Json<Vec<Cell>>, _>("cells")?.0,
        recorded_at: row.try_get("recorded_at")?,
    })
}
