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
    /// Draws an identifier: a UUID of version 7, of this instant by the wall clock.
    ///
    /// Of one context, a later one sorts after an earlier one (RFC 9562, section 6.2, method 2), so that the record tells the events of a
    /// transaction in the order in which they were made.
    pub fn new_id<T: From<Uuid>>(&self) -> T {
        let millis = u64::try_from(self.wall.timestamp_millis()).unwrap_or(0);
        let (millis, random) = self.entropy.draw_after_last(millis);
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
pub struct Entropy(Arc<Mutex<Source>>);

struct Source {
    fill: Box<Fill>,
    /// The instant and the random bits of the last identifier, as one number.
    last: u128,
}

type Fill = dyn FnMut(&mut [u8]) + Send;

impl Entropy {
    /// Wraps a function that fills a buffer with random bytes.
    pub fn new(fill: impl FnMut(&mut [u8]) + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Source { fill: Box::new(fill), last: 0 })))
    }

    /// Fills a buffer.
    pub fn fill(&self, buffer: &mut [u8]) {
        (self.source().fill)(buffer);
    }

    /// Draws the instant and the random bytes of an identifier, which sorts after the last one that was drawn.
    fn draw_after_last(&self, millis: u64) -> (u64, [u8; 10]) {
        // Of the ten random bytes an identifier has 12 bits of the first two and 62 of the others.
        const LOW: u32 = 62;
        const MASK: u128 = (1 << LOW) - 1;
        let mut source = self.source();
        let mut bytes = [0; 16];
        (source.fill)(&mut bytes[6..]);
        let random = u128::from_be_bytes(bytes);
        let drawn = u128::from(millis) << (LOW + 12) | (random >> 64 & 0xfff) << LOW | random & MASK;
        source.last = if drawn > source.last { drawn } else { source.last + 1 + (random & u128::from(u32::MAX)) };
        bytes = (source.last >> LOW << 64 | source.last & MASK).to_be_bytes();
        let mut random = [0; 10];
        random.copy_from_slice(&bytes[6..]);
        ((source.last >> (LOW + 12)) as u64, random)
    }

    fn source(&self) -> std::sync::MutexGuard<'_, Source> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EventId;

    #[test]
    fn identifiers_of_one_context_sort_in_the_order_in_which_they_were_drawn() {
        let wall = DateTime::from_timestamp(1_767_225_600, 999_999_999).expect("an instant");
        let (tenant, request) = (TenantId(Uuid::nil()), RequestId(Uuid::nil()));
        // Descending bytes would turn the order around if they alone decided.
        let mut next = u8::MAX;
        let entropy = Entropy::new(move |buffer| {
            buffer.fill(next);
            next = next.wrapping_sub(1);
        });
        let ctx = Ctx { tenant, actor: Actor::System("tests"), now: wall, wall, request, once: None, entropy };
        let ids: Vec<EventId> = (0..10_000).map(|_| ctx.new_id()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
        assert!(ids.iter().all(|id| id.uuid().get_version_num() == 7));
    }
}
