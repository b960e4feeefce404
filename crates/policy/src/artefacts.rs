//! Compiled artefacts on disk, authenticated: what was changed, compiled by another engine, or admitted under other limits, is inspected and compiled
//! again and never loaded.

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

use crate::{admissions, limits::Tier};

/// Bytes of the authentication code that stands first in a file. The number of the tier follows, and then the artefact.
const CODE_BYTES: usize = 32;

/// Where an engine's artefacts are kept, and the key that authenticates them.
pub struct Artefacts {
    folder: PathBuf,
    key: [u8; 32],
    compatibility: u64,
}

impl Artefacts {
    /// Keeps an engine's artefacts in a folder.
    pub fn new(folder: &Path, key: [u8; 32], engine: &Engine) -> std::io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned(), key, compatibility: compatibility(engine) })
    }

    /// Loads the artefact of a component with the tier it was admitted to, if there is one that is whole, ours, of this engine, and of a component that
    /// was inspected as it would be now; fails where the engine has no room for it.
    pub fn load(&self, engine: &Engine, digest: &Digest) -> Option<wasmtime::Result<(Tier, Component)>> {
        let file = fs::read(self.path(digest)).ok()?;
        let (code, content) = file.split_at_checked(CODE_BYTES)?;
        self.mac(digest, content).verify_slice(code).ok()?;
        let (tier, artefact) = content.split_first()?;
        let tier = Tier::ALL.get(usize::from(*tier))?;
        // SAFETY: the code proves that this host wrote these bytes for this component and engine; nobody else has the key.
        let component = unsafe { Component::deserialize(engine, artefact) };
        Some(component.map(|component| (*tier, component)))
    }

    /// Keeps the artefact of a component that was admitted to a tier: written beside its place, then moved there.
    pub fn keep(&self, digest: &Digest, tier: Tier, artefact: &[u8]) -> std::io::Result<()> {
        let path = self.path(digest);
        let fresh = path.with_extension(format!("new-{}", std::process::id()));
        let content = [&[tier as u8], artefact].concat();
        let code = self.mac(digest, &content).finalize().into_bytes();
        fs::write(&fresh, [&code[..], &content].concat())?;
        fs::rename(fresh, path)
    }

    fn mac(&self, digest: &Digest, content: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("a key of any length is taken");
        mac.update(&digest.0);
        mac.update(&self.compatibility.to_be_bytes());
        mac.update(content);
        mac
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.join(format!("{}-{:016x}.cwasm", digest.hex(), self.compatibility))
    }
}

/// Of what an artefact must be that is loaded: of this engine's configuration, and of what is admitted now.
fn compatibility(engine: &Engine) -> u64 {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    admissions::INSPECTION.hash(&mut hasher);
    hasher.finish()
}
