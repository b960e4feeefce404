//! Verifying without a server: a decision from its bundle, what the record proves and then the rules run again; a voter's receipt; and, of a
//! record that is served, that it goes on from what was seen of it before.

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
    cosignatures::Witness,
    verifications::{Report, Step, Trust, verify as verify_record},
};

use crate::{
    logs::{self, Log},
    outputs::{self, Reason},
    receipts, reruns,
};

/// Exit code: everything holds, but nothing says whose record it is.
const UNANCHORED: u8 = 3;
/// Exit code: the record has two histories.
const FORKED: u8 = 4;

/// What to verify.
#[derive(Debug, Args)]
#[command(after_help = "\
Bundles and receipts need no server, no database and no data directory. The keys are those that GET /public/{tenant}/record/keys \
answers; take one from a place that you trust, and once: a record whose key was changed shows the way from the pinned one.

With --log it looks at a record that is served, and holds it against the last checkpoint that it has seen of it, which it keeps \
in FILE. Where there are two histories both checkpoints are kept in FILE with the ending `.fork`; each is signed, so together they \
convict the record.

Exit codes:
  0  everything holds, under the pinned key
  1  something does not hold, or could not be checked; its code is on standard error, or in the JSON
  2  wrong usage
  3  unanchored: everything agrees with itself, but no key was pinned, so anybody could have made it
  4  forked: the record is not the one that was seen before

Examples:
  yishi verify decision.json --checkpoint-key 'yishi.example.org/3301+1a2b3c4d+AbCd...'
  yishi verify --receipt vote.tlog-proof --promise vote.promise --checkpoint-key 'yishi.example.org/3301+1a2b3c4d+AbCd...'
  yishi verify --log http://yishi.example.org/public/3301/record --checkpoint-key 'yishi.example.org/3301+1a2b3c4d+AbCd...'")]
pub struct Verify {
    /// The bundle; `-` reads standard input
    #[arg(required_unless_present_any = ["receipt", "log"], conflicts_with_all = ["receipt", "log"])]
    pub bundle: Option<PathBuf>,
    /// The receipt of a vote or another event (C2SP tlog-proof); `-` reads standard input
    #[arg(long, value_name = "FILE", conflicts_with = "log")]
    pub receipt: Option<PathBuf>,
    /// The promise that the receipt must keep: `promise` of the answer to the vote
    #[arg(long, value_name = "FILE", requires = "receipt")]
    pub promise: Option<PathBuf>,
    /// A record that is served, such as http://127.0.0.1:8080/public/3301/record
    #[arg(long, value_name = "URL")]
    pub log: Option<String>,
    /// Where the last checkpoint seen of the record is kept; a file of its own in the user's state folder where it is not given
    #[arg(long, value_name = "FILE", requires = "log")]
    pub state: Option<PathBuf>,
    /// The key that signs the tenant's record, as C2SP signed-note writes it
    #[arg(long, value_name = "KEY")]
    pub checkpoint_key: Option<String>,
    /// A witness that must have cosigned the checkpoint of the receipt or the record, as C2SP tlog-cosignature writes its key; may be repeated
    #[arg(long = "witness", value_name = "KEY", conflicts_with = "bundle")]
    pub cosigners: Vec<Witness>,
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

/// What was found of a receipt or of a record that is served.
#[derive(Serialize)]
struct Checked {
    result: Finding,
    reason: Option<Reason>,
    steps: Vec<Step>,
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
    /// The record is not the one that was seen before.
    Forked,
}

/// Verifies what is asked for, says what was checked, and exits by what was found.
pub async fn verify(options: &Verify) -> Result<ExitCode> {
    let key = options.checkpoint_key.as_deref();
    let (mut steps, witnesses) = (Vec::new(), options.cosigners.as_slice());
    let found = match (&options.bundle, &options.receipt, &options.log) {
        (Some(bundle), ..) => {
            let findings = examine(&read(bundle)?, key).await?;
            return say(&findings, findings.result, findings.reason.as_ref(), text(&findings), options.json);
        }
        (_, Some(receipt), _) => {
            let promise = options.promise.as_deref().map(read_text).transpose()?;
            let found = receipts::check(&read_text(receipt)?, promise.as_deref(), key, witnesses, &mut steps);
            found.map_err(|reason| (Finding::Refused, reason))
        }
        (.., Some(url)) => {
            let log = Log { url, key, witnesses, state: options.state.as_deref() };
            logs::check(&log, &mut steps).await?
        }
        (None, None, None) => anyhow::bail!("nothing to verify was named"),
    };
    let (result, reason) = match (found, key) {
        (Err((finding, reason)), _) => (finding, Some(reason)),
        (Ok(()), Some(_)) => (Finding::Verified, None),
        (Ok(()), None) => (Finding::Unanchored, None),
    };
    let checked = Checked { result, reason, steps };
    let lines = checked.steps.iter().map(step).chain(closing(result, "the record"));
    let text = lines.map(|line| outputs::plain(&line) + "\n").collect();
    say(&checked, result, checked.reason.as_ref(), text, options.json)
}

fn say(found: &impl Serialize, result: Finding, reason: Option<&Reason>, text: String, json: bool) -> Result<ExitCode> {
    if json {
        outputs::write_json(found)?;
    } else {
        outputs::write(&text)?;
        if let Some(Reason { code, detail }) = reason {
            let word = if result == Finding::Forked { "ALARM" } else { "refused" };
            eprintln!("yishi: {word}: {code}: {}", outputs::plain(detail));
        }
    }
    Ok(match result {
        Finding::Verified => ExitCode::SUCCESS,
        Finding::Unanchored => UNANCHORED.into(),
        Finding::Refused => ExitCode::FAILURE,
        Finding::Forked => FORKED.into(),
    })
}

fn closing(result: Finding, whose: &str) -> Option<String> {
    match result {
        Finding::Verified => Some(format!("verified: everything holds, under the pinned key of {whose}")),
        Finding::Unanchored => {
            let text = "everything agrees with itself, but no key was pinned, so anybody could have made it";
            Some(format!("unanchored: {text}; pin the record's key with --checkpoint-key"))
        }
        Finding::Refused | Finding::Forked => None,
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let read = || {
        let source: Box<dyn Read> =
            if path == Path::new("-") { Box::new(stdin()) } else { Box::new(File::open(path)?) };
        let mut bytes = Vec::new();
        // One byte more than a bundle may have is enough to see that it is too large.
        source.take(bundles::MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        std::io::Result::Ok(bytes)
    };
    read().with_context(|| path.display().to_string())
}

fn read_text(path: &Path) -> Result<String> {
    String::from_utf8(read(path)?).with_context(|| path.display().to_string())
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
    lines.extend(closing(findings.result, origin));
    lines.iter().map(|line| outputs::plain(line) + "\n").collect()
}

fn step(Step { code, detail }: &Step) -> String {
    format!("ok  {code:<22} {detail}")
}
