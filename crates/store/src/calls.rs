//! Whistle calls and the answers to them.

use sqlx::{QueryBuilder, Row, postgres::PgRow, types::Json};
use uuid::Uuid;
use yishi_domain::{
    CallId, EscalationId, TopicId, UnitId,
    calls::{Answered, Call, CallState, Called},
};

use crate::{StoreError, TenantTx, WriteTx, codes};

/// Which calls are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallFilter {
    /// Only those to a case.
    pub topic: Option<TopicId>,
    /// Only those to a unit.
    pub unit: Option<UnitId>,
    /// Only those in a state.
    pub state: Option<CallState>,
}

const SELECT: &str = "SELECT c.id, c.topic_id, c.escalation_id, c.matter, c.lead_unit_id, c.called_at, c.due_at, c.state, c.version, \
    (SELECT json_agg(json_build_object('unit', u.unit_id, 'answer', u.answer) ORDER BY u.place) FROM called_units u \
     WHERE u.tenant_id = c.tenant_id AND u.call_id = c.id) AS called FROM calls c WHERE c.tenant_id = ";

/// Adds a call with those who are called.
pub async fn insert(tx: &mut WriteTx, call: &Call) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "INSERT INTO calls (tenant_id, id, topic_id, escalation_id, matter, lead_unit_id, called_at, due_at, state, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(tenant)
    .bind(call.id.uuid())
    .bind(call.topic.uuid())
    .bind(call.escalation.map(EscalationId::uuid))
    .bind(&call.matter)
    .bind(call.lead.map(UnitId::uuid))
    .bind(call.called_at)
    .bind(call.due_at)
    .bind(call.state.code())
    .bind(call.version.cast_signed())
    .execute(tx.sql())
    .await?;
    let mut query = QueryBuilder::new("INSERT INTO called_units (tenant_id, call_id, unit_id, place) ");
    query.push_values((0_i32..).zip(&call.called), |mut row, (place, called)| {
        row.push_bind(tenant).push_bind(call.id.uuid()).push_bind(called.unit.uuid()).push_bind(place);
    });
    query.build().persistent(false).execute(tx.sql()).await?;
    Ok(())
}

/// Finds a call.
pub async fn find(tx: &mut TenantTx, id: CallId) -> Result<Option<Call>, StoreError> {
    one(tx, id, "").await
}

/// Finds a call and keeps it from changing until the transaction ends.
pub async fn lock(tx: &mut WriteTx, id: CallId) -> Result<Option<Call>, StoreError> {
    one(tx, id, " FOR UPDATE OF c").await
}

/// Lists calls after one, the earliest first.
pub async fn page(
    tx: &mut TenantTx,
    filter: &CallFilter,
    after: Option<CallId>,
    limit: u16,
) -> Result<Vec<Call>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid());
    if let Some(topic) = filter.topic {
        query.push(" AND c.topic_id = ").push_bind(topic.uuid());
    }
    if let Some(unit) = filter.unit {
        query.push(" AND EXISTS (SELECT FROM called_units u WHERE u.tenant_id = c.tenant_id AND u.call_id = c.id");
        query.push(" AND u.unit_id = ").push_bind(unit.uuid()).push(")");
    }
    if let Some(state) = filter.state {
        query.push(" AND c.state = ").push_bind(state.code());
    }
    if let Some(after) = after {
        query.push(" AND c.id > ").push_bind(after.uuid());
    }
    query.push(" ORDER BY c.id LIMIT ").push_bind(i64::from(limit));
    query.build().fetch_all(tx.sql()).await?.iter().map(call).collect()
}

/// Writes what may change of a call, and counts its version up; the answer of a unit where one is given.
pub async fn save(tx: &mut WriteTx, call: &mut Call, answered: Option<(UnitId, &Answered)>) -> Result<(), StoreError> {
    call.version += 1;
    let tenant = tx.tenant().uuid();
    sqlx::query("UPDATE calls SET lead_unit_id = $3, state = $4, version = $5 WHERE tenant_id = $1 AND id = $2")
        .bind(tenant)
        .bind(call.id.uuid())
        .bind(call.lead.map(UnitId::uuid))
        .bind(call.state.code())
        .bind(call.version.cast_signed())
        .execute(tx.sql())
        .await?;
    if let Some((unit, answer)) = answered {
        sqlx::query("UPDATE called_units SET answer = $4 WHERE tenant_id = $1 AND call_id = $2 AND unit_id = $3")
            .bind(tenant)
            .bind(call.id.uuid())
            .bind(unit.uuid())
            .bind(Json(answer))
            .execute(tx.sql())
            .await?;
    }
    Ok(())
}

async fn one(tx: &mut TenantTx, id: CallId, lock: &'static str) -> Result<Option<Call>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND c.id = ").push_bind(id.uuid()).push(lock);
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(call).transpose()
}

fn call(row: &PgRow) -> Result<Call, StoreError> {
    let version: i64 = row.try_get("version")?;
    Ok(Call {
        id: CallId(row.try_get("id")?),
        topic: TopicId(row.try_get("topic_id")?),
        escalation: row.try_get::<Option<Uuid>, _>("escalation_id")?.map(EscalationId),
        matter: row.try_get("matter")?,
        lead: row.try_get::<Option<Uuid>, _>("lead_unit_id")?.map(UnitId),
        called_at: row.try_get("called_at")?,
        due_at: row.try_get("due_at")?,
        state: codes::read("call state", row.try_get("state")?)?,
        version: version.unsigned_abs(),
        called: row.try_get::<Json<Vec<Called>>, _>("called")?.0,
    })
}
