//! An author's fixtures, put to the component.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result, ensure};
use yishi_domain::fixtures::{self, Call, Fixture, Refusal};
use yishi_policy::{AdmissionRefusal, PolicyFailure};

use super::{
    Test,
    conformance::{self, Finding},
    read,
    trials::answered,
};
use crate::{
    outputs::{self, Reason},
    workbenches::{Workbench, patiently},
};

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
    let own = own.filter_map(|it| match &it.call {
        Call::Decide(subject, ..) => Some((it.config.clone(), subject.clone())),
        Call::Rule(..) | Call::Classify(..) | Call::Assess(..) => None,
    });
    let own: Vec<_> = own.collect();
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
async fn run(bench: &Workbench, component: &Arc<[u8]>, Fixture { config, call, .. }: &Fixture) -> Vec<String> {
    let (host, own) = (&bench.host, || Arc::clone(component));
    let differences = match call {
        Call::Rule(subject, Refusal { refused }) => {
            match patiently(async || host.rule(own(), config, subject).await).await {
                Err(PolicyFailure::Refused { code, .. }) if code == *refused => Ok(Vec::new()),
                Err(failure) => Err(failure),
                Ok(_) => Ok(vec![format!("expected to be refused by `{refused}`, found a rule")]),
            }
        }
        Call::Decide(subject, tally, expected) => {
            let verdict = patiently(async || {
                let rule = host.rule(own(), config, subject).await?.value;
                host.verdict(own(), config, &rule, tally).await
            });
            verdict.await.map(|verdict| expected.differences(&verdict.value))
        }
        Call::Classify(topic, expected) => {
            let scored = patiently(async || answered(host.classify(own(), config, topic).await)).await;
            scored.map(|scored| fixtures::differences_of_categories(expected, &scored.value))
        }
        Call::Assess(case, expected) => {
            let answer = patiently(async || answered(host.assess(own(), config, case).await)).await;
            answer.map(|answer| fixtures::differences_of_answer(expected, &answer.value))
        }
    };
    differences.unwrap_or_else(|failure| {
        let Reason { code, detail } = failure.into();
        vec![format!("{code}: {detail}")]
    })
}
