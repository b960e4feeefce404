//! Running a rule set natively on its fixtures: a configuration, a subject and a tally with the verdict that must come of them.

use std::{fs, path::Path};

use serde::Deserialize;
use serde_json::Value;
use yishi_domain::voting::{Outcome, Subject, Tally, validate_rule};

use crate::Policy;

/// A fixture as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    name: String,
    config: Value,
    subject: Subject,
    tally: Tally,
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

/// Tests that every fixture of the rule set's folder `fixtures` comes out as expected.
#[macro_export]
macro_rules! fixtures {
    ($policy:ty) => {
        #[test]
        fn every_fixture_comes_out_as_expected() {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
            let faults = $crate::fixtures::faults::<$policy>(folder.as_ref());
            assert!(faults.is_empty(), "\n{}", faults.join("\n"));
        }
    };
}

/// Whatever is wrong with what comes of a folder's fixtures, each with its file; a folder without fixtures is a fault.
pub fn faults<P: Policy>(folder: &Path) -> Vec<String> {
    let mut files: Vec<_> = match fs::read_dir(folder) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(error) => return vec![format!("{}: {error}", folder.display())],
    };
    files.retain(|file| file.extension().is_some_and(|it| it == "json"));
    files.sort();
    if files.is_empty() {
        return vec![format!("{}: there is no fixture (*.json)", folder.display())];
    }
    let fault = |file: &Path| Some(format!("{}: {}", file.display(), run::<P>(file).err()?));
    files.iter().filter_map(|file| fault(file)).collect()
}

fn run<P: Policy>(file: &Path) -> Result<(), String> {
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    let Fixture { name, config, subject, tally, expected } =
        serde_json::from_str(&text).map_err(|error| format!("it is no fixture: {error}"))?;
    let (config, told) = (config.to_string(), |what: String| format!("{name}: {what}"));
    let rule = P::rule(&config, &subject).map_err(|it| told(format!("no rule: {}: {}", it.code, it.message)))?;
    validate_rule(&rule)
        .map_err(|errors| told(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))?;
    let verdict =
        P::verdict(&config, &rule, &tally).map_err(|it| told(format!("no verdict: {}: {}", it.code, it.message)))?;
    let holds: Vec<_> = verdict.checks.iter().map(|check| check.holds).collect();
    if (verdict.outcome, &holds) != (expected.outcome, &expected.holds) {
        let Expected { outcome, holds: wanted } = expected;
        return Err(told(format!(
            "expected {outcome:?} {wanted:?}, found {:?} {:#?}",
            verdict.outcome, verdict.checks
        )));
    }
    for locale in P::describe().locales {
        if !verdict.reasons.iter().any(|reason| reason.locale == locale && !reason.text.is_empty()) {
            return Err(told(format!("the verdict gives no reasons in {locale}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use yishi_domain::describe::Descriptor;

    use super::*;

    struct Standard;

    impl Policy for Standard {
        fn describe() -> Descriptor {
            Descriptor {
                name: "standard".into(),
                version: "1.0.0".into(),
                locales: vec!["zh-CN".into()],
                configuration_schema: "{}".into(),
                interfaces: Vec::new(),
                laws: Vec::new(),
            }
        }
    }

    #[test]
    fn a_fixture_that_comes_out_otherwise_is_named_with_its_figures() {
        let folder = std::env::temp_dir().join(format!("yishi-fixtures-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let all = |text: &str| {
            fs::write(folder.join("a.json"), text).expect("written");
            faults::<Standard>(&folder)
        };
        let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../standard/fixtures/general_passes.json"));
        let text = text.expect("a fixture");
        assert_eq!(all(&text), [""; 0]);
        let found = all(&text.replace("\"passed\"", "\"failed\""));
        assert!(found[0].contains("expected Failed [true, true], found Passed"), "{found:?}");
        assert!(all(&text.replace("\"tally\"", "\"tale\""))[0].contains("it is no fixture"), "{found:?}");
        fs::remove_dir_all(&folder).expect("removed");
        assert!(faults::<Standard>(&folder)[0].contains("No such file"), "{found:?}");
    }
}
