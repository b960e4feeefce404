//! What fixtures do not show of a rule: secrecy, ties, notice.

use villagers_committee::VillagersCommittee;
use yishi_plugin_sdk::{
    Policy as _,
    voting::{ChoiceOption, Electorate, Method, Procedure, Secrecy, Subject, Tie, VotingRule, validate_rule},
};

fn rule(subject: &Subject) -> VotingRule {
    let rule = VillagersCommittee::rule("{}", subject).expect("a rule");
    assert_eq!(validate_rule(&rule), Ok(()));
    rule
}

fn on(matter: &str, candidates: &[&str]) -> Subject {
    let option = |code: &&str| ChoiceOption { code: (*code).into(), cost: None };
    Subject {
        matter: Some(matter.into()),
        options: candidates.iter().map(option).collect(),
        ..Subject::of("other", 200)
    }
}

#[test]
fn elections_and_recalls_are_secret_and_assemblies_open() {
    for subject in [on("election", &["li", "wang"]), on("supplementary_election", &["li"]), on("recall", &[])] {
        assert_eq!(rule(&subject).secrecy, Secrecy::Secret, "{:?}", subject.matter);
    }
    assert_eq!(rule(&on("homesteads", &[])).secrecy, Secrecy::Open);
}

#[test]
fn nobody_is_elected_by_the_order_of_the_list() {
    let rule = rule(&on("election", &["li", "wang"]));
    let selection = rule.selection.expect("a selection");
    assert_eq!(rule.method, Method::Approval(1));
    assert_eq!((selection.procedure, selection.tie), (Procedure::MostVotes(1), Tie::NoneChosen));
}

#[test]
fn an_assembly_is_announced_ten_days_before() {
    let notice = |electorate| rule(&Subject { electorate, ..Subject::of("other", 200) }).notice_hours;
    assert_eq!(notice(Electorate::Residents), 240);
    assert_eq!(notice(Electorate::Households), 240);
    assert_eq!(notice(Electorate::VillagerRepresentatives), 72);
}
