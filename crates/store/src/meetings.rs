//! Meetings on a topic, and who took part in them.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use yishi_domain::{Digest, MeetingId, MemberId, TopicId, channels::Presence, topics::Form};

use crate::{StoreError, TenantTx, WriteTx, codes};

/// A meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meeting {
    /// Its identifier.
    pub id: MeetingId,
    /// Its topic: one topic, one deliberation (一事一議).
    pub topic: TopicId,
    /// Its form.
    pub form: Form,
    /// Where it is.
    pub place: String,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it was convened.
    pub convened_at: DateTime<Utc>,
    /// Its minutes, once they are filed.
    pub minutes: Option<Minutes>,
}

/// The double record of a meeting (雙記錄): the written minutes, and a reference to the recording with its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minutes {
    /// The text.
    pub text: String,
    /// Where the recording is, and its SHA-256 digest, where there is one.
    pub recording: Option<(String, Digest)>,
    /// When they were filed.
    pub filed_at: DateTime<Utc>,
}

/// Somebody who took part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attendance {
    /// Who.
    pub member: MemberId,
    /// How.
    pub presence: Presence,
}

const SELECT: &str = "SELECT id, topic_id, form, place, starts_at, convened_at, minutes, recording_reference, \
    recording_digest, minuted_at FROM meetings WHERE tenant_id = ";

/// Adds a meeting.
pub async fn insert(tx: &mut WriteTx, meeting: &Meeting) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO meetings (tenant_id, id, topic_id, form, place, starts_at, convened_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tx.tenant().uuid())
    .bind(meeting.id.uuid())
    .bind(meeting.topic.uuid())
    .bind(codes::code(&meeting.form))
    .bind(&meeting.place)
    .bind(meeting.starts_at)
    .bind(meeting.convened_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Finds a meeting.
pub async fn find(tx: &mut TenantTx, id: MeetingId) -> Result<Option<Meeting>, StoreError> {
    one(tx, id, "").await
}

/// Finds a meeting and keeps it from changing until the transaction ends.
pub async fn lock(tx: &mut WriteTx, id: MeetingId) -> Result<Option<Meeting>, StoreError> {
    one(tx, id, " FOR UPDATE").await
}

/// Lists the meetings on a topic, the earliest first.
pub async fn of_topic(tx: &mut TenantTx, topic: TopicId) -> Result<Vec<Meeting>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND topic_id = ").push_bind(topic.uuid()).push(" ORDER BY id");
    query.build().fetch_all(tx.sql()).await?.iter().map(meeting).collect()
}

/// Files the minutes.
pub async fn file(tx: &mut WriteTx, id: MeetingId, minutes: &Minutes) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE meetings SET minutes = $3, recording_reference = $4, recording_digest = $5, minuted_at = $6
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(&minutes.text)
    .bind(minutes.recording.as_ref().map(|(reference, _)| reference))
    .bind(minutes.recording.as_ref().map(|(_, digest)| digest.0.as_slice()))
    .bind(minutes.filed_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Records who took part; tells how many of them were not recorded before.
pub async fn attend(
    tx: &mut WriteTx,
    id: MeetingId,
    attendances: &[Attendance],
    at: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let tenant = tx.tenant().uuid();
    let mut query =
        QueryBuilder::new("INSERT INTO attendances (tenant_id, meeting_id, member_id, presence, recorded_at) ");
    query.push_values(attendances, |mut row, it| {
        row.push_bind(tenant).push_bind(id.uuid()).push_bind(it.member.uuid());
        row.push_bind(it.presence.code()).push_bind(at);
    });
    query.push(" ON CONFLICT (tenant_id, meeting_id, member_id) DO NOTHING");
    Ok(query.build().persistent(false).execute(tx.sql()).await?.rows_affected())
}

/// Lists who took part.
pub async fn attendances(tx: &mut TenantTx, id: MeetingId) -> Result<Vec<Attendance>, StoreError> {
    let rows = sqlx::query(
        "SELECT member_id, presence FROM attendances WHERE tenant_id = $1 AND meeting_id = $2 ORDER BY member_id",
    );
    let rows = rows.bind(tx.tenant().uuid()).bind(id.uuid()).fetch_all(tx.sql()).await?;
    rows.iter()
        .map(|row| {
            let presence = codes::read("presence", row.try_get("presence")?)?;
            Ok(Attendance { member: MemberId(row.try_get("member_id")?), presence })
        })
        .collect()
}

async fn one(tx: &mut TenantTx, id: MeetingId, lock: &'static str) -> Result<Option<Meeting>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND id = ").push_bind(id.uuid()).push(lock);
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(meeting).transpose()
}

fn meeting(row: &PgRow) -> Result<Meeting, StoreError> {
    let text: Option<String> = row.try_get("minutes")?;
    let filed_at: Option<DateTime<Utc>> = row.try_get("minuted_at")?;
    let minutes = match (text, filed_at) {
        (Some(text), Some(filed_at)) => Some(Minutes { text, recording: recording(row)?, filed_at }),
        _ => None,
    };
    Ok(Meeting {
        id: MeetingId(row.try_get("id")?),
        topic: TopicId(row.try_get("topic_id")?),
        form: codes::read("form", row.try_get("form")?)?,
        place: row.try_get("place")?,
        starts_at: row.try_get("starts_at")?,
        convened_at: row.try_get("convened_at")?,
        minutes,
    })
}

fn recording(row: &PgRow) -> Result<Option<(String, Digest)>, StoreError> {
    let reference: Option<String> = row.try_get("recording_reference")?;
    let digest: Option<Vec<u8>> = row.try_get("recording_digest")?;
    match (reference, digest) {
        (Some(reference), Some(digest)) => {
            let unreadable = |_| StoreError::Unreadable { what: "recording digest", value: reference.clone() };
            let digest = Digest::try_from(digest).map_err(unreadable)?;
            Ok(Some((reference, digest)))
        }
        _ => Ok(None),
    }
}
