//! A contract that there is only in tests: with it the host is shown to speak two versions side by side.
//!
//! Its verdict has a member more, which to a component of 1.0.0 is another type.

/// The version, as the names of its interfaces write it.
pub const VERSION: &str = "1.1.0";

mod bindings {
    wasmtime::component::bindgen!({
        path: "tests/wit/yishi-policy@1.1.0",
        world: "policy",
    });
}

#[path = "conversions.rs"]
mod conversions;
#[path = "exports.rs"]
mod exports;

pub use exports::Exports;
