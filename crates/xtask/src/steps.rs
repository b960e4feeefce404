//! Named steps with their time and outcome, and the summary at the end.

use std::{
    fs,
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};

/// How a step that did not fail ended.
pub enum Done {
    /// It did its work.
    Ran,
    /// Nothing that it reads has changed since it last passed.
    Unchanged,
    /// It could not run on this machine, for the reason given.
    Skipped(String),
}

/// A run of several steps; a failed one does not keep the others from running.
#[derive(Default)]
pub struct Steps {
    rows: Vec<Row>,
}

struct Row {
    name: &'static str,
    took: Duration,
    outcome: Result<Done>,
}

impl Steps {
    /// Runs a step, and prints its name, time and outcome.
    pub fn step(&mut self, name: &'static str, work: impl FnOnce() -> Result<Done>) {
        println!("\n== {name}");
        let start = Instant::now();
        let outcome = work();
        let row = Row { name, took: start.elapsed(), outcome };
        if let Err(error) = &row.outcome {
            println!("{error:#}");
        }
        println!("== {}", row.line());
        self.rows.push(row);
    }

    /// Prints the summary, keeps its last line in a file for the caller's own report, and gives the exit code.
    pub fn finish(self, closing: &Path) -> Result<ExitCode> {
        println!();
        for row in &self.rows {
            println!("{}", row.line());
        }
        let line = self.closing();
        println!("xtask: {line}");
        fs::create_dir_all(closing.parent().context("the closing file has a folder")?)?;
        fs::write(closing, format!("{line}\n"))?;
        let failed = self.rows.iter().any(|row| row.outcome.is_err());
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    fn closing(&self) -> String {
        let failed: Vec<_> = self.rows.iter().filter(|row| row.outcome.is_err()).map(|row| row.name).collect();
        let skipped = self.rows.iter().filter(|row| matches!(row.outcome, Ok(Done::Skipped(_)))).count();
        let passed = self.rows.len() - failed.len() - skipped;
        format!("{passed} passed, {} failed, {skipped} skipped", failed.len())
    }
}

impl Row {
    fn line(&self) -> String {
        let outcome = match &self.outcome {
            Ok(Done::Ran) => "ok".to_owned(),
            Ok(Done::Unchanged) => "ok (unchanged)".to_owned(),
            Ok(Done::Skipped(reason)) => format!("skipped: {reason}"),
            Err(_) => "FAILED".to_owned(),
        };
        format!("{:<22} {:>8.1} s  {outcome}", self.name, self.took.as_secs_f32())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_does_not_keep_others_from_running_and_fails_the_whole() -> Result<()> {
        let folder = std::env::temp_dir().join(format!("yishi-steps-{}", std::process::id()));
        let mut steps = Steps::default();
        let mut ran = false;
        steps.step("first", || anyhow::bail!("out of luck"));
        steps.step("second", || Ok(Done::Skipped("no such program".into())));
        steps.step("third", || {
            ran = true;
            Ok(Done::Ran)
        });
        assert!(ran);
        assert_eq!(format!("{:?}", steps.finish(&folder.join("closing"))?), format!("{:?}", ExitCode::FAILURE));
        assert_eq!(fs::read_to_string(folder.join("closing"))?, "1 passed, 1 failed, 1 skipped\n");
        fs::remove_dir_all(folder)?;
        Ok(())
    }
}
