//! Where people stand on a topic, the wording on which it is to be decided, and the amendments to that.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use uuid::Uuid;
use yishi_domain::{AmendmentId, MemberId, PositionId, TopicId, channels::Side};

use crate::{StoreError, TenantTx, WriteTx, codes};

/// Where somebody stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Its identifier, new with each change.
    pub id: PositionId,
    /// The side.
    pub side: Side,
    /// Why.
    pub reason: String,
    /// Since when.
    pub stated_at: DateTime<Utc>,
}

/// A version of the wording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    /// Its version, from one.
    pub version: u32,
    /// The text.
    pub text: String,
    /// The amendment that led to it.
    pub amendment: Option<AmendmentId>,
    /// When.
    pub worded_at: DateTime<Utc>,
}

/// An amendment to the wording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amendment {
    /// Its identifier.
    pub id: AmendmentId,
    /// The topic.
    pub topic: TopicId,
    /// Who proposed it.
    pub member: MemberId,
    /// The version that it amends.
    pub base: u32,
    /// The whole text as it would be.
    pub text: String,
    /// Why.
    pub reason: String,
    /// When it was proposed.
    pub proposed_at: DateTime<Utc>,
    /// Whether it was accepted, why, and when; none while it is open.
    pub decision: Option<(bool, String, DateTime<Utc>)>,
}

/// Keeps where somebody stands, in the place of where they stood before.
pub async fn state(tx: &mut WriteTx, topic: TopicId, member: MemberId, it: &Position) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO positions (tenant_id, topic_id, member_id, id, side, reason, stated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (tenant_id, topic_id, member_id) DO UPDATE
         SET id = excluded.id, side = excluded.side, reason = excluded.reason, stated_at = excluded.stated_at",
    )
    .bind(tx.tenant().uuid())
    .bind(topic.uuid())
    .bind(member.uuid())
    .bind(it.id.uuid())
    .bind(it.side.code())
    .bind(&it.reason)
    .bind(it.stated_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// How many stand on each side.
pub async fn sides(tx: &mut TenantTx, topic: TopicId) -> Result<Vec<(Side, u64)>, StoreError> {
    let rows = sqlx::query("SELECT side, count(*) FROM positions WHERE tenant_id = $1 AND topic_id = $2 GROUP BY side");
    let rows = rows.bind(tx.tenant().uuid()).bind(topic.uuid()).fetch_all(tx.sql()).await?;
    rows.iter()
        .map(|row| Ok((codes::read("side", row.try_get(0)?)?, row.try_get::<i64, _>(1)?.unsigned_abs())))
        .collect()
}

/// Lists positions on a topic after one, in the order in which they were stated.
pub async fn page(
    tx: &mut TenantTx,
    topic: TopicId,
    after: Option<PositionId>,
    limit: u16,
) -> Result<Vec<Position>, StoreError> {
    let mut query = QueryBuilder::new("SELECT id, side, reason, stated_at FROM positions WHERE tenant_id = ");
    query.push_bind(tx.tenant().uuid()).push(" AND topic_id = ").push_bind(topic.uuid());
    if let Some(after) = after {
        query.push(" AND id > ").push_bind(after.uuid());
    }
    query.push(" ORDER BY id LIMIT ").push_bind(i64::from(limit));
    let rows = query.build().fetch_all(tx.sql()).await?;
    rows.iter()
        .map(|row| {
            Ok(Position {
                id: PositionId(row.try_get("id")?),
                side: codes::read("side", row.try_get("side")?)?,
                reason: row.try_get("reason")?,
                stated_at: row.try_get("stated_at")?,
            })
        })
        .collect()
}

/// Adds a version of the wording.
pub async fn word(tx: &mut WriteTx, topic: TopicId, it: &Wording) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO wordings (tenant_id, topic_id, version, text, amendment_id, worded_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(tx.tenant().uuid())
    .bind(topic.uuid())
    .bind(it.version.cast_signed())
    .bind(&it.text)
    .bind(it.amendment.map(AmendmentId::uuid))
    .bind(it.worded_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Lists the versions of the wording, the first one first.
pub async fn wordings(tx: &mut TenantTx, topic: TopicId) -> Result<Vec<Wording>, StoreError> {
    let rows = sqlx::query(
        "SELECT version, text, amendment_id, worded_at FROM wordings WHERE tenant_id = $1 AND topic_id = $2 ORDER BY version",
    );
    let rows = rows.bind(tx.tenant().uuid()).bind(topic.uuid()).fetch_all(tx.sql()).await?;
    rows.iter()
        .map(|row| {
            Ok(Wording {
                version: row.try_get::<i32, _>("version")?.cast_unsigned(),
                text: row.try_get("text")?,
                amendment: row.try_get::<Option<Uuid>, _>("amendment_id")?.map(AmendmentId),
                worded_at: row.try_get("worded_at")?,
            })
        })
        .collect()
}

const AMENDMENT: &str = "SELECT id, topic_id, member_id, base, text, reason, proposed_at, accepted, answer, decided_at \
    FROM amendments WHERE tenant_id = ";

/// Adds an amendment.
pub async fn propose(tx: &mut WriteTx, it: &Amendment) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO amendments (tenant_id, id, topic_id, member_id, base, text, reason, proposed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tx.tenant().uuid())
    .bind(it.id.uuid())
    .bind(it.topic.uuid())
    .bind(it.member.uuid())
    .bind(it.base.cast_signed())
    .bind(&it.text)
    .bind(&it.reason)
    .bind(it.proposed_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Finds an amendment.
pub async fn amendment(tx: &mut TenantTx, id: AmendmentId) -> Result<Option<Amendment>, StoreError> {
    let mut query = QueryBuilder::new(AMENDMENT);
    query.push_bind(tx.tenant().uuid()).push(" AND id = ").push_bind(id.uuid());
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(read_amendment).transpose()
}

/// Lists the amendments on a topic, the earliest first.
pub async fn amendments(tx: &mut TenantTx, topic: TopicId) -> Result<Vec<Amendment>, StoreError> {
    let mut query = QueryBuilder::new(AMENDMENT);
    query.push_bind(tx.tenant().uuid()).push(" AND topic_id = ").push_bind(topic.uuid()).push(" ORDER BY id");
    query.build().fetch_all(tx.sql()).await?.iter().map(read_amendment).collect()
}

/// Accepts or rejects an amendment; false where that was done before.
pub async fn decide(
    tx: &mut WriteTx,
    id: AmendmentId,
    accepted: bool,
    answer: &str,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE amendments SET accepted = $3, answer = $4, decided_at = $5
         WHERE tenant_id = $1 AND id = $2 AND decided_at IS NULL",
    );
    let done = done.bind(tx.tenant().uuid()).bind(id.uuid()).bind(accepted).bind(answer).bind(at);
    Ok(done.execute(tx.sql()).await?.rows_affected() == 1)
}

fn read_amendment(row: &PgRow) -> Result<Amendment, StoreError> {
    let (accepted, answer): (Option<bool>, Option<String>) = (row.try_get("accepted")?, row.try_get("answer")?);
    let at: Option<DateTime<Utc>> = row.try_get("decided_at")?;
    Ok(Amendment {
        id: AmendmentId(row.try_get("id")?),
        topic: TopicId(row.try_get("topic_id")?),
        member: MemberId(row.try_get("member_id")?),
        base: row.try_get::<i32, _>("base")?.cast_unsigned(),
        text: row.try_get("text")?,
        reason: row.try_get("reason")?,
        proposed_at: row.try_get("proposed_at")?,
        decision: accepted.zip(answer).zip(at).map(|((accepted, answer), at)| (accepted, answer, at)),
    })
}
