//! Action items and the reports on them.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow, types::Json};
use uuid::Uuid;
use yishi_domain::{
    ItemId, MemberId, ResolutionId, TopicId, UnitId,
    items::{Facts, Item, Report},
};

use crate::{StoreError, TenantTx, WriteTx, codes};

/// A report as it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// Its identifier.
    pub id: Uuid,
    /// Who made it.
    pub member: MemberId,
    /// What it says.
    pub report: Report,
    /// When it was made.
    pub at: DateTime<Utc>,
}

const SELECT: &str = "SELECT id, resolution_id, topic_id, parent_id, unit_id, state, due_at, late_at, done_at, version, facts \
    FROM items WHERE tenant_id = ";

/// Adds an item.
pub async fn insert(tx: &mut WriteTx, item: &Item) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO items (tenant_id, id, resolution_id, topic_id, parent_id, unit_id, state, due_at, version, facts)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(tx.tenant().uuid())
    .bind(item.id.uuid())
    .bind(item.resolution.uuid())
    .bind(item.topic.uuid())
    .bind(item.parent.map(ItemId::uuid))
    .bind(item.unit.uuid())
    .bind(item.state.code())
    .bind(item.due_at)
    .bind(item.version.cast_signed())
    .bind(Json(&item.facts))
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Finds an item.
pub async fn find(tx: &mut TenantTx, id: ItemId) -> Result<Option<Item>, StoreError> {
    one(tx, id, "").await
}

/// Finds an item and keeps it from changing until the transaction ends.
pub async fn lock(tx: &mut WriteTx, id: ItemId) -> Result<Option<Item>, StoreError> {
    one(tx, id, " FOR UPDATE").await
}

/// Lists the items of a resolution, the earliest first.
pub async fn of_resolution(tx: &mut TenantTx, id: ResolutionId) -> Result<Vec<Item>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND resolution_id = ").push_bind(id.uuid()).push(" ORDER BY id");
    query.build().fetch_all(tx.sql()).await?.iter().map(item).collect()
}

/// Writes what may change of an item, and counts its version up.
pub async fn save(tx: &mut WriteTx, item: &mut Item) -> Result<(), StoreError> {
    item.version += 1;
    sqlx::query(
        "UPDATE items SET unit_id = $3, state = $4, due_at = $5, late_at = $6, done_at = $7, version = $8, facts = $9
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(item.id.uuid())
    .bind(item.unit.uuid())
    .bind(item.state.code())
    .bind(item.due_at)
    .bind(item.late_at)
    .bind(item.done_at)
    .bind(item.version.cast_signed())
    .bind(Json(&item.facts))
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Adds a report on an item.
pub async fn report(tx: &mut WriteTx, item: ItemId, reported: &Reported) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO item_reports (tenant_id, id, item_id, member_id, report, reported_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(tx.tenant().uuid())
    .bind(reported.id)
    .bind(item.uuid())
    .bind(reported.member.uuid())
    .bind(Json(&reported.report))
    .bind(reported.at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Lists the reports on an item after one, the earliest first.
pub async fn reports(
    tx: &mut TenantTx,
    item: ItemId,
    after: Option<Uuid>,
    limit: u16,
) -> Result<Vec<Reported>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, member_id, report, reported_at FROM item_reports
         WHERE tenant_id = $1 AND item_id = $2 AND ($3::uuid IS NULL OR id > $3) ORDER BY id LIMIT $4",
    )
    .bind(tx.tenant().uuid())
    .bind(item.uuid())
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(tx.sql())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Reported {
                id: row.try_get("id")?,
                member: MemberId(row.try_get("member_id")?),
                report: row.try_get::<Json<Report>, _>("report")?.0,
                at: row.try_get("reported_at")?,
            })
        })
        .collect()
}

async fn one(tx: &mut TenantTx, id: ItemId, lock: &'static str) -> Result<Option<Item>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND id = ").push_bind(id.uuid()).push(lock);
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(item).transpose()
}

fn item(row: &PgRow) -> Result<Item, StoreError> {
    let version: i64 = row.try_get("version")?;
    Ok(Item {
        id: ItemId(row.try_get("id")?),
        resolution: ResolutionId(row.try_get("resolution_id")?),
        topic: TopicId(row.try_get("topic_id")?),
        parent: row.try_get::<Option<Uuid>, _>("parent_id")?.map(ItemId),
        unit: UnitId(row.try_get("unit_id")?),
        state: codes::read("item state", row.try_get("state")?)?,
        due_at: row.try_get("due_at")?,
        late_at: row.try_get("late_at")?,
        done_at: row.try_get("done_at")?,
        version: version.unsigned_abs(),
        facts: row.try_get::<Json<Facts>, _>("facts")?.0,
    })
}
