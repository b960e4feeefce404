//! Work orders of the hotline, and how it writes them.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow, types::Json};
use yishi_domain::{TopicId, work_orders::Mapping, workflow::Stage};

use crate::{StoreError, TenantTx, WriteTx, codes};

/// A work order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkOrder {
    /// Its number.
    pub number: String,
    /// The topic that it became.
    pub topic: TopicId,
    /// When it came in.
    pub received_at: DateTime<Utc>,
    /// When whoever raised it was called back.
    pub called_back_at: Option<DateTime<Utc>>,
    /// What they think of it, of 100.
    pub score: Option<u8>,
    /// What they said.
    pub words: Option<String>,
}

/// How far a work order has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The order.
    pub order: WorkOrder,
    /// The topic's title.
    pub title: String,
    /// The topic's stage.
    pub stage: Stage,
    /// The reason for it.
    pub reason: Option<String>,
    /// What shows that it is done.
    pub evidence: Option<String>,
    /// The unit that leads what was resolved, or those that were called.
    pub agency: Option<String>,
    /// Whether units were called.
    pub called: bool,
    /// By when it is to be done.
    pub due_at: Option<DateTime<Utc>>,
    /// When it came to where it stands.
    pub changed_at: DateTime<Utc>,
}

/// How the hotline writes its work orders, where that is known.
pub async fn mapping(tx: &mut TenantTx) -> Result<Option<Mapping>, StoreError> {
    let found = sqlx::query_scalar("SELECT mapping FROM work_order_mappings WHERE tenant_id = $1");
    Ok(found.bind(tx.tenant().uuid()).fetch_optional(tx.sql()).await?.map(|Json(mapping)| mapping))
}

/// Says how the hotline writes its work orders from now on.
pub async fn set_mapping(tx: &mut WriteTx, mapping: &Mapping, at: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO work_order_mappings (tenant_id, mapping, set_at) VALUES ($1, $2, $3)
         ON CONFLICT (tenant_id) DO UPDATE SET mapping = excluded.mapping, set_at = excluded.set_at",
    )
    .bind(tx.tenant().uuid())
    .bind(Json(mapping))
    .bind(at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Adds an order; false where its number is there already.
pub async fn insert(tx: &mut WriteTx, it: &WorkOrder) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO work_orders (tenant_id, number, topic_id, received_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(&it.number)
    .bind(it.topic.uuid())
    .bind(it.received_at)
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Keeps what whoever was called back said.
pub async fn call_back(tx: &mut WriteTx, it: &WorkOrder) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE work_orders SET called_back_at = $3, score = $4, words = $5 WHERE tenant_id = $1 AND number = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(&it.number)
    .bind(it.called_back_at)
    .bind(it.score.map(i16::from))
    .bind(&it.words)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// The orders with these numbers, as far as there are.
pub async fn of_numbers(tx: &mut TenantTx, numbers: &[String]) -> Result<Vec<WorkOrder>, StoreError> {
    let rows = sqlx::query(
        "SELECT number, topic_id, received_at, called_back_at, score, words FROM work_orders
         WHERE tenant_id = $1 AND number = ANY($2)",
    )
    .bind(tx.tenant().uuid())
    .bind(numbers)
    .fetch_all(tx.sql())
    .await?;
    rows.iter().map(order).collect()
}

/// Which of these numbers belong to orders at units under none of the paths.
pub async fn elsewhere(tx: &mut TenantTx, numbers: &[String], paths: &[String]) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT w.number FROM work_orders w
         JOIN topics t ON t.tenant_id = w.tenant_id AND t.id = w.topic_id
         JOIN units u ON u.tenant_id = t.tenant_id AND u.id = t.unit_id
         WHERE w.tenant_id = $1 AND w.number = ANY($2)
         AND NOT EXISTS (SELECT 1 FROM unnest($3::text[]) AS reach WHERE starts_with(u.path, reach))",
    )
    .bind(tx.tenant().uuid())
    .bind(numbers)
    .bind(paths)
    .fetch_all(tx.sql())
    .await?)
}

/// The orders that became a topic, in order of number.
pub async fn of_topic(tx: &mut TenantTx, topic: TopicId) -> Result<Vec<WorkOrder>, StoreError> {
    let rows = sqlx::query(
        "SELECT number, topic_id, received_at, called_back_at, score, words FROM work_orders
         WHERE tenant_id = $1 AND topic_id = $2 ORDER BY number",
    )
    .bind(tx.tenant().uuid())
    .bind(topic.uuid())
    .fetch_all(tx.sql())
    .await?;
    rows.iter().map(order).collect()
}

/// How far orders have come after a number, in order of number: those at units under one of the paths that changed since an instant.
pub async fn standings(
    tx: &mut TenantTx,
    paths: &[String],
    since: Option<DateTime<Utc>>,
    after: &str,
    limit: u16,
) -> Result<Vec<Standing>, StoreError> {
    let mut query = QueryBuilder::new(
        "SELECT * FROM (
             SELECT w.number, w.topic_id, w.received_at, w.called_back_at, w.score, w.words, t.title, t.stage, t.reason, r.evidence,
                    COALESCE(r.lead, c.units) AS agency, c.units IS NOT NULL AS called, COALESCE(r.due_at, c.due_at) AS due_at,
                    GREATEST(t.stage_since, w.called_back_at, c.called_at) AS changed_at
             FROM work_orders w
             JOIN topics t ON t.tenant_id = w.tenant_id AND t.id = w.topic_id
             JOIN units u ON u.tenant_id = t.tenant_id AND u.id = t.unit_id
             LEFT JOIN LATERAL (
                 SELECT e.evidence, e.due_at, l.name AS lead FROM resolutions e
                 LEFT JOIN units l ON l.tenant_id = e.tenant_id AND l.id = e.lead_unit_id
                 WHERE e.tenant_id = w.tenant_id AND e.topic_id = w.topic_id AND e.set_aside_at IS NULL ORDER BY e.id DESC LIMIT 1
             ) r ON true
             LEFT JOIN LATERAL (
                 SELECT string_agg(DISTINCT n.name, '、') AS units, max(k.due_at) AS due_at, max(k.called_at) AS called_at
                 FROM calls k JOIN called_units m ON m.tenant_id = k.tenant_id AND m.call_id = k.id
                 JOIN units n ON n.tenant_id = m.tenant_id AND n.id = m.unit_id
                 WHERE k.tenant_id = w.tenant_id AND k.topic_id = w.topic_id
             ) c ON true
             WHERE w.tenant_id = ",
    );
    query.push_bind(tx.tenant().uuid()).push(" AND w.number > ").push_bind(after);
    query
        .push(" AND EXISTS (SELECT 1 FROM unnest(")
        .push_bind(paths)
        .push("::text[]) AS reach WHERE starts_with(u.path, reach))");
    if let Some(since) = since {
        // Found by what changed, so that whoever asks often has nothing joined that did not.
        let changes = [
            ("id FROM topics", "stage_since"),
            ("topic_id FROM work_orders", "called_back_at"),
            ("topic_id FROM calls", "called_at"),
        ];
        for (i, (topics, at)) in changes.into_iter().enumerate() {
            query.push(if i == 0 { " AND w.topic_id IN (" } else { " UNION " });
            query.push("SELECT ").push(topics).push(" WHERE tenant_id = ").push_bind(tx.tenant().uuid());
            query.push(" AND ").push(at).push(" >= ").push_bind(since);
        }
        query.push(")");
    }
    query.push(") AS found");
    query.push(" ORDER BY number LIMIT ").push_bind(i64::from(limit));
    query.build().fetch_all(tx.sql()).await?.iter().map(standing).collect()
}

fn order(row: &PgRow) -> Result<WorkOrder, StoreError> {
    Ok(WorkOrder {
        number: row.try_get("number")?,
        topic: TopicId(row.try_get("topic_id")?),
        received_at: row.try_get("received_at")?,
        called_back_at: row.try_get("called_back_at")?,
        score: row.try_get::<Option<i16>, _>("score")?.and_then(|it| u8::try_from(it).ok()),
        words: row.try_get("words")?,
    })
}

fn standing(row: &PgRow) -> Result<Standing, StoreError> {
    Ok(Standing {
        order: order(row)?,
        title: row.try_get("title")?,
        stage: codes::read("stage", row.try_get("stage")?)?,
        reason: row.try_get("reason")?,
        evidence: row.try_get("evidence")?,
        agency: row.try_get("agency")?,
        called: row.try_get("called")?,
        due_at: row.try_get("due_at")?,
        changed_at: row.try_get("changed_at")?,
    })
}
