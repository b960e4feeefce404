//! Events: appended with every change, read by position.

use sqlx::{QueryBuilder, Row, postgres::PgRow};
use uuid::Uuid;
use yishi_domain::{Event, EventId, StoredEvent, schemas, voting::inexact_number};

use crate::{StoreError, TenantTx, rows, transactions::Act};

pub(crate) const COLUMNS: &str = "id, kind, subject, actor, at, recorded_at, body, position";

/// Lists events from a position on, in order.
pub async fn from_position(tx: &mut TenantTx, position: u64, limit: u16) -> Result<Vec<StoredEvent>, StoreError> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(" FROM events WHERE tenant_id = ").push_bind(tx.tenant().uuid());
    query.push(" AND position >= ").push_bind(i64::try_from(position).unwrap_or(i64::MAX));
    query.push(" ORDER BY position LIMIT ").push_bind(i64::from(limit));
    query.build().fetch_all(tx.sql()).await?.iter().map(stored).collect()
}

/// Finds an event, whether it has its position or not.
pub async fn find(tx: &mut TenantTx, id: EventId) -> Result<Option<StoredEvent>, StoreError> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(" FROM events WHERE tenant_id = ").push_bind(tx.tenant().uuid());
    query.push(" AND id = ").push_bind(id.uuid());
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(stored).transpose()
}

/// Reads events, whether they have their position or not, in no order.
pub async fn read(tx: &mut TenantTx, ids: &[EventId]) -> Result<Vec<StoredEvent>, StoreError> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(" FROM events WHERE tenant_id = ").push_bind(tx.tenant().uuid());
    query.push(" AND id = ANY(").push_bind(ids.iter().map(|it| it.uuid()).collect::<Vec<_>>()).push(")");
    query.build().fetch_all(tx.sql()).await?.iter().map(stored).collect()
}

/// Lists the events about something that have their position, in order.
pub async fn of_subject(tx: &mut TenantTx, subject: Uuid) -> Result<Vec<StoredEvent>, StoreError> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(" FROM events WHERE tenant_id = ").push_bind(tx.tenant().uuid());
    query.push(" AND position IS NOT NULL AND subject = ").push_bind(subject).push(" ORDER BY position");
    query.build().fetch_all(tx.sql()).await?.iter().map(stored).collect()
}

/// Lists the events of some kinds about some things, whether they have their position or not, in the order in which they were made.
pub async fn of_kinds(tx: &mut TenantTx, subjects: &[Uuid], kinds: &[&str]) -> Result<Vec<StoredEvent>, StoreError> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(" FROM events WHERE tenant_id = ").push_bind(tx.tenant().uuid());
    query.push(" AND subject = ANY(").push_bind(subjects).push(") AND kind = ANY(").push_bind(kinds);
    query.push(") ORDER BY id");
    query.build().fetch_all(tx.sql()).await?.iter().map(stored).collect()
}

/// Appends events, each with its act.
pub(crate) async fn append(tx: &mut TenantTx, events: &[(&Act, &Event)]) -> Result<(), StoreError> {
    for (_, event) in events {
        let values = std::iter::once(&event.body).chain(event.openings.iter().map(|opening| &opening.value));
        if let Some(number) = values.filter_map(inexact_number).next() {
            return Err(StoreError::Inexact { kind: event.kind, number: number.to_string() });
        }
        // Whoever adds an event says what it says, or no story that tells of it passes.
        if cfg!(debug_assertions) {
            schemas::check(event.kind, &event.body).map_err(|why| StoreError::Misfit { kind: event.kind, why })?;
        }
    }
    let tenant = tx.tenant().uuid();
    for part in rows::parts(events) {
        let mut query = QueryBuilder::new(
            "INSERT INTO events (tenant_id, id, kind, subject, actor, principal, request, at, recorded_at, body) ",
        );
        query.push_values(part, |mut row, (act, event)| {
            row.push_bind(tenant).push_bind(event.id.uuid()).push_bind(event.kind).push_bind(event.subject);
            row.push_bind(act.actor).push_bind(&act.principal).push_bind(act.request);
            row.push_bind(act.at).push_bind(act.wall).push_bind(&event.body);
        });
        query.build().execute(tx.sql()).await.map_err(StoreError::or_taken)?;
    }
    let openings: Vec<_> =
        events.iter().flat_map(|(_, event)| event.openings.iter().map(move |it| (event.id, it))).collect();
    for part in rows::parts(&openings) {
        let mut query = QueryBuilder::new("INSERT INTO openings (tenant_id, event_id, field, salt, value) ");
        query.push_values(part, |mut row, (event, opening)| {
            row.push_bind(tenant).push_bind(event.uuid()).push_bind(&opening.field);
            row.push_bind(opening.salt.as_slice()).push_bind(&opening.value);
        });
        query.build().execute(tx.sql()).await?;
    }
    Ok(())
}

pub(crate) fn stored(row: &PgRow) -> Result<StoredEvent, StoreError> {
    let position: Option<i64> = row.try_get("position")?;
    Ok(StoredEvent {
        id: EventId(row.try_get("id")?),
        kind: row.try_get("kind")?,
        subject: row.try_get("subject")?,
        actor: row.try_get("actor")?,
        at: row.try_get("at")?,
        recorded_at: row.try_get("recorded_at")?,
        body: row.try_get("body")?,
        position: position.and_then(|it| u64::try_from(it).ok()),
    })
}
