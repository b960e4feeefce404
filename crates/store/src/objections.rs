//! Objections to what was adopted, while it is published.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use yishi_domain::{MemberId, ObjectionId, ResolutionId};

use crate::{StoreError, TenantTx, WriteTx};

/// An objection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// Its identifier.
    pub id: ObjectionId,
    /// What it is raised against.
    pub resolution: ResolutionId,
    /// Who raised it.
    pub member: MemberId,
    /// Why.
    pub text: String,
    /// When.
    pub raised_at: DateTime<Utc>,
    /// What became of it, once it is answered.
    pub answer: Option<Answer>,
}

/// The answer to an objection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether it is upheld, which sets the resolution aside.
    pub upheld: bool,
    /// Why.
    pub text: String,
    /// When.
    pub at: DateTime<Utc>,
}

const SELECT: &str = "SELECT id, resolution_id, member_id, text, raised_at, upheld, answer, answered_at FROM objections WHERE tenant_id = ";

/// Adds an objection; false where its member has raised one against the resolution already.
pub async fn insert(tx: &mut WriteTx, objection: &Objection) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO objections (tenant_id, id, resolution_id, member_id, text, raised_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant_id, resolution_id, member_id) DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(objection.id.uuid())
    .bind(objection.resolution.uuid())
    .bind(objection.member.uuid())
    .bind(&objection.text)
    .bind(objection.raised_at)
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Finds an objection.
pub async fn find(tx: &mut TenantTx, id: ObjectionId) -> Result<Option<Objection>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND id = ").push_bind(id.uuid());
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(objection).transpose()
}

/// Lists the objections to a resolution, the earliest first.
pub async fn of_resolution(tx: &mut TenantTx, id: ResolutionId) -> Result<Vec<Objection>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND resolution_id = ").push_bind(id.uuid()).push(" ORDER BY id");
    query.build().fetch_all(tx.sql()).await?.iter().map(objection).collect()
}

/// Answers an objection; false where it is answered already.
pub async fn answer(tx: &mut WriteTx, id: ObjectionId, answer: &Answer) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE objections SET upheld = $3, answer = $4, answered_at = $5
         WHERE tenant_id = $1 AND id = $2 AND answered_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(answer.upheld)
    .bind(&answer.text)
    .bind(answer.at)
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected() == 1)
}

fn objection(row: &PgRow) -> Result<Objection, StoreError> {
    let (upheld, text): (Option<bool>, Option<String>) = (row.try_get("upheld")?, row.try_get("answer")?);
    let at: Option<DateTime<Utc>> = row.try_get("answered_at")?;
    Ok(Objection {
        id: ObjectionId(row.try_get("id")?),
        resolution: ResolutionId(row.try_get("resolution_id")?),
        member: MemberId(row.try_get("member_id")?),
        text: row.try_get("text")?,
        raised_at: row.try_get("raised_at")?,
        answer: upheld.zip(text).zip(at).map(|((upheld, text), at)| Answer { upheld, text, at }),
    })
}
