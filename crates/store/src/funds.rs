//! Funds, and what their accounts hold.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use uuid::Uuid;
use yishi_domain::{
    FundId, ItemId, ResolutionId, UnitId,
    money::{Account, Balances, FundKind, Purpose},
};

use crate::{StoreError, TenantTx, WriteTx, codes, holds::hold};

/// A fund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fund {
    /// Its identifier.
    pub id: FundId,
    /// The unit that keeps it; it holds money of this unit and of those under it.
    pub unit: UnitId,
    /// The path of that unit.
    pub path: String,
    /// Where its money comes from.
    pub kind: FundKind,
    /// What it is called.
    pub name: String,
    /// Whether its rule lets available money go below nothing.
    pub may_overdraw: bool,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
}

/// How many accounts one statement names: each takes six or seven of the protocol's 65,535 parameters.
const ROWS: usize = 5_000;

const SELECT: &str = "SELECT f.id, f.unit_id, u.path, f.kind, f.name, f.may_overdraw, f.opened_at FROM funds f
    JOIN units u ON u.tenant_id = f.tenant_id AND u.id = f.unit_id WHERE f.tenant_id = ";

/// Opens a fund.
pub async fn insert(tx: &mut WriteTx, fund: &Fund) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO funds (tenant_id, id, unit_id, kind, name, may_overdraw, opened_at) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(tx.tenant().uuid())
        .bind(fund.id.uuid())
        .bind(fund.unit.uuid())
        .bind(fund.kind.code())
        .bind(&fund.name)
        .bind(fund.may_overdraw)
        .bind(fund.opened_at)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Keeps everybody else from opening funds of the tenant until the transaction ends, so that no two of a unit have one name.
pub async fn hold_opening(tx: &mut WriteTx) -> Result<(), StoreError> {
    hold(tx, "opening of funds", 0).await
}

/// Finds a fund.
pub async fn find(tx: &mut TenantTx, id: FundId) -> Result<Option<Fund>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND f.id = ").push_bind(id.uuid());
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(fund).transpose()
}

/// Lists funds after one, in order of their identifiers.
pub async fn page(tx: &mut TenantTx, after: Option<FundId>, limit: u16) -> Result<Vec<Fund>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid());
    if let Some(after) = after {
        query.push(" AND f.id > ").push_bind(after.uuid());
    }
    query.push(" ORDER BY f.id LIMIT ").push_bind(i64::from(limit));
    query.build().fetch_all(tx.sql()).await?.iter().map(fund).collect()
}

/// The funds with these names, of whatever unit.
pub async fn of_names(tx: &mut TenantTx, names: &[String]) -> Result<Vec<Fund>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND f.name = ANY(").push_bind(names).push(") ORDER BY f.id");
    query.build().fetch_all(tx.sql()).await?.iter().map(fund).collect()
}

/// These funds, or all, each with the code of its unit.
pub async fn with_codes(tx: &mut TenantTx, ids: Option<&[Uuid]>) -> Result<Vec<(String, Fund)>, StoreError> {
    let rows = sqlx::query(
        "SELECT f.id, f.unit_id, u.path, f.kind, f.name, f.may_overdraw, f.opened_at, u.code FROM funds f
         JOIN units u ON u.tenant_id = f.tenant_id AND u.id = f.unit_id
         WHERE f.tenant_id = $1 AND ($2::uuid[] IS NULL OR f.id = ANY($2))",
    )
    .bind(tx.tenant().uuid())
    .bind(ids)
    .fetch_all(tx.sql())
    .await?;
    rows.iter().map(|row| Ok((row.try_get("code")?, fund(row)?))).collect()
}

/// Holds accounts until the transaction ends, and tells what they hold; those that are not there yet are opened.
///
/// They are taken in their order, whatever the order in which they are named, so that no two acts wait for each other.
pub async fn lock(tx: &mut WriteTx, accounts: &BTreeSet<Account>) -> Result<Balances, StoreError> {
    let accounts: Vec<_> = accounts.iter().copied().collect();
    let mut balances = Balances::new();
    for part in accounts.chunks(ROWS) {
        balances.extend(lock_part(tx, part).await?);
    }
    Ok(balances)
}

async fn lock_part(tx: &mut WriteTx, accounts: &[Account]) -> Result<Vec<(Account, i64)>, StoreError> {
    let tenant = tx.tenant().uuid();
    let mut query = QueryBuilder::new(
        "INSERT INTO accounts (tenant_id, fund_id, unit_id, kind, resolution_id, item_id, balance_fen) ",
    );
    query.push_values(accounts, |mut row, it| {
        row.push_bind(tenant).push_bind(it.fund.uuid()).push_bind(it.unit.uuid()).push_bind(it.kind.code());
        let [resolution, item] = it.purpose_ids();
        row.push_bind(resolution).push_bind(item).push_bind(0_i64);
    });
    query.push(" ON CONFLICT DO NOTHING");
    query.build().persistent(false).execute(tx.sql()).await?;
    let mut query = QueryBuilder::new(
        "SELECT fund_id, unit_id, kind, resolution_id, item_id, balance_fen FROM accounts WHERE tenant_id = ",
    );
    query.push_bind(tenant).push(" AND (fund_id, unit_id, kind, resolution_id, item_id) IN ");
    query.push_tuples(accounts, |mut row, it| {
        row.push_bind(it.fund.uuid()).push_bind(it.unit.uuid()).push_bind(it.kind.code());
        let [resolution, item] = it.purpose_ids();
        row.push_bind(resolution).push_bind(item);
    });
    query.push(" ORDER BY fund_id, unit_id, kind, resolution_id, item_id FOR UPDATE");
    let rows = query.build().persistent(false).fetch_all(tx.sql()).await?;
    rows.iter().map(|row| Ok((account(row)?, row.try_get("balance_fen")?))).collect()
}

/// Saves what accounts hold.
pub async fn save(tx: &mut WriteTx, balances: &Balances) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for (account, fen) in balances {
        let [resolution, item] = account.purpose_ids();
        sqlx::query(
            "UPDATE accounts SET balance_fen = $7 WHERE tenant_id = $1 AND fund_id = $2 AND unit_id = $3 AND kind = $4
             AND resolution_id = $5 AND item_id = $6",
        )
        .bind(tenant)
        .bind(account.fund.uuid())
        .bind(account.unit.uuid())
        .bind(account.kind.code())
        .bind(resolution)
        .bind(item)
        .bind(*fen)
        .execute(tx.sql())
        .await?;
    }
    Ok(())
}

/// What the accounts of a fund hold.
pub async fn balances(tx: &mut TenantTx, fund: FundId) -> Result<Balances, StoreError> {
    let rows = sqlx::query(
        "SELECT fund_id, unit_id, kind, resolution_id, item_id, balance_fen FROM accounts WHERE tenant_id = $1 AND fund_id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(fund.uuid())
    .fetch_all(tx.sql())
    .await?;
    rows.iter().map(|row| Ok((account(row)?, row.try_get("balance_fen")?))).collect()
}

/// What is available in a unit, of each fund that holds anything there.
pub async fn available(tx: &mut TenantTx, unit: UnitId) -> Result<Vec<(Fund, i64)>, StoreError> {
    let rows = sqlx::query(
        "SELECT f.id, f.unit_id, u.path, f.kind, f.name, f.may_overdraw, f.opened_at, a.balance_fen FROM accounts a
         JOIN funds f ON f.tenant_id = a.tenant_id AND f.id = a.fund_id
         JOIN units u ON u.tenant_id = f.tenant_id AND u.id = f.unit_id
         WHERE a.tenant_id = $1 AND a.unit_id = $2 AND a.kind = 'available' AND a.balance_fen <> 0 ORDER BY f.id",
    )
    .bind(tx.tenant().uuid())
    .bind(unit.uuid())
    .fetch_all(tx.sql())
    .await?;
    rows.iter().map(|row| Ok((fund(row)?, row.try_get("balance_fen")?))).collect()
}

/// Reads the columns that name an account.
pub(crate) fn account(row: &PgRow) -> Result<Account, StoreError> {
    let named = |column| Ok::<_, StoreError>(Some(row.try_get::<Uuid, _>(column)?).filter(|it| !it.is_nil()));
    let item = named("item_id")?.map(ItemId);
    let purpose = named("resolution_id")?.map(|id| Purpose { resolution: ResolutionId(id), item });
    Ok(Account {
        fund: FundId(row.try_get("fund_id")?),
        unit: UnitId(row.try_get("unit_id")?),
        kind: codes::read("account", row.try_get("kind")?)?,
        purpose,
    })
}

fn fund(row: &PgRow) -> Result<Fund, StoreError> {
    Ok(Fund {
        id: FundId(row.try_get("id")?),
        unit: UnitId(row.try_get("unit_id")?),
        path: row.try_get("path")?,
        kind: codes::read("fund", row.try_get("kind")?)?,
        name: row.try_get("name")?,
        may_overdraw: row.try_get("may_overdraw")?,
        opened_at: row.try_get("opened_at")?,
    })
}
