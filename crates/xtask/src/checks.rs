//! Every check, in the order in which a mistake shows soonest.

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    thread,
};

use anyhow::Result;

use crate::{
    buckets, charts, clients, compilers, contracts, frictionless, languages, licences, plugins, postgres, printers,
    processes::{cargo, run},
    specs,
    steps::{Done, Steps},
    tidy, webhooks,
};

const LINTS: [&str; 6] = ["--locked", "--workspace", "--all-targets", "--", "--deny", "warnings"];

/// Runs every check and prints how each ended.
pub fn run_all(root: &Path) -> Result<ExitCode> {
    let mut steps = Steps::default();
    let mut database = None;
    steps.step("house rules", || ran(tidy::check(root)));
    steps.step("format", || ran(run(cargo(root).args(["fmt", "--all", "--check"]))));
    steps.step("set-up", || {
        compilers::provide(root)?;
        database = postgres::provide(root)?;
        Ok(Done::Ran)
    });
    // What comes from PyPI comes while the compiler works; the steps that need it find it there, or say why not.
    let fetching = thread::spawn({
        let root = root.to_owned();
        move || {
            buckets::provide(&root).ok();
            frictionless::provide(&root).ok();
            contracts::provide(&root).ok();
        }
    });
    steps.step("plugins: build", || ran(plugins::build(root)));
    steps.step("plugins: format", || ran(run(on_plugins(root, "fmt").args(["--all", "--check"]))));
    steps.step("plugins: lints", || ran(run(on_plugins(root, "clippy").args(LINTS))));
    steps.step("plugins: tests", || ran(run(on_plugins(root, "test").args(["--locked", "--workspace"]))));
    steps.step("lints", || ran(run(cargo(root).arg("clippy").args(LINTS))));
    steps.step("build", || ran(run(cargo(root).args(["build", "--locked", "--workspace"]))));
    fetching.join().ok();
    steps.step("plugins: C, JavaScript", || languages::build(root));
    steps.step("S3 server", || buckets::provide(root));
    steps.step("page layout", || printers::provide(root));
    steps.step("webhook library", || webhooks::provide(root));
    steps.step("open data tool", || frictionless::provide(root));
    steps.step("made-up requests tool", || contracts::provide(root));
    steps.step("interface: clients", || clients::make(root));
    steps.step("tests", || {
        let mut tests = tests(root, database.clone());
        tests.env("YISHI_TESTS_CLIENTS", clients::folder(root));
        if let Some(program) = contracts::program(root) {
            // They take as long as all stories together, and leave these their place.
            let threads = thread::available_parallelism().map_or(1, usize::from) + 1;
            tests.env("YISHI_TESTS_SCHEMATHESIS", program).env("RUST_TEST_THREADS", threads.to_string());
        }
        ran(run(tests.args(["test", "--locked", "--workspace", "--no-fail-fast"])))
    });
    steps.step("interface: equal", || specs::compare(root));
    steps.step("interface: unbroken", || specs::unbroken(root));
    steps.step("interface: lint", || specs::lint(root));
    steps.step("chart", || charts::check(root));
    steps.step("licences, arrows", || licences::check(root));
    steps.step("advisories", || licences::advisories(root));
    steps.finish(&root.join("target/xtask/closing"))
}

fn ran(outcome: Result<()>) -> Result<Done> {
    outcome.map(|()| Done::Ran)
}

/// A cargo command on the plugins, which are a workspace of their own.
fn on_plugins(root: &Path, subcommand: &str) -> Command {
    let mut cargo = cargo(&root.join("plugins"));
    cargo.arg(subcommand);
    cargo
}

fn tests(root: &Path, database: Option<PathBuf>) -> Command {
    let mut cargo = cargo(root);
    if let Some(folder) = database {
        cargo.env("YISHI_PG_BIN", folder);
    }
    cargo
}
