//! Steps: each named, timed, and part of the summary.

use std::{
    path::Path,
    process::{Command, ExitCode},
    time::Instant,
};

use anyhow::{Context, Result, ensure};

/// The steps of one command; every step runs, also after one that failed.
pub struct Steps<'a> {
    root: &'a Path,
    done: Vec<(String, u64, Result<()>)>,
}

impl<'a> Steps<'a> {
    /// Begins at the project's root.
    pub fn new(root: &'a Path) -> Self {
        Self { root, done: Vec::new() }
    }

    /// Runs a step.
    pub fn run(&mut self, name: &str, step: impl FnOnce() -> Result<()>) {
        println!("== {name}");
        let start = Instant::now();
        let result = step();
        if let Err(error) = &result {
            println!("{error:?}");
        }
        self.done.push((name.to_owned(), start.elapsed().as_secs(), result));
    }

    /// Runs cargo as a step.
    pub fn cargo(&mut self, name: &str, arguments: &[&str]) {
        let root = self.root;
        self.run(name, || {
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let status =
                Command::new(cargo).args(arguments).current_dir(root).status().context("cargo does not run")?;
            ensure!(status.success(), "cargo {} failed", arguments.join(" "));
            Ok(())
        });
    }

    /// Prints the summary; failure where any step failed.
    pub fn finish(self) -> ExitCode {
        println!();
        for (name, seconds, result) in &self.done {
            let word = if result.is_ok() { "ok" } else { "FAILED" };
            println!("{word:>7}  {seconds:>4} s  {name}");
        }
        match self.done.iter().all(|(.., result)| result.is_ok()) {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        }
    }
}
