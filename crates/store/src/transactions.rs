//! Transactions that know their tenant.

use std::ops::{Deref, DerefMut};

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres, Transaction};
use yishi_domain::{Ctx, Event, IdempotencyKey, TenantId};

use crate::{StoreError, events, idempotency};

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

impl WriteTx {
    pub(crate) async fn begin(pool: &PgPool, ctx: &Ctx) -> Result<Self, StoreError> {
        let act = Act {
            actor: ctx.actor.kind(),
            principal: ctx.actor.principal(),
            at: ctx.now,
            wall: ctx.wall,
            request: ctx.request.uuid(),
        };
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
        events::append(&mut self.inner, &self.act, &events).await?;
        if let Some(key) = &self.once {
            let kept = serde_json::to_value(&answer).map_err(|error| sqlx::Error::Encode(error.into()))?;
            let request = self.keeps_request.then_some(&key.request);
            idempotency::keep(&mut self.inner, &self.act, key, request, &kept).await?;
        }
        self.inner.tx.commit().await?;
        Ok(answer)
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
