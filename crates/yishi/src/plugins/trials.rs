//! Trial calls of a rule set, each made twice: the same input must give the same answer for the same fuel.

use std::sync::Arc;

use serde::Serialize;
use serde_json::json;
use yishi_domain::{
    escalation::{Case, CaseKind, Level},
    topics::{Significance, TopicText},
    voting::{Count, Electorate, Measure, Subject, Tally},
};
use yishi_policy::{Answered, PolicyFailure};

use crate::{
    outputs::Reason,
    workbenches::{Workbench, patiently},
};

/// A call and what came of it.
#[derive(Debug, Serialize)]
pub struct Trial {
    /// The call.
    pub call: String,
    /// What came of it.
    pub result: Came,
    /// The fuel that it used, where it was answered.
    pub fuel: Option<u64>,
    /// The bytes of its answer in canonical form, where it was answered.
    pub output_bytes: Option<usize>,
    /// Why it was not.
    pub reason: Option<Reason>,
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Came {
    /// Both times the same answer for the same fuel.
    Answered,
    /// The standard rules answered: the rule set leaves this to them.
    Left,
    /// Both times refused alike: these rules have no answer to the trial's question, or need a configuration.
    Refused,
    /// Not an answer that the host can take.
    Broken,
    /// The second time came out otherwise.
    Differed,
}

/// Makes every kind of call, on the empty configuration.
pub async fn run(bench: &Workbench, component: &Arc<[u8]>) -> Vec<Trial> {
    let (host, config) = (&bench.host, json!({}));
    let own = || Arc::clone(component);
    let (categories, _) = twice("categories", async || host.categories(own(), &config).await).await;
    let topic = TopicText { title: "小区路灯不亮".into(), body: "The lamps by gate 3 are out.".into() };
    let (classify, _) = twice("classify", async || answered(host.classify(own(), &config, &topic).await)).await;
    let (assess, _) = twice("assess", async || answered(host.assess(own(), &config, &case()).await)).await;
    let mut trials = vec![categories, classify, assess];
    for (name, subject) in subjects() {
        let (trial, rule) = twice(&format!("rule, {name}"), async || host.rule(own(), &config, &subject).await).await;
        trials.push(trial);
        if let Some(rule) = rule {
            let decide = async || host.verdict(own(), &config, &rule, &tally()).await;
            trials.push(twice(&format!("decide, {name}"), decide).await.0);
        }
    }
    trials
}

/// Makes a call twice: what came of it, and the answer if both were the same.
pub async fn twice<T: PartialEq>(
    call: &str,
    ask: impl AsyncFn() -> Result<Answered<T>, PolicyFailure>,
) -> (Trial, Option<T>) {
    let (first, again) = (patiently(&ask).await, patiently(&ask).await);
    let mut trial =
        Trial { call: call.to_owned(), result: Came::Answered, fuel: None, output_bytes: None, reason: None };
    if first != again {
        let detail = "two calls on the same input came out differently".into();
        trial.result = Came::Differed;
        trial.reason = Some(Reason { code: "trial.differs", detail });
        return (trial, None);
    }
    match first {
        Ok(answer) => {
            match &answer.receipt {
                Some(receipt) => (trial.fuel, trial.output_bytes) = (Some(receipt.fuel), Some(receipt.output.len())),
                None => trial.result = Came::Left,
            }
            (trial, Some(answer.value))
        }
        Err(failure) => {
            trial.result = match &failure {
                // Whoever is refused must be told why, by a code and a sentence.
                PolicyFailure::Refused { code, message } if code.is_empty() || message.is_empty() => Came::Broken,
                PolicyFailure::Refused { .. } | PolicyFailure::Configuration(_) => Came::Refused,
                _ => Came::Broken,
            };
            trial.reason = Some(failure.into());
            (trial, None)
        }
    }
}

/// The rule set's own answer, or why the standard rules answered in its place.
pub fn answered<T>(answer: Answered<T>) -> Result<Answered<T>, PolicyFailure> {
    match answer.fallback {
        Some(failure) => Err(failure),
        None => Ok(answer),
    }
}

/// An ordinary matter, a major one, and one that the law names.
pub fn subjects() -> [(&'static str, Subject); 3] {
    let subject = |significance, matter: Option<&str>| Subject {
        significance,
        matter: matter.map(str::to_owned),
        electorate: Electorate::Owners,
        eligible_floor_area: Some(120_000),
        ..Subject::of("property", 12)
    };
    [
        ("general", subject(Significance::General, None)),
        ("major", subject(Significance::Major, None)),
        // Civil Code, article 278, item 4.
        ("property service", subject(Significance::Major, Some("property_service"))),
    ]
}

/// Three of four for it, by head and by area.
pub fn tally() -> Tally {
    let count = |measure, eligible, in_favour| Count { in_favour, against: 1, ..Count::of(measure, eligible) };
    Tally::of(vec![count(Measure::Heads, 12, 9), count(Measure::FloorArea, 120_000, 90_001)])
}

fn case() -> Case {
    Case {
        stage: "executing".into(),
        kind: CaseKind::Overdue,
        hours_late: 5,
        level: Level::Community,
        earlier: 0,
        path: vec![Level::Street, Level::District],
        satisfaction_per_mille: None,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// What comes of two calls, which answer one after the other.
    async fn came(answers: [Result<u32, PolicyFailure>; 2]) -> Came {
        let calls = Cell::new(0);
        let ask = async || {
            calls.set(calls.get() + 1);
            answers[calls.get() - 1].clone().map(Answered::standard)
        };
        twice("a call", ask).await.0.result
    }

    #[tokio::test]
    async fn two_calls_that_come_out_differently_are_no_answer() {
        let refused = || Err(PolicyFailure::Refused { code: "a".into(), message: "b".into() });
        let trap = || Err(PolicyFailure::Trap("unreachable".into()));
        assert_eq!(came([Ok(1), Ok(1)]).await, Came::Left);
        assert_eq!(came([Ok(1), Ok(2)]).await, Came::Differed);
        assert_eq!(came([Ok(1), refused()]).await, Came::Differed);
        assert_eq!(came([refused(), refused()]).await, Came::Refused);
        let unexplained = || Err(PolicyFailure::Refused { code: "a".into(), message: String::new() });
        assert_eq!(came([unexplained(), unexplained()]).await, Came::Broken);
        assert_eq!(came([trap(), trap()]).await, Came::Broken);
    }
}
