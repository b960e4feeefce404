//! Topic categories and the classification of topics, as rule sets give them.

use serde::{Deserialize, Serialize};

use crate::LocalText;

/// How much hangs on a matter; the decision rule follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Significance {
    /// An ordinary matter (一般事項).
    General,
    /// A major matter (重大事項).
    Major,
}

/// The form of the deliberation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// An open debate, for the public interest.
    OpenDebate,
    /// A round table, for personal rights and interests.
    RoundTable,
    /// A joint meeting of several departments.
    JointMeeting,
}

/// How long a case may stay in a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageLimit {
    /// The stage by its code, such as `submitted`.
    pub stage: String,
    /// Hours from entering the stage.
    pub hours: u32,
}

/// A category of topics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Stable code, unique in the rule set.
    pub code: String,
    /// The code of the category above, if any.
    pub parent: Option<String>,
    /// Names, one a language.
    pub labels: Vec<LocalText>,
    /// The significance of its topics unless said otherwise.
    pub significance: Significance,
    /// The form of deliberation.
    pub form: Form,
    /// Time limits by stage.
    pub stage_hours: Vec<StageLimit>,
}

/// The text of a topic, as a rule set classifies it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopicText {
    /// The title.
    pub title: String,
    /// The body.
    pub body: String,
}

/// A category proposed for a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scored {
    /// The category's code.
    pub category: String,
    /// The score, 0 to 1000; only the order of scores means anything.
    pub per_mille: u32,
}
