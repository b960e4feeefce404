//! What a rule set may answer: ranges, references and sizes. The types alone allow more than the host can keep or do.

use std::collections::HashMap;

use serde_json::Value;
use yishi_domain::{
    LocalText,
    describe::Descriptor,
    escalation::{Action, Answer},
    topics::{Category, Scored},
    voting::{Condition, Measure, Subject, VotingRule},
};

use crate::PolicyFailure;

/// Entries of a list.
const ENTRIES: usize = 1_000;

/// Actions of an answer, and departments of a call.
const ACTIONS: usize = 32;

/// Categories proposed for a topic.
const PROPOSALS: usize = 32;

/// The longest time that may be asked for.
const YEAR_HOURS: u32 = 366 * 24;

/// A description names its rule set, its version and interfaces that there are.
pub fn descriptor(it: &Descriptor) -> Result<(), PolicyFailure> {
    code(&it.name)?;
    let version: Vec<_> = it.version.split('.').collect();
    ensure(version.len() >= 3 && it.version.len() <= 64, || format!("`{}` is not a semantic version", it.version))?;
    let known = ["topics", "voting", "escalation"];
    match it.interfaces.iter().find(|name| !known.contains(&name.as_str())) {
        Some(name) => fail(format!("there is no interface `{name}`")),
        None => Ok(()),
    }
}

/// A rule counts only what the roll states.
pub fn rule(it: &VotingRule, subject: &Subject) -> Result<(), PolicyFailure> {
    let areas = |condition: &&Condition| condition.measure == Measure::FloorArea;
    ensure(it.conditions.len() <= ACTIONS, || format!("{} conditions; {ACTIONS} are allowed", it.conditions.len()))?;
    match it.conditions.iter().find(areas) {
        Some(condition) if subject.eligible_floor_area.is_none() => {
            fail(format!("condition `{}` counts floor area, which the roll does not state", condition.code))
        }
        _ => Ok(()),
    }
}

/// Categories have codes of their own, names, and parents that are there and above them.
pub fn categories(all: &[Category]) -> Result<(), PolicyFailure> {
    ensure(all.len() <= ENTRIES, || format!("{} categories; {ENTRIES} are allowed", all.len()))?;
    let parents: HashMap<_, _> = all.iter().map(|it| (it.code.as_str(), it.parent.as_deref())).collect();
    ensure(parents.len() == all.len(), || "two categories have the same code".into())?;
    for category in all {
        code(&category.code)?;
        ensure(!category.labels.is_empty(), || format!("category `{}` has no name", category.code))?;
        labels(&category.labels)?;
        for limit in &category.stage_hours {
            hours(limit.hours)?;
        }
        let (mut above, mut steps) = (category.parent.as_deref(), 0);
        while let Some(parent) = above {
            let next = parents.get(parent);
            ensure(next.is_some(), || format!("category `{}` lies under `{parent}`, which is none", category.code))?;
            steps += 1;
            ensure(steps <= all.len(), || format!("category `{}` lies under itself", category.code))?;
            above = next.copied().flatten();
        }
    }
    Ok(())
}

/// Proposals are few, with scores of at most a thousand, best first.
pub fn scored(all: &[Scored]) -> Result<(), PolicyFailure> {
    ensure(all.len() <= PROPOSALS, || format!("{} proposals; {PROPOSALS} are allowed", all.len()))?;
    for proposal in all {
        code(&proposal.category)?;
        ensure(proposal.per_mille <= 1_000, || format!("a score of {}; 1000 is the most", proposal.per_mille))?;
    }
    ensure(all.is_sorted_by_key(|it| std::cmp::Reverse(it.per_mille)), || "proposals come best first".into())
}

/// Actions are few, and their times are between an hour and a year.
pub fn answer(it: &Answer) -> Result<(), PolicyFailure> {
    ensure(it.actions.len() <= ACTIONS, || format!("{} actions; {ACTIONS} are allowed", it.actions.len()))?;
    for action in &it.actions {
        match action {
            Action::Notify { role, .. } => code(role)?,
            Action::Whistle { departments, hours: answer_in } => {
                let fits = (1..=ACTIONS).contains(&departments.len()) && departments.iter().all(|it| !it.is_empty());
                ensure(fits, || format!("a call names 1 to {ACTIONS} departments"))?;
                hours(*answer_in)?;
            }
            Action::SetDeadline { hours: from_now } => hours(*from_now)?,
            Action::OpenFinding { text } => ensure(!text.is_empty(), || "a finding says nothing".into())?,
            Action::RaiseLevel | Action::ReopenDeliberation | Action::MarkPublic | Action::Other { .. } => {}
        }
    }
    it.ask_again_hours.map_or(Ok(()), hours)
}

/// No text holds the character zero, which the database cannot keep.
pub fn storable(value: &Value) -> Result<(), PolicyFailure> {
    let sound = match value {
        Value::String(text) => !text.contains('\0'),
        Value::Array(items) => return items.iter().try_for_each(storable),
        Value::Object(members) => return members.values().try_for_each(storable),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    };
    ensure(sound, || "a text holds the character zero".into())
}

fn labels(all: &[LocalText]) -> Result<(), PolicyFailure> {
    ensure(all.iter().all(|it| !it.locale.is_empty() && !it.text.is_empty()), || "a name is empty".into())
}

fn code(text: &str) -> Result<(), PolicyFailure> {
    let sound = text.chars().all(|it| it.is_ascii_alphanumeric() || "-_.".contains(it));
    ensure((1..=100).contains(&text.len()) && sound, || format!("`{text}` is not a code: letters, digits, `-_.`"))
}

fn hours(hours: u32) -> Result<(), PolicyFailure> {
    ensure((1..=YEAR_HOURS).contains(&hours), || format!("{hours} hours; 1 to {YEAR_HOURS} are allowed"))
}

fn ensure(holds: bool, text: impl FnOnce() -> String) -> Result<(), PolicyFailure> {
    if holds { Ok(()) } else { fail(text()) }
}

fn fail(text: String) -> Result<(), PolicyFailure> {
    Err(PolicyFailure::Output(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use yishi_domain::standard;

    use super::*;

    #[test]
    fn the_standard_categories_pass_and_broken_trees_do_not() {
        let mut all = standard::categories();
        assert_eq!(categories(&all), Ok(()));
        let wrong = |all: &[Category]| categories(all).expect_err("a broken tree").to_string();
        all[0].parent = Some("nowhere".into());
        assert!(wrong(&all).contains("which is none"));
        all[0].parent = Some(all[1].code.clone());
        assert_eq!(categories(&all), Ok(()));
        all[1].parent = Some(all[0].code.clone());
        assert!(wrong(&all).contains("under itself"));
        all[1].code = all[0].code.clone();
        assert!(wrong(&all).contains("same code"));
    }

    #[test]
    fn actions_have_times_and_names() {
        let one = |action| answer(&Answer { actions: vec![action], ask_again_hours: Some(1) });
        assert_eq!(one(Action::Whistle { departments: vec!["城管局".into()], hours: 48 }), Ok(()));
        assert!(one(Action::Whistle { departments: vec![], hours: 48 }).is_err());
        assert!(one(Action::SetDeadline { hours: 0 }).is_err());
        assert!(one(Action::SetDeadline { hours: u32::MAX }).is_err());
        assert!(answer(&Answer { actions: vec![Action::MarkPublic; ACTIONS + 1], ask_again_hours: None }).is_err());
        assert!(answer(&Answer { actions: vec![], ask_again_hours: Some(0) }).is_err());
    }

    #[test]
    fn scores_are_few_ordered_and_of_a_thousand() {
        let of = |scores: &[u32]| {
            let all: Vec<_> = scores.iter().map(|it| Scored { category: "other".into(), per_mille: *it }).collect();
            scored(&all).is_ok()
        };
        assert!(of(&[1_000, 5, 5]));
        assert!(!of(&[5, 6]) && !of(&[1_001]) && !of(&[0; PROPOSALS + 1]));
    }

    #[test]
    fn the_character_zero_is_found_at_any_depth_and_its_written_form_is_not_mistaken_for_it() {
        assert_eq!(storable(&json!({"a": ["\\u0000"]})), Ok(()));
        assert!(storable(&json!({"a": [{"b": "x\0"}]})).is_err());
    }
}
