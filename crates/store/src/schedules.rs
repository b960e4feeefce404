//! Reports that members have come by themselves.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use yishi_domain::{
    MemberId, ScheduleId, UnitId,
    reports::{Cadence, Scheduled},
};

use crate::{StoreError, TenantTx, WriteTx, codes};

/// A report that comes by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Its identifier.
    pub id: ScheduleId,
    /// To whom it comes.
    pub member: MemberId,
    /// Which unit it tells of.
    pub unit: UnitId,
    /// Which report it is.
    pub report: Scheduled,
    /// How often it comes.
    pub cadence: Cadence,
    /// The identifiers of its indicators, of figures; all where there are none.
    pub indicators: Vec<String>,
    /// Since when.
    pub begun_at: DateTime<Utc>,
}

const SELECT: &str =
    "SELECT id, member_id, unit_id, report, cadence, indicators, begun_at FROM report_schedules WHERE tenant_id = ";

/// Adds one.
pub async fn insert(tx: &mut WriteTx, it: &Schedule) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO report_schedules (tenant_id, id, member_id, unit_id, report, cadence, indicators, begun_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tx.tenant().uuid())
    .bind(it.id.uuid())
    .bind(it.member.uuid())
    .bind(it.unit.uuid())
    .bind(it.report.code())
    .bind(it.cadence.code())
    .bind(&it.indicators)
    .bind(it.begun_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Finds one.
pub async fn find(tx: &mut TenantTx, id: ScheduleId) -> Result<Option<Schedule>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND id = ").push_bind(id.uuid());
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(schedule).transpose()
}

/// Lists a member's, the oldest first.
pub async fn of_member(tx: &mut TenantTx, member: MemberId) -> Result<Vec<Schedule>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND member_id = ").push_bind(member.uuid()).push(" ORDER BY id");
    query.build().fetch_all(tx.sql()).await?.iter().map(schedule).collect()
}

/// Takes a member's away; false where it is none of theirs.
pub async fn remove(tx: &mut WriteTx, member: MemberId, id: ScheduleId) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM report_schedules WHERE tenant_id = $1 AND member_id = $2 AND id = $3")
        .bind(tx.tenant().uuid())
        .bind(member.uuid())
        .bind(id.uuid())
        .execute(tx.sql())
        .await?;
    Ok(done.rows_affected() == 1)
}

fn schedule(row: &PgRow) -> Result<Schedule, StoreError> {
    Ok(Schedule {
        id: ScheduleId(row.try_get("id")?),
        member: MemberId(row.try_get("member_id")?),
        unit: UnitId(row.try_get("unit_id")?),
        report: codes::read("report", row.try_get("report")?)?,
        cadence: codes::read("cadence", row.try_get("cadence")?)?,
        indicators: row.try_get("indicators")?,
        begun_at: row.try_get("begun_at")?,
    })
}
