//! A fresh, migrated database for a test in milliseconds: one embedded server a test process, and a copy of a template a test.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::sync::OnceCell;
use uuid::Uuid;
use yishi_domain::{Actor, Ctx, Entropy, RequestId, TenantId};

use crate::{Db, Urls, embedded::EmbeddedServer, migrate};

static SERVER: OnceCell<EmbeddedServer> = OnceCell::const_new();
static NEXT: AtomicU32 = AtomicU32::new(1);

/// Gives a database of its own to a test, with the URLs of its roles.
///
/// # Panics
/// Where no PostgreSQL is found or it does not start.
pub async fn database() -> (Db, Urls) {
    let server = SERVER.get_or_init(start).await;
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let urls = Urls::of_copy(server, &name).await.expect("the template is free");
    (Db::open(&urls).expect("sound URLs"), urls)
}

/// A context with a fixed clock and randomness that repeats by seed.
pub fn ctx(tenant: TenantId, actor: Actor, seed: u64) -> Ctx {
    let now: DateTime<Utc> = DateTime::from_timestamp(1_767_225_600, 0).expect("2026-01-01");
    let mut state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    // SplitMix64 (Steele, Lea, Flood 2014): enough to tell ids apart, and the same at every run.
    let entropy = Entropy::new(move |buffer| {
        for byte in buffer {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (mixed >> 56) as u8;
        }
    });
    let request = RequestId(Uuid::from_u128(u128::from(seed)));
    Ctx { tenant, actor, now, wall: now, request, once: None, entropy }
}

/// A row as whoever operates the database sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its table.
    pub table: String,
    /// The transaction that wrote it (`xmin`).
    pub transaction: String,
    /// Where it lies (`ctid`).
    pub place: String,
    /// All that it says.
    pub text: String,
}

/// Every row of every table, past all policies, in the order in which the tables hold them.
///
/// # Panics
/// Where the database cannot be read.
pub async fn rows(urls: &Urls) -> Vec<Row> {
    let mut owner = PgConnection::connect(&urls.owner).await.expect("the owner connects");
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
            .fetch_all(&mut owner)
            .await
            .expect("the catalogue");
    let mut rows = Vec::new();
    for table in tables {
        let query = format!("SELECT xmin::text, ctid::text, t::text FROM {table} t ORDER BY ctid");
        let found: Vec<(String, String, String)> =
            sqlx::query_as(AssertSqlSafe(query)).fetch_all(&mut owner).await.expect("the rows");
        rows.extend(found.into_iter().map(|(transaction, place, text)| Row {
            table: table.clone(),
            transaction,
            place,
            text,
        }));
    }
    rows
}

/// Erases every opening of a tenant, as whoever asks to be forgotten wants it.
///
/// # Panics
/// Where the database cannot be written.
pub async fn erase_openings(db: &Db, ctx: &Ctx) {
    let mut tx = db.record(ctx).await.expect("begin");
    let erased =
        sqlx::query("DELETE FROM openings WHERE tenant_id = $1").bind(ctx.tenant.uuid()).execute(tx.sql()).await;
    assert!(erased.expect("erased").rows_affected() > 0, "there was something to erase");
    tx.commit().await.expect("commit");
}

async fn start() -> EmbeddedServer {
    sweep();
    let folder = folder_of(std::process::id());
    let server = tokio::task::spawn_blocking(move || EmbeddedServer::start(&folder)).await.expect("no panic");
    let server = server.expect("PostgreSQL's binaries are installed");
    migrate(&Urls::of(&server).owner).await.expect("the migrations apply");
    server
}

fn folder_of(pid: u32) -> PathBuf {
    std::env::temp_dir().join(format!("yishi-test-{pid}"))
}

/// Removes what test processes that have ended left behind.
fn sweep() {
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix("yishi-test-")?.parse::<u32>().ok());
        if pid.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists()) {
            std::fs::remove_dir_all(entry.path()).ok();
        }
    }
}
