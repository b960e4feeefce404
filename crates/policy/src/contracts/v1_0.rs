//! Contract 1.0.0.

/// The version, as the names of its interfaces write it.
pub const VERSION: &str = "1.0.0";

mod bindings {
    wasmtime::component::bindgen!({
        path: "../../plugins/wit/yishi-policy@1.0.0",
        world: "policy",
    });
}

#[path = "conversions.rs"]
mod conversions;
#[path = "exports.rs"]
mod exports;

pub use exports::Exports;
