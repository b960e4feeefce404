//! The resources, one file each: wire types, handlers, conversions.

pub mod clocks;
pub mod divisions;
pub mod members;
pub mod records;
pub mod tenants;
pub mod units;

use poem_openapi::Tags;

/// How operations are grouped in the description.
#[derive(Tags)]
pub(crate) enum Tag {
    /// The province: tenants, division lists, administrators.
    Platform,
    /// A city: its division tree, its people and their roles, its clock.
    Tenant,
    /// What happened, in order, and the proof that nothing was changed afterwards.
    Record,
}
