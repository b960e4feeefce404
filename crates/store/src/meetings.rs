//! Meetings on a topic, and who took part in them.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use yishi_domain::{
    BodyId, Digest, EventId, MandateId, MeetingId, MemberId, TopicId,
    channels::Presence,
    meetings::{Mode, Profile},
    topics::Form,
};

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
    /// Whether it is held in a room, through a link, or both.
    pub mode: Mode,
    /// Where it is.
    pub place: String,
    /// The link through which others take part.
    pub link: Option<String>,
    /// The standing body whose sitting it is.
    pub body: Option<BodyId>,
    /// Who hosts it, besides the coordinators.
    pub host: Option<MemberId>,
    /// What it goes through, in order.
    pub agenda: Vec<String>,
    /// The rules by which it is held.
    pub rules: Option<String>,
    /// How long a speech lasts at most, in seconds.
    pub speech_seconds: u32,
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
    /// Their adoption; until then they are a draft.
    pub adopted: Option<Adoption>,
}

/// The adoption of minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// When.
    pub at: DateTime<Utc>,
    /// The salt of the commitment, published with the minutes.
    pub salt: [u8; 32],
    /// The commitment to the minutes.
    pub commitment: Digest,
    /// The record's signature over it.
    pub signature: String,
}

/// Somebody who took part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attendance {
    /// Who.
    pub member: MemberId,
    /// How.
    pub presence: Presence,
    /// Who came in their place, of those who took part by a mandate.
    pub mandated: Option<MemberId>,
    /// The mandate by which that member came.
    pub mandate: Option<MandateId>,
    /// Who came in their place and is no member, by name.
    pub representative: Option<String>,
    /// What is known of them.
    pub profile: Profile,
}

const SELECT: &str = "SELECT id, topic_id, form, mode, place, link, body_id, host_id, agenda, rules, speech_seconds, starts_at, \
    convened_at, minutes, recording_reference, recording_digest, minuted_at, adopted_at, minutes_salt, minutes_commitment, \
    minutes_signature FROM meetings WHERE tenant_id = ";

/// Adds a meeting.
pub async fn insert(tx: &mut WriteTx, meeting: &Meeting) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO meetings (tenant_id, id, topic_id, form, place, starts_at, convened_at, mode, link, host_id, agenda, rules,
         speech_seconds, body_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(tx.tenant().uuid())
    .bind(meeting.id.uuid())
    .bind(meeting.topic.uuid())
    .bind(codes::code(&meeting.form))
    .bind(&meeting.place)
    .bind(meeting.starts_at)
    .bind(meeting.convened_at)
    .bind(meeting.mode.code())
    .bind(&meeting.link)
    .bind(meeting.host.map(MemberId::uuid))
    .bind(&meeting.agenda)
    .bind(&meeting.rules)
    .bind(meeting.speech_seconds.cast_signed())
    .bind(meeting.body.map(BodyId::uuid))
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

/// The meeting of a topic whose minutes were adopted last.
pub async fn last_adopted(tx: &mut TenantTx, topic: TopicId) -> Result<Option<Meeting>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND topic_id = ").push_bind(topic.uuid());
    query.push(" AND adopted_at IS NOT NULL ORDER BY adopted_at DESC, id DESC LIMIT 1");
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(meeting).transpose()
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

/// Adopts the minutes.
pub async fn adopt(tx: &mut WriteTx, id: MeetingId, adoption: &Adoption) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE meetings SET adopted_at = $3, minutes_salt = $4, minutes_commitment = $5, minutes_signature = $6
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(adoption.at)
    .bind(adoption.salt.as_slice())
    .bind(adoption.commitment.0.as_slice())
    .bind(&adoption.signature)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Records who took part, and by which event; tells how many of them were not recorded before.
pub async fn attend(
    tx: &mut WriteTx,
    id: MeetingId,
    attendances: &[Attendance],
    (event, at): (EventId, DateTime<Utc>),
) -> Result<u64, StoreError> {
    let tenant = tx.tenant().uuid();
    let mut query = QueryBuilder::new(
        "INSERT INTO attendances (tenant_id, meeting_id, member_id, presence, event_id, recorded_at, mandated_id, mandate_id, \
         representative, age_band, sex, occupation) ",
    );
    query.push_values(attendances, |mut row, it| {
        row.push_bind(tenant).push_bind(id.uuid()).push_bind(it.member.uuid());
        row.push_bind(it.presence.code())
            .push_bind(event.uuid())
            .push_bind(at)
            .push_bind(it.mandated.map(MemberId::uuid));
        row.push_bind(it.mandate.map(MandateId::uuid)).push_bind(&it.representative);
        row.push_bind(&it.profile.age_band).push_bind(&it.profile.sex).push_bind(&it.profile.occupation);
    });
    query.push(" ON CONFLICT (tenant_id, meeting_id, member_id) DO NOTHING");
    Ok(query.build().persistent(false).execute(tx.sql()).await?.rows_affected())
}

/// Takes away the name of who came for a member, also what the events that tell of it keep of it apart from the record; tells whether one was kept.
pub async fn erase_representative(tx: &mut WriteTx, meeting: &Meeting, member: MemberId) -> Result<bool, StoreError> {
    let erased = sqlx::query(
        "UPDATE attendances SET representative = NULL
         WHERE tenant_id = $1 AND meeting_id = $2 AND member_id = $3 AND representative IS NOT NULL",
    );
    let erased = erased.bind(tx.tenant().uuid()).bind(meeting.id.uuid()).bind(member.uuid()).execute(tx.sql()).await?;
    // One commitment stands for all who were recorded at once, so that it is opened no more for any of them.
    sqlx::query(
        "DELETE FROM openings WHERE tenant_id = $1 AND event_id IN
         (SELECT id FROM events WHERE tenant_id = $1 AND subject = $2 AND kind = 'attendance.recorded' AND body ->> 'meeting' = $3)
         AND value @> jsonb_build_array(jsonb_build_object('member', $4::text))",
    )
    .bind(tx.tenant().uuid())
    .bind(meeting.topic.uuid())
    .bind(meeting.id.to_string())
    .bind(member.to_string())
    .execute(tx.sql())
    .await?;
    Ok(erased.rows_affected() > 0)
}

/// Lists who took part.
pub async fn attendances(tx: &mut TenantTx, id: MeetingId) -> Result<Vec<Attendance>, StoreError> {
    let rows = sqlx::query(
        "SELECT member_id, presence, mandated_id, mandate_id, representative, age_band, sex, occupation FROM attendances
         WHERE tenant_id = $1 AND meeting_id = $2 ORDER BY member_id",
    );
    let rows = rows.bind(tx.tenant().uuid()).bind(id.uuid()).fetch_all(tx.sql()).await?;
    rows.iter()
        .map(|row| {
            Ok(Attendance {
                member: MemberId(row.try_get("member_id")?),
                presence: codes::read("presence", row.try_get("presence")?)?,
                mandated: row.try_get::<Option<uuid::Uuid>, _>("mandated_id")?.map(MemberId),
                mandate: row.try_get::<Option<uuid::Uuid>, _>("mandate_id")?.map(MandateId),
                representative: row.try_get("representative")?,
                profile: Profile {
                    age_band: row.try_get("age_band")?,
                    sex: row.try_get("sex")?,
                    occupation: row.try_get("occupation")?,
                },
            })
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
        (Some(text), Some(filed_at)) => {
            Some(Minutes { text, recording: recording(row)?, filed_at, adopted: adoption(row)? })
        }
        _ => None,
    };
    Ok(Meeting {
        id: MeetingId(row.try_get("id")?),
        topic: TopicId(row.try_get("topic_id")?),
        form: codes::read("form", row.try_get("form")?)?,
        mode: codes::read("mode", row.try_get("mode")?)?,
        place: row.try_get("place")?,
        link: row.try_get("link")?,
        body: row.try_get::<Option<uuid::Uuid>, _>("body_id")?.map(BodyId),
        host: row.try_get::<Option<uuid::Uuid>, _>("host_id")?.map(MemberId),
        agenda: row.try_get("agenda")?,
        rules: row.try_get("rules")?,
        speech_seconds: row.try_get::<i32, _>("speech_seconds")?.cast_unsigned(),
        starts_at: row.try_get("starts_at")?,
        convened_at: row.try_get("convened_at")?,
        minutes,
    })
}

fn adoption(row: &PgRow) -> Result<Option<Adoption>, StoreError> {
    let Some(at) = row.try_get("adopted_at")? else { return Ok(None) };
    let bytes = |column: &'static str| -> Result<[u8; 32], StoreError> {
        let bytes: Vec<u8> = row.try_get(column)?;
        bytes.try_into().map_err(|_| StoreError::Unreadable { what: column, value: String::new() })
    };
    Ok(Some(Adoption {
        at,
        salt: bytes("minutes_salt")?,
        commitment: Digest(bytes("minutes_commitment")?),
        signature: row.try_get("minutes_signature")?,
    }))
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
