//! What came into the funds from outside, as files tell it: each entry with the codes of its units and what it is known by.

use sqlx::{QueryBuilder, Row, postgres::PgRow};
use uuid::Uuid;
use yishi_domain::{EntryId, FundId, UnitId, money::EntryKind};

use crate::{StoreError, TenantTx, WriteTx, codes, rows};

/// What came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Income {
    /// The entry.
    pub entry: EntryId,
    /// What it is known by.
    pub reference: String,
    /// The fund.
    pub fund: FundId,
    /// The unit for which it came in.
    pub unit: UnitId,
    /// The statistical code of the unit that keeps the fund.
    pub keeper_code: String,
    /// What the fund is called.
    pub fund_name: String,
    /// The statistical code of the unit for which it came in.
    pub unit_code: String,
    /// How it came in.
    pub kind: EntryKind,
    /// How much, in fen; negative where it undoes what came in.
    pub fen: i64,
    /// What it is about.
    pub note: String,
    /// What the entry that it undoes is known by.
    pub reverses: Option<String>,
    /// Whether another entry undoes it.
    pub reversed: bool,
}

const SELECT: &str =
    "SELECT e.id, COALESCE(x.reference, e.id::text) AS reference, e.fund_id, p.unit_id, k.code AS keeper_code, f.name, u.code AS unit_code,
            e.kind, p.amount_fen, e.note, COALESCE(o.reference, e.reverses::text) AS reverses,
            EXISTS (SELECT 1 FROM entries b WHERE b.tenant_id = e.tenant_id AND b.reverses = e.id) AS reversed
     FROM entries e
     JOIN postings p ON p.tenant_id = e.tenant_id AND p.entry_id = e.id AND p.kind = 'available'
     JOIN funds f ON f.tenant_id = e.tenant_id AND f.id = e.fund_id
     JOIN units k ON k.tenant_id = e.tenant_id AND k.id = f.unit_id
     JOIN units u ON u.tenant_id = e.tenant_id AND u.id = p.unit_id
     LEFT JOIN entry_references x ON x.tenant_id = e.tenant_id AND x.entry_id = e.id
     LEFT JOIN entry_references o ON o.tenant_id = e.tenant_id AND o.entry_id = e.reverses
     WHERE e.kind IN ('budget', 'grant', 'donation', 'crowdfunding') AND e.tenant_id = ";

/// Lists what came in after an entry, in the order in which it was booked.
pub async fn page(tx: &mut TenantTx, after: Option<EntryId>, limit: u16) -> Result<Vec<Income>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid());
    if let Some(after) = after {
        query.push(" AND e.id > ").push_bind(after.uuid());
    }
    query.push(" ORDER BY e.id LIMIT ").push_bind(i64::from(limit));
    query.build().persistent(false).fetch_all(tx.sql()).await?.iter().map(income).collect()
}

/// Finds what is known by references.
pub async fn of_references(tx: &mut TenantTx, references: &[String]) -> Result<Vec<Income>, StoreError> {
    let ids: Vec<Uuid> = references.iter().filter_map(|it| it.parse().ok()).collect();
    let tenant = tx.tenant().uuid();
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tenant).push(" AND e.id IN (SELECT entry_id FROM entry_references WHERE tenant_id = ");
    query.push_bind(tenant).push(" AND reference = ANY(").push_bind(references);
    query.push(") UNION SELECT unnest(").push_bind(ids).push("::uuid[]))");
    query.build().persistent(false).fetch_all(tx.sql()).await?.iter().map(income).collect()
}

/// Keeps what entries are known by.
pub async fn keep_references(tx: &mut WriteTx, kept: &[(EntryId, String)]) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for (part, prepared) in rows::parts(kept) {
        let mut query = QueryBuilder::new("INSERT INTO entry_references (tenant_id, entry_id, reference) ");
        query.push_values(part, |mut row, (entry, reference)| {
            row.push_bind(tenant).push_bind(entry.uuid()).push_bind(reference);
        });
        query.build().persistent(prepared).execute(tx.sql()).await?;
    }
    Ok(())
}

fn income(row: &PgRow) -> Result<Income, StoreError> {
    Ok(Income {
        entry: EntryId(row.try_get("id")?),
        reference: row.try_get("reference")?,
        fund: FundId(row.try_get("fund_id")?),
        unit: UnitId(row.try_get("unit_id")?),
        keeper_code: row.try_get("keeper_code")?,
        fund_name: row.try_get("name")?,
        unit_code: row.try_get("unit_code")?,
        kind: codes::read("entry", row.try_get("kind")?)?,
        fen: row.try_get("amount_fen")?,
        note: row.try_get("note")?,
        reverses: row.try_get("reverses")?,
        reversed: row.try_get("reversed")?,
    })
}
