//! Villagers' assemblies and meetings of villagers' representatives, by the Organic Law of Villagers' Committees as amended in 2018.
//!
//! An assembly is valid with more than half of the villagers aged 18 and over, or with the representatives of at least two thirds of the
//! households, and decides by more than half of those attending (article 22); it is announced ten days before (article 21). A meeting of the
//! villagers' representatives is valid with at least two thirds of them and decides by more than half of those attending (article 26). The matters
//! of article 24 are the assembly's. Elections and recalls are [`elections`].

mod elections;

use serde::Deserialize;
use yishi_plugin_sdk::{
    Policy, PolicyError,
    conditions::{majority, quorum, rule},
    configuration,
    describe::Descriptor,
    descriptor, export,
    voting::{Electorate, Fraction, Measure, Subject, VotingRule},
};

use crate::elections::Elections;

/// The rule set.
pub struct VillagersCommittee;

const LAW: &str = "Organic Law of the Villagers' Committees of the People's Republic of China (2010, amended 2018), articles 15, 16, 21, 22, 24 and 26";

/// The matters of article 24, which only the assembly decides unless it has authorised the representatives.
const OF_THE_ASSEMBLY: &[&str] = &[
    "subsidised_staff",
    "collective_income",
    "public_works",
    "land_contracts",
    "collective_enterprises",
    "homesteads",
    "land_compensation",
    "collective_property",
    "other_village_interest",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Config {
    villagers_quorum: Fraction,
    households_quorum: Fraction,
    representatives_quorum: Fraction,
    majority: Fraction,
    /// Matters of article 24 for which the assembly has authorised the representatives.
    authorised: Vec<String>,
    elections: Elections,
    /// Before an assembly, an election or a recall.
    notice_hours: u32,
    /// Before a meeting of the representatives.
    representatives_notice_hours: u32,
    window_hours: u32,
    publication_hours: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            villagers_quorum: Fraction::new(1, 2),
            households_quorum: Fraction::new(2, 3),
            representatives_quorum: Fraction::new(2, 3),
            majority: Fraction::new(1, 2),
            authorised: Vec::new(),
            elections: Elections::default(),
            notice_hours: 240,
            representatives_notice_hours: 72,
            window_hours: 72,
            publication_hours: 120,
        }
    }
}

impl Policy for VillagersCommittee {
    fn describe() -> Descriptor {
        descriptor! { locales: ["zh-CN", "en"], laws: [LAW] }
    }

    fn rule(config: &str, subject: &Subject) -> Result<VotingRule, PolicyError> {
        let config: Config = configuration(config)?;
        let notice_hours = match subject.electorate {
            Electorate::VillagerRepresentatives => config.representatives_notice_hours,
            _ => config.notice_hours,
        };
        let rule = match config.elections.rule(subject) {
            Some(rule) => rule?,
            None => decision(&config, subject)?,
        };
        Ok(VotingRule {
            notice_hours,
            window_hours: config.window_hours,
            publication_hours: config.publication_hours,
            laws: vec![LAW.into()],
            ..rule
        })
    }
}

/// What an assembly or the representatives decide, by those attending.
fn decision(config: &Config, subject: &Subject) -> Result<VotingRule, PolicyError> {
    if !subject.options.is_empty() {
        return Err(PolicyError::new("subject.options", "these articles decide on one proposal at a time"));
    }
    let attending = quorum(Measure::Heads).of_eligible();
    let quorum = match subject.electorate {
        Electorate::Residents => attending.exceeding(config.villagers_quorum),
        Electorate::Households => attending.reaching(config.households_quorum),
        Electorate::VillagerRepresentatives => {
            require_authorised(config, subject)?;
            attending.reaching(config.representatives_quorum)
        }
        _ => {
            let text = "villagers (residents), households or villager_representatives decide by this law";
            return Err(PolicyError::new("subject.wrong_electorate", text));
        }
    };
    Ok(rule([quorum, majority(Measure::Heads).of_participating().exceeding(config.majority)]))
}

fn require_authorised(config: &Config, subject: &Subject) -> Result<(), PolicyError> {
    match subject.matter.as_deref() {
        Some(matter) if OF_THE_ASSEMBLY.contains(&matter) && !config.authorised.iter().any(|it| it == matter) => {
            let text = format!(
                "`{matter}` is the assembly's by article 24: open it for residents or households, or authorise it"
            );
            Err(PolicyError::new("subject.of_the_assembly", text))
        }
        _ => Ok(()),
    }
}

export!(VillagersCommittee: voting);
