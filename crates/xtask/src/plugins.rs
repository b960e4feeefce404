//! The plugins, built to WebAssembly components.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::processes::{cargo, run};

/// Builds every plugin of the plugins' workspace.
pub fn build(root: &Path) -> Result<()> {
    let folder = root.join("plugins");
    ensure!(folder.join("Cargo.toml").is_file(), "there is no workspace in {}", folder.display());
    run(cargo(&folder).args(["build", "--release", "--locked", "--workspace", "--target", "wasm32-unknown-unknown"]))
}
