//! Reports: what is counted of a tenant's events, on which day it counts, and what indicators are made of it.
//!
//! A case is folded from its events into [`CaseFacts`], and these say by which marks it counts. Whatever changes a case changes its marks, so
//! that late, corrected and reversed data land on the day to which they belong; counters are sums of marks and nothing else.

mod cases;
mod indicators;
mod measures;
mod people;
mod periods;
mod rows;
mod schedules;
mod stars;
mod suppression;

#[cfg(test)]
mod tests;

pub use cases::{CaseFacts, Column, KINDS, TABLES, Table};
pub use indicators::{Breakdown, Group, INDICATORS, Indicator, Target, Way};
pub use measures::{Mark, Measure, changes};
pub use people::{NEVER, Pair, pairs};
pub use periods::{Grain, NotAPeriod, PHASES, Period, Phase};
pub use rows::{Span, marks_of};
pub use schedules::{Cadence, MORNING, Scheduled};
pub use stars::{FORMULA, Formula, LEAGUE_RULE, Part, Points, Rating};
pub use suppression::{LEAST_PEOPLE, is_small, left_out};
