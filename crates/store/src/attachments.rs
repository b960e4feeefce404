//! Attachments: what is known of them, but for their bytes.

use sqlx::{QueryBuilder, Row, postgres::PgRow};
use uuid::Uuid;
use yishi_domain::{
    AttachmentId, Digest, EventId, ItemId, MeetingId, MemberId, TopicId,
    attachments::{Attachment, Place},
};

use crate::{StoreError, TenantTx, WriteTx, codes, holds};

const SELECT: &str = "SELECT id, topic_id, meeting_id, item_id, digest, size, media_type, kind, name, member_id, added_at, erased_at \
     FROM attachments WHERE tenant_id = ";

/// Keeps everybody else from the bytes with this digest until the transaction ends: whoever adds or removes them holds it.
pub async fn hold(tx: &mut TenantTx, digest: &Digest) -> Result<(), StoreError> {
    let number = digest.0.first_chunk().map_or(0, |it| u64::from_be_bytes(*it));
    holds::hold(tx, "bytes", number).await
}

/// Adds one, with the event that tells of it.
pub async fn insert(tx: &mut WriteTx, it: &Attachment, event: EventId) -> Result<(), StoreError> {
    let (meeting, item) = match it.place {
        Place::Topic => (None, None),
        Place::Meeting(id) => (Some(id.uuid()), None),
        Place::Item(id) => (None, Some(id.uuid())),
    };
    sqlx::query(
        "INSERT INTO attachments (tenant_id, id, topic_id, meeting_id, item_id, digest, size, media_type, kind, name, member_id,
         event_id, added_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(tx.tenant().uuid())
    .bind(it.id.uuid())
    .bind(it.topic.uuid())
    .bind(meeting)
    .bind(item)
    .bind(it.digest.0.as_slice())
    .bind(i64::try_from(it.size).unwrap_or(i64::MAX))
    .bind(&it.media_type)
    .bind(it.kind.code())
    .bind(&it.name)
    .bind(it.member.uuid())
    .bind(event.uuid())
    .bind(it.added_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Finds one.
pub async fn find(tx: &mut TenantTx, id: AttachmentId) -> Result<Option<Attachment>, StoreError> {
    one(tx, id, "").await
}

/// Finds one and keeps it from changing until the transaction ends.
pub async fn lock(tx: &mut WriteTx, id: AttachmentId) -> Result<Option<Attachment>, StoreError> {
    one(tx, id, " FOR UPDATE").await
}

/// Lists those of a case, the earliest first.
pub async fn of_topic(tx: &mut TenantTx, topic: TopicId) -> Result<Vec<Attachment>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND topic_id = ").push_bind(topic.uuid()).push(" ORDER BY id");
    query.build().fetch_all(tx.sql()).await?.iter().map(attachment).collect()
}

/// Takes the name of one away, and what its event keeps of it apart from the record.
pub async fn erase(tx: &mut WriteTx, it: &Attachment) -> Result<(), StoreError> {
    let row = sqlx::query(
        "UPDATE attachments SET name = '', erased_at = $3 WHERE tenant_id = $1 AND id = $2 RETURNING event_id",
    )
    .bind(tx.tenant().uuid())
    .bind(it.id.uuid())
    .bind(it.erased_at)
    .fetch_one(tx.sql())
    .await?;
    sqlx::query("DELETE FROM openings WHERE tenant_id = $1 AND event_id = $2")
        .bind(tx.tenant().uuid())
        .bind(row.try_get::<Uuid, _>("event_id")?)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Tells which of these digests are named by an attachment that is not erased.
pub async fn kept(tx: &mut TenantTx, digests: &[Digest]) -> Result<Vec<Digest>, StoreError> {
    let wanted: Vec<_> = digests.iter().map(|it| it.0.as_slice()).collect();
    let rows = sqlx::query(
        "SELECT DISTINCT digest FROM attachments WHERE tenant_id = $1 AND digest = ANY($2) AND erased_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(wanted)
    .fetch_all(tx.sql())
    .await?;
    rows.iter().map(digest).collect()
}

async fn one(tx: &mut TenantTx, id: AttachmentId, rest: &'static str) -> Result<Option<Attachment>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND id = ").push_bind(id.uuid()).push(rest);
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(attachment).transpose()
}

fn digest(row: &PgRow) -> Result<Digest, StoreError> {
    let bytes: Vec<u8> = row.try_get("digest")?;
    Digest::try_from(bytes).map_err(|error| StoreError::Unreadable { what: "digest", value: error.to_string() })
}

fn attachment(row: &PgRow) -> Result<Attachment, StoreError> {
    let size: i64 = row.try_get("size")?;
    let place = match (row.try_get::<Option<Uuid>, _>("meeting_id")?, row.try_get::<Option<Uuid>, _>("item_id")?) {
        (Some(id), _) => Place::Meeting(MeetingId(id)),
        (None, Some(id)) => Place::Item(ItemId(id)),
        (None, None) => Place::Topic,
    };
    Ok(Attachment {
        id: AttachmentId(row.try_get("id")?),
        topic: TopicId(row.try_get("topic_id")?),
        place,
        digest: digest(row)?,
        size: size.unsigned_abs(),
        media_type: row.try_get("media_type")?,
        kind: codes::read("kind", row.try_get("kind")?)?,
        name: row.try_get("name")?,
        member: MemberId(row.try_get("member_id")?),
        added_at: row.try_get("added_at")?,
        erased_at: row.try_get("erased_at")?,
    })
}
