//! Cases as reports see them, and which of them stand behind a figure.

use chrono::NaiveDate;
use sqlx::{FromRow, QueryBuilder, types::Json};
use uuid::Uuid;
use yishi_domain::{
    TopicId, UnitId,
    reports::{CaseFacts, Mark, Measure, Period},
};

use crate::{RecordTx, StoreError, TenantTx, rows};

/// A case behind a figure.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Behind {
    /// The case.
    #[sqlx(try_from = "Uuid")]
    pub topic: TopicId,
    /// Its unit.
    #[sqlx(try_from = "Uuid")]
    pub unit: UnitId,
    /// The day on which it counts.
    pub day: NaiveDate,
    /// The group in which it counts.
    pub dimension: String,
    /// As how many it counts.
    pub value: i64,
}

/// The cases of these subjects that are known.
pub async fn cases(tx: &mut TenantTx, subjects: &[Uuid]) -> Result<Vec<(Uuid, CaseFacts)>, StoreError> {
    let rows: Vec<(Uuid, Json<CaseFacts>)> =
        sqlx::query_as("SELECT topic_id, facts FROM report_cases WHERE tenant_id = $1 AND topic_id = ANY($2)")
            .bind(tx.tenant().uuid())
            .bind(subjects)
            .fetch_all(tx.sql())
            .await?;
    Ok(rows.into_iter().map(|(id, facts)| (id, facts.0)).collect())
}

/// Keeps cases.
pub async fn save_cases(tx: &mut RecordTx, cases: &[(Uuid, &CaseFacts)]) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for part in rows::parts(cases) {
        let mut query = QueryBuilder::new("INSERT INTO report_cases (tenant_id, topic_id, facts) ");
        query.push_values(part, |mut row, (topic, facts)| {
            row.push_bind(tenant).push_bind(topic).push_bind(Json(*facts));
        });
        query.push(" ON CONFLICT (tenant_id, topic_id) DO UPDATE SET facts = excluded.facts");
        query.build().execute(tx.sql()).await?;
    }
    Ok(())
}

/// Adds to the marks of cases; those that come to nothing are taken away.
pub async fn marks(tx: &mut RecordTx, marks: &[(Uuid, UnitId, Mark, i64)]) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for part in rows::parts(marks) {
        let mut query = QueryBuilder::new(
            "INSERT INTO report_marks AS m (tenant_id, measure, day, topic_id, dimension, unit_id, value) ",
        );
        query.push_values(part, |mut row, (topic, unit, mark, value)| {
            row.push_bind(tenant).push_bind(mark.measure.code()).push_bind(mark.day).push_bind(topic);
            row.push_bind(&mark.group).push_bind(unit.uuid()).push_bind(value);
        });
        query.push(
            " ON CONFLICT (tenant_id, measure, day, topic_id, dimension) DO UPDATE SET value = m.value + excluded.value",
        );
        query.build().execute(tx.sql()).await?;
        let gone: Vec<_> = part.iter().filter(|(.., value)| *value < 0).collect();
        let topics: Vec<_> = gone.iter().map(|(topic, ..)| *topic).collect();
        let measures: Vec<_> = gone.iter().map(|(_, _, mark, _)| mark.measure.code()).collect();
        let days: Vec<_> = gone.iter().map(|(_, _, mark, _)| mark.day).collect();
        sqlx::query(
            "DELETE FROM report_marks m USING (SELECT DISTINCT * FROM unnest($2::uuid[], $3::text[], $4::date[])) g (topic_id, measure, day)
             WHERE m.tenant_id = $1 AND m.measure = g.measure AND m.day = g.day AND m.topic_id = g.topic_id AND m.value = 0",
        )
        .bind(tenant)
        .bind(topics)
        .bind(measures)
        .bind(days)
        .execute(tx.sql())
        .await?;
    }
    Ok(())
}

/// The cases behind a measure at a path in a period, after one, by day.
pub async fn behind(
    tx: &mut TenantTx,
    (measure, path): (Measure, &str),
    period: Period,
    after: Option<(NaiveDate, TopicId)>,
    limit: u16,
) -> Result<Vec<Behind>, StoreError> {
    let (day, topic) = after.map_or((period.from, Uuid::nil()), |(day, topic)| (day, topic.uuid()));
    Ok(sqlx::query_as(
        "SELECT m.topic_id AS topic, m.unit_id AS unit, m.day, min(m.dimension) AS dimension, sum(m.value)::bigint AS value
         FROM report_marks m JOIN units u ON u.tenant_id = m.tenant_id AND u.id = m.unit_id
         WHERE m.tenant_id = $1 AND m.measure = $2 AND m.day < $3 AND (m.day, m.topic_id) > ($4, $5) AND u.path LIKE $6 || '%'
         GROUP BY m.topic_id, m.unit_id, m.day ORDER BY m.day, m.topic_id LIMIT $7",
    )
    .bind(tx.tenant().uuid())
    .bind(measure.code())
    .bind(period.until)
    .bind(day)
    .bind(topic)
    .bind(path)
    .bind(i64::from(limit))
    .fetch_all(tx.sql())
    .await?)
}

/// Every case with the code of its unit, after one, in the order of their identifiers.
pub async fn all_cases(
    tx: &mut TenantTx,
    after: Option<Uuid>,
    limit: u16,
) -> Result<Vec<(Uuid, String, CaseFacts)>, StoreError> {
    let rows: Vec<(Uuid, String, Json<CaseFacts>)> = sqlx::query_as(
        "SELECT c.topic_id, u.code, c.facts FROM report_cases c JOIN units u ON u.tenant_id = $1 AND u.id = (c.facts ->> 'unit')::uuid
         WHERE c.tenant_id = $1 AND ($2::uuid IS NULL OR c.topic_id > $2) ORDER BY c.topic_id LIMIT $3",
    )
    .bind(tx.tenant().uuid())
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(tx.sql())
    .await?;
    Ok(rows.into_iter().map(|(id, code, facts)| (id, code, facts.0)).collect())
}
