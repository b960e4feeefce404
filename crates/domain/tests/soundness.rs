//! What no rule may ask for: something that everybody's opposition would pass.

use yishi_domain::{
    standard,
    voting::{ConditionKind, Fraction, RuleError, Subject, VotingRule, validate_rule},
};

/// The standard rule with another share and strictness of its conditions of a kind.
fn rule(kind: ConditionKind, at_least: Fraction, strict: bool) -> VotingRule {
    let mut rule = standard::rule(&Subject::of("other", 10));
    rule.conditions.iter_mut().filter(|it| it.kind == kind).for_each(|it| {
        (it.at_least, it.strict) = (at_least, strict);
    });
    rule
}

#[test]
fn a_majority_of_nothing_is_refused_unless_it_must_be_exceeded() {
    for denominator in [1, 2, 1_000] {
        let none = Fraction::new(0, denominator);
        let vacuous = vec![RuleError::Vacuous("majority_heads".into())];
        assert_eq!(validate_rule(&rule(ConditionKind::Majority, none, false)), Err(vacuous));
        assert_eq!(validate_rule(&rule(ConditionKind::Majority, none, true)), Ok(()), "one in favour is a majority");
        assert_eq!(validate_rule(&rule(ConditionKind::Quorum, none, false)), Ok(()), "nobody has to take part");
    }
    assert_eq!(validate_rule(&rule(ConditionKind::Majority, Fraction::new(1, 1_000), false)), Ok(()));
}
