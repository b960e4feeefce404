//! Answers with what they rest on.

use yishi_domain::receipts::Receipt;

use crate::PolicyFailure;

/// An answer with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered<T> {
    /// The answer.
    pub value: T,
    /// What it rests on; none where the standard rules answered.
    pub receipt: Option<Receipt>,
    /// Why the standard rules answered, where they did.
    pub fallback: Option<PolicyFailure>,
    /// The bytes of linear memory that the call used; none where the rule set did not answer.
    pub memory_bytes: usize,
}

impl<T> Answered<T> {
    /// An answer of the standard rules, which the rule set leaves to them.
    pub const fn standard(value: T) -> Self {
        Self { value, receipt: None, fallback: None, memory_bytes: 0 }
    }

    /// An answer of the standard rules, because the rule set failed.
    pub const fn instead(value: T, failure: PolicyFailure) -> Self {
        Self { value, receipt: None, fallback: Some(failure), memory_bytes: 0 }
    }
}
