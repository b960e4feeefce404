//! What came in, was spent and was left in a time, from the entries that were booked then.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Row, postgres::PgRow};
use yishi_domain::{
    FundId, UnitId,
    money::{EntryKind, SpendingKind},
};

use crate::{StoreError, TenantTx, codes};

/// The money of units in a time; amounts in fen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many entries were booked.
    pub entries: u64,
    /// How many of these reverse an earlier one.
    pub reversals: u64,
    /// What came in, by the kind of its entries, less what was reversed.
    pub income: Vec<(EntryKind, i64)>,
    /// What was spent, by what on, less what was reversed.
    pub spending: Vec<(SpendingKind, i64)>,
    /// What came from other units, less what went to them.
    pub transferred: i64,
    /// What each fund held, available or set aside.
    pub holdings: Vec<Holding>,
}

/// What a fund held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The fund.
    pub fund: FundId,
    /// What it is called.
    pub name: String,
    /// What it held when the time began, in fen.
    pub opening: i64,
    /// What it held when the time was over, in fen.
    pub closing: i64,
}

/// The units that lay under another one when a time was over: what is moved or merged later changes no earlier disclosure. Where the other one lay is
/// part of it, since it may have been moved itself.
const LAY_UNDER: &str = "WITH lay AS (
    SELECT u.id, coalesce((SELECT f.path FROM former_paths f WHERE f.tenant_id = u.tenant_id AND f.unit_id = u.id AND f.until >= $4
                           ORDER BY f.until LIMIT 1), u.path) AS path
    FROM units u WHERE u.tenant_id = $1
), of AS (SELECT l.id FROM lay l JOIN lay a ON a.id = $2 AND starts_with(l.path, a.path))";

/// Sums up the entries of a unit and those under it that were booked from an instant on and before another one.
pub async fn figures(
    tx: &mut TenantTx,
    unit: UnitId,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Figures, StoreError> {
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query(AssertSqlSafe(format!(
        "{LAY_UNDER} SELECT p.kind AS account, e.kind, e.spending_kind, sum(p.amount_fen)::bigint AS fen FROM entries e
         JOIN postings p ON p.tenant_id = e.tenant_id AND p.entry_id = e.id JOIN of ON of.id = p.unit_id
         WHERE e.tenant_id = $1 AND e.booked_at >= $3 AND e.booked_at < $4
         GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )))
    .bind(tenant)
    .bind(unit.uuid())
    .bind(from)
    .bind(to)
    .fetch_all(tx.sql())
    .await?;
    let mut figures = Figures::default();
    for row in &rows {
        add(&mut figures, row)?;
    }
    let row = sqlx::query(AssertSqlSafe(format!(
        "{LAY_UNDER} SELECT count(*), count(e.reverses) FROM entries e WHERE e.tenant_id = $1 AND e.booked_at >= $3 AND e.booked_at < $4
         AND EXISTS (SELECT 1 FROM postings p JOIN of ON of.id = p.unit_id WHERE p.tenant_id = e.tenant_id AND p.entry_id = e.id)"
    )))
    .bind(tenant)
    .bind(unit.uuid())
    .bind(from)
    .bind(to)
    .fetch_one(tx.sql())
    .await?;
    figures.entries = row.try_get::<i64, _>(0)?.unsigned_abs();
    figures.reversals = row.try_get::<i64, _>(1)?.unsigned_abs();
    let rows = sqlx::query(AssertSqlSafe(format!(
        "{LAY_UNDER} SELECT f.id, f.name, coalesce(sum(p.amount_fen) FILTER (WHERE e.booked_at < $3), 0)::bigint AS opening,
                sum(p.amount_fen)::bigint AS closing FROM entries e
         JOIN postings p ON p.tenant_id = e.tenant_id AND p.entry_id = e.id JOIN of ON of.id = p.unit_id
         JOIN funds f ON f.tenant_id = p.tenant_id AND f.id = p.fund_id
         WHERE e.tenant_id = $1 AND e.booked_at < $4 AND p.kind IN ('available', 'allocated')
         GROUP BY f.id, f.name ORDER BY f.id"
    )))
    .bind(tenant)
    .bind(unit.uuid())
    .bind(from)
    .bind(to)
    .fetch_all(tx.sql())
    .await?;
    figures.holdings = rows.iter().map(holding).collect::<Result<_, _>>()?;
    Ok(figures)
}

fn add(figures: &mut Figures, row: &PgRow) -> Result<(), StoreError> {
    let (account, kind, fen): (String, String, i64) =
        (row.try_get("account")?, row.try_get("kind")?, row.try_get("fen")?);
    let kind: EntryKind = codes::read("entry", kind)?;
    match (account.as_str(), row.try_get::<Option<String>, _>("spending_kind")?) {
        ("income", _) => figures.income.push((kind, -fen)),
        ("spent", Some(on)) => figures.spending.push((codes::read("spending", on)?, fen)),
        ("available", _) if kind == EntryKind::Transfer => figures.transferred += fen,
        _ => {}
    }
    Ok(())
}

fn holding(row: &PgRow) -> Result<Holding, StoreError> {
    Ok(Holding {
        fund: FundId(row.try_get("id")?),
        name: row.try_get("name")?,
        opening: row.try_get("opening")?,
        closing: row.try_get("closing")?,
    })
}
