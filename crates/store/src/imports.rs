//! Imports: files of rows that come in parts and wait beside their register until they are applied.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{QueryBuilder, Row as _, postgres::PgRow};
use yishi_domain::{
    ImportId, UnitId,
    books::{Book, Fault, Row},
};

use crate::{StoreError, TenantTx, WriteTx, codes};

/// An import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Its identifier.
    pub id: ImportId,
    /// The register.
    pub book: Book,
    /// `csv` or `ndjson`.
    pub format: String,
    /// The columns of a CSV file, once its first part is there.
    pub header: Option<Vec<String>>,
    /// How many parts are there.
    pub parts: u64,
    /// How many lines these have.
    pub lines: u64,
    /// How many sound rows.
    pub rows: u64,
    /// How many faults.
    pub faults: u64,
    /// When it was begun.
    pub begun_at: DateTime<Utc>,
    /// What it did, once it is applied.
    pub applied: Option<(DateTime<Utc>, Changes)>,
}

/// What applying rows does to a register.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// Rows that were not there.
    pub added: u64,
    /// Rows that said something else.
    pub changed: u64,
    /// Rows that said the same.
    pub unchanged: u64,
}

/// How many rows one statement writes: eight values a row stay under the protocol's 65,535 parameters.
const ROWS: usize = 5_000;

const SELECT: &str =
    "SELECT id, book, format, header, parts, lines, rows, faults, begun_at, applied_at, added, changed, unchanged
    FROM imports WHERE tenant_id = ";

/// Begins an import.
pub async fn insert(tx: &mut WriteTx, it: &Import) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO imports (tenant_id, id, book, format, parts, lines, rows, faults, begun_at) VALUES ($1, $2, $3, $4, 0, 0, 0, 0, $5)",
    )
    .bind(tx.tenant().uuid())
    .bind(it.id.uuid())
    .bind(it.book.code())
    .bind(&it.format)
    .bind(it.begun_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Finds an import.
pub async fn find(tx: &mut TenantTx, id: ImportId) -> Result<Option<Import>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND id = ").push_bind(id.uuid());
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(import).transpose()
}

/// Finds an import and keeps it from changing.
pub async fn lock(tx: &mut WriteTx, id: ImportId) -> Result<Option<Import>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND id = ").push_bind(id.uuid()).push(" FOR UPDATE");
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(import).transpose()
}

/// Saves how far an import is.
pub async fn save(tx: &mut WriteTx, it: &Import) -> Result<(), StoreError> {
    let changes = it.applied.map(|(_, changes)| changes);
    let number = |of: fn(Changes) -> u64| changes.map(of).map(u64::cast_signed);
    sqlx::query(
        "UPDATE imports SET header = $3, parts = $4, lines = $5, rows = $6, faults = $7, applied_at = $8, added = $9, changed = $10,
         unchanged = $11 WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(it.id.uuid())
    .bind(&it.header)
    .bind(it.parts.cast_signed())
    .bind(it.lines.cast_signed())
    .bind(it.rows.cast_signed())
    .bind(it.faults.cast_signed())
    .bind(it.applied.map(|(at, _)| at))
    .bind(number(|it| it.added))
    .bind(number(|it| it.changed))
    .bind(number(|it| it.unchanged))
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Keeps rows with their lines; gives the lines that were kept, which those are not whose key an earlier line has.
pub async fn add_rows(tx: &mut WriteTx, id: ImportId, rows: &[(u64, UnitId, Row)]) -> Result<Vec<u64>, StoreError> {
    let tenant = tx.tenant().uuid();
    let mut kept = Vec::with_capacity(rows.len());
    for part in rows.chunks(ROWS) {
        let mut query = QueryBuilder::new(
            "INSERT INTO import_rows (tenant_id, import_id, line, key, unit_id, began_on, ended_on, fields) ",
        );
        query.push_values(part, |mut values, (line, unit, row)| {
            values.push_bind(tenant).push_bind(id.uuid()).push_bind(line.cast_signed()).push_bind(&row.key);
            values.push_bind(unit.uuid()).push_bind(row.began_on).push_bind(row.ended_on);
            values.push_bind(Value::Object(row.fields.clone()));
        });
        query.push(" ON CONFLICT DO NOTHING RETURNING line");
        for row in query.build().persistent(false).fetch_all(tx.sql()).await? {
            kept.push(row.try_get::<i64, _>(0)?.unsigned_abs());
        }
    }
    Ok(kept)
}

/// Keeps what is wrong, by line.
pub async fn add_faults(tx: &mut WriteTx, id: ImportId, faults: &[(u64, Fault)]) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for part in faults.chunks(ROWS) {
        let mut query =
            QueryBuilder::new("INSERT INTO import_faults (tenant_id, import_id, line, field, detail, fix) ");
        query.push_values(part, |mut values, (line, fault)| {
            values.push_bind(tenant).push_bind(id.uuid()).push_bind(line.cast_signed());
            values.push_bind(&fault.field).push_bind(&fault.detail).push_bind(&fault.fix);
        });
        query.push(" ON CONFLICT DO NOTHING");
        query.build().persistent(false).execute(tx.sql()).await?;
    }
    Ok(())
}

/// Lists the first faults, by line.
pub async fn faults(tx: &mut TenantTx, id: ImportId, limit: u16) -> Result<Vec<(u64, Fault)>, StoreError> {
    let rows = sqlx::query(
        "SELECT line, field, detail, fix FROM import_faults WHERE tenant_id = $1 AND import_id = $2 ORDER BY line, field LIMIT $3",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(i64::from(limit))
    .fetch_all(tx.sql())
    .await?;
    rows.iter()
        .map(|row| {
            let fault =
                Fault { field: row.try_get("field")?, detail: row.try_get("detail")?, fix: row.try_get("fix")? };
            Ok((row.try_get::<i64, _>("line")?.unsigned_abs(), fault))
        })
        .collect()
}

/// Lists the rows that wait, after a line.
pub async fn rows(
    tx: &mut TenantTx,
    id: ImportId,
    after: u64,
    limit: u16,
) -> Result<Vec<(u64, UnitId, Row)>, StoreError> {
    let rows = sqlx::query(
        "SELECT r.line, r.key, r.unit_id, u.code, r.began_on, r.ended_on, r.fields FROM (
             SELECT * FROM import_rows WHERE tenant_id = $1 AND import_id = $2 AND line > $3 ORDER BY line LIMIT $4) r
         JOIN units u ON u.tenant_id = r.tenant_id AND u.id = r.unit_id ORDER BY r.line",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(after.cast_signed())
    .bind(i64::from(limit))
    .persistent(false)
    .fetch_all(tx.sql())
    .await?;
    rows.iter()
        .map(|row| {
            let Value::Object(fields) = row.try_get("fields")? else {
                return Err(StoreError::Unreadable { what: "row", value: row.try_get("key")? });
            };
            let kept = Row {
                key: row.try_get("key")?,
                unit: row.try_get("code")?,
                began_on: row.try_get("began_on")?,
                ended_on: row.try_get("ended_on")?,
                fields,
            };
            Ok((row.try_get::<i64, _>("line")?.unsigned_abs(), UnitId(row.try_get("unit_id")?), kept))
        })
        .collect()
}

fn import(row: &PgRow) -> Result<Import, StoreError> {
    let number =
        |name: &str| Ok::<_, StoreError>(row.try_get::<Option<i64>, _>(name)?.unwrap_or_default().unsigned_abs());
    let changes = Changes { added: number("added")?, changed: number("changed")?, unchanged: number("unchanged")? };
    Ok(Import {
        id: ImportId(row.try_get("id")?),
        book: codes::read("register", row.try_get("book")?)?,
        format: row.try_get("format")?,
        header: row.try_get("header")?,
        parts: number("parts")?,
        lines: number("lines")?,
        rows: number("rows")?,
        faults: number("faults")?,
        begun_at: row.try_get("begun_at")?,
        applied: row.try_get::<Option<_>, _>("applied_at")?.map(|at| (at, changes)),
    })
}
