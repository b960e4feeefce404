//! Crowdfunding: pledges that are collected when the goal is reached in time, and released when it is not.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use yishi_domain::{CampaignId, FundId, MemberId, PledgeId, UnitId};

use crate::{StoreError, TenantTx, WriteTx};

/// A crowdfunding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// Its identifier.
    pub id: CampaignId,
    /// The fund into which it is collected.
    pub fund: FundId,
    /// The unit for which it is collected.
    pub unit: UnitId,
    /// What for.
    pub title: String,
    /// How much it needs, in fen.
    pub goal_fen: u64,
    /// How much is pledged, in fen.
    pub pledged_fen: u64,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When it is collected or released.
    pub ends_at: DateTime<Utc>,
    /// Whether it was collected, once it has ended.
    pub collected: Option<bool>,
}

/// A pledge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pledge {
    /// Its identifier.
    pub id: PledgeId,
    /// Who pledges.
    pub member: MemberId,
    /// How much, in fen.
    pub fen: u64,
    /// When.
    pub at: DateTime<Utc>,
}

const SELECT: &str = "SELECT id, fund_id, unit_id, title, goal_fen, pledged_fen, opened_at, ends_at, collected FROM campaigns WHERE tenant_id = ";

/// Opens a crowdfunding.
pub async fn insert(tx: &mut WriteTx, it: &Campaign) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO campaigns (tenant_id, id, fund_id, unit_id, title, goal_fen, opened_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tx.tenant().uuid())
    .bind(it.id.uuid())
    .bind(it.fund.uuid())
    .bind(it.unit.uuid())
    .bind(&it.title)
    .bind(it.goal_fen.cast_signed())
    .bind(it.opened_at)
    .bind(it.ends_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Finds a crowdfunding.
pub async fn find(tx: &mut TenantTx, id: CampaignId) -> Result<Option<Campaign>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND id = ").push_bind(id.uuid());
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(campaign).transpose()
}

/// Finds a crowdfunding and keeps it from changing; it is taken before any account.
pub async fn lock(tx: &mut WriteTx, id: CampaignId) -> Result<Option<Campaign>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND id = ").push_bind(id.uuid()).push(" FOR UPDATE");
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(campaign).transpose()
}

/// Saves how much is pledged, and whether it was collected.
pub async fn save(tx: &mut WriteTx, it: &Campaign) -> Result<(), StoreError> {
    sqlx::query("UPDATE campaigns SET pledged_fen = $3, collected = $4 WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().uuid())
        .bind(it.id.uuid())
        .bind(it.pledged_fen.cast_signed())
        .bind(it.collected)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Adds a pledge.
pub async fn pledge(tx: &mut WriteTx, campaign: CampaignId, it: &Pledge) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO pledges (tenant_id, id, campaign_id, member_id, amount_fen, pledged_at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(tx.tenant().uuid())
        .bind(it.id.uuid())
        .bind(campaign.uuid())
        .bind(it.member.uuid())
        .bind(it.fen.cast_signed())
        .bind(it.at)
        .execute(tx.sql())
        .await?;
    Ok(())
}

fn campaign(row: &PgRow) -> Result<Campaign, StoreError> {
    Ok(Campaign {
        id: CampaignId(row.try_get("id")?),
        fund: FundId(row.try_get("fund_id")?),
        unit: UnitId(row.try_get("unit_id")?),
        title: row.try_get("title")?,
        goal_fen: row.try_get::<i64, _>("goal_fen")?.unsigned_abs(),
        pledged_fen: row.try_get::<i64, _>("pledged_fen")?.unsigned_abs(),
        opened_at: row.try_get("opened_at")?,
        ends_at: row.try_get("ends_at")?,
        collected: row.try_get("collected")?,
    })
}
