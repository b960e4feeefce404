//! Resolutions, their lists, the residents' ratings, and escalations.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow, types::Json};
use uuid::Uuid;
use yishi_domain::{
    BallotId, Digest, EscalationId, EventId, MeetingId, MemberId, ResolutionId, TopicId,
    channels::RatingChannel,
    escalation::{Answer, Case},
    resolutions::Lists,
};

use crate::{StoreError, TenantTx, WriteTx};

/// A resolution: what a ballot adopted, and how it is carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// Its identifier.
    pub id: ResolutionId,
    /// The topic that it decides.
    pub topic: TopicId,
    /// The ballot that adopted it.
    pub ballot: BallotId,
    /// The meeting that it comes from, and the commitment to its minutes.
    pub deliberation: Option<(MeetingId, Digest)>,
    /// When it was adopted.
    pub adopted_at: DateTime<Utc>,
    /// Until when it is published for objections.
    pub published_until: Option<DateTime<Utc>>,
    /// When an objection set it aside.
    pub set_aside_at: Option<DateTime<Utc>>,
    /// The three lists, once it is assigned.
    pub lists: Option<Lists>,
    /// By when it is due; an escalation may have moved it.
    pub due_at: Option<DateTime<Utc>>,
    /// When it was assigned.
    pub assigned_at: Option<DateTime<Utc>>,
    /// When completion was reported.
    pub completed_at: Option<DateTime<Utc>>,
    /// What shows that it is done.
    pub evidence: Option<String>,
    /// Until when residents rate it.
    pub survey_closes_at: Option<DateTime<Utc>>,
    /// The survey's mean as 0 to 1000; none where nobody rated.
    pub satisfaction_per_mille: Option<u32>,
    /// When the survey was closed.
    pub surveyed_at: Option<DateTime<Utc>>,
}

/// An escalation: what the rules were asked, and what they answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escalation {
    /// Its identifier.
    pub id: EscalationId,
    /// The case.
    pub topic: TopicId,
    /// What the rules were asked.
    pub asked: Case,
    /// What they answered.
    pub answer: Answer,
    /// Why the standard rules answered in the city's place, where they did.
    pub fallback: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

const SELECT: &str = "SELECT id, topic_id, ballot_id, adopted_at, lists, due_at, assigned_at, completed_at, evidence, \
    survey_closes_at, satisfaction_per_mille, surveyed_at, published_until, set_aside_at, meeting_id, minutes_commitment FROM resolutions WHERE tenant_id = ";

/// Adds a resolution.
pub async fn insert(tx: &mut WriteTx, resolution: &Resolution) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO resolutions (tenant_id, id, topic_id, ballot_id, adopted_at, published_until, meeting_id, minutes_commitment)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tx.tenant().uuid())
    .bind(resolution.id.uuid())
    .bind(resolution.topic.uuid())
    .bind(resolution.ballot.uuid())
    .bind(resolution.adopted_at)
    .bind(resolution.published_until)
    .bind(resolution.deliberation.map(|(meeting, _)| meeting.uuid()))
    .bind(resolution.deliberation.map(|(_, minutes)| minutes.0.to_vec()))
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Finds a resolution.
pub async fn find(tx: &mut TenantTx, id: ResolutionId) -> Result<Option<Resolution>, StoreError> {
    one(tx, id, "").await
}

/// Finds a resolution and keeps it from changing until the transaction ends.
pub async fn lock(tx: &mut WriteTx, id: ResolutionId) -> Result<Option<Resolution>, StoreError> {
    one(tx, id, " FOR UPDATE").await
}

/// Lists the resolutions on a topic, the earliest first.
pub async fn of_topic(tx: &mut TenantTx, topic: TopicId) -> Result<Vec<Resolution>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND topic_id = ").push_bind(topic.uuid()).push(" ORDER BY id");
    query.build().fetch_all(tx.sql()).await?.iter().map(resolution).collect()
}

/// Writes what may change of a resolution.
pub async fn save(tx: &mut WriteTx, resolution: &Resolution) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE resolutions SET lists = $3, lead_unit_id = $4, due_at = $5, assigned_at = $6, completed_at = $7,
         evidence = $8, survey_closes_at = $9, satisfaction_per_mille = $10, surveyed_at = $11,
         set_aside_at = $12 WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(resolution.id.uuid())
    .bind(resolution.lists.as_ref().map(Json))
    .bind(resolution.lists.as_ref().map(|lists| lists.responsibility.lead_unit.uuid()))
    .bind(resolution.due_at)
    .bind(resolution.assigned_at)
    .bind(resolution.completed_at)
    .bind(&resolution.evidence)
    .bind(resolution.survey_closes_at)
    .bind(resolution.satisfaction_per_mille.map(i64::from))
    .bind(resolution.surveyed_at)
    .bind(resolution.set_aside_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Adds a member's rating from 0 to 100, which an event tells; false where they have rated already.
pub async fn rate(
    tx: &mut WriteTx,
    id: ResolutionId,
    member: MemberId,
    (score, words): (u8, Option<&str>),
    (channel, entered_by): (RatingChannel, Option<MemberId>),
    (event, at): (EventId, DateTime<Utc>),
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO ratings (tenant_id, resolution_id, member_id, score, words, rated_at, channel, entered_by, event_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (tenant_id, resolution_id, member_id) DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(member.uuid())
    .bind(i16::from(score))
    .bind(words)
    .bind(at)
    .bind(channel.code())
    .bind(entered_by.map(MemberId::uuid))
    .bind(event.uuid())
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The sum of the scores of a resolution, and how many there are.
pub async fn scores(tx: &mut TenantTx, id: ResolutionId) -> Result<(u64, u64), StoreError> {
    let row: (i64, i64) = sqlx::query_as(
        "SELECT COALESCE(sum(score), 0)::bigint, count(*) FROM ratings WHERE tenant_id = $1 AND resolution_id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .fetch_one(tx.sql())
    .await?;
    Ok((row.0.unsigned_abs(), row.1.unsigned_abs()))
}

/// Adds an escalation.
pub async fn insert_escalation(tx: &mut WriteTx, escalation: &Escalation) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO escalations (tenant_id, id, topic_id, asked, answer, fallback, escalated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tx.tenant().uuid())
    .bind(escalation.id.uuid())
    .bind(escalation.topic.uuid())
    .bind(Json(&escalation.asked))
    .bind(Json(&escalation.answer))
    .bind(&escalation.fallback)
    .bind(escalation.at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Lists a case's escalations, the earliest first.
pub async fn escalations(tx: &mut TenantTx, topic: TopicId) -> Result<Vec<Escalation>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, asked, answer, fallback, escalated_at FROM escalations
         WHERE tenant_id = $1 AND topic_id = $2 ORDER BY id",
    )
    .bind(tx.tenant().uuid())
    .bind(topic.uuid())
    .fetch_all(tx.sql())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Escalation {
                id: EscalationId(row.try_get("id")?),
                topic,
                asked: row.try_get::<Json<Case>, _>("asked")?.0,
                answer: row.try_get::<Json<Answer>, _>("answer")?.0,
                fallback: row.try_get("fallback")?,
                at: row.try_get("escalated_at")?,
            })
        })
        .collect()
}

async fn one(tx: &mut TenantTx, id: ResolutionId, lock: &'static str) -> Result<Option<Resolution>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND id = ").push_bind(id.uuid()).push(lock);
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(resolution).transpose()
}

fn resolution(row: &PgRow) -> Result<Resolution, StoreError> {
    let meeting = row.try_get::<Option<Uuid>, _>("meeting_id")?.map(MeetingId);
    let minutes: Option<Vec<u8>> = row.try_get("minutes_commitment")?;
    let unreadable = |_| StoreError::Unreadable { what: "minutes commitment", value: String::new() };
    let minutes = minutes.map(Digest::try_from).transpose().map_err(unreadable)?;
    let satisfaction: Option<i64> = row.try_get("satisfaction_per_mille")?;
    Ok(Resolution {
        id: ResolutionId(row.try_get("id")?),
        topic: TopicId(row.try_get("topic_id")?),
        ballot: BallotId(row.try_get("ballot_id")?),
        deliberation: meeting.zip(minutes),
        adopted_at: row.try_get("adopted_at")?,
        published_until: row.try_get("published_until")?,
        set_aside_at: row.try_get("set_aside_at")?,
        lists: row.try_get::<Option<Json<Lists>>, _>("lists")?.map(|it| it.0),
        due_at: row.try_get("due_at")?,
        assigned_at: row.try_get("assigned_at")?,
        completed_at: row.try_get("completed_at")?,
        evidence: row.try_get("evidence")?,
        survey_closes_at: row.try_get("survey_closes_at")?,
        satisfaction_per_mille: satisfaction.and_then(|it| u32::try_from(it).ok()),
        surveyed_at: row.try_get("surveyed_at")?,
    })
}
