//! Receipts: what a rule set's answer rests on, so that anyone can have it again.

use serde::{Deserialize, Serialize};

use crate::Digest;

/// What a call rests on, so that anyone can run it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
