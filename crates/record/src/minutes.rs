//! The signature under adopted minutes: a note by the log's key over the meeting and the commitment to what was minuted.
//!
//! What is minuted is published with its salt, so that anybody computes the commitment again; once it is erased, the signature tells nothing.

use chrono::{DateTime, Utc};
use yishi_domain::{Digest, MeetingId};

use crate::{
    checkpoints::{CheckpointError, Key},
    notes::{self, Public},
};

/// What comes first, so that no other note is taken for one of these.
const MINUTES: &str = "yishi minutes v1";

/// What is signed of minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopted {
    /// The log's name, which ends with the tenant's slug.
    pub origin: String,
    /// The meeting.
    pub meeting: MeetingId,
    /// The commitment to the minutes and their recording ([`crate::commitments::commit`]).
    pub commitment: Digest,
    /// When they were adopted, by the tenant's clock, in whole seconds.
    pub time: DateTime<Utc>,
}

impl Adopted {
    fn text(&self) -> String {
        let Self { origin, meeting, commitment, time } = self;
        format!("{MINUTES}\n{origin}\nmeeting {meeting}\nminutes {commitment}\ntime {}\n", time.timestamp())
    }
}

/// Signs minutes that were adopted.
pub fn sign(key: &Key, meeting: MeetingId, commitment: Digest, time: DateTime<Utc>) -> Result<String, CheckpointError> {
    let adopted = Adopted { origin: key.name().to_owned(), meeting, commitment, time };
    notes::sign(&adopted.text(), &[key])
}

/// Verifies a signature by any of a log's keys, and reads what it signs.
pub fn verify<K: AsRef<str>>(note: &str, verifier_keys: &[K]) -> Result<Adopted, CheckpointError> {
    let text = notes::text_of(note, 1)?;
    let adopted = parse(&text).filter(|it| it.text() == text).ok_or(CheckpointError::Malformed)?;
    for key in verifier_keys {
        let key = Public::new(key.as_ref())?;
        if key.name() == adopted.origin && notes::require(note, &key).is_ok() {
            return Ok(adopted);
        }
    }
    Err(CheckpointError::Unsigned)
}

fn parse(text: &str) -> Option<Adopted> {
    let lines: Vec<_> = text.lines().collect();
    let [MINUTES, origin, meeting, minutes, time] = lines[..] else { return None };
    Some(Adopted {
        origin: origin.into(),
        meeting: meeting.strip_prefix("meeting ")?.parse().ok()?,
        commitment: minutes.strip_prefix("minutes ")?.parse().ok()?,
        time: DateTime::from_timestamp(time.strip_prefix("time ")?.parse().ok()?, 0)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;

    #[test]
    fn minutes_verify_under_the_logs_key_and_with_any_changed_byte_under_none() {
        let key = |number| keys::derive(&[5; 32], "example.org/3301", number).expect("a sound name");
        let meeting = MeetingId(uuid::Uuid::from_u128(7));
        let note = sign(&key(1), meeting, Digest([9; 32]), DateTime::UNIX_EPOCH).expect("signed");
        let adopted = verify(&note, &[key(2).verifier_key(), key(1).verifier_key()]).expect("its own key");
        assert_eq!((adopted.meeting, adopted.commitment), (meeting, Digest([9; 32])));
        assert_eq!(verify(&note, &[key(2).verifier_key()]), Err(CheckpointError::Unsigned));
        for i in 0..note.len() {
            let mut bytes = note.clone().into_bytes();
            bytes[i] ^= 1;
            let Ok(text) = String::from_utf8(bytes) else { continue };
            assert!(verify(&text, &[key(1).verifier_key()]).is_err(), "byte {i}");
        }
    }
}
