//! A tenant's quotas, and how much of each is used.

use std::ops::Range;

use chrono::{DateTime, Utc};
use sqlx::AssertSqlSafe;
use yishi_domain::quotas::{Quota, Quotas};

use crate::{StoreError, TenantTx, WriteTx};

/// The quotas; one that is unknown to this version of the program is left out.
pub async fn get(tx: &mut TenantTx) -> Result<Quotas, StoreError> {
    let rows: Vec<(String, i64)> = sqlx::query_as("SELECT quota, most FROM quotas WHERE tenant_id = $1")
        .bind(tx.tenant().uuid())
        .fetch_all(tx.sql())
        .await?;
    let mut quotas = Quotas::default();
    for (code, most) in rows {
        if let Ok(quota) = code.parse() {
            quotas.set(quota, Some(most.unsigned_abs()));
        }
    }
    Ok(quotas)
}

/// Keeps them, those that are absent as none.
pub async fn put(tx: &mut WriteTx, it: &Quotas) -> Result<(), StoreError> {
    for quota in Quota::ALL {
        let query = match it.of(*quota) {
            Some(most) => sqlx::query(
                "INSERT INTO quotas (tenant_id, quota, most) VALUES ($1, $2, $3)
                 ON CONFLICT (tenant_id, quota) DO UPDATE SET most = $3",
            )
            .bind(tx.tenant().uuid())
            .bind(quota.code())
            .bind(i64::try_from(most).unwrap_or(i64::MAX)),
            None => sqlx::query("DELETE FROM quotas WHERE tenant_id = $1 AND quota = $2")
                .bind(tx.tenant().uuid())
                .bind(quota.code()),
        };
        query.execute(tx.sql()).await?;
    }
    Ok(())
}

/// The limit of a quota, where there is one; it may change, and what is used too.
pub async fn most(tx: &mut TenantTx, quota: Quota) -> Result<Option<u64>, StoreError> {
    limit(tx, quota, "SELECT most FROM quotas WHERE tenant_id = $1 AND quota = $2").await
}

/// The limit of a quota, where there is one, held until the transaction ends: whoever takes some of it comes one after the other, and counts what those
/// before have committed. Where there is none nothing is held.
pub async fn hold(tx: &mut WriteTx, quota: Quota) -> Result<Option<u64>, StoreError> {
    limit(tx, quota, "SELECT most FROM quotas WHERE tenant_id = $1 AND quota = $2 FOR UPDATE").await
}

async fn limit(tx: &mut TenantTx, quota: Quota, sql: &'static str) -> Result<Option<u64>, StoreError> {
    let row: Option<(i64,)> =
        sqlx::query_as(sql).bind(tx.tenant().uuid()).bind(quota.code()).fetch_optional(tx.sql()).await?;
    Ok(row.map(|(most,)| most.unsigned_abs()))
}

/// How much of a quota is used: members, topics raised in the day (from its first instant until the next one's), bytes, rule sets or webhooks.
pub async fn used(tx: &mut TenantTx, quota: Quota, day: &Range<DateTime<Utc>>) -> Result<u64, StoreError> {
    let query = sqlx::query_as(counting(quota)).bind(tx.tenant().uuid());
    let query = if quota == Quota::TopicsADay { query.bind(day.start).bind(day.end) } else { query };
    let (used,): (i64,) = query.fetch_one(tx.sql()).await?;
    Ok(used.unsigned_abs())
}

/// How much of each quota is used.
pub async fn all_used(tx: &mut TenantTx, day: &Range<DateTime<Utc>>) -> Result<Vec<(Quota, u64)>, StoreError> {
    let counts: Vec<_> = Quota::ALL.iter().map(|&quota| format!("({})", counting(quota))).collect();
    // What is counted is written here.
    let query = AssertSqlSafe(format!("SELECT ARRAY[{}]", counts.join(", ")));
    let query = sqlx::query_as(query).bind(tx.tenant().uuid()).bind(day.start).bind(day.end);
    let (used,): (Vec<i64>,) = query.fetch_one(tx.sql()).await?;
    Ok(Quota::ALL.iter().copied().zip(used.into_iter().map(i64::unsigned_abs)).collect())
}

/// The statement that counts what is used of a quota, by the tenant and the day. Every column that is read here is one that the platform's role reads too.
const fn counting(quota: Quota) -> &'static str {
    match quota {
        Quota::Members => "SELECT count(*) FROM members WHERE tenant_id = $1",
        // What is split off a topic was raised with it.
        Quota::TopicsADay => {
            "SELECT count(*) FROM topics WHERE tenant_id = $1 AND raised_at >= $2 AND raised_at < $3 AND split_from IS NULL"
        }
        Quota::AttachmentBytes => {
            "SELECT coalesce(sum(size), 0)::bigint FROM (
                 SELECT DISTINCT digest, size FROM attachments WHERE tenant_id = $1 AND erased_at IS NULL) kept"
        }
        Quota::RuleSets => "SELECT count(*) FROM rule_sets WHERE tenant_id = $1",
        Quota::Webhooks => "SELECT count(*) FROM webhooks WHERE tenant_id = $1",
    }
}
