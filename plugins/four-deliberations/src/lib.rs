//! Four deliberations and two disclosures (四议两公开): the party branch proposes, the two committees discuss, the party members' assembly reviews,
//! the villagers' representatives resolve; the resolution is disclosed, and its result.
//!
//! Each deliberation that votes is a round with an electorate of its own, and each can stop the matter. The committees' discussion is the first
//! round, since the proposal is the topic itself.

use serde::Deserialize;
use yishi_plugin_sdk::{
    Policy, PolicyError,
    conditions::{majority, quorum, rule},
    configuration,
    describe::Descriptor,
    descriptor, export,
    voting::{Electorate, Fraction, Measure, Round, Subject, VotingRule},
};

/// The rule set.
pub struct FourDeliberations;

const LAWS: [&str; 2] = [
    "Central Committee and State Council, No. 1 document of 2010: the method of four deliberations and two disclosures",
    "Organic Law of the Villagers' Committees of the People's Republic of China (2010, amended 2018), articles 22 and 26",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Config {
    committees: Share,
    party_members: Share,
    representatives: Share,
    /// Whether the assembly of all villagers resolves in the place of their representatives.
    assembly: bool,
    notice_hours: u32,
    window_hours: u32,
    /// For the first disclosure, of the resolution.
    publication_hours: u32,
}

/// Who must take part, and who of those be in favour.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Share {
    quorum: Fraction,
    majority: Fraction,
}

impl Default for Share {
    fn default() -> Self {
        Self { quorum: Fraction::new(2, 3), majority: Fraction::new(1, 2) }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            committees: Share::default(),
            party_members: Share { quorum: Fraction::new(1, 2), ..Share::default() },
            representatives: Share::default(),
            assembly: false,
            notice_hours: 24,
            window_hours: 72,
            publication_hours: 168,
        }
    }
}

impl Policy for FourDeliberations {
    fn describe() -> Descriptor {
        descriptor! { locales: ["zh-CN", "en"], laws: LAWS }
    }

    fn rule(config: &str, subject: &Subject) -> Result<VotingRule, PolicyError> {
        let config: Config = configuration(config)?;
        if !subject.options.is_empty() {
            return Err(PolicyError::new("subject.options", "each round votes on one proposal"));
        }
        let resolving = if config.assembly { Electorate::Residents } else { Electorate::VillagerRepresentatives };
        let rounds = [
            ("committees", Electorate::CouncilMembers, config.committees),
            ("party_members", Electorate::PartyMembers, config.party_members),
            ("resolution", resolving, config.representatives),
        ];
        let Some((code, electorate, share)) = rounds.get(subject.round as usize) else {
            return Err(PolicyError::new("subject.no_such_round", format!("there are {} rounds", rounds.len())));
        };
        if *electorate != subject.electorate {
            let text = format!("the round `{code}` is voted on by {electorate:?}");
            return Err(PolicyError::new("subject.wrong_electorate", text));
        }
        let last = subject.round as usize + 1 == rounds.len();
        let conditions = [
            quorum(Measure::Heads).of_eligible().reaching(share.quorum),
            majority(Measure::Heads).of_participating().exceeding(share.majority),
        ];
        Ok(VotingRule {
            rounds: rounds
                .iter()
                .map(|(code, electorate, _)| Round { code: (*code).into(), electorate: *electorate })
                .collect(),
            round: subject.round,
            notice_hours: config.notice_hours,
            window_hours: config.window_hours,
            publication_hours: if last { config.publication_hours } else { 0 },
            laws: LAWS.map(str::to_owned).into(),
            ..rule(conditions)
        })
    }
}

export!(FourDeliberations: voting);
