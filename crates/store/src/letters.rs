//! Letters: what members are sent of their notices, claimed by whoever sends it, and what came of it.
//!
//! A letter is written in the transaction that leaves the notice. Its id is its message's, whoever sends it and however often.

mod writing;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{Row, postgres::PgRow};
use uuid::Uuid;
use yishi_domain::{
    MemberId,
    letters::{Carrier, Preferences, Urgency},
};

use crate::{PlatformTx, RecordTx, StoreError, TenantTx, WriteTx, codes, preferences, tenants::Tenant};

pub(crate) use writing::write;

/// A letter as the log shows it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Letter {
    /// Its identifier.
    pub id: Uuid,
    /// Whose it is.
    pub member_id: Uuid,
    /// What it goes by.
    pub channel: String,
    /// Until when it gathers notices, where it does.
    pub gathers_until: Option<DateTime<Utc>>,
    /// When it was written.
    pub written_at: DateTime<Utc>,
    /// When it is tried next, while it is not settled.
    pub due_at: DateTime<Utc>,
    /// How often it was tried.
    pub attempts: i32,
    /// Why the last attempt failed.
    pub failure: Option<String>,
    /// When it was settled.
    pub settled_at: Option<DateTime<Utc>>,
    /// What became of it: `sent`, `bounced`, `refused`, `dead` or `dropped`.
    pub outcome: Option<String>,
}

/// A letter that is to be sent now.
#[derive(Clone, Debug)]
pub struct Due {
    /// Its identifier.
    pub id: Uuid,
    /// Whose it is.
    pub member: Uuid,
    /// What it goes by.
    pub carrier: Carrier,
    /// Whether it gathers notices.
    pub gathered: bool,
    /// Since when it could have been sent.
    pub since: DateTime<Utc>,
    /// Which attempt it is, from one.
    pub attempt: u32,
}

/// What a letter says, and to whom.
#[derive(Clone, Debug)]
pub struct Content {
    /// The member's name.
    pub name: String,
    /// Where they are reached; none where they are not.
    pub address: Option<String>,
    /// How they want to hear of things.
    pub preferences: Preferences,
    /// What they are told, in order.
    pub notices: Vec<Told>,
}

/// A notice in a letter.
#[derive(Clone, Debug)]
pub struct Told {
    /// What it tells of.
    pub kind: String,
    /// What is to be known of it.
    pub facts: Value,
    /// When it was told.
    pub at: DateTime<Utc>,
    /// The title of the topic that it is about, where it is about one.
    pub title: Option<String>,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Sent,
    /// It failed, and is tried again.
    Again(String, DateTime<Utc>),
    /// The address was refused for good.
    Refused(String),
    /// It failed for the last time.
    Dead(String),
    /// Nobody wants it any more.
    Dropped(String),
}

/// Claims what is due until the lease ends, the urgent first.
///
/// Whoever dies with a claim loses it with the lease, and the same is sent again under the same id.
pub async fn claim(
    tx: &mut RecordTx,
    now: DateTime<Utc>,
    lease: DateTime<Utc>,
    limit: u16,
) -> Result<Vec<Due>, StoreError> {
    let mut claimed = Vec::new();
    for urgency in Urgency::ALL.iter().rev() {
        let left = usize::from(limit) - claimed.len();
        let rows = sqlx::query(
            "UPDATE letters c SET due_at = $3, attempts = c.attempts + 1 FROM (
                 SELECT id, due_at FROM letters
                 WHERE tenant_id = $1 AND urgency = $4 AND settled_at IS NULL AND due_at <= $2
                 ORDER BY due_at, id LIMIT $5 FOR UPDATE SKIP LOCKED) due
             WHERE c.tenant_id = $1 AND c.id = due.id
             RETURNING c.id, c.member_id, c.channel, c.gathers_until, c.attempts, due.due_at AS since",
        )
        .bind(tx.tenant().uuid())
        .bind(now)
        .bind(lease)
        .bind(*urgency as i16)
        .bind(i64::try_from(left).unwrap_or(0))
        .fetch_all(tx.sql())
        .await?;
        for row in &rows {
            claimed.push(due(row)?);
        }
        if claimed.len() >= usize::from(limit) {
            break;
        }
    }
    Ok(claimed)
}

fn due(row: &PgRow) -> Result<Due, StoreError> {
    let attempts: i32 = row.try_get("attempts")?;
    Ok(Due {
        id: row.try_get("id")?,
        member: row.try_get("member_id")?,
        carrier: codes::read("carrier", row.try_get("channel")?)?,
        gathered: row.try_get::<Option<DateTime<Utc>>, _>("gathers_until")?.is_some(),
        since: row.try_get("since")?,
        attempt: attempts.unsigned_abs(),
    })
}

/// Reads what letters say and to whom, by their ids.
pub async fn contents(tx: &mut TenantTx, letters: &[Uuid]) -> Result<HashMap<Uuid, Content>, StoreError> {
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query(
        "SELECT l.id, m.name, c.address, p.email, p.sms, p.pace, p.quiet_from, p.quiet_to, p.locale FROM letters l
         JOIN members m ON m.tenant_id = l.tenant_id AND m.id = l.member_id
         LEFT JOIN contacts c ON c.tenant_id = l.tenant_id AND c.member_id = l.member_id AND c.channel = l.channel
             AND c.refused_at IS NULL
         LEFT JOIN preferences p ON p.tenant_id = l.tenant_id AND p.member_id = l.member_id
         WHERE l.tenant_id = $1 AND l.id = ANY($2)",
    )
    .bind(tenant)
    .bind(letters)
    .fetch_all(tx.sql())
    .await?;
    let mut contents = HashMap::new();
    for row in &rows {
        let (name, address) = (row.try_get("name")?, row.try_get("address")?);
        let preferences = preferences::preferences(row)?;
        contents.insert(row.try_get("id")?, Content { name, address, preferences, notices: Vec::new() });
    }
    let told: Vec<(Uuid, String, Value, DateTime<Utc>)> = sqlx::query_as(
        "SELECT l.letter_id, n.kind, n.facts, n.told_at FROM letter_notices l
         JOIN notices n ON n.tenant_id = l.tenant_id AND n.id = l.notice_id
         WHERE l.tenant_id = $1 AND l.letter_id = ANY($2) ORDER BY n.id",
    )
    .bind(tenant)
    .bind(letters)
    .fetch_all(tx.sql())
    .await?;
    let topic = |facts: &Value| facts["topic"].as_str().and_then(|it| it.parse::<Uuid>().ok());
    let topics: Vec<_> = told.iter().filter_map(|(_, _, facts, _)| topic(facts)).collect();
    let titles: Vec<(Uuid, String)> =
        sqlx::query_as("SELECT id, title FROM topics WHERE tenant_id = $1 AND id = ANY($2)")
            .bind(tenant)
            .bind(topics)
            .fetch_all(tx.sql())
            .await?;
    let titles: HashMap<_, _> = titles.into_iter().collect();
    for (letter, kind, facts, at) in told {
        let title = topic(&facts).and_then(|it| titles.get(&it).cloned());
        if let Some(content) = contents.get_mut(&letter) {
            content.notices.push(Told { kind, facts, at, title });
        }
    }
    Ok(contents)
}

/// Keeps what came of attempts.
pub async fn settle(tx: &mut RecordTx, outcomes: &[(Uuid, Outcome)], at: DateTime<Utc>) -> Result<(), StoreError> {
    let ids: Vec<_> = outcomes.iter().map(|(id, _)| *id).collect();
    let column = |of: fn(&Outcome) -> Option<String>| outcomes.iter().map(|(_, it)| of(it)).collect::<Vec<_>>();
    let due: Vec<_> =
        outcomes.iter().map(|(_, it)| if let Outcome::Again(_, due) = it { Some(*due) } else { None }).collect();
    sqlx::query(
        "UPDATE letters l SET failure = o.failure, due_at = COALESCE(o.due_at, l.due_at), outcome = o.outcome,
             settled_at = CASE WHEN o.outcome IS NULL THEN NULL ELSE $6 END
         FROM unnest($2::uuid[], $3::text[], $4::text[], $5::timestamptz[]) AS o (id, outcome, failure, due_at)
         WHERE l.tenant_id = $1 AND l.id = o.id AND l.settled_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(ids)
    .bind(column(|it| it.code().map(str::to_owned)))
    .bind(column(|it| it.why().map(str::to_owned)))
    .bind(due)
    .bind(at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

impl Outcome {
    /// What the log calls it; nothing where the letter is tried again.
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            Self::Sent => Some("sent"),
            Self::Again(..) => None,
            Self::Refused(_) => Some("refused"),
            Self::Dead(_) => Some("dead"),
            Self::Dropped(_) => Some("dropped"),
        }
    }

    /// Why it was not sent.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Sent => None,
            Self::Again(why, _) | Self::Refused(why) | Self::Dead(why) | Self::Dropped(why) => Some(why),
        }
    }
}

const COLUMNS: &str =
    "id, member_id, channel, gathers_until, written_at, due_at, attempts, failure, settled_at, outcome";

/// Lists letters before one, the latest first; of an outcome where that is given, and `waiting` is what was not settled.
pub async fn list(
    tx: &mut TenantTx,
    outcome: Option<&str>,
    before: Option<Uuid>,
    limit: u16,
) -> Result<Vec<Letter>, StoreError> {
    let mut query = sqlx::QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(" FROM letters WHERE tenant_id = ").push_bind(tx.tenant().uuid());
    match outcome {
        Some("waiting") => drop(query.push(" AND outcome IS NULL")),
        Some(outcome) => drop(query.push(" AND outcome = ").push_bind(outcome)),
        None => {}
    }
    if let Some(before) = before {
        query.push(" AND id < ").push_bind(before);
    }
    query.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(limit));
    Ok(query.build_query_as().fetch_all(tx.sql()).await?)
}

/// The tenant whose letter it is, by one question.
pub async fn tenant_of(tx: &mut PlatformTx, id: Uuid) -> Result<Option<Tenant>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT * FROM tenants t WHERE EXISTS (SELECT 1 FROM letters l WHERE l.tenant_id = t.id AND l.id = $1)",
    )
    .bind(id)
    .fetch_optional(tx.sql())
    .await?)
}

/// Notes that a letter that was sent came back; gives whose it is, unless it is not known as sent.
pub async fn come_back(
    tx: &mut RecordTx,
    id: Uuid,
    why: &str,
    at: DateTime<Utc>,
) -> Result<Option<MemberId>, StoreError> {
    let member: Option<Uuid> = sqlx::query_scalar(
        "UPDATE letters SET outcome = 'bounced', failure = $3, settled_at = $4
         WHERE tenant_id = $1 AND id = $2 AND outcome = 'sent' RETURNING member_id",
    )
    .bind(tx.tenant().uuid())
    .bind(id)
    .bind(why)
    .bind(at)
    .fetch_optional(tx.sql())
    .await?;
    Ok(member.map(MemberId))
}

/// Locks a letter.
pub async fn lock(tx: &mut WriteTx, id: Uuid) -> Result<Option<Letter>, StoreError> {
    let mut query = sqlx::QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(" FROM letters WHERE tenant_id = ").push_bind(tx.tenant().uuid());
    query.push(" AND id = ").push_bind(id).push(" FOR UPDATE");
    Ok(query.build_query_as().fetch_optional(tx.sql()).await?)
}

/// Has a letter that was not sent tried again from now on, as if it never had been.
pub async fn revive(tx: &mut WriteTx, id: Uuid, at: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE letters SET attempts = 0, due_at = $3, failure = NULL, settled_at = NULL, outcome = NULL
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(id)
    .bind(at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Forgets what was settled before an instant; tells how many letters.
pub async fn forget(tx: &mut RecordTx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let done = sqlx::query("DELETE FROM letters WHERE tenant_id = $1 AND settled_at < $2")
        .bind(tx.tenant().uuid())
        .bind(before)
        .execute(tx.sql())
        .await?;
    Ok(done.rows_affected())
}
