//! Why a bundle is refused, each reason with a stable code.

use yishi_domain::{
    Digest,
    voting::{Measure, Outcome, RuleError},
};

use crate::{bundles::BundleError, checkpoints::CheckpointError, facts::RecountError};

/// Why a bundle is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It cannot be read, or a leaf is not in the record.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// Its checkpoint cannot be read, or is not signed by the pinned key.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A leaf is not of the form that its kind has.
    #[error("the leaf at position {position} is malformed: {reason}")]
    Leaf {
        /// Its position.
        position: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// Leaves are not in the order of their positions.
    #[error("the leaf at position {0} is out of order")]
    Order(u64),
    /// Leaves are of several tenants, or of one whose log this is not.
    #[error("the leaf at position {0} is of another tenant")]
    Tenant(u64),
    /// A leaf of the ballot is missing, or there are several.
    #[error("the bundle has {found} leaves `{kind}` of the ballot and needs exactly one")]
    Single {
        /// The kind of leaf.
        kind: &'static str,
        /// How many there are.
        found: usize,
    },
    /// A vote was cast before the ballot opened or after it closed.
    #[error("the vote at position {0} was cast outside the time in which the ballot was open")]
    OutsideWindow(u64),
    /// A voting unit has two votes.
    #[error("the voting unit `{0}` has more than one vote")]
    TwoVotes(String),
    /// The number of votes is not the one committed to.
    #[error("the bundle has {found} votes of the ballot, and {committed} were counted")]
    VoteCount {
        /// The votes in the bundle.
        found: u64,
        /// The votes that were counted.
        committed: u64,
    },
    /// The votes are not the ones committed to.
    #[error("the votes have root {found}, and {committed} was committed to at the count")]
    VotesRoot {
        /// The root over the votes in the bundle.
        found: Digest,
        /// The root committed to.
        committed: Digest,
    },
    /// The votes cannot be counted.
    #[error(transparent)]
    Recount(#[from] RecountError),
    /// More is counted than the roll has.
    #[error("the votes have {found} of {measure:?}, and the roll has {eligible}")]
    Roll {
        /// By what it is counted.
        measure: Measure,
        /// What the votes have.
        found: u64,
        /// What the roll has.
        eligible: u64,
    },
    /// The recorded tally is not what the votes come to.
    #[error("the votes do not come to the recorded tally")]
    Tally,
    /// The rule cannot be evaluated on the tally.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// The recorded verdict is not what the rule gives.
    #[error("the rule gives {expected:?}, and {recorded:?} was recorded, or its figures differ")]
    Verdict {
        /// What the rule gives.
        expected: Outcome,
        /// What was recorded.
        recorded: Outcome,
    },
    /// A component, its configuration and a receipt are not all there, nor all absent.
    #[error("a component, its configuration and the receipt of its answer come together, or not at all")]
    Incomplete,
    /// The rule is beyond the terms, and there is no component to decide by it.
    #[error("the rule is beyond the terms that the core evaluates, and no component decides by it")]
    Undecidable,
    /// Two places that must say the same do not.
    #[error("{0} differ")]
    Differ(&'static str),
}

impl Refused {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Bundle(BundleError::TooLarge { .. }) => "bundle.too_large",
            Self::Bundle(BundleError::NotCanonical { .. }) => "bundle.not_canonical",
            Self::Bundle(BundleError::Unproved { .. }) => "leaf.not_included",
            Self::Bundle(_) => "bundle.malformed",
            Self::Checkpoint(error) => error.code(),
            Self::Leaf { .. } => "leaf.malformed",
            Self::Order(_) => "leaf.out_of_order",
            Self::Tenant(_) => "leaf.other_tenant",
            Self::Single { .. } => "ballot.incomplete",
            Self::OutsideWindow(_) => "votes.outside_window",
            Self::TwoVotes(_) => "votes.duplicate",
            Self::VoteCount { .. } => "votes.count",
            Self::VotesRoot { .. } => "votes.root",
            Self::Recount(_) => "votes.uncountable",
            Self::Roll { .. } => "votes.beyond_roll",
            Self::Tally => "tally.mismatch",
            Self::Rule(_) => "rule.not_evaluable",
            Self::Verdict { .. } => "verdict.mismatch",
            Self::Incomplete => "rules.incomplete",
            Self::Undecidable => "rules.undecidable",
            Self::Differ(_) => "bundle.inconsistent",
        }
    }

    /// Where it does not hold: a byte of the bundle, a leaf, or the part that it is about.
    pub fn place(&self) -> String {
        match self {
            Self::Bundle(BundleError::Malformed { at, .. } | BundleError::NotCanonical { at }) => format!("byte {at}"),
            Self::Bundle(BundleError::Unproved { position, .. })
            | Self::Leaf { position, .. }
            | Self::Order(position)
            | Self::Tenant(position)
            | Self::OutsideWindow(position) => format!("the leaf at position {position}"),
            Self::Bundle(BundleError::TooLarge { what, .. }) => format!("the {what}"),
            Self::Bundle(BundleError::Checkpoint(_)) | Self::Checkpoint(_) => "the checkpoint".into(),
            Self::Bundle(BundleError::Inexact(number)) => format!("the number {number}"),
            Self::Bundle(BundleError::Unsequenced(event)) => format!("event {event}"),
            Self::Single { kind, .. } => format!("`{kind}`"),
            Self::TwoVotes(unit) => format!("the votes of `{unit}`"),
            Self::VoteCount { .. } | Self::VotesRoot { .. } | Self::Recount(_) | Self::Roll { .. } => {
                "the votes".into()
            }
            Self::Tally => "`ballot.counted`".into(),
            Self::Rule(_) | Self::Verdict { .. } => "`ballot.decided`".into(),
            Self::Incomplete => "the component, the configuration and the receipt".into(),
            Self::Undecidable => "`ballot.opened`".into(),
            Self::Differ(what) => (*what).into(),
        }
    }
}
