//! What every act is handed: whose it is, when it is, and where its randomness comes from.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    Digest,
    ids::{MemberId, RequestId, TenantId},
};

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A member of the tenant.
    Member(MemberId),
    /// An operator of the platform, by name.
    Operator(String),
    /// The service itself, by the part that acts, such as `timers`.
    System(&'static str),
}

impl Actor {
    /// The kind of actor as the record names it: `member`, `operator` or `system`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Member(_) => "member",
            Self::Operator(_) => "operator",
            Self::System(_) => "system",
        }
    }

    /// The actor as one line of text, such as `member:0190..`.
    pub fn principal(&self) -> String {
        match self {
            Self::Member(id) => format!("member:{id}"),
            Self::Operator(name) => format!("operator:{name}"),
            Self::System(part) => format!("system:{part}"),
        }
    }
}

/// What makes a repeated request one act: the caller's key, within the tenant, the principal and the operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The key as the caller chose it.
    pub key: String,
    /// The operation that it was sent to.
    pub operation: &'static str,
    /// The digest of the whole request, by which a key that is used for something else is found out.
    pub request: Digest,
}

/// The context of one act, read once when the act begins.
#[derive(Clone, Debug)]
pub struct Ctx {
    /// The tenant that it belongs to.
    pub tenant: TenantId,
    /// Who acts.
    pub actor: Actor,
    /// The tenant's clock: drives stages, deadlines and timers.
    pub now: DateTime<Utc>,
    /// The wall clock: drives tokens, signatures, checkpoints and deliveries.
    pub wall: DateTime<Utc>,
    /// The request that brought it.
    pub request: RequestId,
    /// The caller's idempotency key, where there is one.
    pub once: Option<IdempotencyKey>,
    /// Where ids and salts come from.
    pub entropy: Entropy,
}

impl Ctx {
    /// Draws an identifier: a UUID of version 7 (RFC 9562), of this instant by the wall clock.
    pub fn new_id<T: From<Uuid>>(&self) -> T {
        let mut random = [0; 10];
        self.entropy.fill(&mut random);
        let millis = u64::try_from(self.wall.timestamp_millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().into()
    }

    /// The same context for a part of the act that does not answer the request, and so does not use up its key.
    pub fn without_key(&self) -> Self {
        Self { once: None, ..self.clone() }
    }

    /// The same context at another instant of the tenant's clock.
    pub fn at(&self, now: DateTime<Utc>) -> Self {
        Self { now, ..self.clone() }
    }

    /// Draws a salt of 256 bits for a commitment.
    pub fn salt(&self) -> [u8; 32] {
        let mut salt = [0; 32];
        self.entropy.fill(&mut salt);
        salt
    }
}

/// A source of random bytes, handed in so that tests can repeat a run.
#[derive(Clone)]
pub struct Entropy(Arc<Mutex<Box<Fill>>>);

type Fill = dyn FnMut(&mut [u8]) + Send;

impl Entropy {
    /// Wraps a function that fills a buffer with random bytes.
    pub fn new(fill: impl FnMut(&mut [u8]) + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Box::new(fill))))
    }

    /// Fills a buffer.
    pub fn fill(&self, buffer: &mut [u8]) {
        let mut source = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        source(buffer);
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy")
    }
}
