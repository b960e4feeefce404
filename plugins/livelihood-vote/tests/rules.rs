//! What fixtures do not show of a rule: how it is cast and how a budget is spent.

use livelihood_vote::LivelihoodVote;
use yishi_plugin_sdk::{
    Policy as _,
    voting::{
        ChoiceOption, Completion, Condition, ConditionKind, EqualShares, Fraction, Method, Of, Procedure, Secrecy,
        Subject, Tie, Utility, VotingRule, validate_rule,
    },
};

fn rule(config: &str, budget: Option<u64>) -> VotingRule {
    let option = |code: &str| ChoiceOption { code: code.into(), cost: Some(300_000) };
    let subject = Subject { options: ["lamps", "park"].map(option).into(), budget, ..Subject::of("other", 100) };
    let rule = LivelihoodVote::rule(config, &subject).expect("a rule");
    assert_eq!(validate_rule(&rule), Ok(()));
    rule
}

fn procedure(config: &str, budget: Option<u64>) -> Procedure {
    rule(config, budget).selection.expect("a selection").procedure
}

#[test]
fn a_budget_is_spent_as_configured_and_without_one_seats_are_filled() {
    let shares = EqualShares { budget: 600_000, utility: Utility::Cost, completion: Completion::ByScores };
    assert_eq!(procedure("{}", Some(600_000)), Procedure::GreedySkip(600_000));
    assert_eq!(procedure(r#"{"spending": "equal_shares"}"#, Some(600_000)), Procedure::EqualShares(shares));
    assert_eq!(procedure(r#"{"spending": "equal_shares", "seats": 2}"#, None), Procedure::MostVotes(2));
    assert_eq!(procedure("{}", None), Procedure::MostVotes(10));
}

#[test]
fn picks_secrecy_and_threshold_are_configuration() {
    let open = rule("{}", None);
    assert_eq!((open.method, open.secrecy), (Method::Approval(3), Secrecy::Open));
    assert!(open.conditions.iter().all(|it| it.kind == ConditionKind::Quorum), "no threshold unless asked for");
    let config = r#"{"picks": 5, "secret": true, "threshold": {"numerator": 1, "denominator": 3}}"#;
    let secret = rule(config, None);
    assert_eq!((secret.method, secret.secrecy), (Method::Approval(5), Secrecy::Secret));
    let expected = (ConditionKind::Threshold, Of::Participating, Fraction::new(1, 3), false);
    let of = |it: &Condition| (it.kind, it.of, it.at_least, it.strict);
    assert_eq!(secret.conditions.last().map(of), Some(expected));
}

#[test]
fn of_projects_with_the_same_votes_the_cheaper_one_goes_first() {
    assert_eq!(rule("{}", Some(600_000)).selection.expect("a selection").tie, Tie::CheaperFirst);
}
