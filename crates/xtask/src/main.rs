//! What a developer runs: `cargo xtask test` sets up all it needs and checks everything; `cargo xtask tidy` holds the house rules.

mod setup;
mod steps;
mod tidy;

use std::{path::PathBuf, process::ExitCode};

use steps::Steps;

const USAGE: &str = "usage: cargo xtask <command>

  test    sets up all it needs and checks everything: formatting, lints, house rules, tests
  tidy    holds the house rules alone
  setup   installs what tests need where it is missing";

fn main() -> ExitCode {
    let command = std::env::args().nth(1).unwrap_or_default();
    let root = root();
    let mut steps = Steps::new(&root);
    match command.as_str() {
        "test" => test(&mut steps),
        "tidy" => steps.run("house rules", || tidy::check(&root)),
        "setup" => steps.run("set-up", setup::postgresql),
        _ => {
            println!("{USAGE}");
            return ExitCode::from(2);
        }
    }
    steps.finish()
}

fn test(steps: &mut Steps) {
    let root = root();
    steps.run("set-up", setup::postgresql);
    steps.cargo("formatting", &["fmt", "--all", "--check"]);
    steps.run("house rules", || tidy::check(&root));
    steps.cargo("lints", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    steps.cargo("tests", &["test", "--workspace"]);
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}
