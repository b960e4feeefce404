//! Tries the interface out with requests that Schemathesis makes up from its description, with a token of each role.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::{
    postgres,
    processes::{cargo, run},
    steps::Done,
    tools::{self, Tool},
};

const PACKAGE: &str = "schemathesis==4.32.5";

/// Tries it out as a check among others: what the description gives as examples, and requests that are drawn from it.
pub fn check(root: &Path) -> Result<Done> {
    requests(root, false)
}

/// Tries it out as a command of its own, which fails where it cannot; whoever may do most also tries the edge of every parameter, and sequences.
pub fn try_out(root: &Path) -> Result<()> {
    match requests(root, true)? {
        Done::Skipped(reason) => bail!("{reason}"),
        Done::Ran | Done::Unchanged => Ok(()),
    }
}

/// Installs Schemathesis under `target/tools`, where Python can be had.
pub fn provide(root: &Path) -> Result<Tool<PathBuf>> {
    Ok(tools::python(root, "schemathesis", &[PACKAGE])?.map(|bin| bin.join("schemathesis")))
}

fn requests(root: &Path, edges: bool) -> Result<Done> {
    let program = match provide(root)? {
        Ok(program) => program,
        Err(reason) => return Ok(Done::Skipped(reason)),
    };
    let database = postgres::provide(root)?;
    run(cargo(root).args(["build", "--quiet", "--locked", "--workspace"]))?;
    let mut tests = cargo(root);
    tests.args(["test", "--locked", "--workspace", "--test", "e2e", "--", "contracts", "--nocapture"]);
    if let Some(folder) = database {
        tests.env("YISHI_PG_BIN", folder);
    }
    if edges {
        tests.env("YISHI_TESTS_EDGES", "yes");
    }
    run(tests.env("YISHI_TESTS_SCHEMATHESIS", program))?;
    Ok(Done::Ran)
}
