//! The change feed: events by position, of some kinds, of what lies under a unit.

use sqlx::QueryBuilder;
use yishi_domain::{StoredEvent, subscriptions::Kinds};

use crate::{
    StoreError, TenantTx, events,
    records::{self, bigint},
};

/// Which part of the feed.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// From which position on.
    pub from: u64,
    /// Which kinds.
    pub kinds: Kinds,
    /// The path of the unit that they are about, or under which what they are about lies; anywhere where there is none.
    pub path: Option<String>,
    /// How many at most.
    pub limit: u16,
}

/// Reads a part of the feed, in order; also gives the position from which it is read on.
///
/// The sequencer alone gives positions, one transaction of a tenant after the other, so nothing turns up later below a position that was seen.
pub async fn read(tx: &mut TenantTx, wanted: &Wanted) -> Result<(Vec<StoredEvent>, u64), StoreError> {
    let size = records::size(tx).await?;
    if wanted.from >= size {
        return Ok((Vec::new(), wanted.from));
    }
    let tenant = tx.tenant().uuid();
    let mut query = QueryBuilder::new("SELECT ");
    query.push(events::COLUMNS).push(" FROM events e WHERE tenant_id = ").push_bind(tenant);
    query.push(" AND position >= ").push_bind(bigint(wanted.from)).push(" AND position < ").push_bind(bigint(size));
    if !wanted.kinds.is_all() {
        query.push(" AND (kind = ANY(").push_bind(&wanted.kinds.exact);
        query.push(") OR split_part(kind, '.', 1) = ANY(").push_bind(&wanted.kinds.resources).push("))");
    }
    if let Some(path) = &wanted.path {
        push_under(&mut query, path);
    }
    query.push(" ORDER BY position LIMIT ").push_bind(i64::from(wanted.limit));
    let rows = query.build().persistent(false).fetch_all(tx.sql()).await?;
    let found: Vec<_> = rows.iter().map(events::stored).collect::<Result<_, _>>()?;
    let whole = found.len() < usize::from(wanted.limit);
    let next = found.last().and_then(|it| it.position).filter(|_| !whole).map_or(size, |last| last + 1);
    Ok((found, next))
}

/// Keeps events about a case, a member or a unit that lies at a path or under it.
fn push_under(query: &mut QueryBuilder<sqlx::Postgres>, path: &str) {
    for (i, table) in ["topics", "members"].into_iter().enumerate() {
        query.push(if i == 0 { " AND (" } else { " OR " });
        query.push("EXISTS (SELECT 1 FROM ").push(table);
        query.push(" t JOIN units u ON u.tenant_id = t.tenant_id AND u.id = t.unit_id WHERE t.tenant_id = e.tenant_id");
        query.push(" AND t.id = e.subject AND starts_with(u.path, ").push_bind(path.to_owned()).push("))");
    }
    query.push(" OR EXISTS (SELECT 1 FROM units u WHERE u.tenant_id = e.tenant_id AND u.id = e.subject");
    query.push(" AND starts_with(u.path, ").push_bind(path.to_owned()).push(")))");
}
