//! Who is told of which events by a city's rules, and up to which position that was done.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;
use yishi_domain::{BallotId, MeetingId, MemberId, TopicId, UnitId, access::Role, notices::Audience};

use crate::{
    RecordTx, StoreError, TenantTx, WriteTx,
    pool::{self, Bond},
    records::bigint,
};

/// Where an event happened.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The topic that it is about, with its author and on whose behalf it was raised.
    pub topic: Option<(TopicId, Vec<MemberId>)>,
    /// The ballot that it is about.
    pub ballot: Option<BallotId>,
    /// The meeting that it is about.
    pub meeting: Option<MeetingId>,
    /// The units on the way to it, with their levels, the lowest last.
    pub units: Vec<(UnitId, String)>,
}

/// A city's own rules; none where it has none.
pub async fn rules(tx: &mut TenantTx) -> Result<Option<Value>, StoreError> {
    let rules: Option<Option<Value>> = sqlx::query_scalar("SELECT rules FROM notice_rules WHERE tenant_id = $1")
        .bind(tx.tenant().uuid())
        .fetch_optional(tx.sql())
        .await?;
    Ok(rules.flatten())
}

/// Keeps a city's own rules, or forgets them.
pub async fn save(tx: &mut WriteTx, rules: Option<Value>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO notice_rules (tenant_id, rules) VALUES ($1, $2)
         ON CONFLICT (tenant_id) DO UPDATE SET rules = EXCLUDED.rules",
    )
    .bind(tx.tenant().uuid())
    .bind(rules)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Takes the telling over until the transaction ends: gives the position from which on nobody was told; none where another process is at it.
pub async fn claim(tx: &mut RecordTx) -> Result<Option<u64>, StoreError> {
    let tenant = tx.tenant().uuid();
    sqlx::query("INSERT INTO notice_rules (tenant_id) VALUES ($1) ON CONFLICT (tenant_id) DO NOTHING")
        .bind(tenant)
        .execute(tx.sql())
        .await?;
    let position: Option<i64> =
        sqlx::query_scalar("SELECT position FROM notice_rules WHERE tenant_id = $1 FOR UPDATE SKIP LOCKED")
            .bind(tenant)
            .fetch_optional(tx.sql())
            .await?;
    Ok(position.map(i64::unsigned_abs))
}

/// Notes from which position on nobody was told.
pub async fn advance(tx: &mut RecordTx, position: u64) -> Result<(), StoreError> {
    sqlx::query("UPDATE notice_rules SET position = $2 WHERE tenant_id = $1")
        .bind(tx.tenant().uuid())
        .bind(bigint(position))
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// The members of an audience of what happened at a place.
pub async fn members(
    tx: &mut TenantTx,
    audience: Audience,
    place: &Place,
    at: DateTime<Utc>,
) -> Result<Vec<MemberId>, StoreError> {
    match (audience, &place.topic, place.ballot) {
        (Audience::Author, Some((_, authors)), _) => Ok(authors.clone()),
        (Audience::Supporters, Some((topic, _)), _) => pool::bound(tx, Bond::Support, *topic).await,
        (Audience::Followers, Some((topic, _)), _) => pool::bound(tx, Bond::Following, *topic).await,
        (Audience::Voters, _, Some(ballot)) => voters(tx, ballot).await,
        (Audience::MandateHolders, ..) => mandate_holders(tx, place, at).await,
        (Audience::Role { role, level }, ..) => {
            let at_level = |(_, it): &&(UnitId, String)| level.is_none_or(|level| it == level.code());
            let unit = place.units.iter().rev().find(at_level).map(|(id, _)| id.uuid());
            holders(tx, role, unit, at).await
        }
        _ => Ok(Vec::new()),
    }
}

async fn voters(tx: &mut TenantTx, ballot: BallotId) -> Result<Vec<MemberId>, StoreError> {
    let found: Vec<Uuid> =
        sqlx::query_scalar("SELECT DISTINCT member_id FROM roll_agents WHERE tenant_id = $1 AND ballot_id = $2")
            .bind(tx.tenant().uuid())
            .bind(ballot.uuid())
            .fetch_all(tx.sql())
            .await?;
    Ok(found.into_iter().map(MemberId).collect())
}

async fn mandate_holders(tx: &mut TenantTx, place: &Place, at: DateTime<Utc>) -> Result<Vec<MemberId>, StoreError> {
    let found: Vec<Uuid> = sqlx::query_scalar(
        "SELECT m.proxy_id FROM roll_agents a
         JOIN mandates m ON m.tenant_id = a.tenant_id AND m.principal_id = a.member_id
         WHERE a.tenant_id = $1 AND a.ballot_id = $2 AND (m.ballot_id IS NULL OR m.ballot_id = $2) AND m.meeting_id IS NULL
           AND m.revoked_at IS NULL AND m.starts_at <= $4 AND m.ends_at > $4
         UNION
         SELECT m.proxy_id FROM mandates m WHERE m.tenant_id = $1 AND m.meeting_id = $3
           AND m.revoked_at IS NULL AND m.starts_at <= $4 AND m.ends_at > $4",
    )
    .bind(tx.tenant().uuid())
    .bind(place.ballot.map(BallotId::uuid))
    .bind(place.meeting.map(MeetingId::uuid))
    .bind(at)
    .fetch_all(tx.sql())
    .await?;
    Ok(found.into_iter().map(MemberId).collect())
}

async fn holders(
    tx: &mut TenantTx,
    role: Role,
    unit: Option<Uuid>,
    at: DateTime<Utc>,
) -> Result<Vec<MemberId>, StoreError> {
    let found: Vec<Uuid> = sqlx::query_scalar(
        "SELECT DISTINCT member_id FROM grants WHERE tenant_id = $1 AND role = $2 AND unit_id = $3
         AND (ends_at IS NULL OR ends_at > $4)",
    )
    .bind(tx.tenant().uuid())
    .bind(role.code())
    .bind(unit)
    .bind(at)
    .fetch_all(tx.sql())
    .await?;
    Ok(found.into_iter().map(MemberId).collect())
}
