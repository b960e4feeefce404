//! What a rule set may use. The same figures bind on every machine; raising one changes which rule sets are admitted.

use serde::Serialize;
use serde_json::Value;

/// How much a rule set may use. What fits the native limits is native; the script tier is for languages that bring their interpreter along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Compiled languages.
    Native,
    /// Interpreted languages: larger, slower, and admitted only where the operator says so.
    Script,
}

impl Tier {
    /// All of them, the narrowest first.
    pub const ALL: &[Self] = &[Self::Native, Self::Script];

    /// What its rule sets may use.
    pub const fn limits(self) -> &'static Limits {
        match self {
            Self::Native => &NATIVE,
            Self::Script => &SCRIPT,
        }
    }
}

/// The limits of a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a component.
    pub component_bytes: usize,
    /// Core modules in a component.
    pub core_modules: u32,
    /// Core modules that a component instantiates. Bundles of exports, of which the usual tools make one an interface, are not instances.
    pub core_instances: u32,
    /// Linear memories of an instance.
    pub memories: u32,
    /// Tables of an instance.
    pub tables: u32,
    /// Bytes of a compiled artefact.
    pub artefact_bytes: usize,
    /// Fuel of a call without rows.
    pub fuel: u64,
    /// Fuel for each row besides.
    pub fuel_per_row: u64,
    /// Fuel of a call with however many rows.
    pub fuel_most: u64,
    /// Milliseconds after which a call is stopped whatever its fuel; that is our failure, not the rule set's.
    pub epoch_millis: u64,
}

impl Limits {
    /// The fuel of a call whose input has this many [`rows`].
    pub const fn fuel_for(&self, rows: u64) -> u64 {
        let fuel = self.fuel.saturating_add(self.fuel_per_row.saturating_mul(rows));
        if fuel < self.fuel_most { fuel } else { self.fuel_most }
    }
}

const NATIVE: Limits = Limits {
    component_bytes: 512 << 10,
    core_modules: 2,
    core_instances: 4,
    memories: 1,
    tables: 2,
    artefact_bytes: 8 << 20,
    fuel: 5_000_000,
    fuel_per_row: 5_000,
    fuel_most: 50_000_000,
    epoch_millis: 250,
};

const SCRIPT: Limits = Limits {
    component_bytes: 2 << 20,
    core_modules: 16,
    core_instances: 64,
    memories: 3,
    tables: 4,
    artefact_bytes: 16 << 20,
    fuel: 20_000_000,
    fuel_per_row: 30_000,
    fuel_most: 100_000_000,
    epoch_millis: 500,
};

/// Counts the rows of an input: every entry of every list in it, at any depth. The members of an object and the bytes of a text are none.
///
/// The input is what the receipt keeps, so that the call made again from it has the same fuel. The configuration is not counted: who writes
/// it would buy itself fuel.
pub fn rows(input: &Value) -> u64 {
    match input {
        Value::Array(items) => items.len() as u64 + items.iter().map(rows).sum::<u64>(),
        Value::Object(members) => members.values().map(rows).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// Bytes of a component's largest function.
pub const FUNCTION_BYTES: usize = 64 << 10;
/// Functions of a component, over all its core modules.
pub const FUNCTIONS: u32 = 5_000;
/// Bytes of a constant expression: those of globals and places in memory are worked out at each call, before any fuel is spent.
pub const CONSTANT_BYTES: usize = 32;
/// Locals of a function.
pub const LOCALS: u32 = 1_000;
/// Types that a component defines, over all its core modules and component sections.
pub const TYPES: u32 = 5_000;
/// Components inside a component. The usual tools make one an interface, which holds types alone.
pub const NESTED_COMPONENTS: u32 = 16;
/// Bytes of linear memory.
pub const MEMORY_BYTES: usize = 16 << 20;
/// Elements of a table.
pub const TABLE_ELEMENTS: usize = 10_000;
/// Bytes of WebAssembly stack.
pub const STACK_BYTES: usize = 512 << 10;
/// Bytes of a call's input.
pub const INPUT_BYTES: usize = 1 << 20;
/// Bytes of a call's output.
pub const OUTPUT_BYTES: usize = 256 << 10;
/// Bytes that the host allocates for what a guest hands it in one call.
pub const HOSTCALL_BYTES: usize = 256 << 10;
/// Calls at the same time.
pub const CONCURRENT_CALLS: u32 = 16;
/// Calls of one tenant at the same time.
pub const TENANT_CALLS: u32 = 4;
/// Seconds for which a call waits for the tenant's other calls to end; a verdict waits for as long as it takes.
pub const TENANT_WAIT_SECONDS: u64 = 2;
/// Fuel that a tenant may use at once: some forty thousand ordinary calls, or twenty that use all that one can have.
pub const TENANT_FUEL: u64 = 1_000_000_000;
/// Fuel that a tenant is given back a second: about a tenth of a processor.
pub const TENANT_FUEL_PER_SECOND: u64 = 100_000_000;
/// Failures in a row after which a rule set of a tenant is not asked for a while.
pub const BREAKER_FAILURES: u32 = 10;
/// Seconds for which it is then not asked; the next call tries it again.
pub const BREAKER_SECONDS: u64 = 30;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fuel_grows_with_the_rows_up_to_the_most() {
        let native = Tier::Native.limits();
        assert_eq!(
            [0, 1, 9_000, u64::MAX].map(|rows| native.fuel_for(rows)),
            [5_000_000, 5_005_000, 50_000_000, 50_000_000]
        );
        assert_eq!(Tier::Script.limits().fuel_for(100), 23_000_000);
    }

    #[test]
    fn rows_are_the_entries_of_lists_at_any_depth() {
        let input = json!({"rule": {"conditions": [{"laws": ["a", "b"]}, {}]}, "text": "no row", "n": 7});
        assert_eq!(rows(&input), 4);
    }
}
