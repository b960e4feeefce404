//! What the author of a rule set does with it: alone, and on a server.

mod benches;
mod builds;
mod checks;
mod conformance;
mod fixtures;
mod logs;
mod pushes;
pub mod remotes;
mod replays;
mod scaffolds;
mod signing;
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
    /// Makes a folder to begin a rule set in: it builds and passes its own tests as it is
    #[command(after_help = "Exit codes: 0 made; 1 it was not; 2 wrong usage.\n\
                      Examples:\n  yishi plugin new hangzhou-rules\n  yishi plugin new hangzhou-rules --lang js")]
    New(scaffolds::New),
    /// Builds a rule set in Rust, JavaScript or C to a component
    #[command(
        after_help = "A Cargo.toml, a package.json or a .c file tells the language. In Rust and C the same source gives the same component in whatever folder it lies, under the same compiler; in JavaScript its interpreter keeps numbers that were drawn when it was built.\n\n\
                            Exit codes: 0 built; 1 it was not; 2 wrong usage.\n\
                            Example: yishi plugin build hangzhou-rules"
    )]
    Build(builds::Build),
    /// Tells whether a component would be admitted, and if not, every reason
    #[command(after_help = "Calls are made twice, and must give the same answer for the same fuel.\n\n\
                            Exit codes: 0 it would be admitted; 1 it would not, or its calls misbehave; 2 wrong usage.\n\
                            Example: yishi plugin check target/plugins/standard.wasm")]
    Check(Check),
    /// Runs the conformance kit and fixtures on a component, and shows where its answers are not the expected ones
    #[command(
        after_help = "A fixture is JSON: name, config, subject, tally, and what is expected (outcome, holds). The kit is what every rule \
                            set must hold to, whatever its thresholds are; it lies in plugins/conformance.\n\n\
                            Exit codes: 0 all come out as expected; 1 some do not; 2 wrong usage.\n\
                            Example: yishi plugin test target/plugins/standard.wasm plugins/standard/fixtures"
    )]
    Test(Test),
    /// Measures what the calls of a component cost, against what they may cost
    #[command(after_help = "Fuel, memory and output are the same on every machine; the time is this one's.\n\n\
                            Exit codes: 0 all were answered; 1 some were not; 2 wrong usage.\n\
                            Example: yishi plugin bench target/plugins/standard.wasm plugins/standard/fixtures")]
    Bench(benches::Bench),
    /// Draws a key to sign rule sets with, and prints its public half as the platform's setting takes it
    #[command(
        after_help = "A file that is there is kept. The platform's operator adds the line to YISHI_TRUSTED_SIGNERS.\n\n\
                            Exit codes: 0 printed; 1 the file cannot be used; 2 wrong usage.\n\
                            Example: yishi plugin key signer.pem --signer zhejiang"
    )]
    Key(signing::Key),
    /// Signs a component, and prints the signature as the interface takes it
    #[command(
        after_help = "What is signed are two lines: `yishi rule set v1`, and `sha256:` with the digest of the component.\n\n\
                            Exit codes: 0 signed; 1 it was not; 2 wrong usage.\n\
                            Example: yishi plugin sign rules.wasm --key signer.pem --signer zhejiang"
    )]
    Sign(signing::Sign),
    /// Uploads a rule set to a server, and puts it in force or in shadow there
    #[command(after_help = "Exit codes: 0 done; 1 it was refused, with every reason; 2 wrong usage.\n\
                            Example: yishi plugin push rules.wasm --tenant 3301 --shadow --configuration rules.json")]
    Push(pushes::Push),
    /// Puts the past decisions of a city to a rule set, and shows which would have come out differently
    #[command(after_help = "Nothing that was decided is changed.\n\n\
                            Exit codes: 0 all come out the same; 1 some do not, or it could not be done; 2 wrong usage.\n\
                            Example: yishi plugin replay rules.wasm --tenant 3301")]
    Replay(replays::Replay),
    /// Shows how the answers of the rule set in shadow stand, and the latest events about rules
    #[command(after_help = "Example: yishi plugin logs --tenant 3301")]
    Logs(logs::Logs),
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
    pub fixtures: Vec<PathBuf>,
}

/// Does what was asked for, and exits by what was found.
pub async fn run(plugin: &Plugin) -> Result<ExitCode> {
    let sound = match plugin {
        Plugin::New(options) => scaffolds::new(options)?,
        Plugin::Build(options) => builds::build(options)?,
        Plugin::Check(options) => checks::check(options).await?,
        Plugin::Test(options) => fixtures::test(options).await?,
        Plugin::Bench(options) => benches::bench(options).await?,
        Plugin::Key(options) => signing::key(options)?,
        Plugin::Sign(options) => signing::sign(options)?,
        Plugin::Push(options) => pushes::push(options).await?,
        Plugin::Replay(options) => replays::replay(options).await?,
        Plugin::Logs(options) => logs::logs(options).await?,
    };
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}
