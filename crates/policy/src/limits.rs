//! What a rule set may use. The same figures bind on every machine; raising one changes which rule sets are admitted.

/// Bytes of a component.
pub const COMPONENT_BYTES: usize = 512 << 10;
/// Bytes of a component's largest function.
pub const FUNCTION_BYTES: usize = 64 << 10;
/// Functions of a component, over all its core modules.
pub const FUNCTIONS: u32 = 5_000;
/// Locals of a function.
pub const LOCALS: u32 = 1_000;
/// Core modules in a component.
pub const CORE_MODULES: u32 = 2;
/// Core instances that a component makes.
pub const CORE_INSTANCES: u32 = 8;
/// Memories of an instance.
pub const MEMORIES: u32 = 1;
/// Tables of an instance.
pub const TABLES: u32 = 2;
/// Bytes of a compiled artefact.
pub const ARTEFACT_BYTES: usize = 8 << 20;
/// Bytes of linear memory.
pub const MEMORY_BYTES: usize = 16 << 20;
/// Elements of a table.
pub const TABLE_ELEMENTS: usize = 10_000;
/// Bytes of WebAssembly stack.
pub const STACK_BYTES: usize = 512 << 10;
/// Fuel of a call.
pub const FUEL: u64 = 5_000_000;
/// Milliseconds after which a call is stopped whatever its fuel; that is our failure, not the rule set's.
pub const EPOCH_MILLIS: u64 = 250;
/// Bytes of a call's input.
pub const INPUT_BYTES: usize = 1 << 20;
/// Bytes of a call's output.
pub const OUTPUT_BYTES: usize = 256 << 10;
/// Bytes that the host allocates for what a guest hands it in one call.
pub const HOSTCALL_BYTES: usize = 256 << 10;
/// Calls at the same time.
pub const CONCURRENT_CALLS: u32 = 16;
