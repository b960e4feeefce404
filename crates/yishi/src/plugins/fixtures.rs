//! Fixtures: a configuration, a subject and a tally, and the verdict that a rule set must come to.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::Value;
use yishi_domain::voting::{Outcome, Subject, Tally, Verdict};
use yishi_policy::AdmissionRefusal;

use super::{
    Test,
    conformance::{self, Finding},
    read,
};
use crate::{
    outputs::{self, Reason},
    workbenches::{Workbench, patiently},
};

/// A fixture as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixture {
    /// What it shows.
    pub name: String,
    /// The configuration.
    pub config: Value,
    /// What the rule is asked for.
    pub subject: Subject,
    /// What is decided.
    pub tally: Tally,
    expected: Expected,
}

/// What must come out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    outcome: Outcome,
    /// Whether each check holds, in the rule's order.
    holds: Vec<bool>,
}

/// Runs the conformance kit and fixtures on a component and shows what differs; tells whether all came out as expected.
pub async fn test(options: &Test) -> Result<bool> {
    let component = read(&options.file)?;
    let bench = Workbench::new()?;
    let files = files(&options.fixtures)?;
    if let Err(refusals) = bench.host.admit(component.clone()).await {
        return refused(refusals);
    }
    let component = Arc::from(component);
    let fixtures: Vec<_> = files.iter().map(|file| (file, load(file))).collect();
    let own = fixtures.iter().filter_map(|(_, it)| it.as_ref().ok());
    let own: Vec<_> = own.map(|it| (it.config.clone(), it.subject.clone())).collect();
    let findings = conformance::run(&bench, &component, &own).await?;
    for Finding { function, asked, faults } in &findings {
        show(&format!("conformance  {function}  {asked} questions"), faults)?;
    }
    let mut failed = 0;
    for (file, fixture) in fixtures {
        let (name, faults) = match fixture {
            Ok(fixture) => (fixture.name.clone(), run(&bench, &component, &fixture).await),
            Err(fault) => (String::new(), vec![fault]),
        };
        failed += usize::from(!faults.is_empty());
        show(&format!("{}  {name}", file.display()), &faults)?;
    }
    let conforms = findings.iter().all(|it| it.faults.is_empty());
    outputs::write(&format!(
        "{} of {} fixtures come out as expected; the rule set {} to the contract\n",
        files.len() - failed,
        files.len(),
        if conforms { "conforms" } else { "does not conform" }
    ))?;
    Ok(failed == 0 && conforms)
}

/// Shows why a component is not admitted; that is not sound.
pub fn refused(refusals: Vec<AdmissionRefusal>) -> Result<bool> {
    let lines = refusals.into_iter().map(Reason::from).map(|it| format!("refused  {}: {}", it.code, it.detail));
    outputs::write(&lines.map(|line| outputs::plain(&line) + "\n").collect::<String>())?;
    Ok(false)
}

/// Shows what was run, and what is wrong with it.
fn show(what: &str, faults: &[String]) -> Result<()> {
    let word = if faults.is_empty() { "ok  " } else { "FAIL" };
    let head = format!("{word}  {what}");
    let lines = std::iter::once(head).chain(faults.iter().map(|fault| format!("      {fault}")));
    outputs::write(&lines.map(|line| outputs::plain(&line) + "\n").collect::<String>())
}

/// The fixtures that paths name: a file is one, a folder holds some.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        let named = || path.display().to_string();
        if !path.metadata().with_context(named)?.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut inside = Vec::new();
        for entry in path.read_dir().with_context(named)? {
            let file = entry.with_context(named)?.path();
            if file.extension().is_some_and(|it| it == "json") {
                inside.push(file);
            }
        }
        ensure!(!inside.is_empty(), "{} holds no fixture (*.json)", path.display());
        inside.sort();
        files.append(&mut inside);
    }
    Ok(files)
}

/// Reads a fixture, or says why it is none.
pub fn load(file: &Path) -> Result<Fixture, String> {
    let bytes = read(file).map_err(|error| format!("it cannot be read: {error:#}"))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("it is no fixture: {error}"))
}

/// Runs one fixture, and says what is wrong.
async fn run(bench: &Workbench, component: &Arc<[u8]>, fixture: &Fixture) -> Vec<String> {
    let Fixture { config, subject, tally, expected, .. } = fixture;
    let verdict = patiently(async || {
        let rule = bench.host.rule(Arc::clone(component), config, subject).await?.value;
        Ok(bench.host.verdict(Arc::clone(component), config, &rule, tally).await?.value)
    });
    match verdict.await {
        Ok(verdict) => differences(expected, &verdict),
        Err(failure) => {
            let Reason { code, detail } = failure.into();
            vec![format!("{code}: {detail}")]
        }
    }
}

/// Each place where a verdict is not the expected one, with the figures that it came to.
fn differences(expected: &Expected, verdict: &Verdict) -> Vec<String> {
    let mut lines = Vec::new();
    if expected.outcome != verdict.outcome {
        let (expected, found) = (outputs::word(&expected.outcome), outputs::word(&verdict.outcome));
        lines.push(format!("outcome: expected {expected}, found {found}"));
    }
    let word = |holds: &bool| if *holds { "holds" } else { "fails" };
    for i in 0..expected.holds.len().max(verdict.checks.len()) {
        match (expected.holds.get(i), verdict.checks.get(i)) {
            (Some(expected), Some(check)) if *expected == check.holds => {}
            (expected, Some(check)) => lines.push(format!(
                "check {} ({}): expected {}, found {} with {}",
                i + 1,
                check.code,
                expected.map_or("no such check", word),
                word(&check.holds),
                outputs::figures(check)
            )),
            (expected, None) => {
                lines.push(format!("check {}: expected {}, found no such check", i + 1, expected.map_or("", word)));
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use yishi_domain::voting::{Check, Fraction};

    use super::*;

    fn verdict(holds: &[bool]) -> Verdict {
        let check = |holds: &bool| Check {
            code: "majority".into(),
            counted: 5,
            of: 10,
            at_least: Fraction::new(1, 2),
            strict: true,
            holds: *holds,
        };
        Verdict { outcome: Outcome::Failed, checks: holds.iter().map(check).collect(), reasons: Vec::new() }
    }

    #[test]
    fn every_difference_is_shown_with_its_figures() {
        let expect = |outcome, holds: &[bool]| Expected { outcome, holds: holds.to_vec() };
        assert!(differences(&expect(Outcome::Failed, &[true, false]), &verdict(&[true, false])).is_empty());
        assert_eq!(
            differences(&expect(Outcome::Passed, &[true, true]), &verdict(&[true, false])),
            [
                "outcome: expected passed, found failed",
                "check 2 (majority): expected holds, found fails with 5 of 10, more than 1/2"
            ]
        );
        assert_eq!(
            differences(&expect(Outcome::Failed, &[true]), &verdict(&[true, true])),
            ["check 2 (majority): expected no such check, found holds with 5 of 10, more than 1/2"]
        );
        assert_eq!(
            differences(&expect(Outcome::Failed, &[true, false]), &verdict(&[true])),
            ["check 2: expected fails, found no such check"]
        );
    }
}
