//! Transactions that know their tenant.

use std::ops::{Deref, DerefMut};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres, Transaction};
use yishi_domain::{Ctx, Event, IdempotencyKey, TenantId};

use crate::{
    StoreError, events,
    idempotency::{self, Kept},
};

/// A transaction inside one tenant; on its own it only reads, and dropping it ends it.
#[derive(Debug)]
pub struct TenantTx {
    tx: Transaction<'static, Postgres>,
    tenant: TenantId,
}

impl TenantTx {
    pub(crate) async fn begin(pool: &PgPool, tenant: TenantId, begin: &'static str) -> Result<Self, StoreError> {
        Ok(Self { tx: begun(pool, in_tenant(begin, tenant)).await?, tenant })
    }

    /// Commits, and begins the next transaction inside the same tenant.
    async fn chain(&mut self) -> Result<(), StoreError> {
        let tenant = self.tenant;
        sqlx::raw_sql(AssertSqlSafe(in_tenant("COMMIT AND CHAIN", tenant))).execute(self.sql()).await?;
        Ok(())
    }

    /// The tenant.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    pub(crate) fn sql(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// Goes on in another tenant, as only a transaction of the platform's role does.
    pub(crate) const fn turn_to(&mut self, tenant: TenantId) {
        self.tenant = tenant;
    }

    /// Commits.
    pub(crate) async fn end(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }
}

/// A transaction that writes inside one tenant; [`WriteTx::commit`] is the only way out, dropping it rolls back.
#[derive(Debug)]
pub struct WriteTx {
    inner: TenantTx,
    act: Act,
    once: Option<IdempotencyKey>,
    keeps_request: bool,
}

/// What every event of an act carries.
#[derive(Debug)]
pub(crate) struct Act {
    pub actor: &'static str,
    pub principal: String,
    pub at: DateTime<Utc>,
    pub wall: DateTime<Utc>,
    pub request: uuid::Uuid,
}

impl Act {
    fn of(ctx: &Ctx) -> Self {
        Self {
            actor: ctx.actor.kind(),
            principal: ctx.actor.principal(),
            at: ctx.now,
            wall: ctx.wall,
            request: ctx.request.uuid(),
        }
    }
}

impl WriteTx {
    pub(crate) async fn begin(pool: &PgPool, ctx: &Ctx) -> Result<Self, StoreError> {
        let act = Act::of(ctx);
        let mut inner = TenantTx::begin(pool, ctx.tenant, "BEGIN").await?;
        if let Some(key) = &ctx.once {
            idempotency::hold(&mut inner, &act, key).await?;
        }
        Ok(Self { inner, act, once: ctx.once.clone(), keeps_request: true })
    }

    /// Keeps nothing of what the request said with its key, from which a secret vote could be found out by trying.
    pub const fn forget_request(&mut self) {
        self.keeps_request = false;
    }

    /// Appends the events and commits: the change, what is known of it, and what its request is answered with stand or fall together.
    pub async fn commit<const N: usize, A: Serialize>(self, events: [Event; N], answer: A) -> Result<A, StoreError> {
        const { assert!(N > 0, "a change without an event is not committed") };
        self.commit_all(events.into(), answer).await
    }

    /// Appends a first event and any others, and commits.
    pub async fn commit_with<A: Serialize>(
        self,
        first: Event,
        mut others: Vec<Event>,
        answer: A,
    ) -> Result<A, StoreError> {
        others.insert(0, first);
        self.commit_all(others, answer).await
    }

    async fn commit_all<A: Serialize>(mut self, events: Vec<Event>, answer: A) -> Result<A, StoreError> {
        let rows: Vec<_> = events.iter().map(|event| (&self.act, event)).collect();
        events::append(&mut self.inner, &rows).await?;
        if let Some(key) = &self.once {
            let request = self.keeps_request.then_some(&key.request);
            let kept = Kept { act: &self.act, key, request, answer: json(&answer)? };
            idempotency::keep(&mut self.inner, &[kept]).await?;
        }
        self.inner.tx.commit().await?;
        Ok(answer)
    }
}

/// A writing transaction that several acts share; it is committed with an event of each, or not at all.
#[derive(Debug)]
pub struct SharedTx(WriteTx);

/// One of the acts that share a transaction.
#[derive(Debug)]
pub struct SharedAct<A> {
    /// Whose it is, with the key that its request came with.
    pub ctx: Ctx,
    /// What it tells.
    pub event: Event,
    /// What its request is answered with.
    pub answer: A,
    /// Whether what the request said may be kept with its key.
    pub keeps_request: bool,
}

/// Why acts that share a transaction were not committed.
#[derive(Debug)]
pub enum NotShared {
    /// Nothing was written.
    Undone(StoreError),
    /// The way to the database broke while it committed: whether anything was written is not known.
    Unknown(StoreError),
}

impl SharedTx {
    pub(crate) async fn begin(pool: &PgPool, ctx: &Ctx) -> Result<Self, StoreError> {
        let inner = TenantTx::begin(pool, ctx.tenant, "BEGIN").await?;
        Ok(Self(WriteTx { inner, act: Act::of(ctx), once: None, keeps_request: true }))
    }

    /// Appends the event of each act, keeps the answers of those that came with a key, and commits; gives the answers, in order.
    ///
    /// The keys must be held already; one that was answered meanwhile undoes all. Where others wait to go on, the next transaction is begun with the
    /// commit, which saves them a round trip.
    pub async fn commit_each<A: Serialize>(
        mut self,
        acts: Vec<SharedAct<A>>,
        goes_on: bool,
    ) -> Result<(Vec<A>, Option<Self>), NotShared> {
        if let Err(error) = append_each(&mut self, &acts).await {
            // A connection that broke has let go of everything by itself.
            self.undo().await.ok();
            return Err(NotShared::Undone(error));
        }
        let next = match goes_on {
            true => self.0.inner.chain().await.map(|()| Some(self)),
            false => self.0.inner.end().await.map(|()| None),
        };
        let next = next.map_err(NotShared::Unknown)?;
        Ok((acts.into_iter().map(|act| act.answer).collect(), next))
    }

    /// Ends it without a trace, and with it whatever it holds.
    pub async fn undo(self) -> Result<(), StoreError> {
        Ok(self.0.inner.tx.rollback().await?)
    }
}

async fn append_each<A: Serialize>(tx: &mut TenantTx, shared: &[SharedAct<A>]) -> Result<(), StoreError> {
    let acts: Vec<_> = shared.iter().map(|it| Act::of(&it.ctx)).collect();
    let rows: Vec<_> = acts.iter().zip(shared.iter().map(|it| &it.event)).collect();
    events::append(tx, &rows).await?;
    let mut kept = Vec::new();
    for (act, it) in acts.iter().zip(shared) {
        if let Some(key) = &it.ctx.once {
            let request = it.keeps_request.then_some(&key.request);
            kept.push(Kept { act, key, request, answer: json(&it.answer)? });
        }
    }
    idempotency::keep(tx, &kept).await
}

/// A statement that begins a transaction, and puts it inside a tenant; sent together they cost one round trip.
///
/// SET LOCAL, not set_config: it also reaches the workers of a distributed database. The literal is a UUID, hence safe.
fn in_tenant(begin: &str, tenant: TenantId) -> String {
    format!("{begin}; SET LOCAL yishi.tenant = '{}'", tenant.uuid())
}

fn json(answer: &impl Serialize) -> Result<Value, StoreError> {
    Ok(serde_json::to_value(answer).map_err(|error| sqlx::Error::Encode(error.into()))?)
}

impl Deref for SharedTx {
    type Target = WriteTx;

    fn deref(&self) -> &WriteTx {
        &self.0
    }
}

impl DerefMut for SharedTx {
    fn deref_mut(&mut self) -> &mut WriteTx {
        &mut self.0
    }
}

impl Deref for WriteTx {
    type Target = TenantTx;

    fn deref(&self) -> &TenantTx {
        &self.inner
    }
}

impl DerefMut for WriteTx {
    fn deref_mut(&mut self) -> &mut TenantTx {
        &mut self.inner
    }
}

/// A transaction that carries on what was committed before, to one tenant's record or to those who are told, which is no change and needs no
/// event of its own.
///
/// Only the functions of [`crate::records`], [`crate::running`], [`crate::reports`], [`crate::deliveries`], [`crate::letters`],
/// [`crate::contacts`], [`crate::announcements`] and [`crate::notices::carry`] write in it.
#[derive(Debug)]
pub struct RecordTx {
    inner: TenantTx,
}

impl RecordTx {
    pub(crate) async fn begin(pool: &PgPool, tenant: TenantId) -> Result<Self, StoreError> {
        Ok(Self { inner: TenantTx::begin(pool, tenant, "BEGIN").await? })
    }

    /// Commits.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.inner.tx.commit().await?)
    }
}

impl Deref for RecordTx {
    type Target = TenantTx;

    fn deref(&self) -> &TenantTx {
        &self.inner
    }
}

impl DerefMut for RecordTx {
    fn deref_mut(&mut self) -> &mut TenantTx {
        &mut self.inner
    }
}

/// A transaction on what belongs to no tenant: the directory of tenants.
#[derive(Debug)]
pub struct PlatformTx {
    tx: Transaction<'static, Postgres>,
}

impl PlatformTx {
    pub(crate) async fn begin(pool: &PgPool) -> Result<Self, StoreError> {
        Ok(Self { tx: begun(pool, "BEGIN".into()).await? })
    }

    pub(crate) fn sql(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// Commits.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }
}

/// Begins a transaction to its end, whether or not the caller waits for it.
///
/// A caller that goes away (a client that hangs up) ends what it was doing anywhere. While the server begins a transaction, the connection does not yet
/// know that it has one to end, and would go back to the pool inside it.
async fn begun(pool: &PgPool, begin: String) -> Result<Transaction<'static, Postgres>, StoreError> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin_with(AssertSqlSafe(begin)).await });
    Ok(begun.await.map_err(|error| sqlx::Error::Io(std::io::Error::other(error)))??)
}
