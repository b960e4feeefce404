//! What a street's pool holds besides money, and who draws from it.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use uuid::Uuid;
use yishi_domain::{DrawId, ItemId, ProvisionId, ResolutionId, UnitId, money::Purpose, pools::ProvisionKind};

use crate::{Chosen, StoreError, TenantTx, WriteTx, codes};

/// Something that a pool holds for use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provision {
    /// Its identifier.
    pub id: ProvisionId,
    /// The unit whose pool it is in.
    pub unit: UnitId,
    /// What it is.
    pub kind: ProvisionKind,
    /// What it is called.
    pub name: String,
    /// In what it is counted, such as `hours` or `pieces`.
    pub measure: String,
    /// How much was offered.
    pub quantity: u64,
    /// How much is left.
    pub remaining: u64,
    /// When it was offered.
    pub offered_at: DateTime<Utc>,
}

/// A draw from a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    /// Its identifier.
    pub id: DrawId,
    /// From what.
    pub provision: ProvisionId,
    /// What it is for.
    pub purpose: Purpose,
    /// How much.
    pub quantity: u64,
    /// When.
    pub drawn_at: DateTime<Utc>,
    /// When it was given back.
    pub returned_at: Option<DateTime<Utc>>,
}

const SELECT: &str =
    "SELECT id, unit_id, kind, name, measure, quantity, remaining, offered_at FROM provisions WHERE tenant_id = ";

const SELECT_DRAWS: &str =
    "SELECT id, provision_id, resolution_id, item_id, quantity, drawn_at, returned_at FROM draws WHERE tenant_id = ";

/// Adds something to a pool.
pub async fn insert(tx: &mut WriteTx, it: &Provision) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO provisions (tenant_id, id, unit_id, kind, name, measure, quantity, remaining, offered_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(tx.tenant().uuid())
    .bind(it.id.uuid())
    .bind(it.unit.uuid())
    .bind(it.kind.code())
    .bind(&it.name)
    .bind(&it.measure)
    .bind(it.quantity.cast_signed())
    .bind(it.remaining.cast_signed())
    .bind(it.offered_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Finds something that a pool holds and keeps it from changing.
pub async fn lock(tx: &mut WriteTx, id: ProvisionId) -> Result<Option<Provision>, StoreError> {
    Ok(lock_all(tx, &[id.uuid()]).await?.pop())
}

/// Reads what pools hold.
pub async fn some(tx: &mut TenantTx, chosen: Chosen<'_>) -> Result<Vec<Provision>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    chosen.end(query.push_bind(tx.tenant().uuid()));
    query.build().fetch_all(tx.sql()).await?.iter().map(provision).collect()
}

/// Finds what pools hold and keeps it from changing; it is taken in the order of the identifiers.
pub async fn lock_all(tx: &mut WriteTx, ids: &[Uuid]) -> Result<Vec<Provision>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND id = ANY(").push_bind(ids).push(") ORDER BY id FOR UPDATE");
    query.build().fetch_all(tx.sql()).await?.iter().map(provision).collect()
}

/// Lists what the pool of a unit holds.
pub async fn of_unit(tx: &mut TenantTx, unit: UnitId) -> Result<Vec<Provision>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND unit_id = ").push_bind(unit.uuid()).push(" ORDER BY id");
    query.build().fetch_all(tx.sql()).await?.iter().map(provision).collect()
}

/// Saves how much is left.
pub async fn save(tx: &mut WriteTx, it: &Provision) -> Result<(), StoreError> {
    sqlx::query("UPDATE provisions SET remaining = $3 WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().uuid())
        .bind(it.id.uuid())
        .bind(it.remaining.cast_signed())
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Adds a draw.
pub async fn draw(tx: &mut WriteTx, it: &Draw) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO draws (tenant_id, id, provision_id, resolution_id, item_id, quantity, drawn_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tx.tenant().uuid())
    .bind(it.id.uuid())
    .bind(it.provision.uuid())
    .bind(it.purpose.resolution.uuid())
    .bind(it.purpose.item.map(ItemId::uuid))
    .bind(it.quantity.cast_signed())
    .bind(it.drawn_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Finds a draw.
pub async fn find_draw(tx: &mut TenantTx, id: DrawId) -> Result<Option<Draw>, StoreError> {
    Ok(draws(tx, Chosen::Ids(&[id.uuid()])).await?.pop())
}

/// Reads draws.
pub async fn draws(tx: &mut TenantTx, chosen: Chosen<'_>) -> Result<Vec<Draw>, StoreError> {
    let mut query = QueryBuilder::new(SELECT_DRAWS);
    chosen.end(query.push_bind(tx.tenant().uuid()));
    query.build().fetch_all(tx.sql()).await?.iter().map(drawn).collect()
}

/// Gives a draw back; false where it was given back before.
pub async fn give_back(tx: &mut WriteTx, id: DrawId, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let done =
        sqlx::query("UPDATE draws SET returned_at = $3 WHERE tenant_id = $1 AND id = $2 AND returned_at IS NULL")
            .bind(tx.tenant().uuid())
            .bind(id.uuid())
            .bind(at)
            .execute(tx.sql())
            .await?;
    Ok(done.rows_affected() == 1)
}

fn drawn(row: &PgRow) -> Result<Draw, StoreError> {
    Ok(Draw {
        id: DrawId(row.try_get("id")?),
        provision: ProvisionId(row.try_get("provision_id")?),
        purpose: Purpose {
            resolution: ResolutionId(row.try_get("resolution_id")?),
            item: row.try_get::<Option<Uuid>, _>("item_id")?.map(ItemId),
        },
        quantity: row.try_get::<i64, _>("quantity")?.unsigned_abs(),
        drawn_at: row.try_get("drawn_at")?,
        returned_at: row.try_get("returned_at")?,
    })
}

fn provision(row: &PgRow) -> Result<Provision, StoreError> {
    Ok(Provision {
        id: ProvisionId(row.try_get("id")?),
        unit: UnitId(row.try_get("unit_id")?),
        kind: codes::read("provision", row.try_get("kind")?)?,
        name: row.try_get("name")?,
        measure: row.try_get("measure")?,
        quantity: row.try_get::<i64, _>("quantity")?.unsigned_abs(),
        remaining: row.try_get::<i64, _>("remaining")?.unsigned_abs(),
        offered_at: row.try_get("offered_at")?,
    })
}
