//! Who took part on which days, and how many different people that are by months.

use std::collections::HashMap;

use chrono::NaiveDate;
use sqlx::QueryBuilder;
use uuid::Uuid;
use yishi_domain::{UnitId, reports::Pair};

use crate::{RecordTx, StoreError, TenantTx, rows};

/// A day on which somebody took part in a unit, and how often, or how much more often.
pub type Taken = (String, UnitId, NaiveDate, i64);

/// The days on which these people took part.
pub async fn days(tx: &mut TenantTx, people: &[String]) -> Result<Vec<Taken>, StoreError> {
    let rows: Vec<(String, Uuid, NaiveDate, i64)> = sqlx::query_as(
        "SELECT person, unit_id, day, times FROM report_people WHERE tenant_id = $1 AND person = ANY($2) AND times > 0",
    )
    .bind(tx.tenant().uuid())
    .bind(people)
    .fetch_all(tx.sql())
    .await?;
    Ok(rows.into_iter().map(|(person, unit, day, times)| (person, UnitId(unit), day, times)).collect())
}

/// Adds to how often people took part on days.
pub async fn save_days(tx: &mut RecordTx, taken: &[Taken]) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for part in rows::parts(taken) {
        let mut query = QueryBuilder::new("INSERT INTO report_people AS p (tenant_id, person, unit_id, day, times) ");
        query.push_values(part, |mut row, (person, unit, day, times)| {
            row.push_bind(tenant).push_bind(person).push_bind(unit.uuid()).push_bind(day).push_bind(times);
        });
        query.push(" ON CONFLICT (tenant_id, person, unit_id, day) DO UPDATE SET times = p.times + excluded.times");
        query.build().execute(tx.sql()).await?;
    }
    Ok(())
}

/// Each of these units with those above it, itself among them.
pub async fn ancestors(tx: &mut TenantTx, units: &[Uuid]) -> Result<HashMap<UnitId, Vec<UnitId>>, StoreError> {
    let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
        "SELECT u.id, a.id FROM units u
         CROSS JOIN LATERAL unnest(string_to_array(rtrim(u.path, '/'), '/')) AS p (code)
         JOIN units a ON a.tenant_id = $1 AND a.code = p.code WHERE u.tenant_id = $1 AND u.id = ANY($2)",
    )
    .bind(tx.tenant().uuid())
    .bind(units)
    .fetch_all(tx.sql())
    .await?;
    let mut above: HashMap<_, Vec<_>> = HashMap::new();
    for (unit, ancestor) in rows {
        above.entry(UnitId(unit)).or_default().push(UnitId(ancestor));
    }
    Ok(above)
}

/// Adds to how many different people there are.
pub async fn change_persons(tx: &mut RecordTx, changes: &[(UnitId, Pair, i64)]) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for part in rows::parts(changes) {
        let mut query =
            QueryBuilder::new("INSERT INTO report_persons AS p (tenant_id, unit_id, month, before, persons) ");
        query.push_values(part, |mut row, (unit, pair, persons)| {
            row.push_bind(tenant)
                .push_bind(unit.uuid())
                .push_bind(pair.month)
                .push_bind(pair.before)
                .push_bind(persons);
        });
        query.push(
            " ON CONFLICT (tenant_id, unit_id, month, before) DO UPDATE SET persons = p.persons + excluded.persons",
        );
        query.build().execute(tx.sql()).await?;
    }
    Ok(())
}
