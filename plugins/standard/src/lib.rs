//! The standard rules, with what a city may choose: the quorum, the share for major matters, the window, and the departments that it calls.
//!
//! General matters need more than half of those taking part, major matters at least two thirds in favour. What is late is told, raised a
//! level and marked; the first time, the departments are called as well, which must answer within 48 hours (議事吹哨、部門報到).

use serde::Deserialize;
use yishi_plugin_sdk::{
    Policy, PolicyError, configuration,
    describe::Descriptor,
    descriptor,
    escalation::{Action, Answer, Case, CaseKind},
    export, standard,
    topics::Significance,
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
    departments: Vec<String>,
    whistle_hours: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            quorum: Fraction::new(1, 2),
            major_majority: Fraction::new(2, 3),
            notice_hours: 0,
            window_hours: 168,
            departments: Vec::new(),
            whistle_hours: standard::WHISTLE_HOURS,
        }
    }
}

impl Policy for Standard {
    fn describe() -> Descriptor {
        descriptor! { locales: ["zh-CN", "en"], laws: [] }
    }

    fn rule(config: &str, subject: &Subject) -> Result<VotingRule, PolicyError> {
        let config: Config = configuration(config)?;
        let major = subject.significance == Significance::Major;
        let mut rule = standard::rule(subject);
        for condition in &mut rule.conditions {
            match condition.kind {
                ConditionKind::Quorum => condition.at_least = config.quorum,
                ConditionKind::Majority if major => condition.at_least = config.major_majority,
                ConditionKind::Majority | ConditionKind::Threshold => {}
            }
        }
        Ok(VotingRule { notice_hours: config.notice_hours, window_hours: config.window_hours, ..rule })
    }

    fn assess(config: &str, case: &Case) -> Result<Answer, PolicyError> {
        let Config { departments, whistle_hours: hours, .. } = configuration(config)?;
        let mut answer = standard::assess(case);
        let late = matches!(case.kind, CaseKind::Overdue | CaseKind::Unanswered);
        if late && case.earlier == 0 && !departments.is_empty() {
            answer.actions.push(Action::Whistle { departments, hours });
            answer.ask_again_hours = Some(hours);
        }
        Ok(answer)
    }
}

export!(Standard: topics, voting, escalation);
