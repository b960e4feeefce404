//! What goes out in feeds: meetings of the calendar, and the events by which a city discloses what it does.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, QueryBuilder, Row};
use uuid::Uuid;
use yishi_domain::StoredEvent;

use crate::{StoreError, TenantTx, events};

/// A meeting, as a calendar has it.
#[derive(Clone, Debug, FromRow, PartialEq, Eq)]
pub struct Appointment {
    /// The meeting's identifier.
    pub id: Uuid,
    /// Its topic's identifier.
    pub topic_id: Uuid,
    /// Its topic's title.
    pub title: String,
    /// Where it is.
    pub place: String,
    /// The link through which others take part.
    pub link: Option<String>,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it was convened.
    pub convened_at: DateTime<Utc>,
}

/// Lists meetings that begin at an instant or later, the earliest first; with a unit's path those of what lies under it.
pub async fn appointments(
    tx: &mut TenantTx,
    since: DateTime<Utc>,
    path: &str,
    limit: u16,
) -> Result<Vec<Appointment>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT m.id, m.topic_id, t.title, m.place, m.link, m.starts_at, m.convened_at FROM meetings m
         JOIN topics t ON t.tenant_id = m.tenant_id AND t.id = m.topic_id
         JOIN units u ON u.tenant_id = t.tenant_id AND u.id = t.unit_id
         WHERE m.tenant_id = $1 AND m.starts_at >= $2 AND starts_with(u.path, $3) ORDER BY m.starts_at, m.id LIMIT $4",
    )
    .bind(tx.tenant().uuid())
    .bind(since)
    .bind(path)
    .bind(i64::from(limit))
    .fetch_all(tx.sql())
    .await?)
}

/// Lists the newest events of some kinds that have their position, the newest first, each with the title of the topic that it is about.
pub async fn newest(
    tx: &mut TenantTx,
    kinds: &[&str],
    limit: u16,
) -> Result<Vec<(StoredEvent, Option<String>)>, StoreError> {
    let mut query = QueryBuilder::new(
        "SELECT e.id, e.kind, e.subject, e.actor, e.at, e.recorded_at, e.body, e.position, t.title FROM events e
         LEFT JOIN topics t ON t.tenant_id = e.tenant_id AND t.id = e.subject WHERE e.tenant_id = ",
    );
    query.push_bind(tx.tenant().uuid()).push(" AND e.position IS NOT NULL AND e.kind = ANY(").push_bind(kinds);
    query.push(") ORDER BY e.position DESC LIMIT ").push_bind(i64::from(limit));
    let rows = query.build().fetch_all(tx.sql()).await?;
    rows.iter().map(|row| Ok((events::stored(row)?, row.try_get("title")?))).collect()
}
