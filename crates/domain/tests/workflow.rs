//! The workflow under any sequence of steps: a case is always where the table says, and never comes back from its end.

use proptest::prelude::*;
use yishi_domain::{
    access::Role,
    workflow::{FINAL, MOVES, Stage, Step, after},
};

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(prop::sample::select(Step::ALL), 0..60)
}

/// The row of the table for a step from a stage.
fn row(stage: Stage, step: Step) -> Option<Stage> {
    MOVES.iter().find(|row| (row.0, row.1) == (stage, step)).map(|row| row.2)
}

/// Takes those steps that are not refused; tells the stages on the way.
fn walk(steps: &[Step]) -> Vec<(Option<Step>, Stage)> {
    let mut way = vec![(None, Stage::Submitted)];
    for step in steps {
        let (_, stage) = way[way.len() - 1];
        if let Ok(next) = after(stage, *step) {
            way.push((Some(*step), next));
        }
    }
    way
}

proptest! {
    #[test]
    fn each_step_is_a_row_of_the_table_or_is_refused_with_the_open_ones(steps in steps()) {
        let mut stage = Stage::Submitted;
        for step in steps {
            match (after(stage, step), row(stage, step)) {
                (Ok(next), Some(known)) => {
                    prop_assert_eq!(next, known);
                    stage = next;
                }
                (Err(refusal), None) => {
                    prop_assert_eq!(refusal.code, "topic.wrong_stage");
                    let fix = refusal.fix.expect("it says what is open");
                    let known = || MOVES.iter().filter(|row| row.0 == stage);
                    let open = || known().filter(|row| row.3.is_some());
                    prop_assert!(open().all(|row| fix.contains(row.1.code())), "{}", fix);
                    prop_assert_eq!(known().count() == 0, fix.ends_with("is final"));
                    prop_assert_eq!(known().count() > 0 && open().count() == 0, fix.ends_with("by itself"));
                }
                (taken, known) => prop_assert!(false, "{stage} by {step}: {taken:?} and {known:?}"),
            }
        }
    }

    #[test]
    fn whatever_is_carried_out_was_deliberated_and_passed_before(steps in steps()) {
        let way = walk(&steps);
        let last = |step| way.iter().rposition(|(taken, _)| *taken == Some(step));
        for (i, (taken, stage)) in way.iter().enumerate() {
            prop_assert!(!FINAL.contains(stage) || i + 1 == way.len(), "nothing follows {}", stage);
            let before = |step| way[..i].iter().any(|(earlier, _)| *earlier == Some(step));
            match taken {
                Some(Step::Announce) => prop_assert!(before(Step::FileMinutes)),
                Some(Step::Assign) => prop_assert!(before(Step::Pass) && before(Step::Announce)),
                Some(Step::Complete) => prop_assert!(before(Step::Assign)),
                Some(Step::Close) => prop_assert!(before(Step::Complete)),
                _ => {}
            }
        }
        if let Some(reopened) = last(Step::Reopen) {
            let since = &way[reopened + 1..];
            let first = |step| since.iter().position(|(taken, _)| *taken == Some(step));
            if let Some(announced) = first(Step::Announce) {
                prop_assert!(first(Step::FileMinutes).is_some_and(|minutes| minutes < announced), "deliberated anew");
            }
        }
    }
}

#[test]
fn no_case_is_stuck_a_role_or_the_service_can_bring_each_to_an_end() {
    for start in Stage::ALL.iter().filter(|stage| !FINAL.contains(stage)) {
        let mut reached = std::collections::HashSet::from([*start]);
        while MOVES.iter().any(|row| reached.contains(&row.0) && reached.insert(row.2)) {}
        assert!(reached.contains(&Stage::Closed) || reached.contains(&Stage::Withdrawn), "{start} leads to no end");
    }
    let coordinators = |stage| MOVES.iter().filter(move |row| row.0 == stage && row.3 == Some(Role::Coordinator));
    for stage in [Stage::Deliberating, Stage::Deliberated, Stage::NotAdopted] {
        assert!(coordinators(stage).any(|row| row.1 == Step::Convene), "a meeting can be convened from {stage}");
    }
}
