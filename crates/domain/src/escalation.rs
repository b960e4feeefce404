//! Late, unanswered and unsatisfying cases, and what a rule set wants done about them.

use serde::{Deserialize, Serialize};

/// A level of the administration, from the top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Province (省).
    Province,
    /// City (市), the tenant.
    City,
    /// District or county (區、縣).
    District,
    /// Street or township (街道、鄉鎮).
    Street,
    /// Community or village (社區、村).
    Community,
}

impl Level {
    /// All of them, from the top.
    pub const ALL: &[Self] = &[Self::Province, Self::City, Self::District, Self::Street, Self::Community];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Province => "province",
            Self::City => "city",
            Self::District => "district",
            Self::Street => "street",
            Self::Community => "community",
        }
    }

    /// The level with a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.code() == code)
    }
}

/// Why a case asks for escalation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseKind {
    /// Execution is past its due date.
    Overdue,
    /// A call to a department or a submission was not answered in time.
    Unanswered,
    /// The survey came out unsatisfied.
    Unsatisfied,
    /// An objection was filed.
    Objection,
}

/// A case that may need escalation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The stage by its code.
    pub stage: String,
    /// Why it is asked.
    pub kind: CaseKind,
    /// Whole hours past the deadline.
    pub hours_late: u32,
    /// The level reached so far.
    pub level: Level,
    /// How many escalations went before.
    pub earlier: u32,
    /// The levels on the path from the case's own unit up to the city, lowest first; a level may be missing.
    pub path: Vec<Level>,
    /// The survey's mean of 1000, where there was one.
    pub satisfaction_per_mille: Option<u32>,
}

/// Something that a rule set wants done; the core does it and records it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "action", deny_unknown_fields)]
pub enum Action {
    /// Tell the holders of a role at a level.
    Notify {
        /// The role by its code.
        role: String,
        /// The level.
        level: Level,
    },
    /// Hand the case to the next level up.
    RaiseLevel,
    /// Call departments (議事吹哨), which must answer within the hours.
    Whistle {
        /// Departments by name.
        departments: Vec<String>,
        /// Hours to answer.
        hours: u32,
    },
    /// Set a new deadline, hours from now.
    SetDeadline {
        /// Hours from now.
        hours: u32,
    },
    /// Open the deliberation again.
    ReopenDeliberation,
    /// Open an accountability finding.
    OpenFinding {
        /// What was found.
        text: String,
    },
    /// Mark the case on the public board.
    MarkPublic,
    /// An action of a later contract; recorded and otherwise left alone.
    Other {
        /// Its name.
        name: String,
    },
}

/// The answer to a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// What to do, in order.
    pub actions: Vec<Action>,
    /// Hours after which to ask again, if the case still stands.
    pub ask_again_hours: Option<u32>,
}
