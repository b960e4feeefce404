//! What can go wrong with a rule set, each with a stable code.

use yishi_domain::voting::RuleError;

/// Bytes of a text that says what is wrong.
const TEXT_BYTES: usize = 500;

/// A reason for refusing a component.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {text}")]
pub struct AdmissionRefusal {
    /// Stable code, such as `component.imports`.
    pub code: &'static str,
    /// What is wrong.
    pub text: String,
}

impl AdmissionRefusal {
    pub(crate) fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self { code, text: clip(text.into()) }
    }
}

/// Why a call gave no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFailure {
    /// The bytes are not the component that was named, or were never admitted.
    #[error("the component is not admitted: {0}")]
    NotAdmitted(AdmissionRefusal),
    /// The configuration does not fit the schema.
    #[error("the configuration does not fit the rule set's schema: {0}")]
    Configuration(String),
    /// The input is too large.
    #[error("the input has {0} bytes; {max} are allowed", max = crate::limits::INPUT_BYTES)]
    InputTooLarge(usize),
    /// The rule set used up its fuel.
    #[error("the rule set used up its fuel of {0}")]
    FuelExhausted(u64),
    /// The backstop struck: our failure, to be retried.
    #[error("the call took too long on this machine")]
    TooSlow,
    /// The rule set trapped.
    #[error("the rule set trapped: {0}")]
    Trap(String),
    /// The rule set refused.
    #[error("the rule set refused: {code}: {message}")]
    Refused {
        /// Its code.
        code: String,
        /// Its sentence.
        message: String,
    },
    /// The answer breaks the contract.
    #[error("the answer breaks the contract in `{field}`: {text}")]
    Output {
        /// Where, such as `conditions[1].at_least`.
        field: String,
        /// What is wrong there.
        text: String,
    },
    /// The published rule comes to something else.
    #[error("the rule set's verdict disagrees with the published rule: {0}")]
    Disagrees(String),
    /// The input is none that a call can be made from again.
    #[error("the call cannot be made again from this input: {0}")]
    Unreplayable(String),
    /// The tenant uses all that one can have at the moment.
    #[error("the tenant has used all that one can at the moment: {0}")]
    Busy(&'static str),
    /// The rule set failed too often in a row and is left alone for a while.
    #[error("the rule set failed {failures} times in a row and is not asked for {seconds} seconds")]
    Suspended {
        /// Failures in a row.
        failures: u32,
        /// Seconds until it is tried again.
        seconds: u64,
    },
    /// The rule set failed so often that it is suspended until somebody puts it in force again.
    #[error("the rule set failed {failures} times in a row, the last time by {cause}, and is suspended for new work")]
    Halted {
        /// Failures in a row.
        failures: u32,
        /// The code of the last one.
        cause: String,
    },
    /// The host itself failed: our failure, to be retried.
    #[error("the host failed: {0}")]
    Host(String),
    /// The rule cannot be evaluated.
    #[error("the rule cannot be evaluated: {0}")]
    Rule(#[from] RuleError),
}

impl PolicyFailure {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAdmitted(_) => "policy.not_admitted",
            Self::Configuration(_) => "policy.configuration_invalid",
            Self::InputTooLarge(_) => "policy.input_too_large",
            Self::FuelExhausted(_) => "policy.fuel_exhausted",
            Self::TooSlow => "policy.too_slow",
            Self::Trap(_) => "policy.trap",
            Self::Refused { .. } => "policy.refused",
            Self::Output { .. } => "policy.output_invalid",
            Self::Disagrees(_) => "policy.disagrees",
            Self::Unreplayable(_) => "policy.input_invalid",
            Self::Busy(_) => "policy.busy",
            Self::Suspended { .. } => "policy.suspended",
            Self::Halted { .. } => "policy.halted",
            Self::Host(_) => "policy.host_failed",
            Self::Rule(_) => "policy.rule_unsound",
        }
    }

    /// Tells whether the failure is ours and the same call may succeed later; all others come again from the same input.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::TooSlow | Self::Busy(_) | Self::Host(_))
    }

    /// Tells whether the rule set itself is at fault, and not the question, the machine, or the tenant's other calls.
    pub const fn is_a_fault_of_the_rules(&self) -> bool {
        matches!(
            self,
            Self::NotAdmitted(_)
                | Self::FuelExhausted(_)
                | Self::Trap(_)
                | Self::Output { .. }
                | Self::Disagrees(_)
                | Self::Rule(_)
        )
    }

    /// Says where an answer breaks the contract, and how.
    pub(crate) fn output(field: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Output { field: field.into(), text: clip(text.into()) }
    }
}

/// Keeps a text short: what it quotes comes from a component, which may be all one name.
pub(crate) fn clip(mut text: String) -> String {
    if text.len() > TEXT_BYTES {
        text.truncate(text.floor_char_boundary(TEXT_BYTES));
        text.push('…');
    }
    text
}
