//! The engine's configuration: everything that decides what a call answers and what it costs.

use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OperatorCost, PoolingAllocationConfig, WasmFeatures,
};

use crate::limits::{self, Tier};

/// The version of the cost table below; a change of any cost is a new version.
pub const COST_TABLE: &str = "yishi-1";

/// The engine and its version, which the workspace pins exactly: fuel changes between versions.
pub const HOST: &str = "wasmtime 48.0.8";

/// Makes the engine that runs.
pub fn engine() -> wasmtime::Result<Engine> {
    let mut config = config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    Engine::new(&config)
}

/// Makes the engine that compiles: the same settings without the pool, whose address space a limited child cannot reserve.
pub fn compiler() -> wasmtime::Result<Engine> {
    let mut config = config();
    config.parallel_compilation(false);
    Engine::new(&config)
}

/// Bytes of address space that lie behind each linear memory: all that an address of 32 bits reaches, so that compiled code checks no bounds, since
/// whatever lies outside the memory is not there. Only addresses are reserved; how large a memory grows is limited apart.
const RESERVED_BYTES: u64 = 4 << 30;

/// Bytes behind that, for what an instruction adds to an address.
const GUARD_BYTES: u64 = 32 << 20;

/// Bytes of each place in the pool that stay with it from one call to the next, where the kernel tells which of them a call has written.
const KEPT_BYTES: usize = 2 << 20;

fn config() -> Config {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .operator_cost(costs())
        .epoch_interruption(true)
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .max_wasm_stack(limits::STACK_BYTES)
        .wasm_backtrace_max_frames(None)
        .wasm_component_model(true)
        // Stated here because the engine derives them from the allocation strategy, and both engines must agree.
        .memory_reservation(RESERVED_BYTES)
        .memory_reservation_for_growth(0)
        .memory_guard_size(GUARD_BYTES);
    for feature in [
        WasmFeatures::THREADS,
        WasmFeatures::SHARED_EVERYTHING_THREADS,
        WasmFeatures::MEMORY64,
        WasmFeatures::MULTI_MEMORY,
        WasmFeatures::TAIL_CALL,
        WasmFeatures::RELAXED_SIMD,
        WasmFeatures::SIMD,
        WasmFeatures::EXCEPTIONS,
        WasmFeatures::GC,
        WasmFeatures::FUNCTION_REFERENCES,
        WasmFeatures::CUSTOM_PAGE_SIZES,
        WasmFeatures::WIDE_ARITHMETIC,
        WasmFeatures::STACK_SWITCHING,
    ] {
        config.wasm_features(feature, false);
    }
    #[cfg(feature = "portable")]
    crate::variants::apply(&mut config);
    config
}

/// One an operator, as the engine has it, but growing memory at what it costs the machine: with a cost of one, the same fuel ran a hundred
/// times longer on growing than on adding.
fn costs() -> OperatorCost {
    let mut costs = OperatorCost::new();
    costs.MemoryGrow = u8::MAX;
    costs.TableGrow = u8::MAX;
    costs.variable.memory_grow_per_page = u8::MAX;
    costs
}

/// Room for as many calls as run at once, each as large as the widest tier lets one be. Only addresses are reserved; what is not used takes no
/// memory.
fn pool() -> PoolingAllocationConfig {
    let (calls, most) = (limits::CONCURRENT_CALLS, Tier::Script.limits());
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(calls)
        .total_core_instances(calls * most.core_instances)
        .total_memories(calls * most.memories)
        .total_tables(calls * most.tables)
        .max_core_instances_per_component(most.core_instances)
        .max_memories_per_component(most.memories)
        .max_tables_per_component(most.tables)
        .max_tables_per_module(most.tables)
        .max_memory_size(limits::MEMORY_BYTES)
        .table_elements(limits::TABLE_ELEMENTS)
        .pagemap_scan(Enabled::Auto);
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        // Without the kernel's help all of it would be written anew after each call.
        pool.linear_memory_keep_resident(KEPT_BYTES).table_keep_resident(KEPT_BYTES);
    }
    pool
}
