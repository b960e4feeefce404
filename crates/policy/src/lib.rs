//! The host of rule sets: the only crate that knows wasmtime. It loads a component, limits it, and maps the contract to domain types.
//!
//! A rule set is called in a fresh store each time, with a budget of fuel, memory, stack and bytes, and with nothing to import. It is always
//! called before a transaction, never inside one. A [`Caller`] asks: a tenant, which is held to its share of the machine.

mod accounts;
mod admissions;
mod answers;
mod artefacts;
mod bindings;
mod callers;
mod calls;
pub mod compilers;
mod conversions;
mod engines;
mod failures;
mod hosts;
pub mod limits;
mod measures;
mod questions;
mod receipts;
mod replays;
mod schemas;

#[cfg(feature = "fuzzing")]
pub use admissions::inspect;
pub use admissions::{Admitted, Sizes};
pub use callers::Caller;
pub use failures::{AdmissionRefusal, PolicyFailure};
pub use hosts::{HostOptions, PolicyHost};
pub use receipts::Answered;
pub use yishi_domain::receipts::Receipt;

/// The version of the contract that this host speaks.
pub const CONTRACT: &str = "0.1.0";
