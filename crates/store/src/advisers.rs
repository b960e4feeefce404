//! Who of the pools advises on a case.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use uuid::Uuid;
use yishi_domain::{AdviserId, TopicId};

use crate::{Chosen, StoreError, TenantTx, WriteTx, rows};

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

/// Assigns people to cases, and tells how many of them were not assigned to these before.
pub async fn insert(tx: &mut WriteTx, all: &[Adviser]) -> Result<u64, StoreError> {
    let (tenant, mut added) = (tx.tenant().uuid(), 0);
    for part in rows::parts(all) {
        let mut query = QueryBuilder::new(
            "INSERT INTO advisers (tenant_id, id, topic_id, person, assigned_at, recused_at, reason) ",
        );
        query.push_values(part, |mut row, it| {
            row.push_bind(tenant).push_bind(it.id.uuid()).push_bind(it.topic.uuid()).push_bind(&it.person);
            row.push_bind(it.assigned_at).push_bind(it.recused.as_ref().map(|it| it.0));
            row.push_bind(it.recused.as_ref().map(|it| &it.1));
        });
        query.push(" ON CONFLICT DO NOTHING");
        added += query.build().execute(tx.sql()).await?.rows_affected();
    }
    Ok(added)
}

/// Finds an assignment.
pub async fn find(tx: &mut TenantTx, id: AdviserId) -> Result<Option<Adviser>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND id = ").push_bind(id.uuid());
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(adviser).transpose()
}

/// Lists who was assigned to cases, the earliest first.
pub async fn of_topics(tx: &mut TenantTx, topics: &[TopicId]) -> Result<Vec<Adviser>, StoreError> {
    let topics: Vec<_> = topics.iter().map(|it| it.uuid()).collect();
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND topic_id = ANY(").push_bind(topics).push(") ORDER BY id");
    query.build().fetch_all(tx.sql()).await?.iter().map(adviser).collect()
}

/// Lists assignments.
pub async fn some(tx: &mut TenantTx, chosen: Chosen<'_>) -> Result<Vec<Adviser>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid());
    chosen.end(&mut query);
    query.build().fetch_all(tx.sql()).await?.iter().map(adviser).collect()
}

/// On how many cases that are not at rest people advise; those who advise on none are left out.
pub async fn busy(tx: &mut TenantTx, people: &[&str]) -> Result<BTreeMap<String, u64>, StoreError> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT a.person, count(*) FROM advisers a JOIN topics t ON t.tenant_id = a.tenant_id AND t.id = a.topic_id
         WHERE a.tenant_id = $1 AND a.person = ANY($2) AND a.recused_at IS NULL
         AND t.stage NOT IN ('rejected', 'merged', 'withdrawn', 'closed') GROUP BY a.person",
    )
    .bind(tx.tenant().uuid())
    .bind(people)
    .fetch_all(tx.sql())
    .await?;
    Ok(rows.into_iter().map(|(person, cases)| (person, cases.unsigned_abs())).collect())
}

/// Recuses people with the instant and the reason, and tells how many of them were not recused before.
pub async fn recuse(tx: &mut WriteTx, all: &[(AdviserId, DateTime<Utc>, String)]) -> Result<u64, StoreError> {
    let ids: Vec<Uuid> = all.iter().map(|it| it.0.uuid()).collect();
    let done = sqlx::query(
        "UPDATE advisers a SET recused_at = n.at, reason = n.reason
         FROM unnest($2::uuid[], $3::timestamptz[], $4::text[]) n (id, at, reason)
         WHERE a.tenant_id = $1 AND a.id = n.id AND a.recused_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(ids)
    .bind(all.iter().map(|it| it.1).collect::<Vec<_>>())
    .bind(all.iter().map(|it| it.2.as_str()).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected())
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
