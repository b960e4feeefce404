//! Running a rule set natively on its fixtures.

use std::{fs, path::Path};

use yishi_domain::{
    fixtures::{self, Call, Fixture, Refusal},
    voting::{Subject, Tally, Verdict, validate_rule},
};

use crate::{Policy, PolicyError};

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
    let Fixture { name, config, call } =
        serde_json::from_str(&text).map_err(|error| format!("it is no fixture: {error}"))?;
    let config = config.to_string();
    let refused = |it: PolicyError| vec![format!("refused: {}: {}", it.code, it.message)];
    let differences = match &call {
        Call::Rule(subject, Refusal { refused }) => match P::rule(&config, subject) {
            Err(error) if error.code == *refused => Vec::new(),
            found => vec![format!("expected to be refused by `{refused}`, found {found:?}")],
        },
        Call::Decide(subject, tally, expected) => match decide::<P>(&config, subject, tally) {
            Ok(verdict) => {
                let texts = P::describe().locales.into_iter().filter(|locale| {
                    !verdict.reasons.iter().any(|reason| reason.locale == *locale && !reason.text.is_empty())
                });
                let silent = texts.map(|locale| format!("the verdict gives no reasons in {locale}"));
                expected.differences(&verdict).into_iter().chain(silent).collect()
            }
            Err(error) => refused(error),
        },
        Call::Classify(topic, expected) => fixtures::differences_of_categories(expected, &P::classify(&config, topic)),
        Call::Assess(case, expected) => match P::assess(&config, case) {
            Ok(answer) => fixtures::differences_of_answer(expected, &answer),
            Err(error) => refused(error),
        },
    };
    match differences.is_empty() {
        true => Ok(()),
        false => Err(format!("{name}: {}", differences.join("; "))),
    }
}

fn decide<P: Policy>(config: &str, subject: &Subject, tally: &Tally) -> Result<Verdict, PolicyError> {
    let rule = P::rule(config, subject)?;
    validate_rule(&rule).map_err(|errors| {
        let told: Vec<_> = errors.iter().map(ToString::to_string).collect();
        PolicyError::new("rule.unsound", told.join("; "))
    })?;
    P::verdict(config, &rule, tally)
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
        assert!(found[0].contains("outcome: expected failed, found passed"), "{found:?}");
        assert!(all(&text.replace("\"tally\"", "\"tale\""))[0].contains("it is no fixture"), "{found:?}");
        fs::remove_dir_all(&folder).expect("removed");
        assert!(faults::<Standard>(&folder)[0].contains("No such file"), "{found:?}");
    }
}
