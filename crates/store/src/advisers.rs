//! Who of the pools advises on a case.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use yishi_domain::{AdviserId, TopicId};

use crate::{StoreError, TenantTx, WriteTx};

/// Somebody who advises on a case, or did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adviser {
    /// Their assignment's identifier.
    pub id: AdviserId,
    /// The case.
    pub topic: TopicId,
    /// Who, by their key in the register of people.
    pub person: String,
    /// Since when.
    pub assigned_at: DateTime<Utc>,
    /// When they were recused, and why.
    pub recused: Option<(DateTime<Utc>, String)>,
}

const SELECT: &str = "SELECT id, topic_id, person, assigned_at, recused_at, reason FROM advisers WHERE tenant_id = ";

/// Assigns somebody; false where they were assigned to the case before.
pub async fn insert(tx: &mut WriteTx, it: &Adviser) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO advisers (tenant_id, id, topic_id, person, assigned_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(it.id.uuid())
    .bind(it.topic.uuid())
    .bind(&it.person)
    .bind(it.assigned_at)
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Finds an assignment.
pub async fn find(tx: &mut TenantTx, id: AdviserId) -> Result<Option<Adviser>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND id = ").push_bind(id.uuid());
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(adviser).transpose()
}

/// Lists who was assigned to a case, the earliest first.
pub async fn of_topic(tx: &mut TenantTx, topic: TopicId) -> Result<Vec<Adviser>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND topic_id = ").push_bind(topic.uuid()).push(" ORDER BY id");
    query.build().fetch_all(tx.sql()).await?.iter().map(adviser).collect()
}

/// On how many cases that are not at rest somebody advises.
pub async fn busy(tx: &mut TenantTx, person: &str) -> Result<u64, StoreError> {
    let row = sqlx::query(
        "SELECT count(*) FROM advisers a JOIN topics t ON t.tenant_id = a.tenant_id AND t.id = a.topic_id
         WHERE a.tenant_id = $1 AND a.person = $2 AND a.recused_at IS NULL
         AND t.stage NOT IN ('rejected', 'merged', 'withdrawn', 'closed')",
    )
    .bind(tx.tenant().uuid())
    .bind(person)
    .fetch_one(tx.sql())
    .await?;
    Ok(row.try_get::<i64, _>(0)?.unsigned_abs())
}

/// Recuses somebody; false where they were recused before.
pub async fn recuse(tx: &mut WriteTx, id: AdviserId, at: DateTime<Utc>, reason: &str) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE advisers SET recused_at = $3, reason = $4 WHERE tenant_id = $1 AND id = $2 AND recused_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(at)
    .bind(reason)
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected() == 1)
}

fn adviser(row: &PgRow) -> Result<Adviser, StoreError> {
    let at: Option<DateTime<Utc>> = row.try_get("recused_at")?;
    Ok(Adviser {
        id: AdviserId(row.try_get("id")?),
        topic: TopicId(row.try_get("topic_id")?),
        person: row.try_get("person")?,
        assigned_at: row.try_get("assigned_at")?,
        recused: at.zip(row.try_get("reason")?),
    })
}
