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
    voting::{Condition, Electorate, Fraction, Measure, Round, Subject, VotingRule},
};

/// The rule set.
pub struct FourDeliberations;

const LAWS: [&str; 3] = [
    "Central Committee and State Council, No. 1 document of 2010: the method of four deliberations and two disclosures",
    "Regulations on the Work of Branches of the Communist Party of China (for trial implementation, 2018), article 11",
    "Organic Law of the Villagers' Committees of the People's Republic of China (2010, amended 2018), articles 21, 22 and 26",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Config {
    committees: Shares,
    party_members: Shares,
    representatives: Shares,
    villagers: Shares,
    /// Whether the assembly of all villagers resolves in the place of their representatives.
    assembly: bool,
    notice_hours: u32,
    /// Before the assembly of all villagers.
    assembly_notice_hours: u32,
    window_hours: u32,
    /// For the first disclosure, of the resolution.
    publication_hours: u32,
}

/// Who must take part and who be in favour, where a village asks for other shares.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Shares {
    quorum: Option<Fraction>,
    majority: Option<Fraction>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            committees: Shares::default(),
            party_members: Shares::default(),
            representatives: Shares::default(),
            villagers: Shares::default(),
            assembly: false,
            notice_hours: 24,
            assembly_notice_hours: 240,
            window_hours: 72,
            publication_hours: 168,
        }
    }
}

/// A deliberation that votes.
struct Deliberation {
    code: &'static str,
    electorate: Electorate,
    conditions: [Condition; 2],
}

fn deliberations(config: &Config) -> [Deliberation; 3] {
    let (half, two_thirds) = (Fraction::new(1, 2), Fraction::new(2, 3));
    let attending = || quorum(Measure::Heads).of_eligible();
    let in_favour = |it: &Shares| majority(Measure::Heads).of_participating().exceeding(it.majority.unwrap_or(half));
    let most_attend = |it: &Shares| [attending().reaching(it.quorum.unwrap_or(two_thirds)), in_favour(it)];
    let party = &config.party_members;
    let of_all_members = majority(Measure::Heads).of_eligible().exceeding(party.majority.unwrap_or(half));
    let (resolving, conditions) = match config.assembly {
        false => (Electorate::VillagerRepresentatives, most_attend(&config.representatives)),
        true => {
            let villagers = &config.villagers;
            let attend = attending().exceeding(villagers.quorum.unwrap_or(half));
            (Electorate::Residents, [attend, in_favour(villagers)])
        }
    };
    [
        Deliberation {
            code: "committees",
            electorate: Electorate::CouncilMembers,
            conditions: most_attend(&config.committees),
        },
        Deliberation {
            code: "party_members",
            electorate: Electorate::PartyMembers,
            conditions: [attending().reaching(party.quorum.unwrap_or(half)), of_all_members],
        },
        Deliberation { code: "resolution", electorate: resolving, conditions },
    ]
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
        let deliberations = deliberations(&config);
        let rounds = deliberations.iter().map(|it| Round { code: it.code.into(), electorate: it.electorate }).collect();
        let last = subject.round as usize + 1 == deliberations.len();
        let count = deliberations.len();
        let Some(Deliberation { code, electorate, conditions }) = deliberations.into_iter().nth(subject.round as usize)
        else {
            return Err(PolicyError::new("subject.no_such_round", format!("there are {count} rounds")));
        };
        if electorate != subject.electorate {
            let text = format!("the round `{code}` is voted on by {electorate:?}");
            return Err(PolicyError::new("subject.wrong_electorate", text));
        }
        let of_all_villagers = electorate == Electorate::Residents;
        Ok(VotingRule {
            rounds,
            round: subject.round,
            notice_hours: if of_all_villagers { config.assembly_notice_hours } else { config.notice_hours },
            window_hours: config.window_hours,
            publication_hours: if last { config.publication_hours } else { 0 },
            laws: LAWS.map(str::to_owned).into(),
            ..rule(conditions)
        })
    }
}

export!(FourDeliberations: voting);
