//! What supervision committees note.

use sqlx::{QueryBuilder, Row, postgres::PgRow};
use uuid::Uuid;
use yishi_domain::{
    EscalationId, FindingId, ItemId, TopicId, UnitId,
    findings::{Finding, FindingState, Ground, Measure},
};

use crate::{StoreError, TenantTx, WriteTx, codes};

/// Which findings are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingFilter {
    /// Only those about a case.
    pub topic: Option<TopicId>,
    /// Only those that concern a unit.
    pub unit: Option<UnitId>,
    /// Only those in a state.
    pub state: Option<FindingState>,
    /// Only those on a ground.
    pub ground: Option<Ground>,
    /// Only those that were closed with a measure.
    pub measure: Option<Measure>,
}

const SELECT: &str = "SELECT id, topic_id, item_id, unit_id, escalation_id, kind, ground, text, answer_by, state, answer, outcome, \
    measure, noted_at, closed_at, version FROM findings WHERE tenant_id = ";

/// Adds a finding.
pub async fn insert(tx: &mut WriteTx, finding: &Finding) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO findings (tenant_id, id, topic_id, item_id, unit_id, escalation_id, kind, text, answer_by, state, noted_at,
         closed_at, version, ground) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(tx.tenant().uuid())
    .bind(finding.id.uuid())
    .bind(finding.topic.uuid())
    .bind(finding.item.map(ItemId::uuid))
    .bind(finding.unit.uuid())
    .bind(finding.escalation.map(EscalationId::uuid))
    .bind(finding.kind.code())
    .bind(&finding.text)
    .bind(finding.answer_by)
    .bind(finding.state.code())
    .bind(finding.noted_at)
    .bind(finding.closed_at)
    .bind(finding.version.cast_signed())
    .bind(finding.ground.map(Ground::code))
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Finds a finding.
pub async fn find(tx: &mut TenantTx, id: FindingId) -> Result<Option<Finding>, StoreError> {
    one(tx, id, "").await
}

/// Finds a finding and keeps it from changing until the transaction ends.
pub async fn lock(tx: &mut WriteTx, id: FindingId) -> Result<Option<Finding>, StoreError> {
    one(tx, id, " FOR UPDATE").await
}

/// Lists findings after one, the earliest first.
pub async fn page(
    tx: &mut TenantTx,
    filter: &FindingFilter,
    after: Option<FindingId>,
    limit: u16,
) -> Result<Vec<Finding>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid());
    if let Some(topic) = filter.topic {
        query.push(" AND topic_id = ").push_bind(topic.uuid());
    }
    if let Some(unit) = filter.unit {
        query.push(" AND unit_id = ").push_bind(unit.uuid());
    }
    if let Some(state) = filter.state {
        query.push(" AND state = ").push_bind(state.code());
    }
    if let Some(ground) = filter.ground {
        query.push(" AND ground = ").push_bind(ground.code());
    }
    if let Some(measure) = filter.measure {
        query.push(" AND measure = ").push_bind(measure.code());
    }
    if let Some(after) = after {
        query.push(" AND id > ").push_bind(after.uuid());
    }
    query.push(" ORDER BY id LIMIT ").push_bind(i64::from(limit));
    query.build().fetch_all(tx.sql()).await?.iter().map(finding).collect()
}

/// Writes what may change of a finding, and counts its version up.
pub async fn save(tx: &mut WriteTx, finding: &mut Finding) -> Result<(), StoreError> {
    finding.version += 1;
    sqlx::query(
        "UPDATE findings SET answer_by = $3, state = $4, answer = $5, outcome = $6, closed_at = $7, version = $8, text = $9, measure = $10
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(finding.id.uuid())
    .bind(finding.answer_by)
    .bind(finding.state.code())
    .bind(&finding.answer)
    .bind(&finding.outcome)
    .bind(finding.closed_at)
    .bind(finding.version.cast_signed())
    .bind(&finding.text)
    .bind(finding.measure.map(Measure::code))
    .execute(tx.sql())
    .await?;
    Ok(())
}

async fn one(tx: &mut TenantTx, id: FindingId, lock: &'static str) -> Result<Option<Finding>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND id = ").push_bind(id.uuid()).push(lock);
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(finding).transpose()
}

fn finding(row: &PgRow) -> Result<Finding, StoreError> {
    let version: i64 = row.try_get("version")?;
    let ground: Option<String> = row.try_get("ground")?;
    let measure: Option<String> = row.try_get("measure")?;
    Ok(Finding {
        id: FindingId(row.try_get("id")?),
        topic: TopicId(row.try_get("topic_id")?),
        item: row.try_get::<Option<Uuid>, _>("item_id")?.map(ItemId),
        unit: UnitId(row.try_get("unit_id")?),
        escalation: row.try_get::<Option<Uuid>, _>("escalation_id")?.map(EscalationId),
        kind: codes::read("finding kind", row.try_get("kind")?)?,
        ground: ground.map(|code| codes::read("ground", code)).transpose()?,
        text: row.try_get("text")?,
        answer_by: row.try_get("answer_by")?,
        state: codes::read("finding state", row.try_get("state")?)?,
        answer: row.try_get("answer")?,
        outcome: row.try_get("outcome")?,
        measure: measure.map(|code| codes::read("measure", code)).transpose()?,
        noted_at: row.try_get("noted_at")?,
        closed_at: row.try_get("closed_at")?,
        version: version.unsigned_abs(),
    })
}
