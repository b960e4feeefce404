//! A workbench: rule sets run on it without an installation, and nothing of them is kept.

use std::path::Path;

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use yishi_policy::{Caller, HostOptions, PolicyFailure, PolicyHost, limits::Tier};

use crate::{clocks, commands::COMPILE_COMPONENT};

/// How often a call is made before a fault of this machine is reported.
const TRIES: usize = 3;

/// A host for rule sets of every tier, whose artefacts go with it.
pub struct Workbench {
    /// The host, with nobody else on it.
    pub host: Caller,
    artefacts: TempDir,
    key: [u8; 32],
}

impl Workbench {
    /// Sets up a host that compiles with this same program.
    pub fn new() -> Result<Self> {
        let artefacts = tempfile::tempdir().context("there is no folder for temporary files")?;
        let key = clocks::secret();
        Ok(Self { host: host(artefacts.path(), key, Tier::Script)?.unmetered(), artefacts, key })
    }

    /// Another host, which takes over what was compiled and nothing of what was answered.
    pub fn again(&self) -> Result<Caller> {
        Ok(host(self.artefacts.path(), self.key, Tier::Script)?.unmetered())
    }
}

/// A host of rule sets with its artefacts in a folder; components are compiled by this same program, in a process of its own.
pub fn host(artefacts: &Path, key: [u8; 32], widest: Tier) -> Result<PolicyHost> {
    let program = std::env::current_exe().context("this program does not know where it is")?;
    let compiler = vec![program.into_os_string(), COMPILE_COMPONENT.into()];
    let options = HostOptions { artefacts: artefacts.to_owned(), key, compiler, widest };
    PolicyHost::new(&options).map_err(|error| anyhow::anyhow!("the host of rule sets does not start: {error:#}"))
}

/// Makes a call, and makes it again where this machine and not the rule set was at fault.
pub async fn patiently<T>(call: impl AsyncFn() -> Result<T, PolicyFailure>) -> Result<T, PolicyFailure> {
    for _ in 1..TRIES {
        match call().await {
            Err(failure) if failure.is_retryable() => {}
            other => return other,
        }
    }
    call().await
}
