//! Floors: the least time that PostgreSQL itself needs for what the service does, for benchmarks to compare with.
//!
//! Nothing here serves a request. It speaks as the schema's owner, where row level security does not hold a superuser, and asks for a database
//! made for measuring: it makes a table beside the others and drops it again.

use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;
use yishi_domain::TenantId;

use crate::StoreError;

/// What a floor took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    /// How many rows were written.
    pub rows: u64,
    /// From the statement to its commit.
    pub took: Duration,
}

const COLUMNS: &str = "tenant_id, id, code, level, name, parent_id, path";

/// Copies the units of all tenants into an empty table with the same columns, keys, checks, indexes and foreign keys, by one plain `COPY`.
pub async fn copy_units(owner_url: &str) -> Result<Floor, StoreError> {
    let mut owner = PgConnection::connect(owner_url).await?;
    let rows = units_as_text(&mut owner).await?;
    sqlx::query("CREATE TABLE units_floor (LIKE units INCLUDING ALL)").execute(&mut owner).await?;
    for key in foreign_keys(&mut owner).await? {
        let add = format!("ALTER TABLE units_floor ADD {key}");
        sqlx::query(AssertSqlSafe(add)).execute(&mut owner).await?;
    }
    let begun = Instant::now();
    let mut copy = owner.copy_in_raw(&format!("COPY units_floor ({COLUMNS}) FROM STDIN")).await?;
    copy.send(rows.as_bytes()).await?;
    let rows = copy.finish().await?;
    let took = begun.elapsed();
    sqlx::query("DROP TABLE units_floor").execute(&mut owner).await?;
    owner.close().await?;
    Ok(Floor { rows, took })
}

/// Makes an empty table with the columns, keys and checks of the votes, the foreign keys left out, under the same row level security.
pub async fn prepare_votes(owner_url: &str) -> Result<(), StoreError> {
    let mut owner = PgConnection::connect(owner_url).await?;
    for statement in [
        "CREATE TABLE IF NOT EXISTS votes_floor (LIKE votes INCLUDING ALL)",
        "ALTER TABLE votes_floor ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE votes_floor FORCE ROW LEVEL SECURITY",
        "DROP POLICY IF EXISTS tenant ON votes_floor",
        "CREATE POLICY tenant ON votes_floor TO yishi_app USING (tenant_id = current_setting('yishi.tenant')::uuid)
         WITH CHECK (tenant_id = current_setting('yishi.tenant')::uuid)",
        "GRANT SELECT, INSERT ON votes_floor TO yishi_app",
    ] {
        sqlx::query(statement).execute(&mut owner).await?;
    }
    Ok(owner.close().await?)
}

/// A transaction that inserts one vote into that table, as a script of pgbench.
pub fn vote_script(tenant: TenantId) -> String {
    let tenant = tenant.uuid();
    format!(
        "BEGIN;\nSET LOCAL yishi.tenant = '{tenant}';\n\
         INSERT INTO votes_floor (tenant_id, ballot_id, voting_unit, choice, channel, member_id, event_id, cast_at)\n\
         VALUES ('{tenant}', '{tenant}', gen_random_uuid()::text, '\"in_favour\"', 'online', '{tenant}', '{tenant}', now());\nCOMMIT;\n"
    )
}

/// An event to copy, as it lies in the record.
#[derive(Clone, Debug)]
pub struct Copied {
    /// Its identifier.
    pub id: uuid::Uuid,
    /// Its kind.
    pub kind: &'static str,
    /// What it is about.
    pub subject: uuid::Uuid,
    /// Who acted, by the tenant's clock.
    pub principal: String,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// Its body.
    pub body: serde_json::Value,
}

/// Copies events of a tenant into its record, in their order, from a position on, past the sequencer.
pub async fn copy_events(owner_url: &str, tenant: TenantId, first: u64, events: &[Copied]) -> Result<(), StoreError> {
    let mut owner = PgConnection::connect(owner_url).await?;
    let columns = "tenant_id, id, kind, subject, actor, principal, request, at, recorded_at, body, position";
    let mut copy = owner.copy_in_raw(&format!("COPY events ({columns}) FROM STDIN")).await?;
    let (tenant, nobody) = (tenant.uuid(), uuid::Uuid::nil());
    for (part, start) in events.chunks(5_000).zip((first..).step_by(5_000)) {
        let mut lines = String::new();
        for (it, position) in part.iter().zip(start..) {
            let (id, kind, subject, principal, at) = (it.id, it.kind, it.subject, &it.principal, it.at.to_rfc3339());
            let body = it.body.to_string().replace('\\', "\\\\");
            lines.push_str(&format!(
                "{tenant}\t{id}\t{kind}\t{subject}\tmember\t{principal}\t{nobody}\t{at}\t{at}\t{body}\t{position}\n"
            ));
        }
        copy.send(lines.as_bytes()).await?;
    }
    copy.finish().await?;
    Ok(owner.close().await?)
}

/// Tells the planner what lies in the tables, as the database does by itself after a while.
pub async fn analyze(owner_url: &str) -> Result<(), StoreError> {
    let mut owner = PgConnection::connect(owner_url).await?;
    sqlx::query("VACUUM ANALYZE").execute(&mut owner).await?;
    Ok(owner.close().await?)
}

/// Some figures of a tenant's report over a period, by plain SQL over its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Plain {
    /// Topics submitted.
    pub submitted: i64,
    /// Those of them that were accepted.
    pub accepted: i64,
    /// Resolutions due.
    pub due: i64,
    /// Those of them that were carried out.
    pub done: i64,
    /// Meetings at which somebody was present.
    pub meetings: i64,
    /// What scores add up to.
    pub scores: i64,
    /// Different people who raised a topic online or voted online.
    pub people: i64,
    /// The median of the days from submission to the first decision.
    pub median_days: i64,
}

/// Makes these figures, and tells how long it took.
pub async fn plain_figures(
    owner_url: &str,
    tenant: TenantId,
    zone: &str,
    (from, until): (NaiveDate, NaiveDate),
) -> Result<(Plain, Duration), StoreError> {
    let mut owner = PgConnection::connect(owner_url).await?;
    // The planner knows nothing of what is within bodies, takes their joins for small, and would make this slower than it has to be.
    sqlx::query("SET enable_nestloop = off").execute(&mut owner).await?;
    let begun = Instant::now();
    let plain = sqlx::query_as(
        "WITH e AS (SELECT kind, subject, principal, body, (at AT TIME ZONE $2)::date AS day FROM events WHERE tenant_id = $1),
         raised AS (SELECT * FROM e WHERE kind = 'topic.raised'),
         submitted AS (SELECT * FROM raised WHERE day >= $3 AND day < $4),
         assigned AS (SELECT body ->> 'resolution' AS id FROM e WHERE kind = 'resolution.assigned'
             AND ((body #>> '{lists,deadlines,due_at}')::timestamptz AT TIME ZONE $2)::date >= $3
             AND ((body #>> '{lists,deadlines,due_at}')::timestamptz AT TIME ZONE $2)::date < $4),
         decided AS (SELECT d.day - r.day AS days FROM (SELECT subject, min(day) AS day FROM e WHERE kind = 'ballot.decided' GROUP BY subject) d
             JOIN raised r USING (subject) WHERE d.day >= $3 AND d.day < $4)
         SELECT (SELECT count(*) FROM submitted) AS submitted,
                (SELECT count(*) FROM submitted s WHERE EXISTS (SELECT FROM e WHERE kind = 'topic.accepted' AND e.subject = s.subject)) AS accepted,
                (SELECT count(*) FROM assigned) AS due,
                (SELECT count(*) FROM assigned a WHERE EXISTS (
                    SELECT FROM e WHERE kind = 'resolution.completed' AND e.body ->> 'resolution' = a.id)) AS done,
                (SELECT count(*) FROM (SELECT ((body ->> 'starts_at')::timestamptz AT TIME ZONE $2)::date AS day, body ->> 'meeting' AS id
                    FROM e WHERE kind = 'meeting.convened') m WHERE day >= $3 AND day < $4 AND EXISTS (
                    SELECT FROM e WHERE kind = 'attendance.recorded' AND e.body ->> 'meeting' = m.id AND (e.body #>> '{present,total}')::bigint > 0)) AS meetings,
                (SELECT COALESCE(sum((body ->> 'sum')::bigint), 0)::bigint FROM e WHERE kind = 'survey.closed' AND day >= $3 AND day < $4) AS scores,
                (SELECT count(DISTINCT principal) FROM e WHERE day >= $3 AND day < $4
                    AND kind IN ('topic.raised', 'vote.cast') AND body ->> 'channel' = 'online') AS people,
                (SELECT COALESCE(percentile_disc(0.5) WITHIN GROUP (ORDER BY days), 0)::bigint FROM decided) AS median_days",
    )
    .bind(tenant.uuid())
    .bind(zone)
    .bind(from)
    .bind(until)
    .fetch_one(&mut owner)
    .await?;
    let took = begun.elapsed();
    owner.close().await?;
    Ok((plain, took))
}

/// The settings on which the durability of a role's commits rests.
pub async fn durability(url: &str) -> Result<String, StoreError> {
    let mut connection = PgConnection::connect(url).await?;
    let (settings,): (String,) = sqlx::query_as(
        "SELECT string_agg(name || '=' || setting, ', ' ORDER BY name) FROM pg_settings
         WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method', 'commit_delay')",
    )
    .fetch_one(&mut connection)
    .await?;
    connection.close().await?;
    Ok(settings)
}

/// The rows in the text form of `COPY`, in the order in which they lie in the table.
async fn units_as_text(owner: &mut PgConnection) -> Result<String, StoreError> {
    let lines: Vec<(String,)> = sqlx::query_as(
        r"SELECT concat_ws(E'\t', tenant_id, id, code, level, name, coalesce(parent_id::text, '\N'), path) FROM units",
    )
    .fetch_all(owner)
    .await?;
    Ok(lines.into_iter().map(|(line,)| line + "\n").collect())
}

/// The foreign keys of the units, as definitions for the copy's table: `LIKE` leaves them out.
async fn foreign_keys(owner: &mut PgConnection) -> Result<Vec<String>, StoreError> {
    let keys: Vec<(String,)> = sqlx::query_as(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'units'::regclass AND contype = 'f' ORDER BY conname",
    )
    .fetch_all(owner)
    .await?;
    Ok(keys.into_iter().map(|(key,)| key.replace("REFERENCES units(", "REFERENCES units_floor(")).collect())
}

/// Which events of a tenant reports have counted, as the database tells.
#[derive(Debug)]
pub struct Counted {
    owner: PgConnection,
    tenant: TenantId,
}

impl Counted {
    /// Asks by a connection of its own.
    pub async fn of(owner_url: &str, tenant: TenantId) -> Result<Self, StoreError> {
        Ok(Self { owner: PgConnection::connect(owner_url).await?, tenant })
    }

    /// The newest event, counted or not.
    pub async fn newest(&mut self) -> Result<Option<Uuid>, StoreError> {
        let query = sqlx::query_scalar("SELECT id FROM events WHERE tenant_id = $1 ORDER BY id DESC LIMIT 1");
        Ok(query.bind(self.tenant.uuid()).fetch_optional(&mut self.owner).await?)
    }

    /// Those of these events that are counted.
    pub async fn among(&mut self, events: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
        let query = sqlx::query_scalar(
            "SELECT e.id FROM events e JOIN report_cursors c ON c.tenant_id = e.tenant_id
             WHERE e.tenant_id = $1 AND e.id = ANY($2) AND e.position < c.position",
        );
        Ok(query.bind(self.tenant.uuid()).bind(events).fetch_all(&mut self.owner).await?)
    }
}
