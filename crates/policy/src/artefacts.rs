//! Compiled artefacts on disk, authenticated: what was changed, or compiled by another engine, is compiled again and never loaded.

#![expect(
    unsafe_code,
    reason = "loading native code is unsafe by nature; the authentication before it is what makes it sound"
)]

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use wasmtime::{Engine, component::Component};
use yishi_domain::Digest;

/// Bytes of the authentication code that stands before the artefact.
const CODE_BYTES: usize = 32;

/// Where artefacts are kept, and the key that authenticates them.
pub struct Artefacts {
    folder: PathBuf,
    key: [u8; 32],
}

impl Artefacts {
    /// Keeps artefacts in a folder.
    pub fn new(folder: &Path, key: [u8; 32]) -> std::io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned(), key })
    }

    /// Loads the artefact of a component, if there is one that is whole, ours and of this engine; fails where the engine has no room for it.
    pub fn load(&self, engine: &Engine, digest: &Digest) -> Option<wasmtime::Result<Component>> {
        let file = fs::read(self.path(engine, digest)).ok()?;
        let (code, artefact) = file.split_at_checked(CODE_BYTES)?;
        self.mac(engine, digest, artefact).verify_slice(code).ok()?;
        // SAFETY: the code proves that this host wrote these bytes for this component and engine; nobody else has the key.
        Some(unsafe { Component::deserialize(engine, artefact) })
    }

    /// Keeps the artefact of a component: written beside its place, then moved there.
    pub fn keep(&self, engine: &Engine, digest: &Digest, artefact: &[u8]) -> std::io::Result<()> {
        let path = self.path(engine, digest);
        let fresh = path.with_extension(format!("new-{}", std::process::id()));
        let code = self.mac(engine, digest, artefact).finalize().into_bytes();
        fs::write(&fresh, [code.as_slice(), artefact].concat())?;
        fs::rename(fresh, path)
    }

    fn mac(&self, engine: &Engine, digest: &Digest, artefact: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("a key of any length is taken");
        mac.update(&digest.0);
        mac.update(&compatibility(engine).to_be_bytes());
        mac.update(artefact);
        mac
    }

    fn path(&self, engine: &Engine, digest: &Digest) -> PathBuf {
        self.folder.join(format!("{}-{:016x}.cwasm", digest.hex(), compatibility(engine)))
    }
}

fn compatibility(engine: &Engine) -> u64 {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.finish()
}
