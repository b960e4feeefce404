//! The entries of the books, which are only ever added.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use uuid::Uuid;
use yishi_domain::{
    Digest, EntryId, FundId,
    money::{EntryKind, Posting, SpendingKind},
};

use crate::{Chosen, StoreError, TenantTx, WriteTx, codes, funds};

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its identifier.
    pub id: EntryId,
    /// The fund out of which, or into which, it moves money.
    pub fund: FundId,
    /// What it does; of a reversal what the reversed entry did.
    pub kind: EntryKind,
    /// When it was booked, by the tenant's clock.
    pub booked_at: DateTime<Utc>,
    /// What it is about.
    pub note: String,
    /// What a spending was for, with its voucher.
    pub spent: Option<Spent>,
    /// The entry that it undoes.
    pub reverses: Option<EntryId>,
    /// What it does to each account; in order.
    pub postings: Vec<Posting>,
}

/// What a spending was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// What on.
    pub kind: SpendingKind,
    /// The number of its voucher.
    pub voucher: String,
    /// The SHA-256 digest of the voucher's scan.
    pub scan: Digest,
}

const SELECT: &str = "SELECT id, fund_id, kind, booked_at, note, spending_kind, voucher_number, voucher_digest, reverses FROM entries WHERE tenant_id = ";

/// Adds an entry; false where what it reverses was reversed before.
pub async fn insert(tx: &mut WriteTx, entry: &Entry) -> Result<bool, StoreError> {
    let tenant = tx.tenant().uuid();
    let done = sqlx::query(
        "INSERT INTO entries (tenant_id, id, fund_id, kind, booked_at, note, spending_kind, voucher_number, voucher_digest, reverses)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (tenant_id, reverses) DO NOTHING",
    )
    .bind(tenant)
    .bind(entry.id.uuid())
    .bind(entry.fund.uuid())
    .bind(entry.kind.code())
    .bind(entry.booked_at)
    .bind(&entry.note)
    .bind(entry.spent.as_ref().map(|it| it.kind.code()))
    .bind(entry.spent.as_ref().map(|it| &it.voucher))
    .bind(entry.spent.as_ref().map(|it| it.scan.0.as_slice()))
    .bind(entry.reverses.map(EntryId::uuid))
    .execute(tx.sql())
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    let mut query = QueryBuilder::new(
        "INSERT INTO postings (tenant_id, entry_id, number, fund_id, unit_id, kind, resolution_id, item_id, amount_fen) ",
    );
    query.push_values((0_i16..).zip(&entry.postings), |mut row, (number, it)| {
        row.push_bind(tenant).push_bind(entry.id.uuid()).push_bind(number);
        row.push_bind(it.account.fund.uuid()).push_bind(it.account.unit.uuid()).push_bind(it.account.kind.code());
        let [resolution, item] = it.account.purpose_ids();
        row.push_bind(resolution).push_bind(item).push_bind(it.fen);
    });
    query.build().execute(tx.sql()).await?;
    Ok(true)
}

/// Takes a voucher's number for an entry; false where it has paid in this fund before.
pub async fn take_voucher(tx: &mut WriteTx, fund: FundId, number: &str, entry: EntryId) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO vouchers (tenant_id, fund_id, number, entry_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(fund.uuid())
    .bind(number)
    .bind(entry.uuid())
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Frees the number of a voucher whose entry is reversed.
pub async fn free_voucher(tx: &mut WriteTx, fund: FundId, number: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM vouchers WHERE tenant_id = $1 AND fund_id = $2 AND number = $3")
        .bind(tx.tenant().uuid())
        .bind(fund.uuid())
        .bind(number)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Finds an entry.
pub async fn find(tx: &mut TenantTx, id: EntryId) -> Result<Option<Entry>, StoreError> {
    Ok(some(tx, Chosen::Ids(&[id.uuid()])).await?.pop())
}

/// Reads entries.
pub async fn some(tx: &mut TenantTx, chosen: Chosen<'_>) -> Result<Vec<Entry>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    chosen.end(query.push_bind(tx.tenant().uuid()));
    let rows = query.build().fetch_all(tx.sql()).await?;
    with_postings(tx, &rows).await
}

/// Tells which entries are undone by another one.
pub async fn undone(tx: &mut TenantTx, ids: &[Uuid]) -> Result<BTreeSet<Uuid>, StoreError> {
    let rows: Vec<(Uuid,)> = sqlx::query_as("SELECT reverses FROM entries WHERE tenant_id = $1 AND reverses = ANY($2)")
        .bind(tx.tenant().uuid())
        .bind(ids)
        .fetch_all(tx.sql())
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Tells which vouchers have paid, of those with these numbers, in whatever fund.
pub async fn paid(tx: &mut TenantTx, numbers: &[String]) -> Result<BTreeSet<(FundId, String)>, StoreError> {
    let rows: Vec<(Uuid, String)> =
        sqlx::query_as("SELECT fund_id, number FROM vouchers WHERE tenant_id = $1 AND number = ANY($2)")
            .bind(tx.tenant().uuid())
            .bind(numbers)
            .fetch_all(tx.sql())
            .await?;
    Ok(rows.into_iter().map(|(fund, number)| (FundId(fund), number)).collect())
}

/// Lists the entries of a fund after one, in the order in which they were booked.
pub async fn page(
    tx: &mut TenantTx,
    fund: FundId,
    after: Option<EntryId>,
    limit: u16,
) -> Result<Vec<Entry>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND fund_id = ").push_bind(fund.uuid());
    Chosen::After(after.map(EntryId::uuid), limit).end(&mut query);
    let rows = query.build().fetch_all(tx.sql()).await?;
    with_postings(tx, &rows).await
}

async fn with_postings(tx: &mut TenantTx, rows: &[PgRow]) -> Result<Vec<Entry>, StoreError> {
    let mut entries = rows.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    let ids: Vec<_> = entries.iter().map(|it| it.id.uuid()).collect();
    let postings = sqlx::query(
        "SELECT entry_id, fund_id, unit_id, kind, resolution_id, item_id, amount_fen FROM postings
         WHERE tenant_id = $1 AND entry_id = ANY($2) ORDER BY entry_id, number",
    )
    .bind(tx.tenant().uuid())
    .bind(&ids)
    .fetch_all(tx.sql())
    .await?;
    for row in &postings {
        let id = EntryId(row.try_get("entry_id")?);
        let posting = Posting { account: funds::account(row)?, fen: row.try_get("amount_fen")? };
        entries.iter_mut().filter(|it| it.id == id).for_each(|it| it.postings.push(posting));
    }
    Ok(entries)
}

fn entry(row: &PgRow) -> Result<Entry, StoreError> {
    let kind: Option<String> = row.try_get("spending_kind")?;
    let kind: Option<SpendingKind> = kind.map(|it| codes::read("spending", it)).transpose()?;
    let (voucher, scan): (Option<String>, Option<Vec<u8>>) =
        (row.try_get("voucher_number")?, row.try_get("voucher_digest")?);
    let unreadable = |_| StoreError::Unreadable { what: "digest", value: "of a voucher".into() };
    let scan = scan.map(Digest::try_from).transpose().map_err(unreadable)?;
    Ok(Entry {
        id: EntryId(row.try_get("id")?),
        fund: FundId(row.try_get("fund_id")?),
        kind: codes::read("entry", row.try_get("kind")?)?,
        booked_at: row.try_get("booked_at")?,
        note: row.try_get("note")?,
        spent: kind.zip(voucher).zip(scan).map(|((kind, voucher), scan)| Spent { kind, voucher, scan }),
        reverses: row.try_get::<Option<_>, _>("reverses")?.map(EntryId),
        postings: Vec::new(),
    })
}
