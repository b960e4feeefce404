//! Receipts: what an answer rests on, so that anyone can have it again.

use serde::{Deserialize, Serialize};
use yishi_domain::Digest;

use crate::PolicyFailure;

/// What a call rests on, so that anyone can run it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The component.
    pub component: Digest,
    /// The version of the contract.
    pub contract: String,
    /// The version of the cost table.
    pub cost_table: String,
    /// The digest of the configuration's canonical form.
    pub configuration: Digest,
    /// The input in canonical form (RFC 8785).
    pub input: String,
    /// The output in canonical form.
    pub output: String,
    /// The fuel that the call used.
    pub fuel: u64,
    /// The engine and its version.
    pub host: String,
}

/// An answer with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered<T> {
    /// The answer.
    pub value: T,
    /// What it rests on; none where the standard rules answered.
    pub receipt: Option<Receipt>,
    /// Why the standard rules answered, where they did.
    pub fallback: Option<PolicyFailure>,
}

impl Receipt {
    /// Tells whether another call of the same rules on the same input gave the same output, and on the same engine used the same fuel.
    pub fn agrees_with(&self, again: &Self) -> bool {
        let same_engine = (&self.host, &self.cost_table) == (&again.host, &again.cost_table);
        self.component == again.component
            && self.contract == again.contract
            && self.configuration == again.configuration
            && self.input == again.input
            && self.output == again.output
            && (!same_engine || self.fuel == again.fuel)
    }
}
