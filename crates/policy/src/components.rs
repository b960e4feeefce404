//! A component with the digest that names it.

use std::sync::Arc;

use yishi_domain::Digest;

use crate::admissions::digest;

/// The bytes of a rule set, and their digest: working it out takes longer than an ordinary call, so whoever asks often keeps it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Component {
    digest: Digest,
    bytes: Arc<[u8]>,
}

impl Component {
    /// The SHA-256 digest of its bytes.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// Its bytes.
    pub const fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }
}

impl From<Arc<[u8]>> for Component {
    fn from(bytes: Arc<[u8]>) -> Self {
        Self { digest: digest(&bytes), bytes }
    }
}

impl From<Vec<u8>> for Component {
    fn from(bytes: Vec<u8>) -> Self {
        Arc::<[u8]>::from(bytes).into()
    }
}
