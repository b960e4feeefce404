//! The keys of a log over time: each derived from an installation's secret, and each after the first handed over to by the one before.
//!
//! A handover is a signed note with the signatures of both keys: whoever has pinned one key follows it to those after it.

use chrono::{DateTime, Utc};
use hkdf::Hkdf;
use sha2::Sha256;

use crate::{
    checkpoints::{CheckpointError, Key},
    notes::{self, Public},
};

/// The most handovers that are followed.
pub const MAX_HANDOVERS: usize = 1_000;

const DERIVATION: &[u8] = b"yishi record key v1";
const HANDOVER: &str = "yishi record handover v1";

/// A key's handover to the one after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// The key before.
    pub from: String,
    /// The key after.
    pub to: String,
    /// When.
    pub time: DateTime<Utc>,
}

/// The number-th key of a log, derived from an installation's secret (HKDF, RFC 5869): no log shares a key with another.
pub fn derive(secret: &[u8; 32], origin: &str, number: u32) -> Result<Key, CheckpointError> {
    let mut derived = [0; 32];
    Hkdf::<Sha256>::new(Some(DERIVATION), secret)
        .expand_multi_info(&[origin.as_bytes(), b"\n", number.to_string().as_bytes()], &mut derived)
        .map_err(|_| CheckpointError::Malformed)?;
    Key::new(origin, derived)
}

/// Hands a log over from one key to the next.
pub fn hand_over(from: &Key, to: &Key, time: DateTime<Utc>) -> Result<String, CheckpointError> {
    let handover = Handover { from: from.verifier_key(), to: to.verifier_key(), time };
    notes::sign(&handover.text(), &[from, to])
}

/// Reads a handover that both of its keys have signed, which says nothing of whose they are.
pub fn read(note: &str) -> Result<Handover, CheckpointError> {
    let text = notes::text_of(note, 2)?;
    let lines: Vec<_> = text.lines().collect();
    let [HANDOVER, from, to, time] = lines[..] else { return Err(CheckpointError::Malformed) };
    let time = time.strip_prefix("time ").and_then(|it| DateTime::from_timestamp(it.parse().ok()?, 0));
    let time = time.ok_or(CheckpointError::Malformed)?;
    let handover = Handover { from: from.into(), to: to.into(), time };
    let (before, after) = (Public::new(from)?, Public::new(to)?);
    if handover.text() != text || before.name() != after.name() || (before.text(), after.text()) != (from, to) {
        return Err(CheckpointError::Malformed);
    }
    notes::require(note, &before)?;
    notes::require(note, &after)?;
    Ok(handover)
}

/// The keys that a list of handovers leads through, the first one first; each must go on from the one before.
pub fn chain(handovers: &[impl AsRef<str>]) -> Result<Vec<String>, CheckpointError> {
    if handovers.len() > MAX_HANDOVERS {
        return Err(CheckpointError::Handover);
    }
    let mut keys: Vec<String> = Vec::new();
    for note in handovers {
        let Handover { from, to, .. } = read(note.as_ref())?;
        match keys.last() {
            None => keys.extend([from, to]),
            Some(last) if *last == from && !keys.contains(&to) => keys.push(to),
            Some(_) => return Err(CheckpointError::Handover),
        }
    }
    Ok(keys)
}

/// The keys that count for whoever has pinned one: it, and those after it.
pub fn follow(pinned: &str, handovers: &[impl AsRef<str>]) -> Result<Vec<String>, CheckpointError> {
    let pinned = Public::new(pinned)?.text().to_owned();
    let mut keys = chain(handovers)?;
    Ok(match keys.iter().position(|it| *it == pinned) {
        Some(at) => keys.split_off(at),
        None => vec![pinned],
    })
}

impl Handover {
    fn text(&self) -> String {
        format!("{HANDOVER}\n{}\n{}\ntime {}\n", self.from, self.to, self.time.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "example.org/3301";

    fn key(number: u32) -> Key {
        derive(&[5; 32], ORIGIN, number).expect("a sound name")
    }

    fn handover(from: u32, to: u32) -> String {
        hand_over(&key(from), &key(to), DateTime::UNIX_EPOCH).expect("signed")
    }

    fn public(number: u32) -> String {
        key(number).verifier_key()
    }

    #[test]
    fn every_log_and_every_number_has_a_key_of_its_own() {
        let other = derive(&[5; 32], "example.org/3302", 1).expect("a sound name").verifier_key();
        let secret = derive(&[6; 32], ORIGIN, 1).expect("a sound name").verifier_key();
        let of = |text: &str| text.rsplit('+').next().map(str::to_owned);
        assert_eq!(public(1), public(1));
        for another in [other, secret, public(2)] {
            assert_ne!(of(&public(1)), of(&another));
        }
    }

    #[test]
    fn a_pinned_key_is_followed_forwards_and_never_back() {
        let handovers = [handover(1, 2), handover(2, 3)];
        assert_eq!(follow(&public(1), &handovers), Ok(vec![public(1), public(2), public(3)]));
        assert_eq!(follow(&public(2), &handovers), Ok(vec![public(2), public(3)]));
        assert_eq!(follow(&public(3), &handovers), Ok(vec![public(3)]));
        assert_eq!(follow(&public(4), &handovers), Ok(vec![public(4)]), "a key of which it says nothing stands alone");
        assert_eq!(follow("nonsense", &handovers), Err(CheckpointError::VerifierKey));
    }

    #[test]
    fn a_chain_that_does_not_hold_together_is_refused() {
        assert_eq!(chain(&[handover(1, 2), handover(3, 4)]), Err(CheckpointError::Handover));
        assert_eq!(chain(&[handover(1, 2), handover(2, 1)]), Err(CheckpointError::Handover), "it goes back");
        let elsewhere = derive(&[5; 32], "example.org/3302", 2).expect("a sound name");
        let abroad = hand_over(&key(1), &elsewhere, DateTime::UNIX_EPOCH).expect("signed");
        assert_eq!(chain(&[abroad]), Err(CheckpointError::Malformed), "another log is no successor");
    }

    #[test]
    fn both_keys_must_have_signed_every_byte() {
        let note = handover(1, 2);
        let one = note.lines().filter(|line| !line.starts_with('\u{2014}')).count();
        let lines: Vec<_> = note.lines().collect();
        for left in [0, 1] {
            let signature = lines[one + left];
            let twice = format!("{}\n{signature}\n{signature}\n", lines[..one].join("\n"));
            assert_eq!(read(&twice), Err(CheckpointError::Unsigned));
        }
        for i in 0..note.len() {
            let mut bytes = note.clone().into_bytes();
            bytes[i] ^= 1;
            let Ok(text) = String::from_utf8(bytes) else { continue };
            assert!(read(&text).is_err(), "byte {i}");
        }
    }
}
