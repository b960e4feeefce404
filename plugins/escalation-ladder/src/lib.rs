//! A ladder for cases that are late, unanswered or unsatisfying: community, street, district, city, with so many hours on each rung.
//!
//! The first time the case stays on its own rung: the departments are called (议事吹哨、部门报到) and have 48 hours to answer, or, where a city calls
//! nobody, the rung has its hours. Every further time the case goes a level up and is marked publicly; at the top an accountability finding is
//! opened. An unsatisfied survey reopens deliberation.

use serde::Deserialize;
use yishi_plugin_sdk::{
    Policy, PolicyError, configuration,
    describe::Descriptor,
    descriptor,
    escalation::{Action, Answer, Case, CaseKind, Level},
    export,
};

/// The rule set.
pub struct EscalationLadder;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Config {
    /// Hours that a case may stay on each rung before it goes up.
    community_hours: u32,
    street_hours: u32,
    district_hours: u32,
    city_hours: u32,
    /// Departments that are called first; none where a city calls nobody.
    departments: Vec<String>,
    whistle_hours: u32,
    /// The role that is told, at the level that the case has reached.
    tell: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            community_hours: 48,
            street_hours: 48,
            district_hours: 72,
            city_hours: 120,
            departments: Vec::new(),
            whistle_hours: 48,
            tell: "supervisor".into(),
        }
    }
}

impl Config {
    const fn hours_at(&self, level: Level) -> u32 {
        match level {
            Level::Community => self.community_hours,
            Level::Street => self.street_hours,
            Level::District => self.district_hours,
            Level::City | Level::Province => self.city_hours,
        }
    }
}

impl Policy for EscalationLadder {
    fn describe() -> Descriptor {
        descriptor! { locales: ["zh-CN", "en"], laws: [] }
    }

    fn assess(config: &str, case: &Case) -> Result<Answer, PolicyError> {
        let config: Config = configuration(config)?;
        let tell = |level| Action::Notify { role: config.tell.clone(), level };
        Ok(match case.kind {
            CaseKind::Unsatisfied => Answer { actions: vec![Action::ReopenDeliberation], ask_again_hours: None },
            CaseKind::Objection => Answer { actions: vec![tell(case.level)], ask_again_hours: None },
            CaseKind::Overdue | CaseKind::Unanswered if case.earlier == 0 => first(&config, case, tell(case.level)),
            CaseKind::Overdue | CaseKind::Unanswered => match case.path.iter().find(|level| **level < case.level) {
                Some(next) => Answer {
                    actions: vec![tell(case.level), Action::RaiseLevel, Action::MarkPublic],
                    ask_again_hours: Some(config.hours_at(*next)),
                },
                None => Answer {
                    actions: vec![tell(case.level), Action::MarkPublic, Action::OpenFinding { text: finding(case) }],
                    ask_again_hours: Some(config.hours_at(case.level)),
                },
            },
        })
    }
}

/// The case stays where it is: those who answer for it there are given time.
fn first(config: &Config, case: &Case, tell: Action) -> Answer {
    if config.departments.is_empty() {
        return Answer { actions: vec![tell], ask_again_hours: Some(config.hours_at(case.level)) };
    }
    let whistle = Action::Whistle { departments: config.departments.clone(), hours: config.whistle_hours };
    Answer { actions: vec![tell, whistle], ask_again_hours: Some(config.whistle_hours) }
}

fn finding(case: &Case) -> String {
    format!("逾期 {} 小时，此前已升级督办 {} 次，仍未办结。", case.hours_late, case.earlier)
}

export!(EscalationLadder: escalation);
