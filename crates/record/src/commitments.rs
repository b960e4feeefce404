//! Commitments: what stands in the record for personal data and for text that is not public.

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use yishi_domain::{Digest, Opening};

/// Commits to a value: SHA-256 over the salt and the value's canonical form (RFC 8785).
///
/// With a salt of 256 random bits that is kept apart and can be erased, the digest tells nothing of the value.
pub fn commit(salt: &[u8; 32], value: &Value) -> Digest {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update(canonical(value));
    Digest(hash.finalize().into())
}

/// Tells whether an opening is that of a commitment.
pub fn opens(commitment: &Digest, opening: &Opening) -> bool {
    commit(&opening.salt, &opening.value) == *commitment
}

/// The SHA-256 digest of bytes.
pub fn digest(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

/// The canonical form of a value (RFC 8785).
pub fn canonical(value: &Value) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value).expect("a JSON value always has a canonical form")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_commitment_opens_with_its_salt_and_value_alone() {
        let opening = |salt, value| Opening { field: "name".into(), salt: [salt; 32], value };
        let commitment = commit(&[1; 32], &json!({"b": 1, "a": "李"}));
        assert!(opens(&commitment, &opening(1, json!({"a": "李", "b": 1}))), "the order of members does not matter");
        assert!(!opens(&commitment, &opening(2, json!({"a": "李", "b": 1}))));
        assert!(!opens(&commitment, &opening(1, json!({"a": "王", "b": 1}))));
    }
}
