//! Who lives in each unit, from which day on.

use chrono::NaiveDate;
use sqlx::{QueryBuilder, types::Json};
use yishi_domain::{UnitId, facts::Population};

use crate::{RecordTx, StoreError, TenantTx};

/// Puts what is known of residents in the place of what was known.
pub async fn replace_residents(tx: &mut RecordTx, known: &[(UnitId, NaiveDate, Population)]) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    sqlx::query("DELETE FROM report_residents WHERE tenant_id = $1").bind(tenant).execute(tx.sql()).await?;
    for part in known.chunks(10_000) {
        let mut query = QueryBuilder::new("INSERT INTO report_residents (tenant_id, unit_id, valid_from, population) ");
        query.push_values(part, |mut row, (unit, day, population)| {
            row.push_bind(tenant).push_bind(unit.uuid()).push_bind(day).push_bind(Json(population));
        });
        query.build().persistent(false).execute(tx.sql()).await?;
    }
    Ok(())
}

/// How many residents each unit has from which day on, by the units' codes.
pub async fn all_residents(tx: &mut TenantTx) -> Result<Vec<(String, NaiveDate, u64)>, StoreError> {
    let rows: Vec<(String, NaiveDate, Json<Population>)> = sqlx::query_as(
        "SELECT u.code, r.valid_from, r.population FROM report_residents r JOIN units u ON u.tenant_id = $1 AND u.id = r.unit_id
         WHERE r.tenant_id = $1 ORDER BY u.code, r.valid_from",
    )
    .bind(tx.tenant().uuid())
    .fetch_all(tx.sql())
    .await?;
    Ok(rows.into_iter().map(|(code, day, population)| (code, day, population.0.residents)).collect())
}
