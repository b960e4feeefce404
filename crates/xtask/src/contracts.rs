//! Tries the interface out with requests that Schemathesis makes up from its description, with a token of each role.

use std::path::Path;

use anyhow::{Result, bail};

use crate::{
    postgres,
    processes::{cargo, run},
    tools,
};

const PACKAGE: &str = "schemathesis==4.32.5";

/// Tries it out, and fails where it cannot.
pub fn try_out(root: &Path) -> Result<()> {
    let program = match tools::python(root, "schemathesis", &[PACKAGE])? {
        Ok(bin) => bin.join("schemathesis"),
        Err(reason) => bail!("{reason}"),
    };
    let database = postgres::provide(root)?;
    run(cargo(root).args(["build", "--quiet", "--locked", "--workspace"]))?;
    let mut tests = cargo(root);
    tests.args(["test", "--locked", "--workspace", "--test", "e2e", "--", "contracts", "--nocapture"]);
    if let Some(folder) = database {
        tests.env("YISHI_PG_BIN", folder);
    }
    run(tests.env("YISHI_TESTS_SCHEMATHESIS", program))
}
