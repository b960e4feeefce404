//! Verifying a bundle, without a server: what the record proves, then the rules run again.

use std::{
    fs::File,
    io::{Read, stdin},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use clap::Args;
use serde::Serialize;
use yishi_record::{
    bundles,
    verifications::{Report, Step, Trust, verify as verify_record},
};

use crate::{
    outputs::{self, Reason},
    reruns,
};

/// Exit code: everything holds, but nothing says whose record it is.
const UNANCHORED: u8 = 3;

/// What to verify.
#[derive(Debug, Args)]
#[command(after_help = "\
Needs no server, no database and no data directory. The key is the `key` that GET /public/{tenant}/record/checkpoint \
answers; take it from a place that you trust, and once.

Exit codes:
  0  everything holds, under the pinned key
  1  something does not hold, or could not be checked; its code is on standard error, or in the JSON
  2  wrong usage
  3  unanchored: everything agrees with itself, but no key was pinned, so anybody could have made it

Example: yishi verify decision.json --checkpoint-key 'yishi.example.org/3301+1a2b3c4d+AbCd...'")]
pub struct Verify {
    /// The bundle; `-` reads standard input
    pub bundle: PathBuf,
    /// The key that signs the tenant's record, as C2SP signed-note writes it
    #[arg(long, value_name = "KEY")]
    pub checkpoint_key: Option<String>,
    /// Prints what was found as JSON
    #[arg(long)]
    pub json: bool,
}

/// What was found.
#[derive(Serialize)]
pub struct Findings {
    /// What it comes to.
    pub result: Finding,
    /// Where it does not hold.
    pub reason: Option<Reason>,
    /// What the record proves, as far as it was read.
    pub report: Option<Report>,
}

/// What it comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Everything holds, under the pinned key.
    Verified,
    /// Everything agrees with itself, and nothing says whose record it is.
    Unanchored,
    /// Something does not hold.
    Refused,
}

/// Verifies a bundle, says what was checked, and exits by what was found.
pub async fn verify(options: &Verify) -> Result<ExitCode> {
    let bytes = read(&options.bundle).with_context(|| options.bundle.display().to_string())?;
    let findings = examine(&bytes, options.checkpoint_key.as_deref()).await?;
    if options.json {
        outputs::write_json(&findings)?;
    } else {
        outputs::write(&text(&findings))?;
        if let Some(Reason { code, detail }) = &findings.reason {
            eprintln!("yishi: refused: {code}: {}", outputs::plain(detail));
        }
    }
    Ok(match findings.result {
        Finding::Verified => ExitCode::SUCCESS,
        Finding::Unanchored => UNANCHORED.into(),
        Finding::Refused => ExitCode::FAILURE,
    })
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let source: Box<dyn Read> = if path == Path::new("-") { Box::new(stdin()) } else { Box::new(File::open(path)?) };
    let mut bytes = Vec::new();
    // One byte more than a bundle may have is enough to see that it is too large.
    source.take(bundles::MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Verifies a bundle's bytes, and runs its rules again.
pub async fn examine(bytes: &[u8], key: Option<&str>) -> Result<Findings> {
    let mut report = match verify_record(bytes, key) {
        Ok(report) => report,
        Err(refused) => {
            let reason = Reason { code: refused.code(), detail: refused.to_string() };
            return Ok(Findings { result: Finding::Refused, reason: Some(reason), report: None });
        }
    };
    let reason = match report.rules.take() {
        Some(rules) => reruns::rerun(rules, &report.opened, &mut report.steps).await?.err(),
        None => None,
    };
    let result = match (&reason, report.trust) {
        (Some(_), _) => Finding::Refused,
        (None, Trust::Anchored) => Finding::Verified,
        (None, Trust::Unanchored) => Finding::Unanchored,
    };
    Ok(Findings { result, reason, report: Some(report) })
}

fn text(findings: &Findings) -> String {
    let Some(report) = &findings.report else { return String::new() };
    let Report { tenant, opened, decided, origin, .. } = report;
    let mut lines: Vec<_> = report.steps.iter().map(step).collect();
    if findings.result != Finding::Refused {
        let outcome = outputs::word(&decided.outcome);
        lines.push(String::new());
        lines.push(format!("{outcome}: ballot {} on topic {} of {tenant}", opened.ballot, opened.topic));
        for check in &decided.verdict.checks {
            let holds = if check.holds { "holds" } else { "fails" };
            lines.push(format!("  {holds}  {:<22} {}", check.code, check.figures()));
        }
        lines.push(String::new());
    }
    match findings.result {
        Finding::Verified => lines.push(format!("verified: everything holds, under the pinned key of {origin}")),
        Finding::Unanchored => {
            let text = "everything agrees with itself, but no key was pinned, so anybody could have made it";
            lines.push(format!("unanchored: {text}; pin the record's key with --checkpoint-key"));
        }
        Finding::Refused => {}
    }
    lines.iter().map(|line| outputs::plain(line) + "\n").collect()
}

fn step(Step { code, detail }: &Step) -> String {
    format!("ok  {code:<22} {detail}")
}
