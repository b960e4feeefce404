//! Trials of rules that are not in force: what a candidate would have decided, beside what was decided.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    voting::{Check, Measure, Method, Outcome, Tally, VotingRule},
    workflow::coded,
};

coded! {
    /// How an answer of a candidate stands beside the one of the rules in force.
    Comparison {
        /// It comes to the same.
        Same = "same",
        /// It comes to something else.
        Flipped = "flipped",
        /// The two cannot be compared: method, roll or weights would have differed, or the candidate gave no answer.
        NotComparable = "not_comparable",
    }
}

/// A comparison, and why it is not [`Comparison::Same`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// How the two stand.
    pub comparison: Comparison,
    /// Why, where they are not the same.
    pub why: Option<String>,
}

impl Compared {
    /// The two come to the same.
    pub const SAME: Self = Self { comparison: Comparison::Same, why: None };

    /// The two come to different things.
    pub fn flipped(why: impl Into<String>) -> Self {
        Self { comparison: Comparison::Flipped, why: Some(why.into()) }
    }

    /// The two cannot be compared.
    pub fn not_comparable(why: impl Into<String>) -> Self {
        Self { comparison: Comparison::NotComparable, why: Some(why.into()) }
    }
}

/// Says why a tally that was taken under one rule cannot be decided by another; nothing where it can.
pub fn incomparable(decided: &VotingRule, candidate: &VotingRule, tally: &Tally) -> Option<String> {
    if decided.method != candidate.method {
        let (was, would): (Method, Method) = (decided.method, candidate.method);
        return Some(format!("the votes were cast by {was:?}, and would have been by {would:?}"));
    }
    if decided.selection != candidate.selection {
        return Some("the options would have been chosen by another procedure".into());
    }
    let counted = |measure: Measure| tally.counts.iter().any(|count| count.measure == measure);
    let missing = candidate.conditions.iter().find(|condition| !counted(condition.measure))?;
    Some(format!("condition `{}` counts {:?}, which the roll did not state", missing.code, missing.measure))
}

/// Compares two outcomes, and names the conditions that make the difference.
pub fn compare(decided: Outcome, candidate: Outcome, checks: &[Check]) -> Compared {
    if decided == candidate {
        return Compared::SAME;
    }
    let failing: Vec<_> = checks.iter().filter(|check| !check.holds).map(figures).collect();
    let why = match failing.is_empty() {
        true => checks.iter().map(figures).collect::<Vec<_>>().join("; "),
        false => failing.join("; "),
    };
    Compared::flipped(format!("{decided:?} would have been {candidate:?}: {why}"))
}

fn figures(check: &Check) -> String {
    format!("{}: {} needed", check.code, check.figures())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        standard,
        voting::{Count, Fraction, Subject, evaluate},
    };

    fn rule() -> VotingRule {
        standard::rule(&Subject::of("other", 10))
    }

    #[test]
    fn a_flipped_decision_names_the_condition_that_flips_it() {
        let tally = Tally::of(vec![Count { in_favour: 6, against: 4, ..Count::of(Measure::Heads, 10) }]);
        let mut stricter = rule();
        stricter.conditions[1].at_least = Fraction::new(2, 3);
        assert_eq!(incomparable(&rule(), &stricter, &tally), None);
        let verdict = evaluate(&stricter, &tally).expect("sound");
        let compared = compare(Outcome::Passed, verdict.outcome, &verdict.checks);
        assert_eq!(compared.comparison, Comparison::Flipped);
        let why = compared.why.expect("why");
        assert!(why.contains("majority_heads: 6 of 10, more than 2/3"), "{why}");
        assert_eq!(compare(Outcome::Passed, Outcome::Passed, &verdict.checks), Compared::SAME);
    }

    #[test]
    fn what_the_roll_did_not_state_cannot_be_compared() {
        let tally = Tally::of(vec![Count { in_favour: 1, ..Count::of(Measure::Heads, 1) }]);
        let mut areas = rule();
        areas.conditions[0].measure = Measure::FloorArea;
        assert!(incomparable(&rule(), &areas, &tally).expect("why").contains("quorum_heads"));
    }
}
