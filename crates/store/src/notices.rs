//! What members are told in the application itself.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::QueryBuilder;
use uuid::Uuid;
use yishi_domain::{EventId, MemberId, UnitId, access::Role, letters::Haste};

use crate::{RecordTx, StoreError, TenantTx, WriteTx, letters, rows};

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Notice {
    /// Its identifier.
    pub id: Uuid,
    /// What it tells of, such as `rule_set.suspended`.
    pub kind: String,
    /// The event that it tells of.
    pub event_id: Uuid,
    /// What is to be known of it.
    pub facts: Value,
    /// When it was told.
    pub told_at: DateTime<Utc>,
    /// When it was read.
    pub read_at: Option<DateTime<Utc>>,
}

/// Tells every holder of a role, at whatever unit, once.
pub async fn tell(
    tx: &mut WriteTx,
    role: Role,
    ids: impl Fn() -> Uuid,
    kind: &str,
    event: EventId,
    facts: &Value,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let holders: Vec<Uuid> = sqlx::query_scalar(
        "SELECT DISTINCT member_id FROM grants WHERE tenant_id = $1 AND role = $2
         AND (ends_at IS NULL OR ends_at > $3) ORDER BY member_id",
    )
    .bind(tx.tenant().uuid())
    .bind(role.code())
    .bind(at)
    .fetch_all(tx.sql())
    .await?;
    let holders: Vec<_> = holders.into_iter().map(MemberId).collect();
    leave(tx, &holders, ids, kind, event, facts, at).await
}

/// Tells every holder of a role at one of some units, once.
#[expect(clippy::too_many_arguments, reason = "a notice is told with all of it")]
pub async fn tell_at(
    tx: &mut WriteTx,
    role: Role,
    units: &[UnitId],
    ids: impl Fn() -> Uuid,
    kind: &str,
    event: EventId,
    facts: &Value,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let units: Vec<_> = units.iter().map(|unit| unit.uuid()).collect();
    let holders: Vec<Uuid> = sqlx::query_scalar(
        "SELECT DISTINCT member_id FROM grants WHERE tenant_id = $1 AND role = $2 AND unit_id = ANY($3)
         AND (ends_at IS NULL OR ends_at > $4) ORDER BY member_id",
    )
    .bind(tx.tenant().uuid())
    .bind(role.code())
    .bind(units)
    .bind(at)
    .fetch_all(tx.sql())
    .await?;
    let holders: Vec<_> = holders.into_iter().map(MemberId).collect();
    leave(tx, &holders, ids, kind, event, facts, at).await
}

/// Leaves a notice with each of some members who were not told of the event yet, and writes the letters about it that they want.
pub async fn leave(
    tx: &mut WriteTx,
    members: &[MemberId],
    ids: impl Fn() -> Uuid,
    kind: &str,
    event: EventId,
    facts: &Value,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    put(tx, members, &ids, (kind, Haste::of(kind)), event, facts, at).await
}

/// Leaves notices of what was committed before; with the kind comes how soon it is to be heard of.
pub async fn carry(
    tx: &mut RecordTx,
    members: &[MemberId],
    ids: impl Fn() -> Uuid,
    kind: (&str, Haste),
    event: EventId,
    facts: &Value,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    put(tx, members, &ids, kind, event, facts, at).await
}

async fn put(
    tx: &mut TenantTx,
    members: &[MemberId],
    ids: &impl Fn() -> Uuid,
    (kind, haste): (&str, Haste),
    event: EventId,
    facts: &Value,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for part in rows::parts(members) {
        let mut query =
            QueryBuilder::new("INSERT INTO notices (tenant_id, id, member_id, event_id, kind, facts, told_at) ");
        query.push_values(part, |mut row, member| {
            row.push_bind(tenant).push_bind(ids()).push_bind(member.uuid()).push_bind(event.uuid());
            row.push_bind(kind).push_bind(facts).push_bind(at);
        });
        query.push(" ON CONFLICT (tenant_id, member_id, event_id) DO NOTHING RETURNING id, member_id");
        let left: Vec<(Uuid, Uuid)> = query.build_query_as().fetch_all(tx.sql()).await?;
        letters::write(tx, &left, ids, haste, at).await?;
    }
    Ok(())
}

/// Lists a member's notices before one, the latest first; only unread ones where that is asked for.
pub async fn of_member(
    tx: &mut TenantTx,
    member: MemberId,
    unread: bool,
    before: Option<Uuid>,
    limit: u16,
) -> Result<Vec<Notice>, StoreError> {
    let mut query =
        QueryBuilder::new("SELECT id, kind, event_id, facts, told_at, read_at FROM notices WHERE tenant_id = ");
    query.push_bind(tx.tenant().uuid()).push(" AND member_id = ").push_bind(member.uuid());
    if unread {
        query.push(" AND read_at IS NULL");
    }
    if let Some(before) = before {
        query.push(" AND id < ").push_bind(before);
    }
    query.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(limit));
    Ok(query.build_query_as().fetch_all(tx.sql()).await?)
}

/// Which of a member's notices have an id from one on.
pub async fn ids_from(tx: &mut TenantTx, member: MemberId, from: Uuid) -> Result<Vec<Uuid>, StoreError> {
    Ok(sqlx::query_scalar("SELECT id FROM notices WHERE tenant_id = $1 AND member_id = $2 AND id >= $3 ORDER BY id")
        .bind(tx.tenant().uuid())
        .bind(member.uuid())
        .bind(from)
        .fetch_all(tx.sql())
        .await?)
}

/// Lists a member's notices from an id on but for some, the earliest first; only unread ones where that is asked for.
pub async fn others_from(
    tx: &mut TenantTx,
    member: MemberId,
    from: Uuid,
    shown: &[Uuid],
    unread: bool,
    limit: u16,
) -> Result<Vec<Notice>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT id, kind, event_id, facts, told_at, read_at FROM notices
         WHERE tenant_id = $1 AND member_id = $2 AND id >= $3 AND id <> ALL($4) AND NOT ($5 AND read_at IS NOT NULL)
         ORDER BY id LIMIT $6",
    )
    .bind(tx.tenant().uuid())
    .bind(member.uuid())
    .bind(from)
    .bind(shown)
    .bind(unread)
    .bind(i64::from(limit))
    .fetch_all(tx.sql())
    .await?)
}

/// How many of a member's notices are unread.
pub async fn unread(tx: &mut TenantTx, member: MemberId) -> Result<u64, StoreError> {
    let unread: i64 =
        sqlx::query_scalar("SELECT count(*) FROM notices WHERE tenant_id = $1 AND member_id = $2 AND read_at IS NULL")
            .bind(tx.tenant().uuid())
            .bind(member.uuid())
            .fetch_one(tx.sql())
            .await?;
    Ok(unread.unsigned_abs())
}

/// Notes that a member has read a notice; false where it is none of theirs.
pub async fn read(tx: &mut WriteTx, member: MemberId, id: Uuid, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE notices SET read_at = coalesce(read_at, $4) WHERE tenant_id = $1 AND member_id = $2 AND id = $3",
    )
    .bind(tx.tenant().uuid())
    .bind(member.uuid())
    .bind(id)
    .bind(at)
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that a member has read whatever they were told up to a notice; tells how many of these were unread.
pub async fn read_until(tx: &mut WriteTx, member: MemberId, last: Uuid, at: DateTime<Utc>) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "UPDATE notices SET read_at = $4 WHERE tenant_id = $1 AND member_id = $2 AND id <= $3 AND read_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(member.uuid())
    .bind(last)
    .bind(at)
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected())
}
