//! The rules on another engine: as the product runs them, not optimised, and interpreted.

use std::path::Path;

use anyhow::Result;

use crate::{
    plugins,
    processes::{cargo, run},
};

/// Builds the plugins, and an engine with the interpreter in it, and holds that all answer the same.
pub fn check(root: &Path) -> Result<()> {
    plugins::build(root)?;
    let manifest = ["--manifest-path", "tests/portable/Cargo.toml"];
    run(cargo(root).args(["test", "--locked"]).args(manifest).args(["--target-dir", "target"]))
}
