//! Topics, and the cases that grow from them.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use uuid::Uuid;
use yishi_domain::{
    MandateId, MemberId, TopicId, UnitId,
    channels::Channel,
    escalation::Level,
    topics::{Form, Significance},
    workflow::Stage,
};

use crate::{StoreError, TenantTx, WriteTx, codes};

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its identifier.
    pub id: TopicId,
    /// The unit that it belongs to.
    pub unit: UnitId,
    /// That unit's path.
    pub path: String,
    /// Who entered it.
    pub author: MemberId,
    /// For whom it was entered, where that is somebody else.
    pub on_behalf_of: Option<MemberId>,
    /// How it came in.
    pub channel: Channel,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// Its category by the city's rules.
    pub category: String,
    /// How much hangs on it.
    pub significance: Significance,
    /// The form in which it is deliberated.
    pub form: Form,
    /// Where it stands.
    pub stage: Stage,
    /// The level that the case has reached by escalation; its unit's own at first.
    pub level: Level,
    /// Why it was rejected, merged, withdrawn or reopened.
    pub reason: Option<String>,
    /// The topic that it was merged into.
    pub merged_into: Option<TopicId>,
    /// Since when it is marked on the public board as late.
    pub marked_at: Option<DateTime<Utc>>,
    /// How many times it was written.
    pub version: u64,
    /// When it was raised.
    pub raised_at: DateTime<Utc>,
    /// When it came to its stage.
    pub stage_since: DateTime<Utc>,
    /// Where it is about: latitude and longitude in millionths of a degree (WGS 84).
    pub place: Option<(i32, i32)>,
    /// The topic that it was split off from.
    pub split_from: Option<TopicId>,
    /// The mandate by which somebody raised it for somebody else.
    pub mandate: Option<MandateId>,
}

/// Which topics a list shows.
#[derive(Clone, Debug, Default)]
pub struct TopicFilter {
    /// Those of a stage.
    pub stage: Option<Stage>,
    /// Those of a unit and of all that lies under it, by its path.
    pub under: Option<String>,
    /// Those that were accepted once, which are public.
    pub public: bool,
}

/// What of topics `t` with their units `u` makes a topic.
pub(crate) const COLUMNS: &str = "t.id, t.unit_id, u.path, t.author_id, t.on_behalf_of, t.channel, t.title, t.body, \
    t.category, t.significance, t.form, t.stage, t.level, t.reason, t.merged_into, t.marked_at, t.version, t.raised_at, \
    t.stage_since, t.latitude, t.longitude, t.split_from, t.mandate_id";

const FROM: &str = " FROM topics t JOIN units u ON u.tenant_id = t.tenant_id AND u.id = t.unit_id WHERE t.tenant_id = ";

/// Topics that were accepted and not taken away since.
pub(crate) const PUBLIC: &str = " AND t.stage NOT IN ('submitted', 'rejected', 'withdrawn', 'merged')";

/// Adds a topic.
pub async fn insert(tx: &mut WriteTx, topic: &Topic) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO topics (tenant_id, id, unit_id, author_id, on_behalf_of, channel, title, body, category, significance,
         form, stage, level, version, raised_at, stage_since, latitude, longitude, split_from, mandate_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
    )
    .bind(tx.tenant().uuid())
    .bind(topic.id.uuid())
    .bind(topic.unit.uuid())
    .bind(topic.author.uuid())
    .bind(topic.on_behalf_of.map(MemberId::uuid))
    .bind(topic.channel.code())
    .bind(&topic.title)
    .bind(&topic.body)
    .bind(&topic.category)
    .bind(codes::code(&topic.significance))
    .bind(codes::code(&topic.form))
    .bind(topic.stage.code())
    .bind(topic.level.code())
    .bind(topic.version.cast_signed())
    .bind(topic.raised_at)
    .bind(topic.stage_since)
    .bind(topic.place.map(|it| it.0))
    .bind(topic.place.map(|it| it.1))
    .bind(topic.split_from.map(TopicId::uuid))
    .bind(topic.mandate.map(MandateId::uuid))
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Finds a topic.
pub async fn find(tx: &mut TenantTx, id: TopicId) -> Result<Option<Topic>, StoreError> {
    one(tx, id, "").await
}

/// Finds the topics that have these identifiers.
pub async fn of_ids(tx: &mut TenantTx, ids: &[TopicId]) -> Result<Vec<Topic>, StoreError> {
    let ids: Vec<_> = ids.iter().map(|it| it.uuid()).collect();
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(FROM).push_bind(tx.tenant().uuid()).push(" AND t.id = ANY(").push_bind(ids).push(")");
    query.build().fetch_all(tx.sql()).await?.iter().map(topic).collect()
}

/// Finds a topic and keeps it from changing until the transaction ends.
pub async fn lock(tx: &mut WriteTx, id: TopicId) -> Result<Option<Topic>, StoreError> {
    one(tx, id, " FOR UPDATE OF t").await
}

/// Writes what may change of a topic, and counts its version up.
pub async fn save(tx: &mut WriteTx, topic: &mut Topic) -> Result<(), StoreError> {
    topic.version += 1;
    sqlx::query(
        "UPDATE topics SET category = $3, significance = $4, form = $5, stage = $6, reason = $7, merged_into = $8,
         marked_at = $9, version = $10, stage_since = $11, level = $12 WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(topic.id.uuid())
    .bind(&topic.category)
    .bind(codes::code(&topic.significance))
    .bind(codes::code(&topic.form))
    .bind(topic.stage.code())
    .bind(&topic.reason)
    .bind(topic.merged_into.map(TopicId::uuid))
    .bind(topic.marked_at)
    .bind(topic.version.cast_signed())
    .bind(topic.stage_since)
    .bind(topic.level.code())
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Lists topics after an identifier, in the order in which they were raised.
pub async fn page(
    tx: &mut TenantTx,
    filter: &TopicFilter,
    after: Option<TopicId>,
    limit: u16,
) -> Result<Vec<Topic>, StoreError> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(FROM).push_bind(tx.tenant().uuid());
    if let Some(stage) = filter.stage {
        query.push(" AND t.stage = ").push_bind(stage.code());
    }
    if let Some(path) = &filter.under {
        query.push(" AND u.path LIKE ").push_bind(format!("{path}%"));
    }
    if filter.public {
        query.push(PUBLIC);
    }
    if let Some(after) = after {
        query.push(" AND t.id > ").push_bind(after.uuid());
    }
    query.push(" ORDER BY t.id LIMIT ").push_bind(i64::from(limit));
    query.build().fetch_all(tx.sql()).await?.iter().map(topic).collect()
}

/// Lists the public topics that were raised last, the newest first.
pub async fn latest_public(tx: &mut TenantTx, limit: u16) -> Result<Vec<Topic>, StoreError> {
    let mut query = QueryBuilder::new("SELECT ");
    query
        .push(COLUMNS)
        .push(FROM)
        .push_bind(tx.tenant().uuid())
        .push(PUBLIC)
        .push(" ORDER BY t.id DESC LIMIT ")
        .push_bind(i64::from(limit));
    query.build().fetch_all(tx.sql()).await?.iter().map(topic).collect()
}

async fn one(tx: &mut TenantTx, id: TopicId, lock: &'static str) -> Result<Option<Topic>, StoreError> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(FROM).push_bind(tx.tenant().uuid()).push(" AND t.id = ").push_bind(id.uuid()).push(lock);
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(topic).transpose()
}

pub(crate) fn topic(row: &PgRow) -> Result<Topic, StoreError> {
    let version: i64 = row.try_get("version")?;
    Ok(Topic {
        id: TopicId(row.try_get("id")?),
        unit: UnitId(row.try_get("unit_id")?),
        path: row.try_get("path")?,
        author: MemberId(row.try_get("author_id")?),
        on_behalf_of: row.try_get::<Option<Uuid>, _>("on_behalf_of")?.map(MemberId),
        channel: codes::read("channel", row.try_get("channel")?)?,
        title: row.try_get("title")?,
        body: row.try_get("body")?,
        category: row.try_get("category")?,
        significance: codes::read("significance", row.try_get("significance")?)?,
        form: codes::read("form", row.try_get("form")?)?,
        stage: codes::read("stage", row.try_get("stage")?)?,
        level: codes::read("level", row.try_get("level")?)?,
        reason: row.try_get("reason")?,
        merged_into: row.try_get::<Option<Uuid>, _>("merged_into")?.map(TopicId),
        marked_at: row.try_get("marked_at")?,
        version: version.unsigned_abs(),
        raised_at: row.try_get("raised_at")?,
        stage_since: row.try_get("stage_since")?,
        place: row.try_get::<Option<i32>, _>("latitude")?.zip(row.try_get("longitude")?),
        split_from: row.try_get::<Option<Uuid>, _>("split_from")?.map(TopicId),
        mandate: row.try_get::<Option<Uuid>, _>("mandate_id")?.map(MandateId),
    })
}
