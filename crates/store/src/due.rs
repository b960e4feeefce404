//! Which tenants have work that no request waits for: one question over all of them for each kind of work, so that many tenants in which nothing
//! waits cost hardly more than one.

use chrono::{DateTime, Utc};

use crate::{PlatformTx, StoreError, tenants::Tenant};

/// A kind of work that is done in the background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Committed events have no position yet.
    Sequencing,
    /// The record's newest signature is of the instant or older.
    Resigning,
    /// The record has grown since it was last counted.
    Projecting,
    /// The record has grown since somebody was last told of it by a rule.
    Announcing,
    /// A timer is due at the instant, by the tenant's own clock.
    Timers,
    /// A letter is due at the instant, by the tenant's own clock.
    Letters,
    /// A webhook in force has not taken over all of the record, or a delivery to it is due at the instant.
    Deliveries,
    /// A replay is not finished.
    Replays,
}

impl Work {
    /// When a tenant `t` has such work at the instant `$1`.
    const fn condition(self) -> &'static str {
        match self {
            Self::Sequencing => "EXISTS (SELECT FROM events e WHERE e.tenant_id = t.id AND e.position IS NULL)",
            Self::Resigning => {
                "(SELECT c.signed_at FROM checkpoints c WHERE c.tenant_id = t.id ORDER BY c.size DESC, c.signed_at DESC LIMIT 1) <= $1"
            }
            Self::Projecting => {
                "EXISTS (SELECT FROM checkpoints c WHERE c.tenant_id = t.id AND c.size > COALESCE(
                     (SELECT r.position FROM report_cursors r WHERE r.tenant_id = t.id), 0))"
            }
            Self::Announcing => {
                "EXISTS (SELECT FROM checkpoints c WHERE c.tenant_id = t.id AND c.size > COALESCE(
                     (SELECT r.position FROM notice_rules r WHERE r.tenant_id = t.id), 0))"
            }
            Self::Timers => {
                "EXISTS (SELECT FROM timers i WHERE i.tenant_id = t.id AND i.fired_at IS NULL
                     AND i.due_at <= $1 + t.clock_offset_ms * interval '1 millisecond')"
            }
            Self::Letters => {
                "EXISTS (SELECT FROM letters l WHERE l.tenant_id = t.id AND l.settled_at IS NULL
                     AND l.due_at <= $1 + t.clock_offset_ms * interval '1 millisecond')"
            }
            Self::Deliveries => {
                "EXISTS (SELECT FROM webhooks w WHERE w.tenant_id = t.id AND w.disabled_at IS NULL AND (
                     EXISTS (SELECT FROM checkpoints c WHERE c.tenant_id = t.id AND c.size > w.position)
                     OR EXISTS (SELECT FROM deliveries d WHERE d.tenant_id = t.id AND d.webhook_id = w.id
                         AND d.delivered_at IS NULL AND d.due_at <= $1)))"
            }
            Self::Replays => "EXISTS (SELECT FROM replays r WHERE r.tenant_id = t.id AND r.finished_at IS NULL)",
        }
    }
}

/// The tenants that have a kind of work at an instant of the wall clock, by slug.
pub async fn tenants(tx: &mut PlatformTx, work: Work, wall: DateTime<Utc>) -> Result<Vec<Tenant>, StoreError> {
    // Every question takes the instant, whether it asks about one or not.
    let question =
        format!("SELECT t.* FROM tenants t WHERE $1::timestamptz IS NOT NULL AND {} ORDER BY t.slug", work.condition());
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(question)).bind(wall).fetch_all(tx.sql()).await?)
}
