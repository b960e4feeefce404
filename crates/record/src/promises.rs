//! Promises: what a voter holds at once, before the vote has its place in the record.
//!
//! A promise is a note signed by the log's key, which says that an event with this leaf was committed. A record in which the leaf does not
//! appear convicts the log by its own signature. It says of a secret vote what its leaf says: that somebody voted, not how.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use yishi_domain::EventId;

use crate::{
    checkpoints::{CheckpointError, Key},
    notes::{self, Public},
    trees::Hash,
};

/// What comes first, so that no promise is a checkpoint: the name of a log has no spaces.
const PROMISE: &str = "yishi promise v1";

/// What a promise says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// The log's name, which ends with the tenant's slug.
    pub origin: String,
    /// The event.
    pub event: EventId,
    /// The hash of its leaf (RFC 6962, section 2.1).
    pub leaf: Hash,
    /// When it was promised.
    pub time: DateTime<Utc>,
}

/// Promises that an event with this leaf will be in the log.
pub fn promise(key: &Key, event: EventId, leaf: Hash, time: DateTime<Utc>) -> Result<String, CheckpointError> {
    let promise = Promise { origin: key.name().to_owned(), event, leaf, time };
    notes::sign(&promise.text(), &[key])
}

/// Verifies a promise by any of a log's keys, and reads it.
pub fn verify<K: AsRef<str>>(note: &str, verifier_keys: &[K]) -> Result<Promise, CheckpointError> {
    let promise = read(note)?;
    for key in verifier_keys {
        let key = Public::new(key.as_ref())?;
        if key.name() == promise.origin && notes::require(note, &key).is_ok() {
            return Ok(promise);
        }
    }
    Err(CheckpointError::Unsigned)
}

/// Reads a promise without trusting it.
pub fn read(note: &str) -> Result<Promise, CheckpointError> {
    let text = notes::text_of(note, 1)?;
    let promise = parse(&text).filter(|it| it.text() == text);
    promise.ok_or(CheckpointError::Malformed)
}

fn parse(text: &str) -> Option<Promise> {
    let lines: Vec<_> = text.lines().collect();
    let [PROMISE, origin, event, leaf, time] = lines[..] else { return None };
    let leaf = BASE64_STANDARD.decode(leaf.strip_prefix("leaf ")?).ok()?.try_into().ok()?;
    let time = DateTime::from_timestamp(time.strip_prefix("time ")?.parse().ok()?, 0)?;
    Some(Promise { origin: origin.into(), event: event.strip_prefix("event ")?.parse().ok()?, leaf, time })
}

impl Promise {
    fn text(&self) -> String {
        let leaf = BASE64_STANDARD.encode(self.leaf);
        format!("{PROMISE}\n{}\nevent {}\nleaf {leaf}\ntime {}\n", self.origin, self.event, self.time.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{checkpoints, keys};

    fn key(number: u32) -> Key {
        keys::derive(&[5; 32], "example.org/3301", number).expect("a sound name")
    }

    fn made() -> String {
        promise(&key(1), EventId(uuid::Uuid::from_u128(7)), [9; 32], DateTime::UNIX_EPOCH).expect("signed")
    }

    #[test]
    fn a_promise_is_read_back_under_its_key_and_no_other() {
        let promise = verify(&made(), &[key(2).verifier_key(), key(1).verifier_key()]).expect("its own key");
        assert_eq!((promise.origin.as_str(), promise.leaf), ("example.org/3301", [9; 32]));
        assert_eq!(promise.event, EventId(uuid::Uuid::from_u128(7)));
        assert_eq!(verify(&made(), &[key(2).verifier_key()]), Err(CheckpointError::Unsigned));
        assert_eq!(checkpoints::read(&made()), Err(CheckpointError::Malformed), "it is no checkpoint");
        let checkpoint = key(1).sign(1, [9; 32], DateTime::UNIX_EPOCH).expect("signed");
        assert_eq!(read(&checkpoint), Err(CheckpointError::Malformed), "and a checkpoint is no promise");
    }

    #[test]
    fn any_changed_byte_is_refused() {
        let note = made();
        for i in 0..note.len() {
            let mut bytes = note.clone().into_bytes();
            bytes[i] ^= 1;
            let Ok(text) = String::from_utf8(bytes) else { continue };
            assert!(verify(&text, &[key(1).verifier_key()]).is_err(), "byte {i}");
        }
    }
}
