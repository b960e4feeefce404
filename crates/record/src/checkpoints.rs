//! Signed checkpoints: the size and root of a tenant's record at an instant, as a signed note (C2SP tlog-checkpoint and signed-note).
//!
//! The instant stands in an extension line, `time <seconds since 1970 UTC>`, under the same signature.

use chrono::{DateTime, Utc};
use ed25519_dalek::SigningKey;
use signed_note::Signer;
use yishi_domain::voting::MAX_INTEGER;

use crate::{
    notes::{self, Public},
    trees::Hash,
};

const TIME: &str = "time ";

/// What a checkpoint says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name: that of its key.
    pub origin: String,
    /// How many leaves the tree has.
    pub size: u64,
    /// The tree's root.
    pub root: Hash,
    /// When it was signed.
    pub time: DateTime<Utc>,
}

/// The key that signs a tenant's checkpoints.
pub struct Key {
    name: String,
    key: SigningKey,
}

/// Why a checkpoint is not to be trusted.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CheckpointError {
    /// The name of the log is not allowed.
    #[error("`{0}` cannot name a log: it must not be empty, nor contain spaces or `+`")]
    Name(String),
    /// The verifier key is malformed.
    #[error("the verifier key is malformed; it has the form name+hash+key, as C2SP signed-note writes it")]
    VerifierKey,
    /// The text is no checkpoint.
    #[error("the text is no checkpoint")]
    Malformed,
    /// It is not signed by the key.
    #[error("the checkpoint is not signed by this key")]
    Unsigned,
    /// A list of handovers does not go from one key to the next.
    #[error("the handovers do not lead from one key to the next")]
    Handover,
}

impl CheckpointError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unsigned => "checkpoint.unsigned",
            Self::VerifierKey => "checkpoint.bad_key",
            Self::Handover => "checkpoint.bad_handover",
            Self::Name(_) | Self::Malformed => "checkpoint.malformed",
        }
    }
}

impl Key {
    /// Names a key; the same 32 secret bytes under another name are another key.
    pub fn new(name: &str, secret: [u8; 32]) -> Result<Self, CheckpointError> {
        match signed_note::is_key_name_valid(name) {
            true => Ok(Self { name: name.to_owned(), key: SigningKey::from_bytes(&secret) }),
            false => Err(CheckpointError::Name(name.to_owned())),
        }
    }

    /// Its name, which is the log's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public half in the form of C2SP signed-note, to be published and pinned.
    pub fn verifier_key(&self) -> String {
        signed_note::new_ed25519_verifier_key(&self.name, &self.key.verifying_key())
    }

    /// Signs a checkpoint over a tree.
    pub fn sign(&self, size: u64, root: Hash, time: DateTime<Utc>) -> Result<String, CheckpointError> {
        let text = tlog_tiles::Checkpoint::new(&self.name, size, tlog_tiles::Hash(root), &extension(time))
            .map_err(|_| CheckpointError::Malformed)?
            .to_bytes();
        notes::sign(std::str::from_utf8(&text).map_err(|_| CheckpointError::Malformed)?, &[self])
    }
}

/// Verifies a checkpoint by the public half of its key, and reads it.
pub fn verify(note: &str, verifier_key: &str) -> Result<Checkpoint, CheckpointError> {
    verify_any(note, std::slice::from_ref(&verifier_key))
}

/// Verifies a checkpoint by any of a log's keys, and reads it.
pub fn verify_any<K: AsRef<str>>(note: &str, verifier_keys: &[K]) -> Result<Checkpoint, CheckpointError> {
    let checkpoint = read(note)?;
    for key in verifier_keys {
        let key = Public::new(key.as_ref())?;
        if key.name() == checkpoint.origin && notes::require(note, &key).is_ok() {
            return Ok(checkpoint);
        }
    }
    Err(CheckpointError::Unsigned)
}

/// Reads a checkpoint without trusting it: whoever made it may have written anything.
///
/// It has one signature, the log's own; those of witnesses are taken off before ([`crate::cosignatures::split`]).
pub fn read(note: &str) -> Result<Checkpoint, CheckpointError> {
    let text = notes::text_of(note, 1)?;
    let body = tlog_tiles::Checkpoint::from_bytes(text.as_bytes()).map_err(|_| CheckpointError::Malformed)?;
    let seconds = body.extension().strip_prefix(TIME).and_then(|it| it.strip_suffix('\n')?.parse().ok());
    let time = seconds.and_then(|it| DateTime::from_timestamp(it, 0)).ok_or(CheckpointError::Malformed)?;
    if body.extension() != extension(time) || body.size() > MAX_INTEGER || body.to_bytes() != text.as_bytes() {
        return Err(CheckpointError::Malformed);
    }
    Ok(Checkpoint { origin: body.origin().to_owned(), size: body.size(), root: body.hash().0, time })
}

fn extension(time: DateTime<Utc>) -> String {
    format!("{TIME}{}\n", time.timestamp())
}

impl Signer for Key {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        // The algorithm's number in C2SP signed-note: 1 is Ed25519.
        signed_note::key_id(&self.name, &[&[1], self.key.verifying_key().as_bytes().as_slice()].concat())
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, ed25519_dalek::SignatureError> {
        use ed25519_dalek::Signer as _;
        Ok(self.key.try_sign(message)?.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(secret: u8) -> Key {
        Key::new("example.org/3301", [secret; 32]).expect("a sound name")
    }

    fn signed() -> String {
        let time = DateTime::from_timestamp(1_767_225_600, 0).expect("an instant");
        key(1).sign(5, [7; 32], time).expect("signed")
    }

    #[test]
    fn a_checkpoint_is_read_back_under_its_key() {
        let checkpoint = verify(&signed(), &key(1).verifier_key()).expect("its own key");
        assert_eq!((checkpoint.origin.as_str(), checkpoint.size, checkpoint.root), ("example.org/3301", 5, [7; 32]));
        assert_eq!(checkpoint.time.timestamp(), 1_767_225_600);
    }

    #[test]
    fn another_key_or_any_changed_byte_is_refused() {
        assert_eq!(verify(&signed(), &key(2).verifier_key()), Err(CheckpointError::Unsigned));
        assert_eq!(verify(&signed(), "nonsense"), Err(CheckpointError::VerifierKey));
        let note = signed();
        for i in 0..note.len() {
            let mut bytes = note.clone().into_bytes();
            bytes[i] ^= 1;
            let Ok(text) = String::from_utf8(bytes) else { continue };
            assert!(verify(&text, &key(1).verifier_key()).is_err(), "byte {i}");
        }
    }

    #[test]
    fn nothing_may_stand_there_unsigned_or_in_another_form() {
        let note = signed();
        let twice = format!("{note}{}\n", note.lines().last().expect("a signature"));
        assert_eq!(verify(&twice, &key(1).verifier_key()), Err(CheckpointError::Malformed));
        for (from, to) in [("time 1", "time +1"), ("time 1767225600\n", ""), ("time", "note a\ntime")] {
            assert_eq!(read(&note.replace(from, to)), Err(CheckpointError::Malformed), "{from:?} -> {to:?}");
        }
        let huge = key(1).sign(MAX_INTEGER + 1, [7; 32], DateTime::UNIX_EPOCH).expect("signed");
        assert_eq!(verify(&huge, &key(1).verifier_key()), Err(CheckpointError::Malformed));
    }

    #[test]
    fn a_name_that_a_note_cannot_carry_is_refused() {
        assert_eq!(Key::new("a b", [0; 32]).err(), Some(CheckpointError::Name("a b".into())));
    }
}
