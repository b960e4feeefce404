//! Receipts: one leaf with the proof that it is in the record, in the text form of C2SP tlog-proof.
//!
//! The `extra` line carries what is needed to check it without a network: the leaf, and the handovers between the log's keys, as the RFC 8785
//! JSON of [`Extra`]. It is not trusted: the leaf must hash to what the proof proves, the handovers are signed.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    checkpoints::{self, Checkpoint, CheckpointError},
    commitments::canonical,
    cosignatures, keys,
    leaves::{self, Leaf},
    trees::{self, Hash, TreeError},
};

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// A leaf with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// What goes with it.
    pub extra: Extra,
    /// The leaf's position, from zero.
    pub position: u64,
    /// The sibling hashes, lowest first.
    pub hashes: Vec<Hash>,
    /// The checkpoint, with the signatures of witnesses if there are any.
    pub checkpoint: String,
}

/// What goes with a proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extra {
    /// The leaf; its canonical form is what the record hashes.
    pub leaf: Value,
    /// The handovers between the log's keys, the first one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handovers: Vec<String>,
}

/// A leaf that is in a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Proven {
    /// The leaf.
    pub leaf: Leaf,
    /// Its hash.
    pub hash: Hash,
    /// Its position, from zero.
    pub position: u64,
    /// The checkpoint under which it is proved.
    pub checkpoint: Checkpoint,
    /// The log's keys that count.
    pub keys: Vec<String>,
    /// The checkpoint as it came, with the signatures of witnesses.
    pub note: String,
}

/// Why a text is no receipt, or proves nothing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// It is not of the form.
    #[error("the {0} of the receipt is malformed")]
    Malformed(&'static str),
    /// Its checkpoint or its handovers are not to be trusted.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The leaf is not where it is said to be.
    #[error("the leaf at position {0} is not in the record of the checkpoint")]
    NotIncluded(u64),
    /// The leaf is not of the tenant whose log this is.
    #[error("the leaf is of the tenant `{0}`, whose log this is not")]
    Tenant(String),
}

impl Proof {
    /// Writes it.
    pub fn write(&self) -> String {
        let extra = serde_json::to_value(&self.extra).unwrap_or_default();
        let mut lines = vec![HEADER.to_owned(), format!("extra {}", BASE64_STANDARD.encode(canonical(&extra)))];
        lines.push(format!("index {}", self.position));
        lines.extend(self.hashes.iter().map(|hash| BASE64_STANDARD.encode(hash)));
        format!("{}\n\n{}", lines.join("\n"), self.checkpoint)
    }

    /// Reads it; any other spelling of the same content is refused.
    pub fn read(text: &str) -> Result<Self, ProofError> {
        let (head, checkpoint) = text.split_once("\n\n").ok_or(ProofError::Malformed("checkpoint"))?;
        let mut lines = head.lines();
        let bad = ProofError::Malformed;
        lines.next().filter(|it| *it == HEADER).ok_or(bad("first line"))?;
        let extra = lines.next().and_then(|it| BASE64_STANDARD.decode(it.strip_prefix("extra ")?).ok());
        let extra = extra.and_then(|it| serde_json::from_slice(&it).ok()).ok_or(bad("extra line"))?;
        let position = lines.next().and_then(|it| it.strip_prefix("index ")?.parse().ok()).ok_or(bad("index"))?;
        let hash = |line: &str| BASE64_STANDARD.decode(line).ok()?.try_into().ok();
        let hashes: Option<Vec<Hash>> = lines.map(hash).collect();
        let hashes = hashes.filter(|it| it.len() <= 64).ok_or(bad("proof"))?;
        let proof = Self { extra, position, hashes, checkpoint: checkpoint.to_owned() };
        if proof.write() == text { Ok(proof) } else { Err(bad("form")) }
    }

    /// Verifies it under a pinned key and those after it; without one, under whatever key signed it, which proves nothing of whose it is.
    pub fn verify(&self, pinned: Option<&str>) -> Result<Proven, ProofError> {
        let (own, _) = cosignatures::split(&self.checkpoint)?;
        let keys = match pinned {
            Some(key) => keys::follow(key, &self.extra.handovers)?,
            None => keys::chain(&self.extra.handovers)?,
        };
        let checkpoint = match pinned {
            Some(_) => checkpoints::verify_any(&own, &keys)?,
            None => checkpoints::read(&own)?,
        };
        let hash = trees::leaf_hash(&canonical(&self.extra.leaf));
        trees::check_inclusion(&self.hashes, checkpoint.size, checkpoint.root, self.position, hash)
            .map_err(|_: TreeError| ProofError::NotIncluded(self.position))?;
        let leaf = Leaf::deserialize(&self.extra.leaf).ok().filter(|it| it.v == leaves::VERSION);
        let leaf = leaf.ok_or(ProofError::Malformed("leaf"))?;
        if checkpoint.origin.rsplit('/').next() != Some(&leaf.tenant) {
            return Err(ProofError::Tenant(leaf.tenant));
        }
        Ok(Proven { leaf, hash, position: self.position, checkpoint, keys, note: self.checkpoint.clone() })
    }
}

impl ProofError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "receipt.malformed",
            Self::Checkpoint(error) => error.code(),
            Self::NotIncluded(_) => "leaf.not_included",
            Self::Tenant(_) => "leaf.other_tenant",
        }
    }
}
