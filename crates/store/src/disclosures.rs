//! What came in, was spent and was left in a time, from the entries that were booked then.

use chrono::{DateTime, Utc};
use sqlx::{Row, postgres::PgRow};
use yishi_domain::{
    FundId, UnitId,
    money::{EntryKind, SpendingKind},
};

use crate::{StoreError, TenantTx, codes, units};

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

/// Sums up the entries of a unit and those under it that were booked from an instant on and before another one.
pub async fn figures(
    tx: &mut TenantTx,
    unit: UnitId,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Figures, StoreError> {
    let tenant = tx.tenant().uuid();
    // What is moved or merged later changes no earlier disclosure.
    let units = units::lay_under(tx, unit, to).await?;
    let rows = sqlx::query(
        "SELECT p.kind AS account, e.kind, e.spending_kind, sum(p.amount_fen)::bigint AS fen FROM entries e
         JOIN postings p ON p.tenant_id = e.tenant_id AND p.entry_id = e.id
         WHERE e.tenant_id = $1 AND p.unit_id = ANY($2) AND e.booked_at >= $3 AND e.booked_at < $4
         GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    )
    .bind(tenant)
    .bind(&units)
    .bind(from)
    .bind(to)
    .fetch_all(tx.sql())
    .await?;
    let mut figures = Figures::default();
    for row in &rows {
        add(&mut figures, row)?;
    }
    let row = sqlx::query(
        "SELECT count(*), count(e.reverses) FROM entries e WHERE e.tenant_id = $1 AND e.booked_at >= $3 AND e.booked_at < $4
         AND EXISTS (SELECT 1 FROM postings p WHERE p.tenant_id = e.tenant_id AND p.entry_id = e.id AND p.unit_id = ANY($2))"
    )
    .bind(tenant)
    .bind(&units)
    .bind(from)
    .bind(to)
    .fetch_one(tx.sql())
    .await?;
    figures.entries = row.try_get::<i64, _>(0)?.unsigned_abs();
    figures.reversals = row.try_get::<i64, _>(1)?.unsigned_abs();
    let rows = sqlx::query(
        "SELECT f.id, f.name, coalesce(sum(p.amount_fen) FILTER (WHERE e.booked_at < $3), 0)::bigint AS opening,
                sum(p.amount_fen)::bigint AS closing FROM entries e
         JOIN postings p ON p.tenant_id = e.tenant_id AND p.entry_id = e.id
         JOIN funds f ON f.tenant_id = p.tenant_id AND f.id = p.fund_id
         WHERE e.tenant_id = $1 AND p.unit_id = ANY($2) AND e.booked_at < $4 AND p.kind IN ('available', 'allocated')
         GROUP BY f.id, f.name ORDER BY f.id",
    )
    .bind(tenant)
    .bind(&units)
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
