//! The demonstration, from nothing.

use std::{
    path::Path,
    process::{ExitCode, Stdio},
};

use anyhow::{Context as _, Result, bail};

use crate::{
    apt, plugins, postgres,
    processes::{self, cargo, command, exists},
};

/// Sets up what is missing, builds the plugins and the program, and runs its demonstration in the caller's folder.
pub fn run(root: &Path, args: &[String]) -> Result<ExitCode> {
    compiler(root)?;
    let postgres = postgres::provide(root)?;
    plugins::build(root)?;
    processes::run(cargo(root).args(["build", "--release", "--locked", "--package", "yishi"]))?;
    let mut demo = command(&std::env::current_dir()?, root.join("target/release/yishi"));
    if let Some(folder) = postgres {
        demo.env("YISHI_PG_BIN", folder);
    }
    let status = demo.arg("demo").args(args).stdin(Stdio::inherit()).status().context("yishi did not start")?;
    // A signal has no code of its own; it is the caller's, and no success.
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}

/// Makes sure that there is a C compiler, which some dependencies are built with.
pub fn compiler(root: &Path) -> Result<()> {
    match exists("cc") {
        true => Ok(()),
        false if apt::may_install() => apt::install(root, &["gcc", "libc6-dev"]),
        false => bail!("there is no C compiler: install Debian's `build-essential`"),
    }
}
