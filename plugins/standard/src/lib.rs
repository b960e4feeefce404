//! The standard rules, with what a city may choose: the quorum, the share for major matters, the window.
//!
//! General matters need more than half of those taking part, major matters at least two thirds in favour.

use serde::Deserialize;
use yishi_plugin_sdk::{
    Policy, PolicyError,
    describe::Descriptor,
    export, serde_json, standard,
    voting::{ConditionKind, Fraction, Subject, VotingRule},
};

/// The rule set.
pub struct Standard;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Config {
    quorum: Fraction,
    major_majority: Fraction,
    notice_hours: u32,
    window_hours: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self { quorum: Fraction::new(1, 2), major_majority: Fraction::new(2, 3), notice_hours: 0, window_hours: 168 }
    }
}

impl Policy for Standard {
    fn describe() -> Descriptor {
        Descriptor {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
            locales: vec!["zh-CN".into(), "en".into()],
            configuration_schema: include_str!("../configuration.schema.json").into(),
            interfaces: vec!["voting".into()],
            laws: Vec::new(),
        }
    }

    fn rule(config: &str, subject: &Subject) -> Result<VotingRule, PolicyError> {
        let config: Config = serde_json::from_str(config)
            .map_err(|error| PolicyError::new("configuration.unsound", error.to_string()))?;
        let major = subject.significance == yishi_plugin_sdk::topics::Significance::Major;
        let mut rule = standard::rule(subject);
        for condition in &mut rule.conditions {
            match condition.kind {
                ConditionKind::Quorum => condition.at_least = config.quorum,
                ConditionKind::Majority if major => condition.at_least = config.major_majority,
                ConditionKind::Majority => {}
            }
        }
        Ok(VotingRule { notice_hours: config.notice_hours, window_hours: config.window_hours, ..rule })
    }
}

export!(Standard);
