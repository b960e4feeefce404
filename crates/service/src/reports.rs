//! Reports: indicators of any unit over any period, from counters that one consumer a tenant keeps from the events.

mod batches;
mod figures;
pub mod files;
mod populations;
mod projecting;
mod queries;
mod recounting;
mod stars;

pub(crate) use figures::Read;
pub use figures::{Figure, Population, Ranked, Value};
pub use projecting::{project, project_up_to};
pub use queries::{Asked, Behind, Report, behind, counted, report};
pub use recounting::{Difference, Recount, recount};
pub use stars::{Placed, Sheet, league, sheet};
