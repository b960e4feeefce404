//! Tries the interface out with requests that Schemathesis makes up from its description, with a token of each role.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::{
    postgres,
    processes::{cargo, run},
    steps::Done,
    tools,
};

const PACKAGE: &str = "schemathesis==4.32.5";

/// Installs Schemathesis under `target/tools`, where Python can be had.
pub fn provide(root: &Path) -> Result<Done> {
    tools::provide(root, "schemathesis", &[PACKAGE])
}

/// Its program, where it is installed.
pub fn program(root: &Path) -> Option<PathBuf> {
    Some(root.join("target/tools/schemathesis/bin/schemathesis")).filter(|it| it.is_file())
}

/// Tries it out, and fails where it cannot.
pub fn try_out(root: &Path) -> Result<()> {
    if let Done::Skipped(reason) = provide(root)? {
        bail!("{reason}");
    }
    let program = program(root).context("Schemathesis was installed, and is not there")?;
    let database = postgres::provide(root)?;
    run(cargo(root).args(["build", "--quiet", "--locked", "--workspace"]))?;
    let mut tests = cargo(root);
    tests.args(["test", "--locked", "--workspace", "--test", "e2e", "--", "contracts", "--nocapture"]);
    if let Some(folder) = database {
        tests.env("YISHI_PG_BIN", folder);
    }
    run(tests.env("YISHI_TESTS_SCHEMATHESIS", program))
}
