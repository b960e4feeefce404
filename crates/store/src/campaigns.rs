//! Crowdfunding: pledges that are collected when the goal is reached in time, and released when it is not.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use uuid::Uuid;
use yishi_domain::{CampaignId, FundId, MemberId, PledgeId, UnitId, money::CampaignState};

use crate::{Chosen, StoreError, TenantTx, WriteTx};

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
    /// Whether it had ended before it came here.
    pub carried_over: bool,
}

/// A pledge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pledge {
    /// Its identifier.
    pub id: PledgeId,
    /// To what.
    pub campaign: CampaignId,
    /// Who pledges.
    pub member: MemberId,
    /// How much, in fen.
    pub fen: u64,
    /// When.
    pub at: DateTime<Utc>,
}

impl Campaign {
    /// How it stands.
    pub const fn state(&self) -> CampaignState {
        match self.collected {
            None => CampaignState::Open,
            Some(true) => CampaignState::Collected,
            Some(false) => CampaignState::Released,
        }
    }
}

const SELECT: &str =
    "SELECT id, fund_id, unit_id, title, goal_fen, pledged_fen, opened_at, ends_at, collected, carried_over
    FROM campaigns WHERE tenant_id = ";

const SELECT_PLEDGES: &str =
    "SELECT id, campaign_id, member_id, amount_fen, pledged_at FROM pledges WHERE tenant_id = ";

/// Opens a crowdfunding.
pub async fn insert(tx: &mut WriteTx, it: &Campaign) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO campaigns (tenant_id, id, fund_id, unit_id, title, goal_fen, opened_at, ends_at, collected, carried_over)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(tx.tenant().uuid())
    .bind(it.id.uuid())
    .bind(it.fund.uuid())
    .bind(it.unit.uuid())
    .bind(&it.title)
    .bind(it.goal_fen.cast_signed())
    .bind(it.opened_at)
    .bind(it.ends_at)
    .bind(it.collected)
    .bind(it.carried_over)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Finds a crowdfunding.
pub async fn find(tx: &mut TenantTx, id: CampaignId) -> Result<Option<Campaign>, StoreError> {
    Ok(some(tx, Chosen::Ids(&[id.uuid()])).await?.pop())
}

/// Finds a crowdfunding and keeps it from changing; it is taken before any account.
pub async fn lock(tx: &mut WriteTx, id: CampaignId) -> Result<Option<Campaign>, StoreError> {
    Ok(lock_all(tx, &[id.uuid()]).await?.pop())
}

/// Reads crowdfundings.
pub async fn some(tx: &mut TenantTx, chosen: Chosen<'_>) -> Result<Vec<Campaign>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    chosen.end(query.push_bind(tx.tenant().uuid()));
    query.build().fetch_all(tx.sql()).await?.iter().map(campaign).collect()
}

/// Finds crowdfundings and keeps them from changing; they are taken in the order of the identifiers, and before any account.
pub async fn lock_all(tx: &mut WriteTx, ids: &[Uuid]) -> Result<Vec<Campaign>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND id = ANY(").push_bind(ids).push(") ORDER BY id FOR UPDATE");
    query.build().fetch_all(tx.sql()).await?.iter().map(campaign).collect()
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
pub async fn pledge(tx: &mut WriteTx, it: &Pledge) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO pledges (tenant_id, id, campaign_id, member_id, amount_fen, pledged_at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(tx.tenant().uuid())
        .bind(it.id.uuid())
        .bind(it.campaign.uuid())
        .bind(it.member.uuid())
        .bind(it.fen.cast_signed())
        .bind(it.at)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Reads pledges.
pub async fn pledges(tx: &mut TenantTx, chosen: Chosen<'_>) -> Result<Vec<Pledge>, StoreError> {
    let mut query = QueryBuilder::new(SELECT_PLEDGES);
    chosen.end(query.push_bind(tx.tenant().uuid()));
    query.build().fetch_all(tx.sql()).await?.iter().map(pledged).collect()
}

fn pledged(row: &PgRow) -> Result<Pledge, StoreError> {
    Ok(Pledge {
        id: PledgeId(row.try_get("id")?),
        campaign: CampaignId(row.try_get("campaign_id")?),
        member: MemberId(row.try_get("member_id")?),
        fen: row.try_get::<i64, _>("amount_fen")?.unsigned_abs(),
        at: row.try_get("pledged_at")?,
    })
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
        carried_over: row.try_get("carried_over")?,
    })
}
