//! State machines as tables: which step leads from which state to which, and whose it is.
//!
//! What is not in a table is refused, and the diagrams of the documentation are made from the tables.

use std::fmt::Display;

use crate::{Refusal, access::Role};

/// A move: from a state, by a step, to a state, done by a role (`None`: by the service itself).
#[derive(Debug)]
pub struct Move<S, T>(pub S, pub T, pub S, pub Option<Role>);

/// The state after a step; a refusal under a code names the steps that somebody can take from there.
pub fn after<S, T>(moves: &[Move<S, T>], code: &'static str, state: S, step: T) -> Result<S, Refusal>
where
    S: Copy + PartialEq + Display,
    T: Copy + PartialEq + Display,
{
    moves.iter().find(|row| row.0 == state && row.1 == step).map(|row| row.2).ok_or_else(|| {
        let refusal = Refusal::conflict(code, format!("what is {state} cannot take the step {step}"));
        // What the service does by itself is no way out for whoever asks.
        let open: Vec<_> = moves.iter().filter(|row| row.0 == state && row.3.is_some()).collect();
        let open: Vec<_> = open.iter().map(|row| row.1.to_string()).collect();
        refusal.with_fix(match open.is_empty() {
            true if is_final(moves, state) => format!("{state} is final"),
            true => format!("from {state} the service goes on by itself"),
            false => format!("from {state} these steps are open: {}", open.join(", ")),
        })
    })
}

/// Tells whether nothing leads on from a state.
pub fn is_final<S: PartialEq, T>(moves: &[Move<S, T>], state: S) -> bool {
    moves.iter().all(|row| row.0 != state)
}

/// A table as a Mermaid state diagram, for the docs: from its first state on, in the table's order.
pub fn diagram<S, T>(states: &[S], moves: &[Move<S, T>]) -> String
where
    S: Copy + PartialEq + Display,
    T: Copy + Display,
{
    let mut text = String::from("stateDiagram-v2\n");
    if let Some(first) = states.first() {
        text.push_str(&format!("    [*] --> {first}\n"));
    }
    for Move(from, step, to, role) in moves {
        let by = role.map_or("the service", Role::code);
        text.push_str(&format!("    {from} --> {to}: {step} ({by})\n"));
    }
    for state in states.iter().filter(|state| is_final(moves, **state)) {
        text.push_str(&format!("    {state} --> [*]\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::{calls, findings, items, workflow};

    fn sound<S, T>(name: &str, states: &[S], steps: &[T], moves: &[Move<S, T>])
    where
        S: Copy + Eq + std::hash::Hash + Display,
        T: Copy + Eq + std::hash::Hash + Display,
    {
        let mut seen = HashSet::new();
        for Move(from, step, ..) in moves {
            assert!(seen.insert((*from, *step)), "{name}: {from} has two moves by {step}");
        }
        let mut reached = HashSet::from([states[0]]);
        while moves.iter().any(|row| reached.contains(&row.0) && reached.insert(row.2)) {}
        assert_eq!(reached.len(), states.len(), "{name}: every state is reached");
        assert!(steps.iter().all(|step| moves.iter().any(|row| row.1 == *step)), "{name}: every step is used");
        assert!(states.iter().any(|state| is_final(moves, *state)), "{name}: it comes to an end");
        let docs = include_str!("../../../ARCHITECTURE.md");
        let diagram = diagram(states, moves);
        assert!(docs.contains(&format!("```mermaid\n{diagram}```")), "{name}: ARCHITECTURE.md lacks:\n{diagram}");
    }

    #[test]
    fn every_table_is_a_function_reaches_all_its_states_and_stands_in_the_docs() {
        sound("the case", workflow::Stage::ALL, workflow::Step::ALL, workflow::MOVES);
        sound("action items", items::ItemState::ALL, items::ItemStep::ALL, items::MOVES);
        sound("calls", calls::CallState::ALL, calls::CallStep::ALL, calls::MOVES);
        sound("findings", findings::FindingState::ALL, findings::FindingStep::ALL, findings::MOVES);
    }

    #[test]
    fn a_refusal_names_the_steps_that_somebody_can_take() {
        let refusal = items::after(items::ItemState::Offered, items::ItemStep::Complete).expect_err("it is offered");
        assert_eq!(refusal.code, "item.wrong_state");
        assert_eq!(refusal.fix.as_deref(), Some("from offered these steps are open: take_over, decline"));
        let refusal = items::after(items::ItemState::Done, items::ItemStep::Report).expect_err("it is done");
        assert_eq!(refusal.fix.as_deref(), Some("done is final"));
    }
}
