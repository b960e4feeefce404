//! Events: what is committed with every change, and from which everything else is made.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::ids::EventId;

/// An event about to be committed with its change.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its identifier.
    pub id: EventId,
    /// Its kind, `<resource>.<past participle>`.
    pub kind: &'static str,
    /// What it is about: the case where there is one, else the thing itself.
    pub subject: Uuid,
    /// Public facts in clear, everything else as a commitment; integers only, no floats.
    pub body: Value,
    /// What the commitments in the body stand for; these can be erased.
    pub openings: Vec<Opening>,
}

/// The opening of a commitment: `sha256(salt || RFC 8785 form of the value)`.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The field of the body that holds the commitment.
    pub field: String,
    /// A salt of 256 bits.
    pub salt: [u8; 32],
    /// The value.
    pub value: Value,
}

/// An event as committed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredEvent {
    /// Its identifier.
    pub id: EventId,
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
    /// Its position in the record, from zero, once it has one.
    pub position: Option<u64>,
}
