//! The rule of a ballot, its tally, and the exact evaluation of one by the other.
//!
//! Everything is an integer. Fractions are compared by cross-multiplication in 128 bits, so no rounding can decide a ballot.

mod choices;
mod evaluation;
mod rules;
mod selections;
mod soundness;
mod tallies;

#[cfg(feature = "cases")]
pub mod contests;

pub use choices::{Choice, ChoiceError, admit, dissents};
pub use evaluation::{evaluate, reaches};
pub use rules::{
    ChoiceOption, Condition, ConditionKind, Counted, Electorate, Extension, Fraction, Measure, Method, Of, Round,
    Secrecy, Subject, VotingRule,
};
pub use selections::{Completion, EqualShares, Procedure, Selection, Tie, Utility};
pub use soundness::{RuleError, validate_rule};
pub use tallies::{Check, Count, Outcome, Profile, Standing, Tally, Verdict};

/// The largest integer that every JSON reader holds exactly, 2^53 - 1 (RFC 8259, section 6).
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Finds a number that is not an integer within [`MAX_INTEGER`]: RFC 8785 writes numbers as binary floating point, where larger ones merge.
pub fn inexact_number(value: &serde_json::Value) -> Option<&serde_json::Number> {
    use serde_json::Value;
    match value {
        Value::Number(number) => {
            let exact = number.as_i64().is_some_and(|it| it.unsigned_abs() <= MAX_INTEGER);
            (!exact).then_some(number)
        }
        Value::Array(items) => items.iter().find_map(inexact_number),
        Value::Object(members) => members.values().find_map(inexact_number),
        Value::Null | Value::Bool(_) | Value::String(_) => None,
    }
}

#[cfg(test)]
mod tests;
