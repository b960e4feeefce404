//! The way to the database: one pool a role.

use std::{str::FromStr, time::Duration};

use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _,
    postgres::{PgConnectOptions, PgPool, PgPoolOptions},
};
use yishi_domain::Ctx;

use crate::{
    StoreError,
    embedded::{DATABASE, EmbeddedServer, OWNER},
    provinces::ProvinceTx,
    transactions::{PlatformTx, RecordTx, SharedTx, TenantTx, WriteTx},
};

/// How many transactions that several acts share are under way at most.
const SHARED: u32 = 16;

/// How many statements a connection for such transactions keeps prepared: each of their tables has one for each number of rows that a statement may have.
const STATEMENTS: usize = 256;

/// How many looks across tenants are under way at most. They have connections of their own: every request finds its tenant by one of the platform's
/// role, and waits for no look.
pub const LOOKS: u32 = 4;

/// The connection URLs, one a role.
#[derive(Clone, Debug)]
pub struct Urls {
    /// Owns the schema; migrations alone use it.
    pub owner: String,
    /// Acts inside one tenant; row level security holds it.
    pub app: String,
    /// Keeps the directory of tenants, and reads across them for the province.
    pub platform: String,
}

impl Urls {
    /// The URLs of an embedded database.
    pub fn of(server: &EmbeddedServer) -> Self {
        let url = |role| server.url(role, DATABASE);
        Self { owner: url(OWNER), app: url("yishi_app"), platform: url("yishi_platform") }
    }

    /// Makes a database on an embedded server as a copy of its own, to which nobody may be connected, and gives its URLs.
    pub async fn of_copy(server: &EmbeddedServer, name: &str) -> Result<Self, StoreError> {
        // Copied file by file it is there as soon as the disk is, and a checkpoint is behind it; that wait is nothing to warn of.
        let admin = PgConnectOptions::from_str(&server.url(OWNER, "postgres"))?.disable_statement_logging();
        let mut admin = admin.connect().await?;
        let create = format!("CREATE DATABASE {name} TEMPLATE {DATABASE} STRATEGY FILE_COPY");
        sqlx::query(AssertSqlSafe(create)).execute(&mut admin).await?;
        admin.close().await?;
        Ok(Self::of(server).with_database(name))
    }

    /// The URLs of a server that is not managed: the owner's as given, the login roles with the given passwords in place of the owner's.
    pub fn remote(owner: &str, app: &str, platform: &str) -> Self {
        Self { owner: owner.into(), app: app.into(), platform: platform.into() }
    }

    /// The same server's other database.
    pub fn with_database(&self, name: &str) -> Self {
        let swap = |url: &str| url.replacen(&format!("/{DATABASE}?"), &format!("/{name}?"), 1);
        Self { owner: swap(&self.owner), app: swap(&self.app), platform: swap(&self.platform) }
    }
}

/// The database, as its login roles see it; cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    app: PgPool,
    shared: PgPool,
    platform: PgPool,
    looks: PgPool,
}

impl Db {
    /// Opens the pools; connections are made when first needed.
    pub fn open(urls: &Urls) -> Result<Self, StoreError> {
        // What is shared comes with any number of rows. Planned anew for each number its statements would take longer to plan than to run; on a few
        // connections of its own each is planned once.
        let app = PgConnectOptions::from_str(&urls.app)?;
        let shared =
            app.clone().options([("plan_cache_mode", "force_generic_plan")]).statement_cache_capacity(STATEMENTS);
        let platform = PgConnectOptions::from_str(&urls.platform)?;
        let (app, shared) = (pool(app, 32), pool(shared, SHARED));
        Ok(Self { app, shared, looks: pool(platform.clone(), LOOKS), platform: pool(platform, 8) })
    }

    /// Begins a transaction that reads inside the context's tenant.
    pub async fn read(&self, ctx: &Ctx) -> Result<TenantTx, StoreError> {
        TenantTx::begin(&self.app, ctx.tenant, "BEGIN READ ONLY").await
    }

    /// Begins a transaction that reads inside the context's tenant, and whose statements all see the same.
    pub async fn snapshot(&self, ctx: &Ctx) -> Result<TenantTx, StoreError> {
        TenantTx::begin(&self.app, ctx.tenant, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    /// Begins a transaction that writes inside the context's tenant.
    pub async fn write(&self, ctx: &Ctx) -> Result<WriteTx, StoreError> {
        WriteTx::begin(&self.app, ctx).await
    }

    /// Begins a transaction that several acts inside the context's tenant share.
    pub async fn share(&self, ctx: &Ctx) -> Result<SharedTx, StoreError> {
        SharedTx::begin(&self.shared, ctx).await
    }

    /// Begins a transaction that extends the record of the context's tenant.
    pub async fn record(&self, ctx: &Ctx) -> Result<RecordTx, StoreError> {
        RecordTx::begin(&self.app, ctx.tenant).await
    }

    /// Begins a transaction that looks across tenants as the platform's role may.
    pub async fn province(&self) -> Result<ProvinceTx, StoreError> {
        ProvinceTx::begin(&self.looks).await
    }

    /// Begins a transaction on the directory of tenants.
    pub async fn platform(&self) -> Result<PlatformTx, StoreError> {
        PlatformTx::begin(&self.platform).await
    }

    /// Answers once the database does.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.app).await?;
        Ok(())
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.app.close().await;
        self.shared.close().await;
        self.platform.close().await;
        self.looks.close().await;
    }
}

fn pool(options: PgConnectOptions, most: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(Duration::from_secs(10))
        // The default costs a round trip a transaction; a dead connection fails its first statement and is replaced.
        .test_before_acquire(false)
        .connect_lazy_with(options.application_name("yishi"))
}
