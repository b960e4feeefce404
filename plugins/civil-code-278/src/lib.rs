//! Joint decisions of owners by article 278 of the Civil Code of the People's Republic of China, as in force since 1 January 2021.
//!
//! The vote is valid when owners with at least two thirds of the exclusive floor area and at least two thirds of the owners by head take
//! part. Ordinary matters need more than half of the participating area and heads in favour. Raising the maintenance fund, rebuilding, and
//! changing the use of common parts or running a business on them (items 6 to 8) need at least three quarters of both.

use serde::Deserialize;
use yishi_plugin_sdk::{
    Policy, PolicyError,
    conditions::{majority, quorum, rule},
    configuration,
    describe::Descriptor,
    descriptor, export,
    voting::{Fraction, Measure, Subject, VotingRule},
};

/// The rule set.
pub struct CivilCode278;

const LAW: &str = "Civil Code of the People's Republic of China (2020), article 278";

/// Items 6 to 8 of the article.
const SPECIAL: &[&str] = &["raise_maintenance_fund", "rebuild", "change_common_parts"];

/// Items 1 to 5 and 9.
const ORDINARY: &[&str] = &[
    "rules_of_procedure",
    "management_covenant",
    "owners_committee",
    "property_service",
    "use_maintenance_fund",
    "other_common_matter",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Config {
    quorum: Fraction,
    ordinary_majority: Fraction,
    special_majority: Fraction,
    notice_hours: u32,
    window_hours: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            quorum: Fraction::new(2, 3),
            ordinary_majority: Fraction::new(1, 2),
            special_majority: Fraction::new(3, 4),
            notice_hours: 0,
            window_hours: 360,
        }
    }
}

impl Policy for CivilCode278 {
    fn describe() -> Descriptor {
        descriptor! { locales: ["zh-CN", "en"], laws: [LAW] }
    }

    fn rule(config: &str, subject: &Subject) -> Result<VotingRule, PolicyError> {
        let config: Config = configuration(config)?;
        if subject.eligible_floor_area.is_none() {
            let text = "every voting unit on the roll needs its exclusive floor area";
            return Err(PolicyError::new("subject.no_floor_area", text));
        }
        let ordinary = |measure| majority(measure).of_participating().exceeding(config.ordinary_majority);
        let special = |measure| majority(measure).of_participating().reaching(config.special_majority);
        let [by_area, by_head] = match subject.matter.as_deref() {
            Some(matter) if SPECIAL.contains(&matter) => [Measure::FloorArea, Measure::Heads].map(special),
            Some(matter) if ORDINARY.contains(&matter) => [Measure::FloorArea, Measure::Heads].map(ordinary),
            _ => {
                let text = format!("name the matter as one of {}, {}", ORDINARY.join(", "), SPECIAL.join(", "));
                return Err(PolicyError::new("subject.unknown_matter", text));
            }
        };
        let conditions = [
            quorum(Measure::FloorArea).of_eligible().reaching(config.quorum),
            quorum(Measure::Heads).of_eligible().reaching(config.quorum),
            by_area,
            by_head,
        ];
        Ok(VotingRule {
            notice_hours: config.notice_hours,
            window_hours: config.window_hours,
            laws: vec![LAW.into()],
            ..rule(conditions)
        })
    }
}

export!(CivilCode278: voting);
