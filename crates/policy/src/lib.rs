//! The host of rule sets: the only crate that knows wasmtime. It loads a component, limits it, and maps the contract to domain types.
//!
//! A rule set is called in a fresh store each time, with a budget of fuel, memory, stack and bytes, and with nothing to import. It is always
//! called before a transaction, never inside one. A [`Caller`] asks: a tenant, which is held to its share of the machine.

#![cfg_attr(
    test,
    expect(clippy::duplicate_mod, reason = "versions of the contract whose types convert alike share the files")
)]

mod accounts;
mod admissions;
mod answers;
mod artefacts;
mod callers;
mod calls;
mod canonical;
pub mod compilers;
mod components;
mod contracts;
mod engines;
mod failures;
mod hosts;
pub mod limits;
#[cfg(feature = "measuring")]
mod measured;
mod measures;
mod questions;
mod receipts;
mod replays;
mod schemas;
mod seats;
#[cfg(feature = "portable")]
pub mod variants;

// What tests share names the crate as others do.
#[cfg(test)]
extern crate self as yishi_policy;

#[cfg(feature = "fuzzing")]
pub use admissions::inspect;
pub use admissions::{Admitted, SCRIPT_TIER_CLOSED, Sizes};
pub use callers::Caller;
pub use components::Component;
pub use contracts::NEWEST as CONTRACT;
pub use failures::{AdmissionRefusal, PolicyFailure};
pub use hosts::{HostOptions, PolicyHost};
#[cfg(feature = "measuring")]
pub use measured::Ready;
pub use receipts::Answered;
pub use yishi_domain::receipts::Receipt;
