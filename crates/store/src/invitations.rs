//! Who is invited to a meeting, as what, and what they answered.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use yishi_domain::{
    MeetingId, MemberId,
    meetings::{Part, Reply},
};

use crate::{StoreError, TenantTx, WriteTx, codes};

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Who is invited.
    pub member: MemberId,
    /// As what.
    pub part: Part,
    /// When.
    pub invited_at: DateTime<Utc>,
    /// What they answered, and when.
    pub reply: Option<(Reply, DateTime<Utc>)>,
}

const SELECT: &str = "SELECT member_id, part, invited_at, reply, replied_at FROM invitations WHERE tenant_id = ";

/// Invites; tells how many of them were not invited before.
pub async fn insert(
    tx: &mut WriteTx,
    meeting: MeetingId,
    invited: &[(MemberId, Part)],
    at: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let tenant = tx.tenant().uuid();
    let mut query = QueryBuilder::new("INSERT INTO invitations (tenant_id, meeting_id, member_id, part, invited_at) ");
    query.push_values(invited, |mut row, (member, part)| {
        row.push_bind(tenant).push_bind(meeting.uuid()).push_bind(member.uuid());
        row.push_bind(part.code()).push_bind(at);
    });
    query.push(" ON CONFLICT (tenant_id, meeting_id, member_id) DO NOTHING");
    Ok(query.build().persistent(false).execute(tx.sql()).await?.rows_affected())
}

/// Finds somebody's invitation.
pub async fn find(tx: &mut TenantTx, meeting: MeetingId, member: MemberId) -> Result<Option<Invitation>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND meeting_id = ").push_bind(meeting.uuid());
    query.push(" AND member_id = ").push_bind(member.uuid());
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(invitation).transpose()
}

/// Lists who is invited.
pub async fn of_meeting(tx: &mut TenantTx, meeting: MeetingId) -> Result<Vec<Invitation>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query
        .push_bind(tx.tenant().uuid())
        .push(" AND meeting_id = ")
        .push_bind(meeting.uuid())
        .push(" ORDER BY member_id");
    query.build().fetch_all(tx.sql()).await?.iter().map(invitation).collect()
}

/// Answers an invitation; false where there is none.
pub async fn answer(
    tx: &mut WriteTx,
    meeting: MeetingId,
    member: MemberId,
    reply: Reply,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE invitations SET reply = $4, replied_at = $5 WHERE tenant_id = $1 AND meeting_id = $2 AND member_id = $3",
    )
    .bind(tx.tenant().uuid())
    .bind(meeting.uuid())
    .bind(member.uuid())
    .bind(reply.code())
    .bind(at)
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected() == 1)
}

fn invitation(row: &PgRow) -> Result<Invitation, StoreError> {
    let reply: Option<String> = row.try_get("reply")?;
    let reply: Option<Reply> = reply.map(|code| codes::read("reply", code)).transpose()?;
    Ok(Invitation {
        member: MemberId(row.try_get("member_id")?),
        part: codes::read("part", row.try_get("part")?)?,
        invited_at: row.try_get("invited_at")?,
        reply: reply.zip(row.try_get("replied_at")?),
    })
}
