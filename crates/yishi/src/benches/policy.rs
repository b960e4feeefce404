//! Calls of rule sets beside other ways to run somebody else's rule. Those others are no part of this program: a program of the project's tests
//! measures them all in one run, and this one shows what it reports.

mod attacks;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use tokio::process::Command;

use super::{Figure, Ratio, Report};

/// Where `cargo xtask peers` puts the program and what it is given, in the folder that holds what was built.
const PROGRAM: &str = "peers/release/peers";
const PLUGINS: &str = "peers/plugins";

#[derive(Deserialize)]
struct Measured {
    results: Vec<Figure>,
    ratios: Vec<Ratio>,
}

/// Has the peers measured, in rounds that begin within so many seconds.
pub async fn measure(seconds: u64) -> Result<Report> {
    let own = std::env::current_exe().context("this program does not know where it is")?;
    let built = built(&own)?;
    let program = built.join(PROGRAM);
    let mut peers = Command::new(&program);
    peers.arg(built.join(PLUGINS)).arg(seconds.to_string()).kill_on_drop(true);
    let output = peers.stderr(std::process::Stdio::inherit()).output().await.context("the peers do not start")?;
    ensure!(output.status.success(), "the peers ended with {}", output.status);
    let Measured { mut results, mut ratios } =
        serde_json::from_slice(&output.stdout).context("the peers report otherwise")?;
    let attacked = attacks::measure(&program).await?;
    results.extend(attacked.0);
    ratios.extend(attacked.1);
    Report::new("policy", results, ratios)
}

/// The folder that holds what was built: this program's own, `target/debug/yishi`, is two below.
fn built(own: &Path) -> Result<PathBuf> {
    let found = own.ancestors().nth(2).filter(|it| it.join(PROGRAM).is_file() && it.join(PLUGINS).is_dir());
    found
        .map(Path::to_owned)
        .context("what this is measured against is not built: run `cargo xtask peers` in the project")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_built_is_named_with_the_command_that_builds_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let own = folder.path().join("debug/yishi");
        let error = built(&own).expect_err("nothing is there");
        assert!(error.to_string().contains("cargo xtask peers"), "{error}");
        std::fs::create_dir_all(folder.path().join(PLUGINS)).expect("a folder");
        std::fs::create_dir_all(folder.path().join("peers/release")).expect("a folder");
        std::fs::write(folder.path().join(PROGRAM), "").expect("a file");
        assert_eq!(built(&own).expect("it is there"), folder.path());
    }

    #[test]
    fn a_report_of_the_peers_is_shown_with_what_its_ratios_mean() {
        let text = r#"{
            "results": [{"name": "rust_call_us", "unit": "us", "n": 7, "min": 9.1, "median": 9.5, "max": 11.0}],
            "ratios": [{"name": "rust_over_extism", "value": 3.5, "goal": 1.0, "better": "higher", "means": "above 1 is ahead"}]
        }"#;
        let Measured { results, ratios } = serde_json::from_str(text).expect("a report");
        let text = Report::new("policy", results, ratios).expect("a machine").text();
        assert!(text.contains("rust_call_us  us    7  9.10  9.50    11.00"), "{text}");
        assert!(
            text.contains("rust_over_extism  3.50   at least 1  met") && text.contains("above 1 is ahead"),
            "{text}"
        );
    }
}
