//! The product's own host of rule sets, with components of three languages.

use std::{ffi::OsString, path::Path, sync::Arc};

use anyhow::{Context as _, Result};
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::{Handle, Runtime};
use uuid::Uuid;
use yishi_domain::TenantId;
use yishi_policy::{Caller, Component, HostOptions, PolicyHost, Ready, limits::Tier};

use super::{Peer, Session};

/// The rule sets: what its calls and its whole answers are called in the report, and its component.
const RULE_SETS: [(&str, &str, &str); 3] =
    [("rust", "rust_whole", "standard"), ("c", "c_whole", "threshold-c"), ("js", "js_whole", "threshold-js")];

/// A host with its artefacts in a folder of its own, on a runtime as the product has it.
pub struct Host {
    /// The host.
    pub host: PolicyHost,
    /// Where it runs.
    pub runtime: Arc<Runtime>,
    folder: TempDir,
}

impl Host {
    /// Makes a host that compiles by this same program, in a process of its own.
    pub fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let runtime = Arc::new(tokio::runtime::Builder::new_multi_thread().enable_all().build()?);
        Ok(Self { host: open(folder.path())?, runtime, folder })
    }

    /// The host as it is after a restart: nothing is loaded, and the artefacts are where they were.
    pub fn restarted(&self) -> Result<PolicyHost> {
        open(self.folder.path())
    }

    /// Each language twice: the call alone on the thread of who asks, and the whole that the product does around it.
    pub fn peers(&self, plugins: &Path) -> Result<Vec<Peer>> {
        let mut peers = Vec::new();
        for (i, (alone, whole, file)) in RULE_SETS.into_iter().enumerate() {
            let component = component(plugins, file)?;
            let caller = self.host.for_tenant(TenantId(Uuid::from_u128(i as u128)));
            let ready = self.runtime.block_on(caller.ready(component.clone())).context(file)?;
            peers.push(Peer::new(alone, move || Ok(call(ready.clone()))));
            let runtime = Arc::clone(&self.runtime);
            peers.push(Peer::new(whole, move || Ok(ask(runtime.handle().clone(), caller.clone(), component.clone()))));
        }
        Ok(peers)
    }
}

/// A component that was built.
pub fn component(plugins: &Path, name: &str) -> Result<Component> {
    let path = plugins.join(format!("{name}.wasm"));
    Ok(std::fs::read(&path).with_context(|| path.display().to_string())?.into())
}

fn call(ready: Ready) -> Session {
    Box::new(move |question| Ok(ready.verdict("{}", &question.rule, &question.tally)?))
}

fn ask(runtime: Handle, caller: Caller, component: Component) -> Session {
    let config = json!({});
    Box::new(move |question| {
        let verdict = caller.verdict(component.clone(), &config, &question.rule, &question.tally);
        Ok(runtime.block_on(verdict)?.value)
    })
}

fn open(artefacts: &Path) -> Result<PolicyHost> {
    let compiler = vec![std::env::current_exe()?.into_os_string(), OsString::from(crate::COMPILE)];
    let options = HostOptions { artefacts: artefacts.to_owned(), key: [1; 32], compiler, widest: Tier::Script };
    PolicyHost::new(&options).map_err(|error| anyhow::anyhow!("{error:#}"))
}
