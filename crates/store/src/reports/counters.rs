//! Counters: sums of marks by the parts of the calendar, of each unit with all that lies under it.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::QueryBuilder;
use yishi_domain::{
    UnitId,
    reports::{Grain, Mark},
};

use super::ancestors;
use crate::{RecordTx, StoreError, rows};

/// What is added to a mark in a unit.
pub type Delta = (UnitId, Mark, i64);

/// Adds to counters: of the unit and of those above it, of the day, its month, its quarter and its year.
pub async fn add(tx: &mut RecordTx, deltas: &[Delta]) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    let units: BTreeSet<_> = deltas.iter().map(|(unit, ..)| unit.uuid()).collect();
    let above = ancestors(tx, &units.into_iter().collect::<Vec<_>>()).await?;
    let mut sums: BTreeMap<_, i64> = BTreeMap::new();
    for (unit, mark, value) in deltas {
        for unit in above.get(unit).into_iter().flatten() {
            for grain in Grain::ALL {
                let key = (mark.measure, *grain, grain.start_of(mark.day), *unit, mark.group.as_str());
                *sums.entry(key).or_default() += value;
            }
        }
    }
    let sums: Vec<_> = sums.into_iter().filter(|(_, value)| *value != 0).collect();
    for part in rows::parts(&sums) {
        let mut query = QueryBuilder::new(
            "INSERT INTO report_counters AS c (tenant_id, measure, grain, start, unit_id, dimension, value) ",
        );
        query.push_values(part, |mut row, ((measure, grain, start, unit, group), value)| {
            row.push_bind(tenant).push_bind(measure.code()).push_bind(grain.code()).push_bind(start);
            row.push_bind(unit.uuid()).push_bind(*group).push_bind(value);
        });
        query.push(
            " ON CONFLICT (tenant_id, measure, grain, start, unit_id, dimension) DO UPDATE SET value = c.value + excluded.value",
        );
        query.build().execute(tx.sql()).await?;
    }
    Ok(())
}
