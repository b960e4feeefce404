//! The columns of each register, besides `key` (what a row is known by) and `unit` (a unit's statistical code), which every row has.

use super::Book;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// What it is called, in files and on the wire.
    pub name: &'static str,
    /// What it holds.
    pub content: Content,
    /// Whether every row must have it.
    pub required: bool,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Text of so many characters at most.
    Text(usize),
    /// A whole number within bounds.
    Whole(i64, i64),
    /// A day, written `2026-01-31`.
    Day,
    /// One of these codes.
    OneOf(&'static [&'static str]),
    /// A SHA-256 digest, written `sha256:` and 64 hexadecimal digits.
    Digest,
}

use Content::{Day, Digest, OneOf, Text, Whole};

const fn must(name: &'static str, content: Content) -> Column {
    Column { name, content, required: true }
}

const fn may(name: &'static str, content: Content) -> Column {
    Column { name, content, required: false }
}

const YES_NO: Content = OneOf(&["yes", "no"]);
const LEVEL: Content = OneOf(&["province", "city", "district", "street", "community"]);
/// A day's hours are few; what is undone has the opposite sign.
const HOURS: Content = Whole(-24, 24);
const MATTER: &[Column] = &[must("title", Text(200)), must("raised_on", Day), may("closed_on", Day)];

impl Book {
    /// Its columns, in the order in which files have them.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::People => {
                const {
                    &[
                        must("name", Text(100)),
                        must("pool", OneOf(&["expert", "mediator", "leader", "volunteer"])),
                        may("field", Text(100)),
                        must("capacity", Whole(0, 1_000)),
                        must("since", Day),
                        may("until", Day),
                    ]
                }
            }
            Self::Trainings => {
                const {
                    &[
                        must("person", Text(60)),
                        must("title", Text(200)),
                        must("hours", Whole(1, 1_000)),
                        must("held_on", Day),
                    ]
                }
            }
            Self::PointRules => {
                const {
                    &[
                        must("activity", Text(60)),
                        must("points_per_hour", Whole(0, 1_000)),
                        must("since", Day),
                        may("until", Day),
                    ]
                }
            }
            Self::VolunteerHours => {
                const {
                    &[
                        must("person", Text(60)),
                        must("activity", Text(60)),
                        must("hours", HOURS),
                        must("points", Whole(-24_000, 24_000)),
                        must("served_on", Day),
                        may("undoes", Text(60)),
                    ]
                }
            }
            Self::Honours => const { &[may("person", Text(60)), must("title", Text(200)), must("awarded_on", Day)] },
            Self::Disputes => {
                const {
                    &[
                        must("title", Text(200)),
                        must("brought_on", Day),
                        may("settled_on", Day),
                        may("by_deliberation", YES_NO),
                    ]
                }
            }
            Self::LivelihoodMatters | Self::HardMatters => MATTER,
            Self::RuleDocuments => {
                const {
                    &[
                        must("title", Text(200)),
                        must("level", LEVEL),
                        must("text", Digest),
                        must("in_force_from", Day),
                        may("in_force_until", Day),
                    ]
                }
            }
            Self::Brands => {
                const { &[must("name", Text(200)), must("recognised_on", Day), must("recognised_by", Text(200))] }
            }
            Self::CaseStudies => const { &[must("title", Text(200)), must("published_on", Day), must("text", Digest)] },
            Self::Evaluations => {
                const {
                    &[
                        must("year", Whole(2000, 2999)),
                        must("evaluator", Text(200)),
                        must("score", Whole(0, 100)),
                        must("report", Digest),
                        must("filed_on", Day),
                    ]
                }
            }
        }
    }

    /// The columns that say when what a row tells of began and ended, by which rows are counted.
    pub const fn span(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::People | Self::PointRules => ("since", Some("until")),
            Self::Trainings => ("held_on", None),
            Self::VolunteerHours => ("served_on", None),
            Self::Honours => ("awarded_on", None),
            Self::Disputes => ("brought_on", Some("settled_on")),
            Self::LivelihoodMatters | Self::HardMatters => ("raised_on", Some("closed_on")),
            Self::RuleDocuments => ("in_force_from", Some("in_force_until")),
            Self::Brands => ("recognised_on", None),
            Self::CaseStudies => ("published_on", None),
            Self::Evaluations => ("filed_on", None),
        }
    }
}
