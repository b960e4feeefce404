//! What `yishi bench policy` measures rule sets against, built to `target/peers`: a workspace of its own, whose crates are no part of the product.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;

use crate::{
    languages, plugins,
    processes::{cargo, run},
};

const MANIFEST: &str = "tests/peers/Cargo.toml";
const TARGET: &str = "target/peers";

/// The rule sets that are measured.
const RULE_SETS: [&str; 3] = ["standard", "threshold-c", "threshold-js"];

/// Builds the program, the rule sets of three languages, and the guest of the peer that runs modules.
pub fn build(root: &Path) -> Result<()> {
    languages::build_all(root)?;
    let built = root.join(TARGET).join("plugins");
    fs::create_dir_all(&built)?;
    for name in RULE_SETS {
        let file = format!("{name}.wasm");
        fs::copy(root.join("target/plugins").join(&file), built.join(&file))?;
    }
    fs::copy(guest(root)?, built.join("peers_guest.wasm"))?;
    let mut peers = cargo(root);
    peers.args(["build", "--release", "--locked", "--package", "peers", "--manifest-path", MANIFEST]);
    run(peers.args(["--target-dir", TARGET]))
}

/// Builds the guest as the rule sets are built.
fn guest(root: &Path) -> Result<PathBuf> {
    let mut build = plugins::compiler(root, &root.join("tests/peers"))?;
    build.args(["build", "--profile", "guest", "--locked", "--package", "peers-guest", "--target", plugins::TARGET]);
    run(build.arg("--target-dir").arg(root.join(TARGET)))?;
    Ok(root.join(TARGET).join(plugins::TARGET).join("guest/peers_guest.wasm"))
}
