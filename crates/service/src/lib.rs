//! The use cases, one file each: the only place where the store, the record, the rules and the domain meet.
//!
//! A use case reads: load, ask the rules, decide, save, commit. It takes its context and never reads a clock.

mod app;

pub mod directory;
pub mod failures;
pub mod memberships;
pub mod onboarding;
pub mod proving;
pub mod sequencing;
pub mod sessions;
pub mod tokens;

pub use app::{App, RecordKey, Sources};
