//! One call: a fresh store, its budget, and what came of it.

use wasmtime::{Engine, Store, StoreLimits, StoreLimitsBuilder, Trap};

use crate::{PolicyFailure, bindings::PolicyPre, limits};

/// What a call is given besides its arguments.
pub struct State {
    limits: StoreLimits,
}

/// Calls a function of a rule set in a fresh instance; answers with its output and the fuel it used.
pub fn call<T>(
    engine: &Engine,
    rules: &PolicyPre<State>,
    function: impl FnOnce(&mut Store<State>, &crate::bindings::Policy) -> wasmtime::Result<T>,
) -> Result<(T, u64), PolicyFailure> {
    let limits = StoreLimitsBuilder::new()
        .memory_size(limits::MEMORY_BYTES)
        .table_elements(limits::TABLE_ELEMENTS)
        .instances(limits::CORE_INSTANCES as usize)
        .memories(limits::MEMORIES as usize)
        .tables(limits::TABLES as usize)
        .build();
    let mut store = Store::new(engine, State { limits });
    store.limiter(|state| &mut state.limits);
    store.set_hostcall_fuel(limits::HOSTCALL_BYTES);
    store.set_epoch_deadline(limits::EPOCH_MILLIS.div_ceil(TICK_MILLIS));
    store.set_fuel(limits::FUEL).map_err(failure)?;
    let instance = rules.instantiate(&mut store).map_err(failure)?;
    let output = function(&mut store, &instance).map_err(failure)?;
    let left = store.get_fuel().map_err(failure)?;
    Ok((output, limits::FUEL - left))
}

/// Milliseconds between two ticks of the epoch.
pub const TICK_MILLIS: u64 = 10;

fn failure(error: wasmtime::Error) -> PolicyFailure {
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => PolicyFailure::FuelExhausted(limits::FUEL),
        Some(Trap::Interrupt) => PolicyFailure::TooSlow,
        Some(trap) => PolicyFailure::Trap(trap.to_string()),
        None => PolicyFailure::Trap(format!("{error:#}")),
    }
}
