//! Fixtures: what a rule set is given and what must come of it, as its author writes them down.
//!
//! The author's tests read them natively, and `yishi plugin test` puts them to the component.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    escalation::{Answer, Case},
    topics::{Scored, TopicText},
    voting::{Outcome, Subject, Tally, Verdict},
};

/// A fixture.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Fixture {
    /// What it shows.
    pub name: String,
    /// The configuration.
    pub config: Value,
    /// What is asked, and what must come of it.
    pub call: Call,
}

/// What is asked, and what must come of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// The rule for a subject.
    Rule(Subject, Refusal),
    /// The rule for a subject, and its verdict on a tally.
    Decide(Subject, Tally, Decided),
    /// The categories of a topic, the best first.
    Classify(TopicText, Vec<String>),
    /// What to do about a case.
    Assess(Case, Answer),
}

/// The code with which a rule set must refuse.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The code.
    pub refused: String,
}

/// The verdict that must come out.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// What becomes of the ballot.
    pub outcome: Outcome,
    /// Whether each check holds, in the rule's order.
    pub holds: Vec<bool>,
    /// The options that are chosen.
    #[serde(default)]
    pub winners: Vec<String>,
}

/// A fixture as it is written: `call` says which of the others are there; without it the call is `decide`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    config: Value,
    #[serde(default = "decide")]
    call: String,
    subject: Option<Subject>,
    tally: Option<Tally>,
    topic: Option<TopicText>,
    case: Option<Case>,
    expected: Value,
}

fn decide() -> String {
    "decide".into()
}

impl TryFrom<Written> for Fixture {
    type Error = String;

    fn try_from(it: Written) -> Result<Self, String> {
        fn expected<T: for<'a> Deserialize<'a>>(value: Value) -> Result<T, String> {
            T::deserialize(value).map_err(|error| format!("expected: {error}"))
        }
        let Written { name, config, call, subject, tally, topic, case, expected: value } = it;
        let call = match (call.as_str(), subject, tally, topic, case) {
            ("rule", Some(subject), None, None, None) => Call::Rule(subject, expected(value)?),
            ("decide", Some(subject), Some(tally), None, None) => Call::Decide(subject, tally, expected(value)?),
            ("classify", None, None, Some(topic), None) => Call::Classify(topic, expected(value)?),
            ("assess", None, None, None, Some(case)) => Call::Assess(case, expected(value)?),
            (call, ..) => {
                let known =
                    "`rule` takes `subject`, `decide` `subject` and `tally`, `classify` `topic`, `assess` `case`";
                return Err(format!("the call `{call}` does not go with what is given: {known}"));
            }
        };
        Ok(Self { name, config, call })
    }
}

impl Decided {
    /// Each place where a verdict is not the expected one, with the figures that it came to.
    pub fn differences(&self, verdict: &Verdict) -> Vec<String> {
        let mut lines = differences("outcome", &self.outcome, &verdict.outcome);
        lines.extend(differences("winners", &self.winners, &verdict.winners));
        let word = |holds: &bool| if *holds { "holds" } else { "fails" };
        for i in 0..self.holds.len().max(verdict.checks.len()) {
            match (self.holds.get(i), verdict.checks.get(i)) {
                (Some(expected), Some(check)) if *expected == check.holds => {}
                (expected, Some(check)) => lines.push(format!(
                    "check {} ({}): expected {}, found {} with {}",
                    i + 1,
                    check.code,
                    expected.map_or("no such check", word),
                    word(&check.holds),
                    check.figures()
                )),
                (expected, None) => {
                    lines.push(format!("check {}: expected {}, found no such check", i + 1, expected.map_or("", word)));
                }
            }
        }
        lines
    }
}

/// Where proposed categories are not the expected ones.
pub fn differences_of_categories(expected: &[String], found: &[Scored]) -> Vec<String> {
    let found: Vec<_> = found.iter().map(|it| it.category.clone()).collect();
    differences("categories", &expected, &found.as_slice())
}

/// Where an answer to a case is not the expected one.
pub fn differences_of_answer(expected: &Answer, found: &Answer) -> Vec<String> {
    let mut lines = differences("ask_again_hours", &expected.ask_again_hours, &found.ask_again_hours);
    for i in 0..expected.actions.len().max(found.actions.len()) {
        let (expected, found) = (expected.actions.get(i), found.actions.get(i));
        lines.extend(differences(&format!("action {}", i + 1), &expected, &found));
    }
    lines
}

fn differences<T: PartialEq + Serialize>(what: &str, expected: &T, found: &T) -> Vec<String> {
    let text = |value: &T| match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        Ok(Value::Null) | Err(_) => "nothing".into(),
        Ok(other) => other.to_string(),
    };
    match expected == found {
        true => Vec::new(),
        false => vec![format!("{what}: expected {}, found {}", text(expected), text(found))],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;
    use crate::{
        escalation::Action,
        voting::{Check, Fraction},
    };

    fn verdict(holds: &[bool]) -> Verdict {
        let check = |holds: &bool| Check {
            code: "majority".into(),
            counted: 5,
            of: 10,
            at_least: Fraction::new(1, 2),
            strict: true,
            holds: *holds,
        };
        let checks = holds.iter().map(check).collect();
        Verdict { outcome: Outcome::Failed, checks, winners: vec!["a".into()], reasons: Vec::new() }
    }

    #[test]
    fn every_difference_of_a_verdict_is_shown_with_its_figures() {
        let differences = |outcome, holds: &[bool], winners: &[&str], found: &[bool]| {
            let winners = winners.iter().map(|it| (*it).to_owned()).collect();
            Decided { outcome, holds: holds.to_vec(), winners }.differences(&verdict(found))
        };
        assert_eq!(differences(Outcome::Failed, &[true, false], &["a"], &[true, false]), [""; 0]);
        assert_eq!(
            differences(Outcome::Passed, &[true, true], &["b"], &[true, false]),
            [
                "outcome: expected passed, found failed",
                r#"winners: expected ["b"], found ["a"]"#,
                "check 2 (majority): expected holds, found fails with 5 of 10, more than 1/2"
            ]
        );
        assert_eq!(
            differences(Outcome::Failed, &[true], &["a"], &[true, true]),
            ["check 2 (majority): expected no such check, found holds with 5 of 10, more than 1/2"]
        );
        assert_eq!(
            differences(Outcome::Failed, &[true, false], &["a"], &[true]),
            ["check 2: expected fails, found no such check"]
        );
    }

    #[test]
    fn every_difference_of_an_answer_is_shown_action_by_action() {
        let answer = |actions: &[Action]| Answer { actions: actions.to_vec(), ask_again_hours: None };
        let expected = answer(&[Action::RaiseLevel, Action::SetDeadline { hours: 24 }]);
        assert_eq!(differences_of_answer(&expected, &expected), [""; 0]);
        assert_eq!(
            differences_of_answer(&expected, &answer(&[Action::RaiseLevel])),
            [r#"action 2: expected {"action":"set_deadline","hours":24}, found nothing"#]
        );
    }

    #[test]
    fn what_is_given_goes_with_the_call() {
        let read = |call: &str, member: &str, value: Value| {
            from_value::<Fixture>(
                json!({"name": "n", "config": {}, "call": call, member: value, "expected": ["other"]}),
            )
        };
        let topic = json!({"title": "小区路灯不亮", "body": ""});
        assert!(matches!(read("classify", "topic", topic.clone()).expect("sound").call, Call::Classify(..)));
        let error = read("assess", "topic", topic.clone()).expect_err("no case").to_string();
        assert!(error.contains("`assess` does not go with what is given"), "{error}");
        let error = read("classify", "subject", topic).expect_err("no subject").to_string();
        assert!(error.contains("subject") || error.contains("field"), "{error}");
    }
}
