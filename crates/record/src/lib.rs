//! The tamper-evident record of a tenant: a Merkle tree over its events (RFC 6962), with signed checkpoints.
//!
//! Pure code: hashes that are already stored are handed in through [`trees::Known`], keys and instants by the caller. The layout of stored
//! hashes and the checkpoint's form are those of C2SP's tlog-tiles and tlog-checkpoint, so that other tools can read them.

pub mod bundles;
mod cases;
pub mod checkpoints;
pub mod commitments;
pub mod cosignatures;
pub mod facts;
mod instants;
pub mod keys;
pub mod leaves;
pub mod minutes;
mod notes;
pub mod promises;
pub mod proofs;
pub mod refusals;
pub mod running;
pub mod tiles;
pub mod trees;
pub mod verifications;
