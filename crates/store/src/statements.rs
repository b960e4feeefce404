//! Statements on a topic, and who agrees with which of them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use uuid::Uuid;
use yishi_domain::{MemberId, StatementId, TopicId, opinions::Stance};

use crate::{StoreError, TenantTx, WriteTx, codes, rows::parts};

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its identifier.
    pub id: StatementId,
    /// The topic.
    pub topic: TopicId,
    /// Its number in the topic, from one.
    pub number: u32,
    /// Who made it.
    pub member: MemberId,
    /// The text.
    pub text: String,
    /// When.
    pub added_at: DateTime<Utc>,
}

/// How many take each stance on a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stances {
    /// Agree.
    pub agree: u64,
    /// Disagree.
    pub disagree: u64,
    /// Neither.
    pub pass: u64,
}

/// A stance that somebody takes on a statement.
pub type Taken = (MemberId, StatementId, Stance);

const SELECT: &str = "SELECT id, topic_id, number, member_id, text, added_at FROM statements WHERE tenant_id = ";

/// The highest number of a statement on a topic; 0 where there is none.
pub async fn last_number(tx: &mut TenantTx, topic: TopicId) -> Result<u32, StoreError> {
    let row = sqlx::query("SELECT coalesce(max(number), 0) FROM statements WHERE tenant_id = $1 AND topic_id = $2");
    let row = row.bind(tx.tenant().uuid()).bind(topic.uuid()).fetch_one(tx.sql()).await?;
    Ok(row.try_get::<i32, _>(0)?.cast_unsigned())
}

/// Adds statements.
pub async fn insert(tx: &mut WriteTx, list: &[Statement]) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    let mut query =
        QueryBuilder::new("INSERT INTO statements (tenant_id, id, topic_id, number, member_id, text, added_at) ");
    query.push_values(list, |mut row, it| {
        row.push_bind(tenant).push_bind(it.id.uuid()).push_bind(it.topic.uuid()).push_bind(it.number.cast_signed());
        row.push_bind(it.member.uuid()).push_bind(&it.text).push_bind(it.added_at);
    });
    query.build().persistent(false).execute(tx.sql()).await?;
    Ok(())
}

/// Finds a statement.
pub async fn find(tx: &mut TenantTx, id: StatementId) -> Result<Option<Statement>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND id = ").push_bind(id.uuid());
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(statement).transpose()
}

/// Lists statements on a topic after a number, in order.
pub async fn page(tx: &mut TenantTx, topic: TopicId, after: u32, limit: u16) -> Result<Vec<Statement>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND topic_id = ").push_bind(topic.uuid());
    query.push(" AND number > ").push_bind(after.cast_signed());
    query.push(" ORDER BY number LIMIT ").push_bind(i64::from(limit));
    query.build().fetch_all(tx.sql()).await?.iter().map(statement).collect()
}

/// The identifiers of all statements on a topic, in order of their numbers.
pub async fn ids(tx: &mut TenantTx, topic: TopicId) -> Result<Vec<StatementId>, StoreError> {
    let all = sqlx::query_scalar("SELECT id FROM statements WHERE tenant_id = $1 AND topic_id = $2 ORDER BY number");
    let all: Vec<Uuid> = all.bind(tx.tenant().uuid()).bind(topic.uuid()).fetch_all(tx.sql()).await?;
    Ok(all.into_iter().map(StatementId).collect())
}

/// Keeps stances, each in the place of an earlier one; the list names nobody twice for a statement.
pub async fn take(tx: &mut WriteTx, topic: TopicId, list: &[Taken], at: DateTime<Utc>) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for part in parts(list) {
        let mut query =
            QueryBuilder::new("INSERT INTO stances (tenant_id, topic_id, member_id, statement_id, stance, taken_at) ");
        query.push_values(part, |mut row, (member, statement, stance)| {
            row.push_bind(tenant).push_bind(topic.uuid()).push_bind(member.uuid()).push_bind(statement.uuid());
            row.push_bind(stance.code()).push_bind(at);
        });
        query.push(
            " ON CONFLICT (tenant_id, topic_id, member_id, statement_id)
             DO UPDATE SET stance = excluded.stance, taken_at = excluded.taken_at",
        );
        query.build().execute(tx.sql()).await?;
    }
    Ok(())
}

/// How many take each stance on statements of a topic.
pub async fn counts(tx: &mut TenantTx, topic: TopicId) -> Result<BTreeMap<StatementId, Stances>, StoreError> {
    let rows = sqlx::query(
        "SELECT statement_id, count(*) FILTER (WHERE stance = 'agree'), count(*) FILTER (WHERE stance = 'disagree'),
         count(*) FILTER (WHERE stance = 'pass') FROM stances WHERE tenant_id = $1 AND topic_id = $2 GROUP BY statement_id",
    );
    let rows = rows.bind(tx.tenant().uuid()).bind(topic.uuid()).fetch_all(tx.sql()).await?;
    let number = |row: &PgRow, i: usize| row.try_get::<i64, _>(i).map(i64::unsigned_abs);
    rows.iter()
        .map(|row| {
            let stances = Stances { agree: number(row, 1)?, disagree: number(row, 2)?, pass: number(row, 3)? };
            Ok((StatementId(row.try_get(0)?), stances))
        })
        .collect()
}

/// The members who took a stance on a topic after one, in order.
pub async fn takers(
    tx: &mut TenantTx,
    topic: TopicId,
    after: Option<MemberId>,
    limit: u16,
) -> Result<Vec<MemberId>, StoreError> {
    let all = sqlx::query_scalar(
        "SELECT DISTINCT member_id FROM stances WHERE tenant_id = $1 AND topic_id = $2 AND ($3::uuid IS NULL OR member_id > $3)
         ORDER BY member_id LIMIT $4",
    );
    let all = all.bind(tx.tenant().uuid()).bind(topic.uuid()).bind(after.map(MemberId::uuid)).bind(i64::from(limit));
    let all: Vec<Uuid> = all.fetch_all(tx.sql()).await?;
    Ok(all.into_iter().map(MemberId).collect())
}

/// The stances on a topic, of some members where these are given, in order of members and statements.
pub async fn taken(tx: &mut TenantTx, topic: TopicId, of: Option<&[MemberId]>) -> Result<Vec<Taken>, StoreError> {
    let mut query = QueryBuilder::new("SELECT member_id, statement_id, stance FROM stances WHERE tenant_id = ");
    query.push_bind(tx.tenant().uuid()).push(" AND topic_id = ").push_bind(topic.uuid());
    if let Some(members) = of {
        let members: Vec<_> = members.iter().map(|it| it.uuid()).collect();
        query.push(" AND member_id = ANY(").push_bind(members).push(")");
    }
    query.push(" ORDER BY member_id, statement_id");
    let rows = query.build().fetch_all(tx.sql()).await?;
    rows.iter()
        .map(|row| {
            let stance = codes::read("stance", row.try_get("stance")?)?;
            Ok((MemberId(row.try_get("member_id")?), StatementId(row.try_get("statement_id")?), stance))
        })
        .collect()
}

fn statement(row: &PgRow) -> Result<Statement, StoreError> {
    Ok(Statement {
        id: StatementId(row.try_get("id")?),
        topic: TopicId(row.try_get("topic_id")?),
        number: row.try_get::<i32, _>("number")?.cast_unsigned(),
        member: MemberId(row.try_get("member_id")?),
        text: row.try_get("text")?,
        added_at: row.try_get("added_at")?,
    })
}
