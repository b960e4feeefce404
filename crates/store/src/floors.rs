//! Floors: the least time that PostgreSQL itself needs for what the service does, for benchmarks to compare with.
//!
//! Nothing here serves a request. It speaks as the schema's owner, where row level security does not hold a superuser, and asks for a database
//! made for measuring: it makes a table beside the others and drops it again.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
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
