//! Figures as they are read: sums of counters, never of what happened.

use std::collections::HashMap;

use sqlx::{FromRow, types::Json};
use uuid::Uuid;
use yishi_domain::{
    UnitId,
    facts::Population,
    reports::{Grain, Measure, Period},
};

use crate::{StoreError, TenantTx, units::Unit};

/// What a measure comes to in a unit and a group.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Sum {
    /// The unit.
    #[sqlx(try_from = "Uuid")]
    pub unit: UnitId,
    /// The measure.
    #[sqlx(try_from = "String")]
    pub measure: Measure,
    /// The group.
    pub dimension: String,
    /// The sum.
    pub value: i64,
}

/// Up to which position the tenant's events are counted.
pub async fn position(tx: &mut TenantTx) -> Result<u64, StoreError> {
    let row: Option<(i64,)> = sqlx::query_as("SELECT position FROM report_cursors WHERE tenant_id = $1")
        .bind(tx.tenant().uuid())
        .fetch_optional(tx.sql())
        .await?;
    Ok(row.map_or(0, |(position,)| position.unsigned_abs()))
}

/// What measures come to in units, over parts of the calendar.
pub async fn sums(
    tx: &mut TenantTx,
    units: &[Uuid],
    measures: &[Measure],
    parts: &[(Grain, chrono::NaiveDate)],
) -> Result<Vec<Sum>, StoreError> {
    if measures.is_empty() {
        return Ok(Vec::new());
    }
    let measures: Vec<_> = measures.iter().map(|it| it.code()).collect();
    let grains: Vec<_> = parts.iter().map(|(grain, _)| grain.code()).collect();
    let starts: Vec<_> = parts.iter().map(|(_, start)| *start).collect();
    Ok(sqlx::query_as(
        "SELECT c.unit_id AS unit, c.measure, c.dimension, sum(c.value)::bigint AS value
         FROM unnest($4::text[], $5::date[]) AS p (grain, start) JOIN report_counters c ON c.grain = p.grain AND c.start = p.start
         WHERE c.tenant_id = $1 AND c.unit_id = ANY($2) AND c.measure = ANY($3) GROUP BY 1, 2, 3 HAVING sum(c.value) <> 0",
    )
    .bind(tx.tenant().uuid())
    .bind(units)
    .bind(measures)
    .bind(grains)
    .bind(starts)
    .fetch_all(tx.sql())
    .await?)
}

/// How many different people took part in each of these units in a period that is made of months.
pub async fn different(tx: &mut TenantTx, units: &[Uuid], period: Period) -> Result<HashMap<UnitId, i64>, StoreError> {
    let rows: Vec<(Uuid, i64)> = sqlx::query_as(
        "SELECT unit_id, sum(persons)::bigint FROM report_persons
         WHERE tenant_id = $1 AND unit_id = ANY($2) AND month >= $3 AND month < $4 AND before < $3 GROUP BY 1",
    )
    .bind(tx.tenant().uuid())
    .bind(units)
    .bind(period.from)
    .bind(period.until)
    .fetch_all(tx.sql())
    .await?;
    Ok(rows.into_iter().map(|(unit, persons)| (UnitId(unit), persons)).collect())
}

/// The same of any period, by counting people.
pub async fn persons(tx: &mut TenantTx, units: &[Uuid], period: Period) -> Result<HashMap<UnitId, i64>, StoreError> {
    let rows: Vec<(Uuid, i64)> = sqlx::query_as(
        "SELECT a.id, count(DISTINCT p.person) FROM report_people p
         JOIN units u ON u.tenant_id = $1 AND u.id = p.unit_id
         CROSS JOIN LATERAL unnest(string_to_array(rtrim(u.path, '/'), '/')) AS c (code)
         JOIN units a ON a.tenant_id = $1 AND a.code = c.code
         WHERE p.tenant_id = $1 AND p.day >= $3 AND p.day < $4 AND p.times > 0 AND a.id = ANY($2) GROUP BY 1",
    )
    .bind(tx.tenant().uuid())
    .bind(units)
    .bind(period.from)
    .bind(period.until)
    .fetch_all(tx.sql())
    .await?;
    Ok(rows.into_iter().map(|(unit, persons)| (UnitId(unit), persons)).collect())
}

/// Who lives in each of these units on the last day of a period.
pub async fn residents(
    tx: &mut TenantTx,
    units: &[Uuid],
    period: Period,
) -> Result<HashMap<UnitId, Population>, StoreError> {
    let rows: Vec<(Uuid, Json<Population>)> = sqlx::query_as(
        "SELECT DISTINCT ON (unit_id) unit_id, population FROM report_residents
         WHERE tenant_id = $1 AND unit_id = ANY($2) AND valid_from < $3 ORDER BY unit_id, valid_from DESC",
    )
    .bind(tx.tenant().uuid())
    .bind(units)
    .bind(period.until)
    .fetch_all(tx.sql())
    .await?;
    Ok(rows.into_iter().map(|(unit, population)| (UnitId(unit), population.0)).collect())
}

/// How many communities each of these units has.
pub async fn communities(tx: &mut TenantTx, units: &[Uuid]) -> Result<HashMap<UnitId, i64>, StoreError> {
    let rows: Vec<(Uuid, i64)> = sqlx::query_as(
        // The path of what lies under a unit begins with the unit's, which ends with a slash; `0` is the character after a slash.
        "SELECT a.id, (SELECT count(*) FROM units u
             WHERE u.tenant_id = $1 AND u.path ~>=~ a.path AND u.path ~<~ (rtrim(a.path, '/') || '0')
             AND u.level = 'community' AND u.merged_into IS NULL)
         FROM units a WHERE a.tenant_id = $1 AND a.id = ANY($2)",
    )
    .bind(tx.tenant().uuid())
    .bind(units)
    .fetch_all(tx.sql())
    .await?;
    Ok(rows.into_iter().map(|(unit, number)| (UnitId(unit), number)).collect())
}

/// In how many communities of each of these units a measure counts more than nothing.
pub async fn active(
    tx: &mut TenantTx,
    units: &[Uuid],
    measure: Measure,
    parts: &[(Grain, chrono::NaiveDate)],
) -> Result<HashMap<UnitId, i64>, StoreError> {
    let grains: Vec<_> = parts.iter().map(|(grain, _)| grain.code()).collect();
    let starts: Vec<_> = parts.iter().map(|(_, start)| *start).collect();
    let rows: Vec<(Uuid, i64)> = sqlx::query_as(
        // Paths as in `communities`. No counter is below nothing, so that one above it is enough. `IS TRUE` keeps the list a hash that is made once,
        // also where the planner takes it for a few rows.
        "SELECT a.id, (SELECT count(*) FROM units u
             WHERE u.tenant_id = $1 AND u.path ~>=~ a.path AND u.path ~<~ (rtrim(a.path, '/') || '0')
             AND u.level = 'community' AND u.merged_into IS NULL AND (u.id IN (
                 SELECT c.unit_id FROM unnest($4::text[], $5::date[]) AS p (grain, start)
                 JOIN report_counters c ON c.grain = p.grain AND c.start = p.start
                 WHERE c.tenant_id = $1 AND c.measure = $3 AND c.value > 0)) IS TRUE)
         FROM units a WHERE a.tenant_id = $1 AND a.id = ANY($2)",
    )
    .bind(tx.tenant().uuid())
    .bind(units)
    .bind(measure.code())
    .bind(grains)
    .bind(starts)
    .fetch_all(tx.sql())
    .await?;
    Ok(rows.into_iter().map(|(unit, number)| (UnitId(unit), number)).collect())
}

/// The units of a level at a path and under it, after a code, in order of code.
pub async fn levels(
    tx: &mut TenantTx,
    (path, level): (&str, &str),
    after: &str,
    limit: u16,
) -> Result<Vec<Unit>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT id, code, level, name, parent_id, path, merged_into FROM units
         WHERE tenant_id = $1 AND path LIKE $2 || '%' AND level = $3 AND merged_into IS NULL AND code > $4 ORDER BY code LIMIT $5",
    )
    .bind(tx.tenant().uuid())
    .bind(path)
    .bind(level)
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(tx.sql())
    .await?)
}

/// The units of the level of each of these under the same unit, themselves among them, each with the unit above.
pub async fn siblings(tx: &mut TenantTx, units: &[Uuid]) -> Result<Vec<(UnitId, UnitId)>, StoreError> {
    let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
        "SELECT DISTINCT s.id, s.parent_id FROM units u
         JOIN units s ON s.tenant_id = $1 AND s.parent_id = u.parent_id AND s.level = u.level AND s.merged_into IS NULL
         WHERE u.tenant_id = $1 AND u.id = ANY($2)",
    )
    .bind(tx.tenant().uuid())
    .bind(units)
    .fetch_all(tx.sql())
    .await?;
    Ok(rows.into_iter().map(|(unit, parent)| (UnitId(unit), UnitId(parent))).collect())
}
