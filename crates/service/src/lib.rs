//! The use cases, one file each: the only place where the store, the record, the rules and the domain meet.
//!
//! A use case reads: load, ask the rules, decide, save, commit. It takes its context and never reads a clock.

mod app;
mod cases;
mod escalating;
mod events;
mod rules;
mod trials;

pub mod ballots;
pub mod batches;
pub mod bookings;
pub mod books;
pub mod bundling;
pub mod campaigns;
pub mod casting;
pub mod clocks;
pub mod counting;
pub mod couriers;
pub mod directory;
pub mod disclosures;
pub mod execution;
pub mod facts;
pub mod failures;
mod faults;
pub mod feeds;
pub mod funds;
pub mod imports;
pub mod keys;
pub mod mandates;
pub mod meetings;
pub mod memberships;
pub mod notices;
pub mod objections;
pub mod onboarding;
pub mod outbound;
pub mod people;
pub mod pool;
pub mod pools;
pub mod promises;
pub mod proving;
pub mod registers;
pub mod replays;
pub mod rolls;
pub mod rule_sets;
pub mod running;
pub mod screening;
pub mod sequencing;
pub mod sessions;
pub mod shadows;
pub mod surveys;
pub mod tiling;
pub mod timers;
pub mod tokens;
pub mod topics;
pub mod trust;
pub mod voting;
pub mod webhooks;
pub mod witnessing;

pub use app::{App, Sources};
pub use cases::Stepped;
