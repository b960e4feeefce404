//! A city's rules: who must take part and who must be in favour, by head, with shares that the city configures.

use serde::Deserialize;
use yishi_plugin_sdk::{
    Policy, PolicyError,
    conditions::{majority, quorum, rule},
    configuration,
    describe::Descriptor,
    descriptor, export, standard,
    topics::Significance,
    voting::{Fraction, Measure, Subject, VotingRule},
};

/// The rules. What is left out here is answered by the standard ones: categories, classification, escalation, the reasons of a verdict.
pub struct Rules;

/// What a city may choose; it must fit `configuration.schema.json`, and each member has a default.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Config {
    quorum: Fraction,
    general: Fraction,
    major: Fraction,
    notice_hours: u32,
    window_hours: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            quorum: Fraction::new(1, 2),
            general: Fraction::new(1, 2),
            major: Fraction::new(2, 3),
            notice_hours: 24,
            window_hours: 168,
        }
    }
}

impl Policy for Rules {
    fn describe() -> Descriptor {
        descriptor! { locales: ["zh-CN", "en"], laws: [] }
    }

    fn rule(config: &str, subject: &Subject) -> Result<VotingRule, PolicyError> {
        let config: Config = configuration(config)?;
        let in_favour = majority(Measure::Heads).of_participating();
        let conditions = [
            quorum(Measure::Heads).of_eligible().reaching(config.quorum),
            match subject.significance {
                Significance::General => in_favour.exceeding(config.general),
                Significance::Major => in_favour.reaching(config.major),
            },
        ];
        // Choices among options are left to the standard rules.
        let rule = if subject.options.is_empty() { rule(conditions) } else { standard::rule(subject) };
        Ok(VotingRule { notice_hours: config.notice_hours, window_hours: config.window_hours, ..rule })
    }
}

export!(Rules: voting);
