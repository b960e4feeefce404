//! The contract's types and calls, generated from `plugins/wit`.

wasmtime::component::bindgen!({
    path: "../../plugins/wit/yishi-policy@0.1.0",
    world: "policy",
});
