//! Other ways to run the same rules, for the tests that hold them equal: what a rule set answers must not hang on how it is compiled.

use std::sync::{Mutex, PoisonError};

use wasmtime::{Config, OptLevel};

/// How components are compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// As in earnest: to native code, optimised.
    Optimised,
    /// To native code, not optimised.
    Unoptimised,
    /// To the bytecode of the engine's portable interpreter, which runs on every machine.
    Interpreted,
}

static CHOSEN: Mutex<Variant> = Mutex::new(Variant::Optimised);

/// Chooses for every engine of this process that is made from now on.
pub fn choose(variant: Variant) {
    *CHOSEN.lock().unwrap_or_else(PoisonError::into_inner) = variant;
}

pub(crate) fn apply(config: &mut Config) {
    match *CHOSEN.lock().unwrap_or_else(PoisonError::into_inner) {
        Variant::Optimised => config,
        Variant::Unoptimised => config.cranelift_opt_level(OptLevel::None),
        Variant::Interpreted => config.target("pulley64").expect("the interpreter is built in where this is chosen"),
    };
}
