//! The leaf of an event: the bytes that the record commits to.

use serde_json::{Value, json};
use yishi_domain::StoredEvent;

use crate::{commitments::canonical, trees::Hash};

/// The version of the leaf's form.
pub const VERSION: u32 = 1;

/// The bytes of an event's leaf: the RFC 8785 form of its version, tenant, identifier, kind, subject, kind of actor, both instants and body.
///
/// Instants are written in UTC with microseconds, which is what the database keeps.
pub fn leaf_bytes(tenant: &str, event: &StoredEvent) -> Vec<u8> {
    let instant = |at: &chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let leaf: Value = json!({
        "v": VERSION,
        "tenant": tenant,
        "event": event.id,
        "kind": event.kind,
        "subject": event.subject,
        "actor": event.actor,
        "at": instant(&event.at),
        "recorded_at": instant(&event.recorded_at),
        "body": event.body,
    });
    canonical(&leaf)
}

/// The hash of an event's leaf (RFC 6962, section 2.1).
pub fn leaf_hash(tenant: &str, event: &StoredEvent) -> Hash {
    crate::trees::leaf_hash(&leaf_bytes(tenant, event))
}

#[cfg(test)]
mod tests {
    use yishi_domain::EventId;

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
