//! The topic pool: who supports and follows a topic, by which words it is found, and what it was answered.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row};
use uuid::Uuid;
use yishi_domain::{MemberId, TopicId};

use crate::{
    StoreError, TenantTx, WriteTx,
    topics::{self, PUBLIC, Topic, TopicFilter},
};

/// How many rows of three values one statement carries.
const ROWS: usize = 5_000;

/// How a member stands to a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bond {
    /// Supports it.
    Support,
    /// Follows it.
    Following,
}

impl Bond {
    const fn table(self) -> &'static str {
        match self {
            Self::Support => "topic_supports",
            Self::Following => "topic_followers",
        }
    }
}

/// How a list of topics is ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The latest first.
    #[default]
    Latest,
    /// Those with the most supporters first.
    Supporters,
    /// Those of the highest priority first.
    Priority,
}

/// A topic with what the pool knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pooled {
    /// The topic.
    pub topic: Topic,
    /// How many support it.
    pub supporters: u64,
    /// How many have commented on it.
    pub commenters: u64,
    /// What the list is ordered by.
    pub rank: i64,
}

/// What a topic was answered.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Answer {
    /// Its identifier.
    pub id: Uuid,
    /// The answer.
    pub text: String,
    /// How many were told.
    pub told: i64,
    /// When.
    pub answered_at: DateTime<Utc>,
}

/// Binds members to a topic; tells how many were not bound before.
pub async fn bind(
    tx: &mut WriteTx,
    bond: Bond,
    topic: TopicId,
    members: &[MemberId],
    since: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let tenant = tx.tenant().uuid();
    let mut bound = 0;
    for part in members.chunks(ROWS) {
        let mut query = QueryBuilder::new("INSERT INTO ");
        query.push(bond.table()).push(" (tenant_id, topic_id, member_id, since) ");
        query.push_values(part, |mut row, member| {
            row.push_bind(tenant).push_bind(topic.uuid()).push_bind(member.uuid()).push_bind(since);
        });
        query.push(" ON CONFLICT DO NOTHING");
        bound += query.build().persistent(false).execute(tx.sql()).await?.rows_affected();
    }
    Ok(bound)
}

/// Loosens a member from a topic; false where they were not bound.
pub async fn loosen(tx: &mut WriteTx, bond: Bond, topic: TopicId, member: MemberId) -> Result<bool, StoreError> {
    let mut query = QueryBuilder::new("DELETE FROM ");
    query.push(bond.table()).push(" WHERE tenant_id = ").push_bind(tx.tenant().uuid());
    query.push(" AND topic_id = ").push_bind(topic.uuid()).push(" AND member_id = ").push_bind(member.uuid());
    Ok(query.build().execute(tx.sql()).await?.rows_affected() == 1)
}

/// Lists the members bound to a topic.
pub async fn bound(tx: &mut TenantTx, bond: Bond, topic: TopicId) -> Result<Vec<MemberId>, StoreError> {
    let mut query = QueryBuilder::new("SELECT member_id FROM ");
    query.push(bond.table()).push(" WHERE tenant_id = ").push_bind(tx.tenant().uuid());
    query.push(" AND topic_id = ").push_bind(topic.uuid()).push(" ORDER BY member_id");
    let members: Vec<Uuid> = query.build_query_scalar().fetch_all(tx.sql()).await?;
    Ok(members.into_iter().map(MemberId).collect())
}

/// Keeps the words by which a topic is found.
pub async fn index(tx: &mut WriteTx, topic: TopicId, words: &BTreeSet<String>) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    let words: Vec<_> = words.iter().collect();
    for part in words.chunks(ROWS) {
        let mut query = QueryBuilder::new("INSERT INTO topic_words (tenant_id, word, topic_id) ");
        query.push_values(part, |mut row, word| {
            row.push_bind(tenant).push_bind(*word).push_bind(topic.uuid());
        });
        query.build().persistent(false).execute(tx.sql()).await?;
    }
    Ok(())
}

/// Lists public topics that have all the words, after a rank and an identifier, in an order; `now` is what days are counted to.
pub async fn search(
    tx: &mut TenantTx,
    filter: &TopicFilter,
    category: Option<&str>,
    words: &BTreeSet<String>,
    (order, now): (Order, DateTime<Utc>),
    after: Option<(i64, TopicId)>,
    limit: u16,
) -> Result<Vec<Pooled>, StoreError> {
    let tenant = tx.tenant().uuid();
    let mut query = QueryBuilder::new("SELECT * FROM (SELECT t.*, ");
    match order {
        Order::Latest => {
            query.push("0::bigint");
        }
        Order::Supporters => {
            query.push("t.supporters");
        }
        // As `yishi_domain::pool::priority` has it.
        Order::Priority => {
            query.push("10 * t.supporters + 2 * t.commenters + least(60, extract(day FROM ").push_bind(now);
            query.push(" - t.raised_at)::bigint) + CASE t.significance WHEN 'major' THEN 50 ELSE 0 END");
        }
    }
    query.push(" AS rank FROM (SELECT ").push(topics::COLUMNS);
    query.push(
        ", (SELECT count(*) FROM topic_supports s WHERE s.tenant_id = t.tenant_id AND s.topic_id = t.id) AS supporters,
         (SELECT count(DISTINCT c.member_id) FROM topic_comments c WHERE c.tenant_id = t.tenant_id AND c.topic_id = t.id)
         AS commenters FROM topics t JOIN units u ON u.tenant_id = t.tenant_id AND u.id = t.unit_id WHERE t.tenant_id = ",
    );
    query.push_bind(tenant).push(PUBLIC);
    if let Some(stage) = filter.stage {
        query.push(" AND t.stage = ").push_bind(stage.code());
    }
    if let Some(path) = &filter.under {
        query.push(" AND u.path LIKE ").push_bind(format!("{path}%"));
    }
    if let Some(category) = category {
        query.push(" AND t.category = ").push_bind(category);
    }
    if !words.is_empty() {
        query.push(" AND t.id IN (SELECT topic_id FROM topic_words WHERE tenant_id = ").push_bind(tenant);
        query.push(" AND word = ANY(").push_bind(words.iter().cloned().collect::<Vec<_>>());
        query.push(") GROUP BY topic_id HAVING count(*) = ").push_bind(words.len() as i64).push(")");
    }
    query.push(") t) t");
    if let Some((rank, id)) = after {
        query.push(" WHERE (rank, id) < (").push_bind(rank).push(", ").push_bind(id.uuid()).push(")");
    }
    query.push(" ORDER BY rank DESC, id DESC LIMIT ").push_bind(i64::from(limit));
    let rows = query.build().fetch_all(tx.sql()).await?;
    let pooled = rows.iter().map(|row| {
        let number = |name: &str| row.try_get::<i64, _>(name).map(i64::unsigned_abs);
        Ok(Pooled {
            topic: topics::topic(row)?,
            supporters: number("supporters")?,
            commenters: number("commenters")?,
            rank: row.try_get("rank")?,
        })
    });
    pooled.collect()
}

/// Lists the topics that came into one by mergers, however many steps away.
pub async fn merged_into(tx: &mut TenantTx, target: TopicId) -> Result<Vec<TopicId>, StoreError> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "WITH RECURSIVE sources AS (
             SELECT id FROM topics WHERE tenant_id = $1 AND merged_into = $2
             UNION SELECT t.id FROM topics t JOIN sources s ON t.merged_into = s.id WHERE t.tenant_id = $1)
         SELECT id FROM sources ORDER BY id",
    )
    .bind(tx.tenant().uuid())
    .bind(target.uuid())
    .fetch_all(tx.sql())
    .await?;
    Ok(ids.into_iter().map(TopicId).collect())
}

/// Keeps an answer.
pub async fn answer(tx: &mut WriteTx, topic: TopicId, it: &Answer) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO topic_answers (tenant_id, id, topic_id, text, told, answered_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(tx.tenant().uuid())
    .bind(it.id)
    .bind(topic.uuid())
    .bind(&it.text)
    .bind(it.told)
    .bind(it.answered_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Lists a topic's answers, the earliest first.
pub async fn answers(tx: &mut TenantTx, topic: TopicId) -> Result<Vec<Answer>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT id, text, told, answered_at FROM topic_answers WHERE tenant_id = $1 AND topic_id = $2 ORDER BY id LIMIT 1000",
    )
    .bind(tx.tenant().uuid())
    .bind(topic.uuid())
    .fetch_all(tx.sql())
    .await?)
}
