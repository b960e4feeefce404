//! A rule evaluated on a tally.

use crate::voting::{
    Check, Condition, ConditionKind, Count, Counted, Fraction, MAX_INTEGER, Measure, Of, Outcome, RuleError, Tally,
    Verdict, VotingRule,
};

/// Evaluates a rule on a tally: a missing quorum makes the vote invalid, a missing majority makes the proposal fail, and so does a choice in
/// which nothing is chosen.
///
/// Every condition is answered, also after one that does not hold. The denominator zero holds nothing. Reasons are left empty.
pub fn evaluate(rule: &VotingRule, tally: &Tally) -> Result<Verdict, RuleError> {
    validate_tally(tally)?;
    let (mut valid, mut passes) = (true, true);
    let mut checks = Vec::with_capacity(rule.conditions.len());
    for condition in &rule.conditions {
        if condition.at_least.denominator == 0 {
            return Err(RuleError::BadFraction(condition.code.clone()));
        }
        let check = check(condition, count_of(tally, condition.measure)?, tally);
        match condition.kind {
            ConditionKind::Quorum => valid &= check.holds,
            ConditionKind::Majority => passes &= check.holds,
            // What does not reach it was not chosen.
            ConditionKind::Threshold => {}
        }
        checks.push(check);
    }
    passes &= rule.selection.is_none() || tally.standings.iter().any(|it| it.chosen);
    let outcome = match (valid, passes) {
        (false, _) => Outcome::NoQuorum,
        (true, false) => Outcome::Failed,
        (true, true) if rule.next_round().is_some() => Outcome::NextRound,
        (true, true) => Outcome::Passed,
    };
    let chosen = tally.standings.iter().filter(|it| valid && passes && it.chosen);
    Ok(Verdict { outcome, checks, winners: chosen.map(|it| it.code.clone()).collect(), reasons: Vec::new() })
}

/// Tells whether a share reaches a fraction, exactly.
pub fn reaches(counted: u64, of: u64, at_least: Fraction, strict: bool) -> bool {
    let left = u128::from(counted) * u128::from(at_least.denominator);
    let right = u128::from(of) * u128::from(at_least.numerator);
    of > 0 && if strict { left > right } else { left >= right }
}

/// What a condition's share is of.
pub(super) const fn whole(of: Of, count: &Count) -> u64 {
    match of {
        Of::Eligible => count.eligible,
        Of::Participating => count.participating(),
        Of::Valid => count.valid(),
        Of::ForAndAgainst => count.in_favour + count.against,
    }
}

fn check(condition: &Condition, count: &Count, tally: &Tally) -> Check {
    let counted = match (condition.kind, condition.counted) {
        (ConditionKind::Threshold, _) => tally.standings.iter().map(|it| it.support).max().unwrap_or(0),
        (_, Counted::Participating) => count.participating(),
        (_, Counted::InFavour) => count.in_favour,
    };
    let of = whole(condition.of, count);
    Check {
        code: condition.code.clone(),
        counted,
        of,
        at_least: condition.at_least,
        strict: condition.strict,
        holds: reaches(counted, of, condition.at_least, condition.strict),
    }
}

fn count_of(tally: &Tally, measure: Measure) -> Result<&Count, RuleError> {
    tally.counts.iter().find(|count| count.measure == measure).ok_or(RuleError::MissingMeasure(measure))
}

fn validate_tally(tally: &Tally) -> Result<(), RuleError> {
    for (i, count) in tally.counts.iter().enumerate() {
        if tally.counts[..i].iter().any(|earlier| earlier.measure == count.measure) {
            return Err(RuleError::DuplicateMeasure(count.measure));
        }
        let Count { measure: _, eligible, in_favour, against, abstained, blank, spoiled } = count;
        if [eligible, in_favour, against, abstained, blank, spoiled].iter().any(|n| **n > MAX_INTEGER) {
            return Err(RuleError::TooLarge(count.measure));
        }
        if count.participating() > count.eligible {
            return Err(RuleError::Overfull(count.measure));
        }
    }
    Ok(())
}
