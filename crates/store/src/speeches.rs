//! Speeches at a meeting, in the order in which they were asked for.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use yishi_domain::{MeetingId, MemberId, SpeechId, meetings::Turn};

use crate::{StoreError, TenantTx, WriteTx};

/// A speech.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speech {
    /// Its identifier.
    pub id: SpeechId,
    /// The meeting.
    pub meeting: MeetingId,
    /// Who speaks.
    pub member: MemberId,
    /// For whom, where that is somebody else.
    pub principal: Option<MemberId>,
    /// The item of the agenda, from zero.
    pub item: Option<u32>,
    /// Its place in the queue, its limit, and when it was.
    pub turn: Turn,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// Whether its limit ended it.
    pub cut: bool,
}

const SELECT: &str = "SELECT id, meeting_id, member_id, principal_id, turn, item, seconds, requested_at, began_at, ended_at, cut \
    FROM speeches WHERE tenant_id = ";

/// Adds a speech.
pub async fn insert(tx: &mut WriteTx, speech: &Speech) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO speeches (tenant_id, id, meeting_id, member_id, turn, item, seconds, requested_at, principal_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(tx.tenant().uuid())
    .bind(speech.id.uuid())
    .bind(speech.meeting.uuid())
    .bind(speech.member.uuid())
    .bind(speech.turn.turn.cast_signed())
    .bind(speech.item.map(u32::cast_signed))
    .bind(speech.turn.seconds.cast_signed())
    .bind(speech.requested_at)
    .bind(speech.principal.map(MemberId::uuid))
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Finds a speech.
pub async fn find(tx: &mut TenantTx, id: SpeechId) -> Result<Option<Speech>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND id = ").push_bind(id.uuid());
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(speech).transpose()
}

/// Lists the speeches at a meeting in the order of their turns.
pub async fn of_meeting(tx: &mut TenantTx, meeting: MeetingId) -> Result<Vec<Speech>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND meeting_id = ").push_bind(meeting.uuid()).push(" ORDER BY turn");
    query.build().fetch_all(tx.sql()).await?.iter().map(speech).collect()
}

/// Writes when a speech was, and whether its limit ended it.
pub async fn save(tx: &mut WriteTx, speech: &Speech) -> Result<(), StoreError> {
    sqlx::query("UPDATE speeches SET began_at = $3, ended_at = $4, cut = $5 WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().uuid())
        .bind(speech.id.uuid())
        .bind(speech.turn.began_at)
        .bind(speech.turn.ended_at)
        .bind(speech.cut)
        .execute(tx.sql())
        .await?;
    Ok(())
}

fn speech(row: &PgRow) -> Result<Speech, StoreError> {
    Ok(Speech {
        id: SpeechId(row.try_get("id")?),
        meeting: MeetingId(row.try_get("meeting_id")?),
        member: MemberId(row.try_get("member_id")?),
        principal: row.try_get::<Option<uuid::Uuid>, _>("principal_id")?.map(MemberId),
        item: row.try_get::<Option<i32>, _>("item")?.map(i32::cast_unsigned),
        turn: Turn {
            turn: row.try_get::<i32, _>("turn")?.cast_unsigned(),
            seconds: row.try_get::<i32, _>("seconds")?.cast_unsigned(),
            began_at: row.try_get("began_at")?,
            ended_at: row.try_get("ended_at")?,
        },
        requested_at: row.try_get("requested_at")?,
        cut: row.try_get("cut")?,
    })
}
