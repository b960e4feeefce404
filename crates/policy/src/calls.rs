//! One call: a fresh store, its budget, and what came of it.

use wasmtime::{
    ResourceLimiter, Store, StoreLimits, StoreLimitsBuilder, Trap,
    component::{Instance, InstancePre},
};

use crate::{
    AdmissionRefusal, PolicyFailure,
    contracts::Called,
    limits::{self, Limits},
};

/// What a call is given besides its arguments.
pub struct State {
    limits: StoreLimits,
    memory_bytes: usize,
}

/// What a call used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// Fuel.
    pub fuel: u64,
    /// Bytes of linear memory at its end; memory never shrinks.
    pub memory_bytes: usize,
}

impl Used {
    /// What a call used that was never made.
    pub const NOTHING: Self = Self { fuel: 0, memory_bytes: 0 };
}

/// What a call may use.
#[derive(Clone, Copy)]
pub struct Budget {
    limits: &'static Limits,
    fuel: u64,
}

impl Budget {
    /// The budget of a tier for an input of some rows.
    pub fn new(limits: &'static Limits, rows: u64) -> Self {
        Self { limits, fuel: limits.fuel_for(rows) }
    }
}

/// Calls a function of a rule set in a fresh instance; answers with its output, and with what it used whatever came of it.
pub fn call<T>(
    rules: &InstancePre<State>,
    budget: Budget,
    function: impl FnOnce(&mut Store<State>, &Instance) -> Called<T>,
) -> (Result<T, PolicyFailure>, Used) {
    let most = budget.limits;
    let limits = StoreLimitsBuilder::new()
        .memory_size(limits::MEMORY_BYTES)
        .table_elements(limits::TABLE_ELEMENTS)
        .instances(most.core_instances as usize)
        .memories(most.memories as usize)
        .tables(most.tables as usize)
        .build();
    let mut store = Store::new(rules.engine(), State { limits, memory_bytes: 0 });
    store.limiter(|state| state);
    store.set_hostcall_fuel(limits::HOSTCALL_BYTES);
    store.set_epoch_deadline(most.epoch_millis.div_ceil(TICK_MILLIS));
    let ready = store.set_fuel(budget.fuel).and_then(|()| rules.instantiate(&mut store));
    let answer = match ready {
        Ok(instance) => match function(&mut store, &instance) {
            Ok(answer) => answer,
            Err(error) => Err(failure(&error, budget.fuel)),
        },
        Err(error) if !error.is::<Trap>() => {
            Err(PolicyFailure::NotAdmitted(AdmissionRefusal::new("component.wrong_contract", format!("{error:#}"))))
        }
        Err(error) => Err(failure(&error, budget.fuel)),
    };
    let fuel = match &answer {
        // What was stopped by the clock is charged as if it had used all that a call can, since its fuel says too little.
        Err(PolicyFailure::TooSlow) => most.fuel_most,
        _ => budget.fuel.saturating_sub(store.get_fuel().unwrap_or(0)),
    };
    (answer, Used { fuel, memory_bytes: store.data().memory_bytes })
}

/// Milliseconds between two ticks of the epoch.
pub const TICK_MILLIS: u64 = 10;

/// The limits, which also note how large the memory becomes.
impl ResourceLimiter for State {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let grows = self.limits.memory_growing(current, desired, maximum)?;
        if grows {
            self.memory_bytes = self.memory_bytes.max(desired);
        }
        Ok(grows)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.limits.memory_grow_failed(error)
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.limits.table_growing(current, desired, maximum)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.limits.table_grow_failed(error)
    }

    fn instances(&self) -> usize {
        self.limits.instances()
    }

    fn tables(&self) -> usize {
        self.limits.tables()
    }

    fn memories(&self) -> usize {
        self.limits.memories()
    }
}

fn failure(error: &wasmtime::Error, fuel: u64) -> PolicyFailure {
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => PolicyFailure::FuelExhausted(fuel),
        Some(Trap::Interrupt) => PolicyFailure::TooSlow,
        Some(trap) => PolicyFailure::Trap(trap.to_string()),
        None => PolicyFailure::Trap(format!("{error:#}")),
    }
}
