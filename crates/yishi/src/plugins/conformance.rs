//! The conformance kit: what every rule set must hold to, whatever its thresholds are. Its inputs are published in `plugins/conformance`.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use yishi_domain::{
    escalation::{Action, Case, CaseKind, Level},
    topics::{Significance, TopicText},
    voting::{Outcome, Subject, Tally, VotingRule, validate_rule},
};
use yishi_policy::Caller;

use super::trials::{Came, Trial, answered, twice};
use crate::{outputs, workbenches::Workbench};

const DESCRIBE: &str = include_str!("../../../../plugins/conformance/describe.json");
const RULE: &str = include_str!("../../../../plugins/conformance/rule.json");
const DECIDE: &str = include_str!("../../../../plugins/conformance/decide.json");
const CLASSIFY: &str = include_str!("../../../../plugins/conformance/classify.json");
const ASSESS: &str = include_str!("../../../../plugins/conformance/assess.json");

/// One function of the contract, and where it does not hold to the kit.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    /// The function.
    pub function: &'static str,
    /// How many questions it was asked.
    pub asked: usize,
    /// What is wrong.
    pub faults: Vec<String>,
}

/// A subject with the configuration that it is asked under.
pub type Asked = (Value, Subject);

#[derive(Deserialize)]
struct Describing {
    configurations: Vec<Value>,
}

#[derive(Deserialize)]
struct Ruling {
    subjects: Vec<Subject>,
}

#[derive(Deserialize)]
struct Deciding {
    cases: Vec<Decided>,
}

#[derive(Deserialize)]
struct Decided {
    name: String,
    tally: Tally,
    outcomes: Vec<Outcome>,
}

#[derive(Deserialize)]
struct Classifying {
    topics: Vec<TopicText>,
}

#[derive(Deserialize)]
struct Assessing {
    kinds: Vec<CaseKind>,
    paths: Vec<Vec<Level>>,
    hours_late: Vec<u32>,
    earlier: Vec<u32>,
}

/// Runs the kit on a component that was admitted; subjects of its author's fixtures are asked about as well.
pub async fn run(bench: &Workbench, component: &Arc<[u8]>, own: &[Asked]) -> Result<Vec<Finding>> {
    let host = &bench.host;
    let describe = describe(bench, component).await?;
    let (rule, rules) = rule(host, component, own).await?;
    let decide = decide(host, component, &rules).await?;
    Ok(vec![describe, rule, decide, classify(host, component).await?, assess(host, component).await?])
}

async fn describe(bench: &Workbench, component: &Arc<[u8]>) -> Result<Finding> {
    let Describing { configurations } = kit(DESCRIBE)?;
    let mut faults = Vec::new();
    let first = bench.host.admit(component.to_vec()).await.map(|it| it.descriptor);
    let again = bench.again()?.admit(component.to_vec()).await.map(|it| it.descriptor);
    if first != again {
        faults.push("two calls describe it differently".into());
    }
    for config in &configurations {
        if let Err(failure) = bench.host.check_configuration(Arc::clone(component), config).await {
            faults.push(format!("{config} is not taken: {failure}; give each member a default"));
        }
    }
    Ok(Finding { function: "describe", asked: configurations.len() + 1, faults })
}

/// Asks for rules, and gives the sound ones, each once, with what they were asked under.
async fn rule(
    host: &Caller,
    component: &Arc<[u8]>,
    own: &[Asked],
) -> Result<(Finding, Vec<(String, Value, VotingRule)>)> {
    let Ruling { subjects } = kit(RULE)?;
    let both = |(config, subject): &Asked| {
        [Significance::General, Significance::Major]
            .map(|significance| (config.clone(), Subject { significance, ..subject.clone() }))
    };
    let all: Vec<_> = subjects.into_iter().map(|it| (json!({}), it)).chain(own.iter().flat_map(both)).collect();
    let (mut faults, mut rules) = (Vec::new(), Vec::<(String, Value, VotingRule)>::new());
    let mut answered = Vec::new();
    for (config, subject) in &all {
        let name = named(subject);
        let (trial, rule) = twice(&name, async || host.rule(Arc::clone(component), config, subject).await).await;
        match rule {
            Some(rule) => {
                let unsound = validate_rule(&rule).err().unwrap_or_default();
                faults.extend(unsound.iter().map(|error| format!("{name}: {error}")));
                answered.push(subject.significance);
                if unsound.is_empty() && !rules.iter().any(|(_, known, it)| (known, it) == (config, &rule)) {
                    rules.push((name, config.clone(), rule));
                }
            }
            None => faults.extend(fault(&trial, true)),
        }
    }
    for significance in [Significance::General, Significance::Major] {
        if !answered.contains(&significance) {
            let word = outputs::word(&significance);
            faults.push(format!("no subject of a {word} matter has a rule; name a fixture whose subject it knows"));
        }
    }
    Ok((Finding { function: "rule", asked: all.len(), faults }, rules))
}

async fn decide(host: &Caller, component: &Arc<[u8]>, rules: &[(String, Value, VotingRule)]) -> Result<Finding> {
    let Deciding { cases } = kit(DECIDE)?;
    let (mut faults, mut asked) = (Vec::new(), 0);
    for (subject, config, rule) in rules {
        let fits = |it: &&Decided| it.tally.standings.is_empty() == rule.selection.is_none();
        for Decided { name, tally, outcomes } in cases.iter().filter(fits) {
            asked += 1;
            let call = format!("{name}, under the rule for {subject}");
            let ask = async || host.verdict(Arc::clone(component), config, rule, tally).await;
            match twice(&call, ask).await {
                (_, Some(verdict)) if rule.custom.is_some() || outcomes.contains(&verdict.outcome) => {}
                // What passes in a round that is not the last goes to the next.
                (_, Some(verdict)) if verdict.outcome == Outcome::NextRound && outcomes.contains(&Outcome::Passed) => {}
                (_, Some(verdict)) => {
                    faults.push(format!("{call}: {} it must not be", outputs::word(&verdict.outcome)))
                }
                (trial, None) => faults.extend(fault(&trial, false)),
            }
        }
    }
    Ok(Finding { function: "decide", asked, faults })
}

async fn classify(host: &Caller, component: &Arc<[u8]>) -> Result<Finding> {
    let Classifying { topics } = kit(CLASSIFY)?;
    let (config, mut faults) = (json!({}), Vec::new());
    let (trial, categories) = twice("categories", async || host.categories(Arc::clone(component), &config).await).await;
    faults.extend(fault(&trial, false));
    let known: Vec<_> = categories.unwrap_or_default().into_iter().map(|it| it.code).collect();
    for topic in &topics {
        let call = format!("the topic `{}`", topic.title.chars().take(20).collect::<String>());
        let ask = async || answered(host.classify(Arc::clone(component), &config, topic).await);
        let (trial, scored) = twice(&call, ask).await;
        faults.extend(fault(&trial, false));
        let unknown = scored.unwrap_or_default().into_iter().map(|it| it.category).filter(|it| !known.contains(it));
        faults.extend(unknown.map(|it| format!("{call}: `{it}` is none of its categories")));
    }
    Ok(Finding { function: "classify", asked: topics.len() + 1, faults })
}

async fn assess(host: &Caller, component: &Arc<[u8]>) -> Result<Finding> {
    let kit: Assessing = kit(ASSESS)?;
    let (config, mut faults, mut asked) = (json!({}), Vec::new(), 0);
    for case in cases(&kit) {
        asked += 1;
        let call = format!(
            "{} at the level {}, {} h late, {} before",
            outputs::word(&case.kind),
            case.level.code(),
            case.hours_late,
            case.earlier
        );
        let ask = async || answered(host.assess(Arc::clone(component), &config, &case).await);
        let (trial, answer) = twice(&call, ask).await;
        faults.extend(fault(&trial, false));
        let raised = answer.is_some_and(|it| it.actions.contains(&Action::RaiseLevel));
        if raised && !case.path.iter().any(|level| *level < case.level) {
            faults.push(format!("{call}: it is raised, and there is no level above"));
        }
    }
    Ok(Finding { function: "assess", asked, faults })
}

/// Each kind at each level that a case can have reached on each path.
fn cases(kit: &Assessing) -> Vec<Case> {
    let mut cases = Vec::new();
    for (kind, path) in kit.kinds.iter().flat_map(|kind| kit.paths.iter().map(move |path| (*kind, path))) {
        for (level, hours_late, earlier) in path.iter().flat_map(|level| {
            let lateness = kit.hours_late.iter().zip(&kit.earlier);
            lateness.map(move |(hours_late, earlier)| (*level, *hours_late, *earlier))
        }) {
            let satisfaction_per_mille = (kind == CaseKind::Unsatisfied).then_some(250);
            cases.push(Case {
                stage: "executing".into(),
                kind,
                hours_late,
                level,
                earlier,
                path: path.clone(),
                satisfaction_per_mille,
            });
        }
    }
    cases
}

/// What is wrong with a call; nothing where it was answered, or refused where it may be.
fn fault(trial: &Trial, may_refuse: bool) -> Option<String> {
    let reason = trial.reason.as_ref()?;
    let allowed = may_refuse && trial.result == Came::Refused;
    (!allowed).then(|| format!("{}: {}: {}", trial.call, reason.code, reason.detail))
}

fn named(subject: &Subject) -> String {
    let Subject { significance, matter, electorate, eligible_heads, eligible_floor_area, .. } = subject;
    let mut name = format!("a {} matter of {}", outputs::word(significance), outputs::word(electorate));
    if let Some(matter) = matter {
        name.push_str(&format!(" ({matter})"));
    }
    name.push_str(&format!(", {eligible_heads} heads"));
    if let Some(area) = eligible_floor_area {
        name.push_str(&format!(", floor area {area}"));
    }
    name
}

fn kit<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).context("the conformance kit does not fit this program")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kit_fits_this_program_and_asks_about_every_kind_and_level() {
        kit::<Describing>(DESCRIBE).expect("describe.json");
        assert!(kit::<Ruling>(RULE).expect("rule.json").subjects.len() >= 12);
        assert!(kit::<Deciding>(DECIDE).expect("decide.json").cases.len() >= 12);
        assert!(kit::<Classifying>(CLASSIFY).expect("classify.json").topics.len() >= 6);
        let cases = cases(&kit(ASSESS).expect("assess.json"));
        assert_eq!(cases.len(), 4 * (4 + 3 + 2 + 1) * 3);
    }
}
