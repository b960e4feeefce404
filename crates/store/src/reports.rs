//! What reports are made of: counters, cases, people, residents and rows of registers, kept from events by one consumer a tenant, and read.

mod cases;
mod counters;
mod figures;
mod people;
mod recounts;
mod residents;
mod rows;
mod sources;

pub use cases::{Behind, all_cases, behind, cases, marks, save_cases};
pub use counters::{Delta, add};
pub use figures::{
    Sum, active, communities, different, levels, persons, position as counted, residents, siblings, sums,
};
pub use people::{Taken, ancestors, change_persons, days, save_days};
pub use recounts::{Difference, begin_anew, clear, differences, hold};
pub use residents::{all_residents, replace_residents};
pub use rows::{Changed, Scope, change_rows};
pub use sources::{agents, attended, has_more, is_settled, next, position, rated, represented, save_position, told};
