//! Promises: what a voter holds at once, before the vote has its place in the record.
//!
//! A promise says that an event with this leaf was committed. A record in which the leaf does not appear convicts the log by its own signature. It
//! says of a secret vote what its leaf says: that somebody voted, not how.
//!
//! Events that were committed together are promised together, as Roughtime answers many with one signature
//! (<https://roughtime.googlesource.com/roughtime/+/HEAD/PROTOCOL.md>): a note signed by the log's key has the root of a Merkle tree (RFC 6962, section
//! 2.1) over what is promised, and each promise its path to that root.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use yishi_domain::EventId;

use crate::{
    checkpoints::{CheckpointError, Key},
    notes::{self, Public},
    trees::{self, Hash, Known, TreeError},
};

/// What a promise begins with.
const PROMISE: &str = "yishi promise v2";

/// What comes first in the note that it ends with, so that this is no checkpoint: the name of a log has no spaces.
const PROMISES: &str = "yishi promises v2";

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

/// What a note promises together.
struct Together {
    origin: String,
    size: u64,
    root: Hash,
    time: DateTime<Utc>,
}

/// Promises that events with these leaves will be in the log: a promise for each, in their order, under one signature.
pub fn promise(key: &Key, events: &[(EventId, Hash)], time: DateTime<Utc>) -> Result<Vec<String>, CheckpointError> {
    let lines: Vec<_> = events.iter().map(|(event, leaf)| event_lines(*event, leaf)).collect();
    let leaves: Vec<_> = lines.iter().map(|it| trees::leaf_hash(it.as_bytes())).collect();
    let (size, mut known) = (leaves.len() as u64, Known::default());
    let whole = |_: TreeError| CheckpointError::Malformed;
    trees::append(&mut known, 0, &leaves).map_err(whole)?;
    let root = trees::root(&known, size).map_err(whole)?;
    let note = notes::sign(&Together { origin: key.name().to_owned(), size, root, time }.text(), &[key])?;
    let promises = lines.iter().zip(0..).map(|(lines, index)| {
        let path = trees::prove_inclusion(&known, size, index).map_err(whole)?;
        Ok(format!("{}\n{note}", head(lines, index, &path)))
    });
    promises.collect()
}

/// Verifies a promise by any of a log's keys, and reads it.
pub fn verify<K: AsRef<str>>(text: &str, verifier_keys: &[K]) -> Result<Promise, CheckpointError> {
    let (promise, note) = parse(text)?;
    for key in verifier_keys {
        let key = Public::new(key.as_ref())?;
        if key.name() == promise.origin && notes::require(note, &key).is_ok() {
            return Ok(promise);
        }
    }
    Err(CheckpointError::Unsigned)
}

/// Reads a promise without trusting it.
pub fn read(text: &str) -> Result<Promise, CheckpointError> {
    parse(text).map(|(promise, _)| promise)
}

/// A promise, and the note under which it stands; any other spelling of the same is refused.
fn parse(text: &str) -> Result<(Promise, &str), CheckpointError> {
    let (own, note) = text.split_once("\n\n").ok_or(CheckpointError::Malformed)?;
    let signed = notes::text_of(note, 1)?;
    let together = Together::read(&signed).filter(|it| it.text() == signed).ok_or(CheckpointError::Malformed)?;
    let (event, leaf, index, path) = parse_head(own).ok_or(CheckpointError::Malformed)?;
    let lines = event_lines(event, &leaf);
    let hash = trees::leaf_hash(lines.as_bytes());
    let holds = trees::check_inclusion(&path, together.size, together.root, index, hash).is_ok();
    match holds && head(&lines, index, &path).trim_end() == own {
        true => Ok((Promise { origin: together.origin, event, leaf, time: together.time }, note)),
        false => Err(CheckpointError::Malformed),
    }
}

fn parse_head(text: &str) -> Option<(EventId, Hash, u64, Vec<Hash>)> {
    let mut lines = text.lines();
    lines.next().filter(|it| *it == PROMISE)?;
    let event = lines.next()?.strip_prefix("event ")?.parse().ok()?;
    let leaf = hash(lines.next()?.strip_prefix("leaf ")?)?;
    let index = lines.next()?.strip_prefix("index ")?.parse().ok()?;
    let path: Option<Vec<_>> = lines.map(hash).collect();
    Some((event, leaf, index, path.filter(|it| it.len() <= 64)?))
}

fn hash(text: &str) -> Option<Hash> {
    BASE64_STANDARD.decode(text).ok()?.try_into().ok()
}

/// What of a promise is a leaf of the tree.
fn event_lines(event: EventId, leaf: &Hash) -> String {
    format!("event {event}\nleaf {}\n", BASE64_STANDARD.encode(leaf))
}

/// All of a promise but its note.
fn head(event_lines: &str, index: u64, path: &[Hash]) -> String {
    let mut text = format!("{PROMISE}\n{event_lines}index {index}\n");
    for hash in path {
        BASE64_STANDARD.encode_string(hash, &mut text);
        text.push('\n');
    }
    text
}

impl Together {
    fn text(&self) -> String {
        let Self { origin, size, root, time } = self;
        format!("{PROMISES}\n{origin}\n{size}\n{}\ntime {}\n", BASE64_STANDARD.encode(root), time.timestamp())
    }

    fn read(text: &str) -> Option<Self> {
        let lines: Vec<_> = text.lines().collect();
        let [PROMISES, origin, size, root, time] = lines[..] else { return None };
        let time = DateTime::from_timestamp(time.strip_prefix("time ")?.parse().ok()?, 0)?;
        Some(Self { origin: origin.into(), size: size.parse().ok()?, root: hash(root)?, time })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{checkpoints, keys};

    fn key(number: u32) -> Key {
        keys::derive(&[5; 32], "example.org/3301", number).expect("a sound name")
    }

    /// Promises of so many events, from that of event 7 on.
    fn together(number: u8) -> Vec<String> {
        let events: Vec<_> = (7..7 + number).map(|i| (EventId(uuid::Uuid::from_u128(i.into())), [i + 2; 32])).collect();
        promise(&key(1), &events, DateTime::UNIX_EPOCH).expect("signed")
    }

    fn made() -> String {
        together(5).swap_remove(0)
    }

    #[test]
    fn events_that_are_promised_together_have_a_promise_each() {
        for number in [1, 2, 3, 8, 33] {
            for (promise, i) in together(number).iter().zip(7_u8..) {
                let promise = verify(promise, &[key(1).verifier_key()]).expect("its own key");
                assert_eq!((promise.event.uuid().as_u128(), promise.leaf), (i.into(), [i + 2; 32]), "of {number}");
            }
        }
        let [one, other] = [2, 4].map(|place| together(6).swap_remove(place));
        let swapped = format!("{}\n\n{}", one.split_once("\n\n").expect("a note").0, &other[..]);
        assert_eq!(read(&swapped), Err(CheckpointError::Malformed));
        let line = |text: &str, prefix: &str| text.lines().find(|it| it.starts_with(prefix)).expect("there").to_owned();
        for prefix in ["event ", "leaf ", "index "] {
            let taken = one.replace(&line(&one, prefix), &line(&other, prefix));
            assert_eq!(read(&taken), Err(CheckpointError::Malformed), "{prefix}of another");
        }
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
