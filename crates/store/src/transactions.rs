//! Transactions that know their tenant.

use std::ops::{Deref, DerefMut};

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres, Transaction};
use yishi_domain::{Ctx, Event, TenantId};

use crate::{StoreError, events};

/// A transaction inside one tenant; on its own it only reads, and dropping it ends it.
#[derive(Debug)]
pub struct TenantTx {
    tx: Transaction<'static, Postgres>,
    tenant: TenantId,
}

impl TenantTx {
    pub(crate) async fn begin(pool: &PgPool, tenant: TenantId, begin: &'static str) -> Result<Self, StoreError> {
        let mut tx = pool.begin_with(begin).await?;
        // SET LOCAL, not set_config: it also reaches the workers of a distributed database. The literal is a UUID, hence safe.
        let set = format!("SET LOCAL yishi.tenant = '{}'", tenant.uuid());
        sqlx::query(AssertSqlSafe(set)).execute(&mut *tx).await?;
        Ok(Self { tx, tenant })
    }

    /// The tenant.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    pub(crate) fn sql(&mut self) -> &mut PgConnection {
        &mut self.tx
    }
}

/// A transaction that writes inside one tenant; [`WriteTx::commit`] is the only way out, dropping it rolls back.
#[derive(Debug)]
pub struct WriteTx {
    inner: TenantTx,
    act: Act,
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

impl WriteTx {
    pub(crate) async fn begin(pool: &PgPool, ctx: &Ctx) -> Result<Self, StoreError> {
        let act = Act {
            actor: ctx.actor.kind(),
            principal: ctx.actor.principal(),
            at: ctx.now,
            wall: ctx.wall,
            request: ctx.request.uuid(),
        };
        Ok(Self { inner: TenantTx::begin(pool, ctx.tenant, "BEGIN").await?, act })
    }

    /// Appends the events and commits: the change and what is known of it stand or fall together.
    pub async fn commit<const N: usize>(self, events: [Event; N]) -> Result<(), StoreError> {
        const { assert!(N > 0, "a change without an event is not committed") };
        self.commit_all(events.into()).await
    }

    /// Appends a first event and any others, and commits.
    pub async fn commit_with(self, first: Event, mut others: Vec<Event>) -> Result<(), StoreError> {
        others.insert(0, first);
        self.commit_all(others).await
    }

    async fn commit_all(mut self, events: Vec<Event>) -> Result<(), StoreError> {
        events::append(&mut self.inner, &self.act, &events).await?;
        Ok(self.inner.tx.commit().await?)
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

/// A transaction that extends one tenant's record by what was committed before, which is no change and needs no event of its own.
///
/// Only the functions of [`crate::records`] write in it.
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
        Ok(Self { tx: pool.begin().await? })
    }

    pub(crate) fn sql(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// Commits.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }
}
