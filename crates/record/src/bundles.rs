//! A bundle: one decision with everything that is needed to verify it offline, in one canonical byte form.
//!
//! The form is the RFC 8785 JSON of a [`Bundle`]; every other spelling of the same content is refused, so that a bundle has one digest.

use std::collections::BTreeSet;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;
use yishi_domain::{BallotId, StoredEvent, voting::inexact_number};

use crate::{
    checkpoints::{self, CheckpointError},
    leaves,
    trees::{self, Hash, Known, TreeError},
};

/// The version of the bundle's form.
pub const VERSION: u32 = 1;
/// The largest bundle that is read, in bytes.
pub const MAX_BYTES: usize = 256 << 20;
/// The most leaves that a bundle may have.
pub const MAX_LEAVES: usize = 250_000;
/// The largest component that a bundle may have, in bytes.
pub const MAX_COMPONENT: usize = 16 << 20;

/// One decision with its proofs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// The version of the form.
    pub v: u32,
    /// The ballot that was decided.
    pub ballot: BallotId,
    /// The checkpoint under which the leaves are proved, as a signed note.
    pub checkpoint: String,
    /// The handovers between the log's keys, the first one first, where it has had more than one key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handovers: Vec<String>,
    /// Leaves of the case, in the order of their positions.
    pub leaves: Vec<Included>,
    /// The rule set's component; none where the standard rules decided.
    #[serde(deserialize_with = "Option::deserialize")]
    pub component: Option<Bytes>,
    /// The rule set's configuration at the opening; none where there is no component.
    #[serde(deserialize_with = "Option::deserialize")]
    pub configuration: Option<Value>,
}

/// A leaf with the proof that it is in the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Included {
    /// Its position in the record, from zero.
    pub position: u64,
    /// The leaf; its canonical form is what the record hashes.
    pub leaf: Value,
    /// The sibling hashes, lowest first, 32 bytes each.
    pub proof: Bytes,
}

/// Bytes, written as base64 (RFC 4648, section 4, with padding).
#[derive(Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

/// Why bytes are no bundle, or a bundle cannot be made.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// It is beyond one of the caps.
    #[error("the {what} exceeds {cap}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The cap, in bytes or leaves.
        cap: usize,
    },
    /// It cannot be read.
    #[error("the bundle is malformed at byte {at}: {reason}")]
    Malformed {
        /// Where, from zero.
        at: usize,
        /// Why.
        reason: String,
    },
    /// Its bytes are not the one form of its content.
    #[error("the bundle is not in its canonical form from byte {at} on")]
    NotCanonical {
        /// From where on, from zero.
        at: usize,
    },
    /// A number is not an integer that every reader holds exactly.
    #[error("a number is not an integer within 2^53 - 1: {0}")]
    Inexact(String),
    /// Its checkpoint cannot be read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A leaf cannot be proved under the checkpoint.
    #[error("the leaf at position {position}: {source}")]
    Unproved {
        /// The position of the leaf.
        position: u64,
        /// Why not.
        source: TreeError,
    },
    /// An event has no position yet.
    #[error("event {0} has no position in the record yet")]
    Unsequenced(yishi_domain::EventId),
}

/// What a bundle is made of.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// The ballot that was decided.
    pub ballot: BallotId,
    /// The tenant as the leaves name it.
    pub tenant: &'a str,
    /// The events of the case, with their positions, in order.
    pub events: &'a [StoredEvent],
    /// A signed checkpoint that covers all of them.
    pub checkpoint: &'a str,
    /// The handovers between the log's keys, the first one first.
    pub handovers: &'a [String],
    /// The rule set's component; none where the standard rules decided.
    pub component: Option<&'a [u8]>,
    /// The rule set's configuration at the opening; none where there is no component.
    pub configuration: Option<&'a Value>,
}

/// The stored indices needed to bundle events under a checkpoint of this size, each once.
pub fn needed_for_bundle(size: u64, events: &[StoredEvent]) -> Vec<u64> {
    let positions = events.iter().filter_map(|event| event.position).filter(|position| *position < size);
    let needed: BTreeSet<_> = positions.flat_map(|position| trees::needed_for_inclusion(size, position)).collect();
    needed.into_iter().collect()
}

/// Makes a bundle in its canonical form.
pub fn build(parts: Parts<'_>, known: &Known) -> Result<Vec<u8>, BundleError> {
    let size = checkpoints::read(parts.checkpoint)?.size;
    let include = |event: &StoredEvent| {
        let position = event.position.ok_or(BundleError::Unsequenced(event.id))?;
        let proof = trees::prove_inclusion(known, size, position)
            .map_err(|source| BundleError::Unproved { position, source })?;
        Ok(Included { position, leaf: leaves::leaf_json(parts.tenant, event), proof: Bytes(proof.concat()) })
    };
    let bundle = Bundle {
        v: VERSION,
        ballot: parts.ballot,
        checkpoint: parts.checkpoint.to_owned(),
        handovers: parts.handovers.to_owned(),
        leaves: parts.events.iter().map(include).collect::<Result<_, BundleError>>()?,
        component: parts.component.map(|it| Bytes(it.to_owned())),
        configuration: parts.configuration.cloned(),
    };
    write(&bundle)
}

/// Writes a bundle in its canonical form.
pub fn write(bundle: &Bundle) -> Result<Vec<u8>, BundleError> {
    check_caps(bundle)?;
    let malformed = |error: serde_json::Error| BundleError::Malformed { at: 0, reason: error.to_string() };
    let bytes = serde_json_canonicalizer::to_vec(bundle).map_err(malformed)?;
    cap("bundle", bytes.len(), MAX_BYTES)?;
    Ok(bytes)
}

/// Reads a bundle; any form but the canonical one is refused.
pub fn read(bytes: &[u8]) -> Result<Bundle, BundleError> {
    cap("bundle", bytes.len(), MAX_BYTES)?;
    let malformed = |error: serde_json::Error| {
        // The canonical form is one line; what stands before another one is as malformed as what follows.
        let before = bytes.split_inclusive(|it| *it == b'\n').take(error.line().saturating_sub(1)).map(<[u8]>::len);
        BundleError::Malformed {
            at: before.sum::<usize>() + error.column().saturating_sub(1),
            reason: error.to_string(),
        }
    };
    let bundle: Bundle = serde_json::from_slice(bytes).map_err(malformed)?;
    if bundle.v != VERSION {
        return Err(BundleError::Malformed { at: 0, reason: format!("version {} is unknown", bundle.v) });
    }
    let canonical = write(&bundle)?;
    if canonical != bytes {
        let at = canonical.iter().zip(bytes).take_while(|(one, other)| one == other).count();
        return Err(BundleError::NotCanonical { at });
    }
    Ok(bundle)
}

impl Included {
    /// The hash of the leaf in the tree.
    pub fn hash(&self) -> Hash {
        trees::leaf_hash(&crate::commitments::canonical(&self.leaf))
    }

    /// Checks that the leaf is in the tree of a size with a root.
    pub fn check(&self, size: u64, root: Hash) -> Result<(), BundleError> {
        let fault = |source| BundleError::Unproved { position: self.position, source };
        let (proof, rest) = self.proof.0.as_chunks::<32>();
        if !rest.is_empty() || proof.len() > 64 {
            return Err(fault(TreeError::Proof));
        }
        trees::check_inclusion(proof, size, root, self.position, self.hash()).map_err(fault)
    }
}

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bytes({})", self.0.len())
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BASE64_STANDARD.decode(String::deserialize(deserializer)?).map(Self).map_err(D::Error::custom)
    }
}

fn check_caps(bundle: &Bundle) -> Result<(), BundleError> {
    cap("list of leaves", bundle.leaves.len(), MAX_LEAVES)?;
    cap("component", bundle.component.as_ref().map_or(0, |it| it.0.len()), MAX_COMPONENT)?;
    bundle.configuration.as_ref().map_or(Ok(()), check_numbers)?;
    bundle.leaves.iter().try_for_each(|included| check_numbers(&included.leaf))
}

fn cap(what: &'static str, actual: usize, cap: usize) -> Result<(), BundleError> {
    if actual > cap { Err(BundleError::TooLarge { what, cap }) } else { Ok(()) }
}

fn check_numbers(value: &Value) -> Result<(), BundleError> {
    inexact_number(value).map_or(Ok(()), |number| Err(BundleError::Inexact(number.to_string())))
}
