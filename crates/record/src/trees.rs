//! The Merkle tree (RFC 6962, section 2.1) over stored hashes, in the order of tlog-tiles.
//!
//! Each function that needs stored hashes has a twin that lists which, so that a caller can fetch them first.

use std::collections::HashMap;

use tlog_tiles::{HashReader, RecordProof, TreeProof};

/// A SHA-256 hash of the tree.
pub type Hash = [u8; 32];

/// Stored hashes by index, as far as a function needs them.
#[derive(Debug, Default)]
pub struct Known(HashMap<u64, Hash>);

/// A hash that was needed is not there, or a proof does not hold.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TreeError {
    /// The stored hash of an index is missing.
    #[error("the stored hash {0} is missing")]
    Missing(u64),
    /// The proof does not hold.
    #[error("the proof does not hold")]
    Proof,
}

impl Known {
    /// Takes hashes by their stored index.
    pub fn new(hashes: HashMap<u64, Hash>) -> Self {
        Self(hashes)
    }
}

impl HashReader for Known {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        let found: Option<Vec<_>> =
            indexes.iter().map(|index| self.0.get(index).copied().map(tlog_tiles::Hash)).collect();
        found.ok_or(tlog_tiles::Error::InvalidProof)
    }
}

/// The hash of a leaf.
pub fn leaf_hash(bytes: &[u8]) -> Hash {
    tlog_tiles::record_hash(bytes).0
}

/// The hash over two hashes.
pub fn node_hash(left: Hash, right: Hash) -> Hash {
    tlog_tiles::node_hash(tlog_tiles::Hash(left), tlog_tiles::Hash(right)).0
}

/// The root over leaves' hashes that are all at hand.
pub fn root_of(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => tlog_tiles::EMPTY_HASH.0,
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(root_of(left), root_of(right))
        }
    }
}

/// The stored indices needed to append to a tree of this size, and for its root.
pub fn needed_for_append(size: u64) -> Vec<u64> {
    subtrees(size)
}

/// Appends leaves to a tree: gives the hashes to store, by index, and adds them to what is known.
pub fn append(known: &mut Known, size: u64, leaves: &[Hash]) -> Result<Vec<(u64, Hash)>, TreeError> {
    let mut stored = Vec::with_capacity(2 * leaves.len());
    known.0.reserve(2 * leaves.len());
    for (leaf, position) in leaves.iter().zip(size..) {
        let first = tlog_tiles::stored_hash_index(0, position);
        let level = position.trailing_ones();
        for (step, place) in (0..level).map(|step| (step, (position >> step) - 1)) {
            known.require(tlog_tiles::stored_hash_index(step as u8, place))?;
        }
        let hashes = tlog_tiles::stored_hashes_for_record_hash(position, tlog_tiles::Hash(*leaf), known);
        for (hash, index) in hashes.map_err(|_| TreeError::Missing(first))?.into_iter().zip(first..) {
            known.0.insert(index, hash.0);
            stored.push((index, hash.0));
        }
    }
    Ok(stored)
}

/// The root of a tree.
pub fn root(known: &Known, size: u64) -> Result<Hash, TreeError> {
    for index in subtrees(size) {
        known.require(index)?;
    }
    tlog_tiles::tree_hash(size, known).map(|hash| hash.0).map_err(|_| TreeError::Proof)
}

/// The stored indices needed to prove that a position is in a tree.
pub fn needed_for_inclusion(size: u64, position: u64) -> Vec<u64> {
    asked(|asker| tlog_tiles::prove_record(size, position, asker).map(drop))
}

/// Proves that the leaf at a position is in a tree: sibling hashes, lowest first.
pub fn prove_inclusion(known: &Known, size: u64, position: u64) -> Result<Vec<Hash>, TreeError> {
    let proof = tlog_tiles::prove_record(size, position, known).map_err(|_| TreeError::Proof)?;
    Ok(proof.into_iter().map(|hash| hash.0).collect())
}

/// Checks that a leaf is at a position of the tree with this root.
pub fn check_inclusion(proof: &[Hash], size: u64, root: Hash, position: u64, leaf: Hash) -> Result<(), TreeError> {
    let proof: RecordProof = proof.iter().copied().map(tlog_tiles::Hash).collect();
    tlog_tiles::check_record(&proof, size, tlog_tiles::Hash(root), position, tlog_tiles::Hash(leaf))
        .map_err(|_| TreeError::Proof)
}

/// The stored indices needed to prove that a smaller tree is the beginning of a larger one.
pub fn needed_for_consistency(size: u64, earlier: u64) -> Vec<u64> {
    asked(|asker| tlog_tiles::prove_tree(size, earlier, asker).map(drop))
}

/// Proves that a smaller tree is the beginning of a larger one.
pub fn prove_consistency(known: &Known, size: u64, earlier: u64) -> Result<Vec<Hash>, TreeError> {
    let proof = tlog_tiles::prove_tree(size, earlier, known).map_err(|_| TreeError::Proof)?;
    Ok(proof.into_iter().map(|hash| hash.0).collect())
}

/// Checks that the tree with the earlier root is the beginning of the one with this root.
pub fn check_consistency(
    proof: &[Hash],
    size: u64,
    root: Hash,
    earlier: u64,
    earlier_root: Hash,
) -> Result<(), TreeError> {
    let proof: TreeProof = proof.iter().copied().map(tlog_tiles::Hash).collect();
    tlog_tiles::check_tree(&proof, size, tlog_tiles::Hash(root), earlier, tlog_tiles::Hash(earlier_root))
        .map_err(|_| TreeError::Proof)
}

impl Known {
    fn require(&self, index: u64) -> Result<(), TreeError> {
        if self.0.contains_key(&index) { Ok(()) } else { Err(TreeError::Missing(index)) }
    }
}

/// The roots of the complete subtrees that make up a tree, by stored index.
pub(crate) fn subtrees(size: u64) -> Vec<u64> {
    if size == 0 { Vec::new() } else { tlog_tiles::sub_tree_index(0, size, Vec::new()) }
}

/// Runs a function with a reader that only writes down what it is asked for.
fn asked(run: impl FnOnce(&Asked) -> Result<(), tlog_tiles::Error>) -> Vec<u64> {
    let asker = Asked(std::cell::RefCell::default());
    // With made-up hashes the result means nothing; what was asked for does not depend on them.
    run(&asker).ok();
    asker.0.into_inner()
}

struct Asked(std::cell::RefCell<Vec<u64>>);

impl HashReader for Asked {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        self.0.borrow_mut().extend_from_slice(indexes);
        Ok(vec![tlog_tiles::EMPTY_HASH; indexes.len()])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn leaves(n: u64) -> Vec<Hash> {
        (0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    fn tree(n: u64) -> Known {
        let mut known = Known::default();
        append(&mut known, 0, &leaves(n)).expect("nothing is missing");
        known
    }

    fn only(known: &Known, indices: &[u64]) -> Known {
        Known(indices.iter().map(|index| (*index, known.0[index])).collect())
    }

    /// The test vectors of the Certificate Transparency project for RFC 6962: eight leaves, and the roots over the first n of them.
    #[test]
    fn roots_are_those_of_the_published_vectors() {
        let inputs =
            ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        let roots = [
            (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
            (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
            (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
        ];
        let leaves: Vec<_> = inputs.iter().map(|hex| leaf_hash(&hex::decode(hex).expect("hexadecimal"))).collect();
        for (n, expected) in roots {
            assert_eq!(hex::encode(root_of(&leaves[..n])), expected, "{n} leaves");
        }
    }

    #[test]
    fn appending_needs_no_more_than_it_says_and_agrees_with_the_definition() {
        for size in 0..200u64 {
            let whole = tree(size);
            let mut some = only(&whole, &needed_for_append(size));
            assert_eq!(root(&some, size), Ok(root_of(&leaves(size))), "{size}");
            let more = leaves(size + 7);
            append(&mut some, size, &more[usize::try_from(size).expect("small")..]).expect("all that is needed");
            assert_eq!(root(&some, size + 7), Ok(root_of(&more)), "{size} and 7");
        }
    }

    #[test]
    fn a_missing_hash_is_named() {
        assert_eq!(append(&mut Known::default(), 1, &leaves(1)), Err(TreeError::Missing(0)));
        assert_eq!(root(&Known::default(), 1), Err(TreeError::Missing(0)));
    }

    proptest! {
        #[test]
        fn every_leaf_can_be_proved_and_no_other(size in 1..300u64, at in 0..300u64, other in 0..300u64) {
            let (position, other) = (at % size, other % size);
            let known = only(&tree(size), &needed_for_inclusion(size, position));
            let proof = prove_inclusion(&known, size, position).expect("all that is needed");
            let (all, top) = (leaves(size), root_of(&leaves(size)));
            let leaf = |i: u64| all[usize::try_from(i).expect("small")];
            prop_assert_eq!(check_inclusion(&proof, size, top, position, leaf(position)), Ok(()));
            if other != position {
                prop_assert_eq!(check_inclusion(&proof, size, top, position, leaf(other)), Err(TreeError::Proof));
                prop_assert_eq!(check_inclusion(&proof, size, top, other, leaf(position)), Err(TreeError::Proof));
            }
        }

        #[test]
        fn a_tree_is_consistent_with_its_past_and_with_no_other(size in 1..300u64, past in 1..300u64, byte in 0..32usize) {
            let earlier = 1 + past % size;
            let known = only(&tree(size), &needed_for_consistency(size, earlier));
            let proof = prove_consistency(&known, size, earlier).expect("all that is needed");
            let (top, before) = (root_of(&leaves(size)), root_of(&leaves(earlier)));
            prop_assert_eq!(check_consistency(&proof, size, top, earlier, before), Ok(()));
            let mut forged = before;
            forged[byte] ^= 1;
            prop_assert_eq!(check_consistency(&proof, size, top, earlier, forged), Err(TreeError::Proof));
        }
    }
}
