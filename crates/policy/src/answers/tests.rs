//! Answers that hold, and answers that do not.

use serde_json::json;
use yishi_domain::{escalation::CaseKind, standard};

use super::*;

fn wrong(checked: Checked) -> String {
    match checked.expect_err("a wrong answer") {
        PolicyFailure::Output { field, text } => format!("{field}: {text}"),
        other => other.to_string(),
    }
}

fn case() -> Case {
    Case {
        stage: "executing".into(),
        kind: CaseKind::Overdue,
        hours_late: 5,
        level: Level::Community,
        earlier: 0,
        path: vec![Level::Street],
        satisfaction_per_mille: None,
    }
}

#[test]
fn the_standard_categories_pass_and_broken_trees_do_not() {
    let mut all = standard::categories();
    assert_eq!(categories(&all), Ok(()));
    all[0].parent = Some("nowhere".into());
    assert!(wrong(categories(&all)).contains("which is none"));
    all[0].parent = Some(all[1].code.clone());
    assert_eq!(categories(&all), Ok(()));
    all[1].parent = Some(all[0].code.clone());
    assert!(wrong(categories(&all)).starts_with("categories[0].parent"));
    all[1].code = all[0].code.clone();
    assert!(wrong(categories(&all)).starts_with("categories[1].code"));
}

#[test]
fn actions_have_times_names_and_levels_that_the_case_can_come_to() {
    let one = |action| answer(&Answer { actions: vec![action], ask_again_hours: Some(1) }, &case());
    assert_eq!(one(Action::Whistle { departments: vec!["城管局".into()], hours: 48 }), Ok(()));
    assert!(one(Action::Whistle { departments: vec![], hours: 48 }).is_err());
    assert!(one(Action::SetDeadline { hours: 0 }).is_err());
    assert!(one(Action::SetDeadline { hours: u32::MAX }).is_err());
    let notify = |level| one(Action::Notify { role: "supervisor".into(), level });
    assert_eq!([Level::Community, Level::Street, Level::City].map(notify), [Ok(()), Ok(()), Ok(())]);
    assert!(wrong(notify(Level::Province)).starts_with("actions[0].level"));
    let many = Answer { actions: vec![Action::MarkPublic; ENTRIES + 1], ask_again_hours: None };
    assert!(answer(&many, &case()).is_err());
    assert!(answer(&Answer { actions: vec![], ask_again_hours: Some(0) }, &case()).is_err());
    assert_eq!(answer(&standard::assess(&case()), &case()), Ok(()));
}

#[test]
fn scores_are_few_ordered_and_of_a_thousand() {
    let of = |scores: &[(&str, u32)]| {
        let all: Vec<_> = scores.iter().map(|(code, n)| Scored { category: (*code).into(), per_mille: *n }).collect();
        scored(&all, &HashSet::from(["a", "b", "c"])).is_ok()
    };
    assert!(of(&[("a", 1_000), ("b", 5), ("c", 5)]));
    assert!(!of(&[("a", 5), ("b", 6)]) && !of(&[("a", 1_001)]) && !of(&[("a", 5), ("a", 5)]) && !of(&[("d", 5)]));
}

#[test]
fn a_version_is_semantic() {
    let of = |version: &str| {
        let described = Descriptor {
            name: "a".into(),
            version: version.into(),
            locales: vec![],
            configuration_schema: "{}".into(),
            interfaces: vec![],
            laws: vec![],
        };
        descriptor(&described, &[]).is_ok()
    };
    assert!(of("1.0.0") && of("1.2.3-rc.1+5"));
    assert!(!of("1.0") && !of("a.b.c") && !of("1.0.0\0") && !of("1.0.0 x") && !of(""));
}

#[test]
fn the_character_zero_is_found_at_any_depth_and_its_written_form_is_not_mistaken_for_it() {
    assert_eq!(storable(&json!({"a": ["\\u0000"]})), Ok(()));
    assert!(storable(&json!({"a": [{"b": "x\0"}]})).is_err());
}
