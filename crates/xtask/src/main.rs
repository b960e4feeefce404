//! What a developer runs: `cargo xtask COMMAND`. It sets up what is missing, and does what the project's checks do.

mod apt;
mod buckets;
mod charts;
mod checks;
mod clients;
mod compilers;
mod contracts;
mod demos;
mod frictionless;
mod languages;
mod licences;
mod peers;
mod plugins;
mod portable;
mod postgres;
mod printers;
mod processes;
mod specs;
mod stamps;
mod steps;
mod tidy;
mod tools;
mod webhooks;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};

const HELP: &str = "\
cargo xtask COMMAND

  demo [ARG..]  sets up what is missing and runs the demonstration; ARG as of `yishi demo`: --exit, --json, --data-dir, --listen
  test          runs every check: format, lints, house rules, plugins, tests, interface, chart, licences
  tidy          checks the house rules alone
  plugins       builds the plugins to components, and the program
  peers         builds what `yishi bench policy` measures rule sets against
  clients       makes clients in TypeScript and Python from openapi/yishi.yaml, to target/clients
  contracts     tries the interface out with requests made up from its description, of every role; YISHI_TESTS_EXAMPLES says how many
  openapi       writes openapi/yishi.yaml from the program
  publish       takes openapi/yishi.yaml over as what was published, which later descriptions must not break
  portable      holds that rules answer the same, however compiled and on the engine's interpreter; builds an engine for it
  help          prints this

exit codes: 0 done; 1 a step failed; 2 no such command
";

fn main() -> ExitCode {
    let command = std::env::args().nth(1).unwrap_or_default();
    let outcome = root().and_then(|root| match command.as_str() {
        "demo" => demos::run_it(&root, std::env::args().skip(2)).map(Some),
        "test" => checks::run_all(&root).map(Some),
        "tidy" => tidy::check(&root).map(|()| Some(ExitCode::SUCCESS)),
        "plugins" => languages::build_all(&root).map(|()| Some(ExitCode::SUCCESS)),
        "peers" => peers::build(&root).map(|()| Some(ExitCode::SUCCESS)),
        "portable" => portable::check(&root).map(|()| Some(ExitCode::SUCCESS)),
        "contracts" => contracts::try_out(&root).map(|()| Some(ExitCode::SUCCESS)),
        "publish" => specs::publish(&root).map(|()| Some(ExitCode::SUCCESS)),
        "clients" => clients::make(&root).map(|_| Some(ExitCode::SUCCESS)),
        "openapi" => specs::write(&root).map(|()| Some(ExitCode::SUCCESS)),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(Some(ExitCode::SUCCESS))
        }
        _ => Ok(None),
    });
    match outcome {
        Ok(Some(code)) => code,
        Ok(None) => {
            eprint!("{HELP}");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The project's folder, two above this crate's.
fn root() -> Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    folder.canonicalize().with_context(|| format!("the project is no longer at {}", folder.display()))
}
