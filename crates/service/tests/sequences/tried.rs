//! What became of the tries of all sequences, so that a test whose tries are all refused does not pass.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use yishi_service::failures::Failure;

use crate::{cases::Try, talks::Talk};

/// So many sequences get through with every act at least once.
const ENOUGH: u32 = 3_000;

/// What became of the tries of each act.
#[derive(Default)]
pub struct Tried(Mutex<BTreeMap<String, Tally>>);

/// How many tries of an act were done, and how many refused by each code.
#[derive(Default)]
struct Tally {
    done: u64,
    refused: BTreeMap<&'static str, u64>,
}

impl Tried {
    pub fn note(&self, what: Try, done: &Result<(), Failure>) {
        let name = match what {
            // Whatever is answered, thought or follows, is the same act.
            Try::Talk(Talk::Reply(_)) => "Reply".to_owned(),
            Try::CloseFinding(_) => "CloseFinding".to_owned(),
            Try::Talk(Talk::EnterStances(_)) => "EnterStances".to_owned(),
            Try::Talk(Talk::Take(_)) => "Take".to_owned(),
            Try::Talk(Talk::State(_)) => "State".to_owned(),
            Try::Talk(talk) => format!("{talk:?}"),
            Try::Book(book) => format!("{book:?} in the books"),
            Try::Office(office) => format!("{office:?}"),
            Try::Change(change) => format!("{change:?}"),
            Try::Outside(outside) => format!("{outside:?} from outside"),
            // A sort of ballot is an act of its own.
            Try::Poll(poll) => format!("{poll:?}"),
            other => format!("{other:?}"),
        };
        // Either way of a decision is another act; any amount is the same.
        let name: String = name.chars().filter(|it| !it.is_ascii_digit()).collect::<String>().replace("()", "");
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = known.entry(name).or_default();
        match done {
            Ok(()) => tally.done += 1,
            Err(Failure::Refused(refusal)) => *tally.refused.entry(refusal.code).or_default() += 1,
            Err(Failure::Faults(all)) => {
                all.first().into_iter().for_each(|it| *tally.refused.entry(it.code).or_default() += 1);
            }
            Err(_) => {}
        }
    }

    /// Prints them; of enough sequences, each act was done in one.
    pub fn show(&self, sequences: u32) {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, Tally { done, refused }) in known.iter() {
            println!("{name}: done {done}, refused {} {refused:?}", refused.values().sum::<u64>());
        }
        let never: Vec<_> = known.iter().filter(|it| it.1.done == 0 && it.0 != "Stranger").map(|it| it.0).collect();
        assert!(sequences < ENOUGH || never.is_empty(), "never done: {never:?}");
    }
}
