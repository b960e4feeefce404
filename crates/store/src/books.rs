//! The rows of the registers that a city keeps.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use sqlx::{QueryBuilder, Row as _, postgres::PgRow};
use yishi_domain::{
    UnitId,
    books::{Book, Row},
};

use crate::{StoreError, TenantTx, WriteTx};

/// A row with its unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The unit.
    pub unit: UnitId,
    /// The unit's path.
    pub path: String,
    /// The row.
    pub row: Row,
}

/// What a register says of somebody in a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// How many rows.
    pub rows: u64,
    /// Hours.
    pub hours: i64,
    /// Points.
    pub points: i64,
}

/// How many rows one statement writes: eight values a row stay under the protocol's 65,535 parameters.
const ROWS: usize = 5_000;

const SELECT: &str = "SELECT r.key, r.unit_id, u.code, u.path, r.began_on, r.ended_on, r.fields FROM register_rows r
    JOIN units u ON u.tenant_id = r.tenant_id AND u.id = r.unit_id WHERE r.tenant_id = ";

/// Adds rows, or changes those whose key is there already.
pub async fn upsert(tx: &mut WriteTx, book: Book, rows: &[(UnitId, Row)], at: DateTime<Utc>) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for part in rows.chunks(ROWS) {
        let mut query = QueryBuilder::new(
            "INSERT INTO register_rows (tenant_id, book, key, unit_id, began_on, ended_on, fields, changed_at) ",
        );
        query.push_values(part, |mut values, (unit, row)| {
            values.push_bind(tenant).push_bind(book.code()).push_bind(&row.key).push_bind(unit.uuid());
            values.push_bind(row.began_on).push_bind(row.ended_on).push_bind(Value::Object(row.fields.clone()));
            values.push_bind(at);
        });
        query.push(
            " ON CONFLICT (tenant_id, book, key) DO UPDATE SET unit_id = excluded.unit_id, began_on = excluded.began_on,
              ended_on = excluded.ended_on, fields = excluded.fields, changed_at = excluded.changed_at",
        );
        query.build().persistent(false).execute(tx.sql()).await?;
    }
    Ok(())
}

/// Finds rows by their keys. It is planned anew each time: a plan from when the register was empty reads all of it once it has grown.
pub async fn of_keys(tx: &mut TenantTx, book: Book, keys: &[&str]) -> Result<Vec<Kept>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND r.book = ").push_bind(book.code());
    query.push(" AND r.key = ANY(").push_bind(keys.to_vec()).push(")");
    query.build().persistent(false).fetch_all(tx.sql()).await?.iter().map(kept).collect()
}

/// Finds a row and keeps it from changing.
pub async fn lock(tx: &mut WriteTx, book: Book, key: &str) -> Result<Option<Kept>, StoreError> {
    Ok(lock_all(tx, book, &[key]).await?.pop())
}

/// Finds rows and keeps them from changing; in one order, so that nobody waits for each other.
pub async fn lock_all(tx: &mut WriteTx, book: Book, keys: &[&str]) -> Result<Vec<Kept>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND r.book = ").push_bind(book.code());
    query.push(" AND r.key = ANY(").push_bind(keys.to_vec()).push(") ORDER BY r.key FOR UPDATE OF r");
    query.build().fetch_all(tx.sql()).await?.iter().map(kept).collect()
}

/// Lists rows after a key, in the order of their keys' bytes, at units under a path.
pub async fn page(tx: &mut TenantTx, book: Book, path: &str, after: &str, limit: u16) -> Result<Vec<Kept>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND r.book = ").push_bind(book.code());
    query.push(" AND r.key > ").push_bind(after).push(" AND starts_with(u.path, ").push_bind(path);
    query.push(") ORDER BY r.key LIMIT ").push_bind(i64::from(limit));
    query.build().fetch_all(tx.sql()).await?.iter().map(kept).collect()
}

/// The row of an activity's points that holds on a day at the unit with this path: the nearest unit's, and of these the latest.
pub async fn points_rule(
    tx: &mut TenantTx,
    activity: &str,
    path: &str,
    day: NaiveDate,
) -> Result<Option<Kept>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND r.book = 'point_rules' AND r.fields ->> 'activity' = ");
    query.push_bind(activity).push(" AND starts_with(").push_bind(path).push(", u.path) AND r.began_on <= ");
    query.push_bind(day).push(" AND (r.ended_on IS NULL OR r.ended_on >= ").push_bind(day);
    query.push(") ORDER BY length(u.path) DESC, r.began_on DESC, r.key LIMIT 1");
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(kept).transpose()
}

/// Sums up a register's rows of somebody that began in a time.
pub async fn sums(
    tx: &mut TenantTx,
    book: Book,
    person: &str,
    from: NaiveDate,
    before: NaiveDate,
) -> Result<Sums, StoreError> {
    let row = sqlx::query(
        "SELECT count(*), coalesce(sum((fields ->> 'hours')::bigint), 0)::bigint, coalesce(sum((fields ->> 'points')::bigint), 0)::bigint
         FROM register_rows WHERE tenant_id = $1 AND book = $2 AND fields ->> 'person' = $3 AND began_on >= $4 AND began_on < $5",
    )
    .bind(tx.tenant().uuid())
    .bind(book.code())
    .bind(person)
    .bind(from)
    .bind(before)
    .fetch_one(tx.sql())
    .await?;
    Ok(Sums { rows: row.try_get::<i64, _>(0)?.unsigned_abs(), hours: row.try_get(1)?, points: row.try_get(2)? })
}

/// Counts who is in each pool on a day, at units under a path.
pub async fn pooled(tx: &mut TenantTx, path: &str, day: NaiveDate) -> Result<Vec<(String, u64)>, StoreError> {
    let rows = sqlx::query(
        "SELECT r.fields ->> 'pool', count(*) FROM register_rows r JOIN units u ON u.tenant_id = r.tenant_id AND u.id = r.unit_id
         WHERE r.tenant_id = $1 AND r.book = 'people' AND starts_with(u.path, $2) AND r.began_on <= $3
         AND (r.ended_on IS NULL OR r.ended_on >= $3) GROUP BY 1 ORDER BY 1",
    )
    .bind(tx.tenant().uuid())
    .bind(path)
    .bind(day)
    .fetch_all(tx.sql())
    .await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get::<i64, _>(1)?.unsigned_abs()))).collect()
}

fn kept(row: &PgRow) -> Result<Kept, StoreError> {
    let Value::Object(fields) = row.try_get("fields")? else {
        return Err(StoreError::Unreadable { what: "row", value: row.try_get("key")? });
    };
    Ok(Kept {
        unit: UnitId(row.try_get("unit_id")?),
        path: row.try_get("path")?,
        row: Row {
            key: row.try_get("key")?,
            unit: row.try_get("code")?,
            began_on: row.try_get("began_on")?,
            ended_on: row.try_get("ended_on")?,
            fields,
        },
    })
}
