//! The leaf of an event: the bytes that the record commits to.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;
use yishi_domain::{EventId, StoredEvent};

use crate::{commitments::canonical, instants, trees::Hash};

/// The version of the leaf's form.
pub const VERSION: u32 = 1;

/// A leaf as read back.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// The version of its form.
    pub v: u32,
    /// The tenant's slug.
    pub tenant: String,
    /// The event.
    pub event: EventId,
    /// Its kind.
    pub kind: String,
    /// What it is about.
    pub subject: Uuid,
    /// The kind of actor: `member`, `operator` or `system`.
    pub actor: String,
    /// When it happened by the tenant's clock.
    pub at: DateTime<Utc>,
    /// When it was committed by the wall clock.
    pub recorded_at: DateTime<Utc>,
    /// Its body.
    pub body: Value,
}

/// The bytes of an event's leaf: the RFC 8785 form of its version, tenant, identifier, kind, subject, kind of actor, both instants and body.
///
/// Instants are written in UTC with microseconds, which is what the database keeps.
pub fn leaf_bytes(tenant: &str, event: &StoredEvent) -> Vec<u8> {
    canonical(&leaf_json(tenant, event))
}

/// An event's leaf as JSON; [`leaf_bytes`] is its canonical form.
pub fn leaf_json(tenant: &str, event: &StoredEvent) -> Value {
    json!({
        "v": VERSION,
        "tenant": tenant,
        "event": event.id,
        "kind": event.kind,
        "subject": event.subject,
        "actor": event.actor,
        "at": instants::text(&event.at),
        "recorded_at": instants::text(&event.recorded_at),
        "body": event.body,
    })
}

/// The hash of an event's leaf (RFC 6962, section 2.1).
pub fn leaf_hash(tenant: &str, event: &StoredEvent) -> Hash {
    crate::trees::leaf_hash(&leaf_bytes(tenant, event))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_has_one_form_and_every_member_counts() {
        let event = StoredEvent {
            id: EventId(uuid::Uuid::from_u128(1)),
            kind: "ballot.opened".into(),
            subject: uuid::Uuid::from_u128(2),
            actor: "member".into(),
            at: chrono::DateTime::from_timestamp(0, 0).expect("the epoch"),
            recorded_at: chrono::DateTime::from_timestamp(1, 500_000).expect("an instant"),
            body: json!({"z": 1, "a": [true, "議"]}),
            position: None,
        };
        assert_eq!(
            String::from_utf8(leaf_bytes("3301", &event)).expect("text"),
            "{\"actor\":\"member\",\"at\":\"1970-01-01T00:00:00.000000Z\",\"body\":{\"a\":[true,\"議\"],\"z\":1},\
             \"event\":\"00000000-0000-0000-0000-000000000001\",\"kind\":\"ballot.opened\",\
             \"recorded_at\":\"1970-01-01T00:00:01.000500Z\",\"subject\":\"00000000-0000-0000-0000-000000000002\",\
             \"tenant\":\"3301\",\"v\":1}"
        );
        let base = leaf_hash("3301", &event);
        assert_ne!(base, leaf_hash("3302", &event));
        assert_ne!(base, leaf_hash("3301", &StoredEvent { body: json!({"z": 2, "a": [true, "議"]}), ..event.clone() }));
        assert_eq!(base, leaf_hash("3301", &StoredEvent { position: Some(9), ..event }), "the position is the tree's");
    }
}
