//! The evaluator against examples with known answers and against its own laws.

use proptest::prelude::*;

use super::*;

fn majority(code: &str, of: Of, at_least: Fraction, strict: bool) -> Condition {
    Condition {
        code: code.into(),
        kind: ConditionKind::Majority,
        measure: Measure::Heads,
        counted: Counted::InFavour,
        of,
        at_least,
        strict,
    }
}

fn quorum(at_least: Fraction) -> Condition {
    Condition {
        code: "quorum".into(),
        kind: ConditionKind::Quorum,
        measure: Measure::Heads,
        counted: Counted::Participating,
        of: Of::Eligible,
        at_least,
        strict: false,
    }
}

fn rule(conditions: Vec<Condition>) -> VotingRule {
    VotingRule::of(conditions)
}

fn heads(eligible: u64, in_favour: u64, against: u64, abstained: u64) -> Tally {
    Tally::of(vec![Count { in_favour, against, abstained, ..Count::of(Measure::Heads, eligible) }])
}

fn outcome(conditions: Vec<Condition>, tally: Tally) -> Outcome {
    evaluate(&rule(conditions), &tally).expect("a sound rule and tally").outcome
}

#[test]
fn half_is_not_more_than_half() {
    let more_than_half = || vec![majority("m", Of::Participating, Fraction::new(1, 2), true)];
    assert_eq!(outcome(more_than_half(), heads(10, 5, 5, 0)), Outcome::Failed);
    assert_eq!(outcome(more_than_half(), heads(11, 6, 5, 0)), Outcome::Passed);
}

#[test]
fn two_thirds_is_reached_exactly() {
    let two_thirds = || vec![majority("m", Of::Participating, Fraction::new(2, 3), false)];
    assert_eq!(outcome(two_thirds(), heads(9, 6, 3, 0)), Outcome::Passed);
    assert_eq!(outcome(two_thirds(), heads(10, 6, 4, 0)), Outcome::Failed);
    // Where a binary fraction would round: one vote short of two thirds of a very large roll.
    let n = MAX_INTEGER / 3 * 3;
    assert_eq!(outcome(two_thirds(), heads(n, n / 3 * 2, n / 3, 0)), Outcome::Passed);
    assert_eq!(outcome(two_thirds(), heads(n, n / 3 * 2 - 1, n / 3 + 1, 0)), Outcome::Failed);
}

#[test]
fn abstentions_count_as_taking_part() {
    let of_participants = vec![majority("m", Of::Participating, Fraction::new(1, 2), true)];
    let of_for_and_against = vec![majority("m", Of::ForAndAgainst, Fraction::new(1, 2), true)];
    assert_eq!(outcome(of_participants, heads(10, 4, 2, 4)), Outcome::Failed);
    assert_eq!(outcome(of_for_and_against, heads(10, 4, 2, 4)), Outcome::Passed);
}

#[test]
fn a_missing_quorum_outweighs_a_majority() {
    let both = vec![quorum(Fraction::new(1, 2)), majority("m", Of::Participating, Fraction::new(1, 2), true)];
    let verdict = evaluate(&rule(both), &heads(10, 4, 0, 0)).expect("a sound rule and tally");
    assert_eq!(verdict.outcome, Outcome::NoQuorum);
    assert_eq!(
        verdict.checks.iter().map(|c| (c.counted, c.of, c.holds)).collect::<Vec<_>>(),
        [(4, 10, false), (4, 4, true)]
    );
}

#[test]
fn nobody_voting_passes_nothing() {
    assert_eq!(
        outcome(vec![majority("m", Of::Participating, Fraction::new(0, 1), false)], heads(5, 0, 0, 0)),
        Outcome::Failed
    );
}

#[test]
fn a_tally_must_fit_its_roll_and_its_rule() {
    let simple = rule(vec![majority("m", Of::Participating, Fraction::new(1, 2), true)]);
    assert_eq!(evaluate(&simple, &heads(3, 2, 2, 0)), Err(RuleError::Overfull(Measure::Heads)));
    assert_eq!(evaluate(&simple, &heads(MAX_INTEGER + 1, 0, 0, 0)), Err(RuleError::TooLarge(Measure::Heads)));
    assert_eq!(evaluate(&simple, &Tally::of(vec![])), Err(RuleError::MissingMeasure(Measure::Heads)));
}

#[test]
fn every_fault_of_a_rule_is_named_at_once() {
    let mut bad = rule(vec![
        Condition { of: Of::Participating, ..quorum(Fraction::new(1, 0)) },
        majority("quorum", Of::Eligible, Fraction::new(1, 1), true),
        Condition { counted: Counted::Participating, ..majority("m", Of::Eligible, Fraction::new(3, 2), false) },
    ]);
    bad.window_hours = 0;
    assert_eq!(
        validate_rule(&bad),
        Err(vec![
            RuleError::BadFraction("quorum".into()),
            RuleError::QuorumOfParticipants("quorum".into()),
            RuleError::DuplicateCode("quorum".into()),
            RuleError::Unreachable("quorum".into()),
            RuleError::BadFraction("m".into()),
            RuleError::MajorityWithoutVotes("m".into()),
            RuleError::BadWindow,
        ])
    );
}

prop_compose! {
    fn any_tally()(eligible in 0..=MAX_INTEGER, cuts in prop::array::uniform3(0..=1_000_000u64)) -> Tally {
        let total = u128::from(cuts.iter().sum::<u64>().max(1)) * 2;
        let part = |cut: u64| u64::try_from(u128::from(eligible) * u128::from(cut) / total).expect("at most the roll");
        heads(eligible, part(cuts[0]), part(cuts[1]), part(cuts[2]))
    }
}

prop_compose! {
    fn any_condition()(denominator in 1..=1000u32, share in 0..=1000u32, strict: bool, of in 0..3usize) -> Condition {
        let of = [Of::Eligible, Of::Participating, Of::ForAndAgainst][of];
        majority("m", of, Fraction::new(share * denominator / 1000, denominator), strict)
    }
}

proptest! {
    #[test]
    fn one_more_vote_in_favour_never_turns_a_pass_into_a_failure(condition in any_condition(), tally in any_tally()) {
        let mut more = tally.clone();
        if more.counts[0].against > 0 {
            more.counts[0].against -= 1;
            more.counts[0].in_favour += 1;
        }
        if outcome(vec![condition.clone()], tally) == Outcome::Passed {
            prop_assert_eq!(outcome(vec![condition], more), Outcome::Passed);
        }
    }

    #[test]
    fn strict_asks_for_no_less(condition in any_condition(), tally in any_tally()) {
        let loose = Condition { strict: false, ..condition.clone() };
        let strict = Condition { strict: true, ..condition };
        if outcome(vec![strict], tally.clone()) == Outcome::Passed {
            prop_assert_eq!(outcome(vec![loose], tally), Outcome::Passed);
        }
    }

    #[test]
    fn a_fraction_decides_alike_in_lowest_terms_and_expanded(condition in any_condition(), tally in any_tally(), by in 1..=1000u32) {
        let Fraction { numerator, denominator } = condition.at_least;
        let expanded = Condition { at_least: Fraction::new(numerator * by, denominator * by), ..condition.clone() };
        prop_assert_eq!(outcome(vec![condition], tally.clone()), outcome(vec![expanded], tally));
    }

    #[test]
    fn the_comparison_agrees_with_long_division(counted in 0..=MAX_INTEGER, of in 1..=MAX_INTEGER, n in 0..=1000u32, d in 1..=1000u32) {
        // floor(of * n / d) and its remainder decide without multiplying the numerator.
        let product = u128::from(of) * u128::from(n);
        let (whole, rest) = (product / u128::from(d), product % u128::from(d));
        let counted_wide = u128::from(counted);
        prop_assert_eq!(reaches(counted, of, Fraction::new(n, d), true), counted_wide > whole);
        prop_assert_eq!(reaches(counted, of, Fraction::new(n, d), false), counted_wide > whole || (counted_wide == whole && rest == 0));
    }
}
