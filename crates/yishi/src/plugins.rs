//! What the author of a rule set does with it, without a server.

mod checks;
mod fixtures;
mod trials;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};

/// What is done with a rule set.
#[derive(Debug, Subcommand)]
pub enum Plugin {
    /// Tells whether a component would be admitted, and if not, every reason
    #[command(after_help = "Calls are made twice, and must give the same answer for the same fuel.\n\n\
                            Exit codes: 0 it would be admitted; 1 it would not, or its calls misbehave; 2 wrong usage.\n\
                            Example: yishi plugin check target/plugins/standard.wasm")]
    Check(Check),
    /// Runs a component on fixtures, and shows where its verdicts differ from the expected ones
    #[command(
        after_help = "A fixture is JSON: name, config, subject, tally, and what is expected (outcome, holds).\n\n\
                            Exit codes: 0 all come out as expected; 1 some do not; 2 wrong usage.\n\
                            Example: yishi plugin test target/plugins/standard.wasm plugins/standard/fixtures"
    )]
    Test(Test),
}

/// Which component to check.
#[derive(Debug, Args)]
pub struct Check {
    /// The component
    pub file: PathBuf,
    /// Prints what was found as JSON
    #[arg(long)]
    pub json: bool,
}

/// Which component to run, and on what.
#[derive(Debug, Args)]
pub struct Test {
    /// The component
    pub file: PathBuf,
    /// Fixtures, or folders of them
    #[arg(required = true)]
    pub fixtures: Vec<PathBuf>,
}

/// Does what was asked for, and exits by what was found.
pub async fn run(plugin: &Plugin) -> Result<ExitCode> {
    let sound = match plugin {
        Plugin::Check(options) => checks::check(options).await?,
        Plugin::Test(options) => fixtures::test(options).await?,
    };
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}
