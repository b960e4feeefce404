//! Mandates: who may vote for whom, in which ballot, and until when.

use chrono::{DateTime, Utc};
use uuid::Uuid;
use yishi_domain::{BallotId, MandateId, MeetingId, MemberId};

use crate::{StoreError, TenantTx, WriteTx};

/// A mandate.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Mandate {
    /// Its identifier.
    #[sqlx(try_from = "Uuid")]
    pub id: MandateId,
    /// Who gave it.
    #[sqlx(rename = "principal_id", try_from = "Uuid")]
    pub principal: MemberId,
    /// Who votes by it.
    #[sqlx(rename = "proxy_id", try_from = "Uuid")]
    pub proxy: MemberId,
    /// The ballot that it is for; all of them where there is none.
    pub ballot_id: Option<Uuid>,
    /// The meeting that it is for, where it is for one alone.
    pub meeting_id: Option<Uuid>,
    /// The first instant at which it holds.
    pub starts_at: DateTime<Utc>,
    /// The first instant at which it no longer holds.
    pub ends_at: DateTime<Utc>,
    /// When it was taken back.
    pub revoked_at: Option<DateTime<Utc>>,
}

macro_rules! mandates {
    ($rest:literal) => {
        concat!(
            "SELECT id, principal_id, proxy_id, ballot_id, meeting_id, starts_at, ends_at, revoked_at FROM mandates ",
            $rest
        )
    };
}

/// Adds a mandate.
pub async fn insert(tx: &mut WriteTx, it: &Mandate) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO mandates (tenant_id, id, principal_id, proxy_id, ballot_id, meeting_id, starts_at, ends_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tx.tenant().uuid())
    .bind(it.id.uuid())
    .bind(it.principal.uuid())
    .bind(it.proxy.uuid())
    .bind(it.ballot_id)
    .bind(it.meeting_id)
    .bind(it.starts_at)
    .bind(it.ends_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Lists the mandates that a member gave or holds, the latest first.
pub async fn of_member(tx: &mut TenantTx, member: MemberId) -> Result<Vec<Mandate>, StoreError> {
    Ok(sqlx::query_as(mandates!(
        "WHERE tenant_id = $1 AND (principal_id = $2 OR proxy_id = $2) ORDER BY id DESC LIMIT 1000"
    ))
    .bind(tx.tenant().uuid())
    .bind(member.uuid())
    .fetch_all(tx.sql())
    .await?)
}

/// Takes a mandate back that a member gave; false where there is none that still stands.
pub async fn revoke(
    tx: &mut WriteTx,
    id: MandateId,
    principal: MemberId,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE mandates SET revoked_at = $4 WHERE tenant_id = $1 AND id = $2 AND principal_id = $3 AND revoked_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(principal.uuid())
    .bind(at)
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Finds a mandate by which a proxy may vote for a voting unit, and keeps the proxy's other votes waiting until the transaction ends.
pub async fn for_unit(
    tx: &mut WriteTx,
    ballot: BallotId,
    unit: &str,
    proxy: MemberId,
    at: DateTime<Utc>,
) -> Result<Option<Mandate>, StoreError> {
    let held: Vec<Mandate> = sqlx::query_as(mandates!(
        "WHERE tenant_id = $1 AND proxy_id = $2 AND (ballot_id IS NULL OR ballot_id = $3) AND meeting_id IS NULL AND starts_at <= $4
         AND ends_at > $4 AND revoked_at IS NULL ORDER BY id FOR UPDATE"
    ))
    .bind(tx.tenant().uuid())
    .bind(proxy.uuid())
    .bind(ballot.uuid())
    .bind(at)
    .fetch_all(tx.sql())
    .await?;
    let principals: Vec<_> = held.iter().map(|it| it.principal.uuid()).collect();
    let acts: Option<Uuid> = sqlx::query_scalar(
        "SELECT member_id FROM roll_agents WHERE tenant_id = $1 AND ballot_id = $2 AND voting_unit = $3
         AND member_id = ANY($4) ORDER BY member_id LIMIT 1",
    )
    .bind(tx.tenant().uuid())
    .bind(ballot.uuid())
    .bind(unit)
    .bind(principals)
    .fetch_optional(tx.sql())
    .await?;
    Ok(held.into_iter().find(|it| Some(it.principal.uuid()) == acts))
}

/// For how many voting units besides one a proxy has voted in a ballot.
pub async fn used_for_others(
    tx: &mut TenantTx,
    ballot: BallotId,
    proxy: MemberId,
    unit: &str,
) -> Result<u64, StoreError> {
    let used: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM votes WHERE tenant_id = $1 AND ballot_id = $2 AND member_id = $3 AND mandate_id IS NOT NULL
         AND voting_unit <> $4",
    )
    .bind(tx.tenant().uuid())
    .bind(ballot.uuid())
    .bind(proxy.uuid())
    .bind(unit)
    .fetch_one(tx.sql())
    .await?;
    Ok(used.unsigned_abs())
}

/// Finds a mandate that holds in all matters, by which somebody may raise and speak for somebody else.
pub async fn general(
    tx: &mut TenantTx,
    principal: MemberId,
    proxy: MemberId,
    at: DateTime<Utc>,
) -> Result<Option<MandateId>, StoreError> {
    let found: Option<Uuid> = sqlx::query_scalar(
        "SELECT id FROM mandates WHERE tenant_id = $1 AND principal_id = $2 AND proxy_id = $3 AND ballot_id IS NULL
         AND meeting_id IS NULL AND starts_at <= $4 AND ends_at > $4 AND revoked_at IS NULL ORDER BY id LIMIT 1",
    )
    .bind(tx.tenant().uuid())
    .bind(principal.uuid())
    .bind(proxy.uuid())
    .bind(at)
    .fetch_optional(tx.sql())
    .await?;
    Ok(found.map(MandateId))
}

/// Finds a mandate by which somebody may come to a meeting and speak there for somebody else.
pub async fn for_meeting(
    tx: &mut TenantTx,
    meeting: MeetingId,
    principal: MemberId,
    proxy: MemberId,
    at: DateTime<Utc>,
) -> Result<Option<MandateId>, StoreError> {
    let found: Option<Uuid> = sqlx::query_scalar(
        "SELECT id FROM mandates WHERE tenant_id = $1 AND principal_id = $2 AND proxy_id = $3 AND ballot_id IS NULL
         AND (meeting_id IS NULL OR meeting_id = $4) AND starts_at <= $5 AND ends_at > $5 AND revoked_at IS NULL
         ORDER BY id LIMIT 1",
    )
    .bind(tx.tenant().uuid())
    .bind(principal.uuid())
    .bind(proxy.uuid())
    .bind(meeting.uuid())
    .bind(at)
    .fetch_optional(tx.sql())
    .await?;
    Ok(found.map(MandateId))
}
