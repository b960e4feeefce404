//! Topics as the requests of another system: each with the unit that leads, and when it is due.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use yishi_domain::{MemberId, TopicId, channels::Channel, workflow::Stage};

use crate::{
    StoreError, TenantTx,
    topics::{self, Topic},
};

/// A topic as a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The topic.
    pub topic: Topic,
    /// The code of its unit.
    pub unit_code: String,
    /// The name of its unit.
    pub unit_name: String,
    /// The name of the unit that leads what was resolved.
    pub lead: Option<String>,
    /// When that is due.
    pub due_at: Option<DateTime<Utc>>,
}

/// Which requests are wanted.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Those with these identifiers.
    pub ids: Option<Vec<TopicId>>,
    /// Those of these categories.
    pub categories: Option<Vec<String>>,
    /// Those that were raised from one instant to another.
    pub raised: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// Those at one of these stages.
    pub stages: Option<Vec<Stage>>,
    /// Besides those that are public, those that this member entered by this channel.
    pub entered: Option<(MemberId, Channel)>,
}

/// Finds the requests that were raised last, the newest first.
pub async fn page(tx: &mut TenantTx, filter: &Filter, limit: u16) -> Result<Vec<Request>, StoreError> {
    let tenant = tx.tenant().uuid();
    let mut query = QueryBuilder::new("SELECT ");
    query.push(topics::COLUMNS).push(
        ", u.code AS unit_code, u.name AS unit_name, lead.name AS lead, r.due_at
         FROM topics t JOIN units u ON u.tenant_id = t.tenant_id AND u.id = t.unit_id
         LEFT JOIN LATERAL (
             SELECT lead_unit_id, due_at FROM resolutions
             WHERE tenant_id = t.tenant_id AND topic_id = t.id AND set_aside_at IS NULL ORDER BY id DESC LIMIT 1
         ) r ON true
         LEFT JOIN units lead ON lead.tenant_id = t.tenant_id AND lead.id = r.lead_unit_id
         WHERE t.tenant_id = ",
    );
    query.push_bind(tenant).push(" AND ((true").push(topics::PUBLIC).push(")");
    if let Some((member, channel)) = filter.entered {
        query.push(" OR (t.author_id = ").push_bind(member.uuid());
        query.push(" AND t.channel = ").push_bind(channel.code()).push(")");
    }
    query.push(")");
    if let Some(ids) = &filter.ids {
        query.push(" AND t.id = ANY(").push_bind(ids.iter().map(|it| it.uuid()).collect::<Vec<_>>()).push(")");
    }
    if let Some(categories) = &filter.categories {
        query.push(" AND t.category = ANY(").push_bind(categories).push(")");
    }
    if let Some((from, to)) = filter.raised {
        query.push(" AND t.raised_at BETWEEN ").push_bind(from).push(" AND ").push_bind(to);
    }
    if let Some(stages) = &filter.stages {
        query.push(" AND t.stage = ANY(").push_bind(stages.iter().map(|it| it.code()).collect::<Vec<_>>()).push(")");
    }
    query.push(" ORDER BY t.raised_at DESC, t.id DESC LIMIT ").push_bind(i64::from(limit));
    query.build().fetch_all(tx.sql()).await?.iter().map(request).collect()
}

fn request(row: &PgRow) -> Result<Request, StoreError> {
    Ok(Request {
        topic: topics::topic(row)?,
        unit_code: row.try_get("unit_code")?,
        unit_name: row.try_get("unit_name")?,
        lead: row.try_get("lead")?,
        due_at: row.try_get("due_at")?,
    })
}
