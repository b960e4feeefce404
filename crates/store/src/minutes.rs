//! Objections to a draft of minutes.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use yishi_domain::{MeetingId, MemberId, MinutesObjectionId};

use crate::{StoreError, TenantTx, WriteTx, objections::Answer};

/// An objection to a draft of minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// Its identifier.
    pub id: MinutesObjectionId,
    /// The meeting.
    pub meeting: MeetingId,
    /// Who raised it.
    pub member: MemberId,
    /// What is wrong.
    pub text: String,
    /// When.
    pub raised_at: DateTime<Utc>,
    /// What became of it, once it is answered.
    pub answer: Option<Answer>,
}

const SELECT: &str = "SELECT id, meeting_id, member_id, text, raised_at, upheld, answer, answered_at FROM minutes_objections WHERE tenant_id = ";

/// Adds an objection.
pub async fn insert(tx: &mut WriteTx, objection: &Objection) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO minutes_objections (tenant_id, id, meeting_id, member_id, text, raised_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(tx.tenant().uuid())
    .bind(objection.id.uuid())
    .bind(objection.meeting.uuid())
    .bind(objection.member.uuid())
    .bind(&objection.text)
    .bind(objection.raised_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Finds an objection.
pub async fn find(tx: &mut TenantTx, id: MinutesObjectionId) -> Result<Option<Objection>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND id = ").push_bind(id.uuid());
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(objection).transpose()
}

/// Lists the objections to the minutes of a meeting, the earliest first.
pub async fn of_meeting(tx: &mut TenantTx, id: MeetingId) -> Result<Vec<Objection>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND meeting_id = ").push_bind(id.uuid()).push(" ORDER BY id");
    query.build().fetch_all(tx.sql()).await?.iter().map(objection).collect()
}

/// Answers an objection; false where it is answered already.
pub async fn answer(tx: &mut WriteTx, id: MinutesObjectionId, answer: &Answer) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE minutes_objections SET upheld = $3, answer = $4, answered_at = $5
         WHERE tenant_id = $1 AND id = $2 AND answered_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(answer.upheld)
    .bind(&answer.text)
    .bind(answer.at)
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected() == 1)
}

fn objection(row: &PgRow) -> Result<Objection, StoreError> {
    let (upheld, text): (Option<bool>, Option<String>) = (row.try_get("upheld")?, row.try_get("answer")?);
    let at: Option<DateTime<Utc>> = row.try_get("answered_at")?;
    Ok(Objection {
        id: MinutesObjectionId(row.try_get("id")?),
        meeting: MeetingId(row.try_get("meeting_id")?),
        member: MemberId(row.try_get("member_id")?),
        text: row.try_get("text")?,
        raised_at: row.try_get("raised_at")?,
        answer: upheld.zip(text).zip(at).map(|((upheld, text), at)| Answer { upheld, text, at }),
    })
}
