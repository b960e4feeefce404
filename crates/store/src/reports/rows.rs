//! Rows of registers as they are counted. Registers are imported by the thousand with one event, so that what changed is found by holding the
//! register against what was counted of it.

use chrono::NaiveDate;
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;
use yishi_domain::{UnitId, books::Book, reports::Span};

use crate::{RecordTx, StoreError};

/// Which rows are held against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// All.
    Whole,
    /// Those of a unit, now or before.
    Unit(UnitId),
}

/// A row that changed: what it was, where it was counted, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Its unit and span as counted.
    pub before: Option<(UnitId, Span)>,
    /// Its unit and span now.
    pub now: Option<(UnitId, Span)>,
}

#[derive(FromRow)]
struct Row {
    key: String,
    unit_before: Option<Uuid>,
    began_before: Option<NaiveDate>,
    ended_before: Option<NaiveDate>,
    code_before: Option<String>,
    unit_now: Option<Uuid>,
    began_now: Option<NaiveDate>,
    ended_now: Option<NaiveDate>,
    code_now: Option<String>,
}

/// Finds the rows that are not counted as they are now, and keeps them as they are from now on.
pub async fn change_rows(tx: &mut RecordTx, book: Book, scope: Scope) -> Result<Vec<Changed>, StoreError> {
    let tenant = tx.tenant().uuid();
    let mut query = QueryBuilder::new(
        "SELECT COALESCE(r.key, p.key) AS key, p.unit_id AS unit_before, p.began_on AS began_before, p.ended_on AS ended_before,
                p.code AS code_before, r.unit_id AS unit_now, r.began_on AS began_now, r.ended_on AS ended_now, r.code AS code_now
         FROM (SELECT key, unit_id, began_on, ended_on,
                      COALESCE(fields ->> 'pool', fields ->> 'by_deliberation', fields ->> 'level', '') AS code
               FROM register_rows WHERE tenant_id = ",
    );
    query.push_bind(tenant).push(" AND book = ").push_bind(book.code());
    query.push(") r FULL JOIN (SELECT * FROM report_rows WHERE tenant_id = ").push_bind(tenant);
    query.push(" AND book = ").push_bind(book.code()).push(
        ") p ON p.key = r.key WHERE (p.unit_id, p.began_on, p.ended_on, p.code) IS DISTINCT FROM (r.unit_id, r.began_on, r.ended_on, r.code)",
    );
    if let Scope::Unit(unit) = scope {
        query.push(" AND (p.unit_id = ").push_bind(unit.uuid()).push(" OR r.unit_id = ").push_bind(unit.uuid());
        query.push(")");
    }
    let rows: Vec<Row> = query.build_query_as().fetch_all(tx.sql()).await?;
    for part in rows.chunks(5_000) {
        let keys: Vec<_> = part.iter().filter(|it| it.unit_now.is_none()).map(|it| it.key.as_str()).collect();
        sqlx::query("DELETE FROM report_rows WHERE tenant_id = $1 AND book = $2 AND key = ANY($3)")
            .bind(tenant)
            .bind(book.code())
            .bind(keys)
            .execute(tx.sql())
            .await?;
        let kept: Vec<_> = part.iter().filter(|it| it.unit_now.is_some()).collect();
        if kept.is_empty() {
            continue;
        }
        let mut query =
            QueryBuilder::new("INSERT INTO report_rows (tenant_id, book, key, unit_id, began_on, ended_on, code) ");
        query.push_values(kept, |mut row, it| {
            row.push_bind(tenant).push_bind(book.code()).push_bind(&it.key).push_bind(it.unit_now);
            row.push_bind(it.began_now).push_bind(it.ended_now).push_bind(&it.code_now);
        });
        query.push(
            " ON CONFLICT (tenant_id, book, key) DO UPDATE SET unit_id = excluded.unit_id, began_on = excluded.began_on,
             ended_on = excluded.ended_on, code = excluded.code",
        );
        query.build().persistent(false).execute(tx.sql()).await?;
    }
    let side = |unit: Option<Uuid>, began_on: Option<NaiveDate>, ended_on, code: Option<String>| {
        Some((UnitId(unit?), Span { began_on: began_on?, ended_on, code: code? }))
    };
    let changed = rows.into_iter().map(|it| Changed {
        before: side(it.unit_before, it.began_before, it.ended_before, it.code_before),
        now: side(it.unit_now, it.began_now, it.ended_now, it.code_now),
    });
    Ok(changed.collect())
}
