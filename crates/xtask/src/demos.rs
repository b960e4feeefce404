//! The demonstration, from nothing: what the machine lacks is set up, the rule sets and the program are built, and the program runs it.

use std::{path::Path, process::ExitCode};

use anyhow::{Context as _, Result};

use crate::{
    compilers, plugins, postgres,
    processes::{cargo, command, run},
};

/// Runs the demonstration with its own arguments.
pub fn run_it(root: &Path, arguments: impl Iterator<Item = String>) -> Result<ExitCode> {
    compilers::provide(root)?;
    let database = postgres::provide(root)?;
    plugins::build(root)?;
    // Built with the whole workspace, as the checks build it, so that neither builds what they share anew for the other.
    run(cargo(root).args(["build", "--quiet", "--locked", "--workspace"]))?;
    let mut demo = command(root, root.join("target/debug/yishi"));
    demo.arg("demo").args(arguments);
    if let Some(folder) = database {
        demo.env("YISHI_PG_BIN", folder);
    }
    let status = demo.status().context("the program that was built does not start")?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
