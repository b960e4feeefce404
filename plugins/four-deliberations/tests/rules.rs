//! What fixtures do not show of a rule: its rounds, notice and publication.

use four_deliberations::FourDeliberations;
use yishi_plugin_sdk::{
    Policy as _,
    voting::{Electorate, Subject, VotingRule, validate_rule},
};

fn rules(config: &str, electorates: [Electorate; 3]) -> [VotingRule; 3] {
    let mut round = 0..;
    electorates.map(|electorate| {
        let subject = Subject { electorate, round: round.next().expect("a round"), ..Subject::of("other", 40) };
        let rule = FourDeliberations::rule(config, &subject).expect("a rule");
        assert_eq!(validate_rule(&rule), Ok(()));
        assert_eq!(rule.rounds.iter().map(|it| it.electorate).collect::<Vec<_>>(), electorates);
        assert_eq!(rule.round, subject.round);
        rule
    })
}

#[test]
fn what_the_last_round_resolves_is_published() {
    let last = Electorate::VillagerRepresentatives;
    let rules = rules("{}", [Electorate::CouncilMembers, Electorate::PartyMembers, last]);
    assert_eq!(rules.each_ref().map(|it| it.publication_hours), [0, 0, 168]);
    assert_eq!(rules.map(|it| it.notice_hours), [24, 24, 24]);
}

#[test]
fn an_assembly_of_all_villagers_is_announced_ten_days_before() {
    let config = r#"{"assembly": true, "publication_hours": 48}"#;
    let rules = rules(config, [Electorate::CouncilMembers, Electorate::PartyMembers, Electorate::Residents]);
    assert_eq!(rules.each_ref().map(|it| it.notice_hours), [24, 24, 240]);
    assert_eq!(rules.map(|it| it.publication_hours), [0, 0, 48]);
}
