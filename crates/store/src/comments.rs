//! Comments on topics.

use chrono::{DateTime, Utc};
use uuid::Uuid;
use yishi_domain::{CommentId, MemberId, TopicId};

use crate::{StoreError, TenantTx, WriteTx};

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Comment {
    /// Its identifier.
    #[sqlx(try_from = "Uuid")]
    pub id: CommentId,
    /// The topic.
    #[sqlx(rename = "topic_id", try_from = "Uuid")]
    pub topic: TopicId,
    /// The comment that it answers.
    pub parent_id: Option<Uuid>,
    /// Who wrote it.
    #[sqlx(rename = "member_id", try_from = "Uuid")]
    pub member: MemberId,
    /// The text.
    pub text: String,
    /// When it was written.
    pub written_at: DateTime<Utc>,
    /// When it was hidden.
    pub hidden_at: Option<DateTime<Utc>>,
    /// Why it was hidden.
    pub hidden_reason: Option<String>,
}

macro_rules! comments {
    ($rest:literal) => {
        concat!(
            "SELECT id, topic_id, parent_id, member_id, text, written_at, hidden_at, hidden_reason FROM topic_comments ",
            $rest
        )
    };
}

/// Adds a comment.
pub async fn insert(tx: &mut WriteTx, it: &Comment) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO topic_comments (tenant_id, id, topic_id, parent_id, member_id, text, written_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tx.tenant().uuid())
    .bind(it.id.uuid())
    .bind(it.topic.uuid())
    .bind(it.parent_id)
    .bind(it.member.uuid())
    .bind(&it.text)
    .bind(it.written_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Finds a comment.
pub async fn find(tx: &mut TenantTx, id: CommentId) -> Result<Option<Comment>, StoreError> {
    Ok(sqlx::query_as(comments!("WHERE tenant_id = $1 AND id = $2"))
        .bind(tx.tenant().uuid())
        .bind(id.uuid())
        .fetch_optional(tx.sql())
        .await?)
}

/// Lists the comments on a topic after one, the earliest first.
pub async fn page(
    tx: &mut TenantTx,
    topic: TopicId,
    after: Option<CommentId>,
    limit: u16,
) -> Result<Vec<Comment>, StoreError> {
    Ok(sqlx::query_as(comments!(
        "WHERE tenant_id = $1 AND topic_id = $2 AND ($3::uuid IS NULL OR id > $3) ORDER BY id LIMIT $4"
    ))
    .bind(tx.tenant().uuid())
    .bind(topic.uuid())
    .bind(after.map(CommentId::uuid))
    .bind(i64::from(limit))
    .fetch_all(tx.sql())
    .await?)
}

/// Hides a comment with a reason; false where it is hidden already.
pub async fn hide(tx: &mut WriteTx, id: CommentId, reason: &str, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE topic_comments SET hidden_at = $3, hidden_reason = $4 WHERE tenant_id = $1 AND id = $2 AND hidden_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(at)
    .bind(reason)
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Moves the comments on a topic to the one that it is merged into.
pub async fn follow(tx: &mut WriteTx, from: TopicId, into: TopicId) -> Result<(), StoreError> {
    sqlx::query("UPDATE topic_comments SET topic_id = $3 WHERE tenant_id = $1 AND topic_id = $2")
        .bind(tx.tenant().uuid())
        .bind(from.uuid())
        .bind(into.uuid())
        .execute(tx.sql())
        .await?;
    Ok(())
}
