//! Cosignatures of witnesses (C2SP tlog-cosignature, version 1, Ed25519): others' statements that a log has only grown.

use std::{fmt, str::FromStr};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use ed25519_dalek::{Signature, VerifyingKey};

use crate::checkpoints::{self, CheckpointError};

/// The algorithm's number in a witness's verifier key: Ed25519 over a timestamped checkpoint.
const ALGORITHM: u8 = 4;
/// What begins a signature line.
const DASH: &str = "\u{2014} ";
/// The most signature lines that a note may have.
const MAX_LINES: usize = 100;

/// A witness: its name and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Its name, which has no spaces and no `+`.
    pub name: String,
    key: VerifyingKey,
}

/// A cosignature that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature {
    /// The witness's name.
    pub witness: String,
    /// When it looked.
    pub time: DateTime<Utc>,
    /// The signature line, with its line feed.
    pub line: String,
}

/// Reads a witness's verifier key, `name+hash+key`.
impl FromStr for Witness {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fault = || format!("`{text}` is no key of a witness: write name+hash+key, as C2SP tlog-cosignature has it");
        let (name, rest) = text.trim().split_once('+').ok_or_else(fault)?;
        let (hash, key) = rest.split_once('+').ok_or_else(fault)?;
        let bytes = BASE64_STANDARD.decode(key).map_err(|_| fault())?;
        let (&algorithm, key) = bytes.split_first().ok_or_else(fault)?;
        let key = key.try_into().ok().and_then(|it| VerifyingKey::from_bytes(it).ok()).ok_or_else(fault)?;
        let witness = Self { name: name.to_owned(), key };
        let sound = algorithm == ALGORITHM && signed_note::is_key_name_valid(name) && !key.is_weak();
        if sound && format!("{:08x}", witness.id()) == hash { Ok(witness) } else { Err(fault()) }
    }
}

/// Writes its verifier key.
impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{:08x}+{}", self.name, self.id(), BASE64_STANDARD.encode(self.material()))
    }
}

impl Witness {
    /// A witness of this name and public key.
    pub fn new(name: &str, key: VerifyingKey) -> Self {
        Self { name: name.to_owned(), key }
    }

    /// Finds the witness's cosignature on a checkpoint, where it has one that holds.
    pub fn cosignature(&self, note: &str) -> Option<Cosignature> {
        let (own, lines) = split(note).ok()?;
        let (text, _) = own.split_once("\n\n")?;
        lines.into_iter().find_map(|line| {
            let (name, encoded) = line.strip_prefix(DASH)?.strip_suffix('\n')?.split_once(' ')?;
            let bytes = BASE64_STANDARD.decode(encoded).ok()?;
            let (id, rest) = bytes.split_first_chunk::<4>()?;
            let (seconds, signature) = rest.split_first_chunk::<8>()?;
            let time = i64::try_from(u64::from_be_bytes(*seconds)).ok()?;
            let signature = Signature::from_bytes(signature.try_into().ok()?);
            let holds = name == self.name
                && u32::from_be_bytes(*id) == self.id()
                && self.key.verify_strict(&signed_bytes(text, time), &signature).is_ok();
            let time = DateTime::from_timestamp(time, 0)?;
            holds.then(|| Cosignature { witness: self.name.clone(), time, line: line.to_owned() })
        })
    }

    /// The signature line for a signature that the witness made at an instant.
    pub fn line(&self, time: i64, signature: &[u8; 64]) -> String {
        let bytes = [&self.id().to_be_bytes()[..], &time.to_be_bytes(), signature].concat();
        format!("{DASH}{} {}\n", self.name, BASE64_STANDARD.encode(bytes))
    }

    fn id(&self) -> u32 {
        signed_note::key_id(&self.name, &self.material())
    }

    fn material(&self) -> Vec<u8> {
        [&[ALGORITHM], self.key.as_bytes().as_slice()].concat()
    }
}

/// What a witness signs: the text of a checkpoint, without the line feed that ends it, after the time in seconds since 1970 UTC.
pub fn signed_bytes(text: &str, time: i64) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{text}\n").into_bytes()
}

/// A checkpoint apart from the signature lines that stand after the log's own.
pub fn split(note: &str) -> Result<(String, Vec<&str>), CheckpointError> {
    let (text, signatures) = note.split_once("\n\n").ok_or(CheckpointError::Malformed)?;
    let lines: Vec<_> = signatures.split_inclusive('\n').collect();
    let (own, others) = lines.split_first().ok_or(CheckpointError::Malformed)?;
    let whole = others.iter().all(|it| it.starts_with(DASH) && it.ends_with('\n'));
    if !whole || lines.len() > MAX_LINES {
        return Err(CheckpointError::Malformed);
    }
    let note = format!("{text}\n\n{own}");
    checkpoints::read(&note)?;
    Ok((note, others.to_vec()))
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};

    use super::*;

    fn secret(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    fn witness(seed: u8) -> Witness {
        Witness::new("witness.example/w1", secret(seed).verifying_key())
    }

    fn checkpoint() -> String {
        let key = checkpoints::Key::new("example.org/3301", [1; 32]).expect("a sound name");
        key.sign(5, [7; 32], DateTime::UNIX_EPOCH).expect("signed")
    }

    fn cosigned(seed: u8, time: i64) -> String {
        let note = checkpoint();
        let text = note.split_once("\n\n").expect("a note").0;
        let signature = secret(seed).sign(&signed_bytes(text, time)).to_bytes();
        format!("{note}{}", witness(seed).line(time, &signature))
    }

    #[test]
    fn a_cosignature_counts_for_its_witness_alone() {
        let note = cosigned(3, 1_679_315_147);
        let found = witness(3).cosignature(&note).expect("it holds");
        assert_eq!((found.witness.as_str(), found.time.timestamp()), ("witness.example/w1", 1_679_315_147));
        assert_eq!(split(&note).expect("a checkpoint").0, checkpoint(), "what the log signed is what it was");
        assert_eq!(witness(4).cosignature(&note), None);
        assert_eq!(witness(3).cosignature(&checkpoint()), None);
        let other = note.replace("\n5\n", "\n6\n");
        assert_eq!(witness(3).cosignature(&other), None, "it is over this tree and no other");
        let later = witness(3).line(1_679_315_148, &[0; 64]);
        assert_eq!(witness(3).cosignature(&format!("{}{later}", checkpoint())), None);
    }

    #[test]
    fn a_key_is_read_as_it_is_written_and_a_logs_key_is_no_witnesss() {
        let key = witness(3).to_string();
        assert_eq!(key.parse(), Ok(witness(3)));
        assert!("nonsense".parse::<Witness>().is_err());
        assert!(key.replace("w1+", "w2+").parse::<Witness>().is_err(), "the hash is that of the name and the key");
        let log = checkpoints::Key::new("example.org/3301", [1; 32]).expect("a sound name").verifier_key();
        assert!(log.parse::<Witness>().is_err());
    }

    /// The example of the specification.
    #[test]
    fn what_is_signed_is_what_the_specification_says() {
        let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
        let signed = String::from_utf8(signed_bytes(text, 1_679_315_147)).expect("text");
        assert_eq!(
            signed,
            "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
        );
    }
}
