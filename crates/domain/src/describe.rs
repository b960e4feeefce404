//! What a rule set says of itself.

use serde::{Deserialize, Serialize};

/// A rule set's description of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Descriptor {
    /// The name, such as `civil-code-278`.
    pub name: String,
    /// The version, as semantic versioning writes it.
    pub version: String,
    /// The languages of its texts, as BCP 47 tags.
    pub locales: Vec<String>,
    /// The JSON Schema of its configuration, as JSON text.
    pub configuration_schema: String,
    /// The interfaces that it answers itself: `topics`, `voting`, `escalation`.
    pub interfaces: Vec<String>,
    /// The laws that it implements, each with its edition.
    pub laws: Vec<String>,
}
