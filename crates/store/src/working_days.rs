//! The days of a city that are not what their weekday says.

use chrono::NaiveDate;
use sqlx::QueryBuilder;
use yishi_domain::working_days::WorkingDays;

use crate::{StoreError, TenantTx, WriteTx, holds::hold};

/// A day that is not what its weekday says.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SpecialDay {
    /// The day.
    pub day: NaiveDate,
    /// Whether there is work on it.
    pub working: bool,
    /// What it is called.
    pub name: String,
}

/// Keeps the special days of a span in place of those that were there.
pub async fn replace(
    tx: &mut WriteTx,
    (from, to): (NaiveDate, NaiveDate),
    days: &[SpecialDay],
) -> Result<(), StoreError> {
    hold(tx, "working days", 0).await?;
    let tenant = tx.tenant().uuid();
    sqlx::query("DELETE FROM special_days WHERE tenant_id = $1 AND day BETWEEN $2 AND $3")
        .bind(tenant)
        .bind(from)
        .bind(to)
        .execute(tx.sql())
        .await?;
    if !days.is_empty() {
        let mut query = QueryBuilder::new("INSERT INTO special_days (tenant_id, day, working, name) ");
        query.push_values(days, |mut row, it| {
            row.push_bind(tenant).push_bind(it.day).push_bind(it.working).push_bind(&it.name);
        });
        query.build().persistent(false).execute(tx.sql()).await?;
    }
    Ok(())
}

/// Lists the special days of a span.
pub async fn list(tx: &mut TenantTx, from: NaiveDate, to: NaiveDate) -> Result<Vec<SpecialDay>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT day, working, name FROM special_days WHERE tenant_id = $1 AND day BETWEEN $2 AND $3 ORDER BY day",
    )
    .bind(tx.tenant().uuid())
    .bind(from)
    .bind(to)
    .fetch_all(tx.sql())
    .await?)
}

/// The working days from a day on.
pub async fn from(tx: &mut TenantTx, from: NaiveDate) -> Result<WorkingDays, StoreError> {
    Ok(list(tx, from, NaiveDate::MAX).await?.into_iter().map(|it| (it.day, it.working)).collect())
}
