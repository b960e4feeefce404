//! Parts of WebAssembly that rules may not use, because they add nothing that rules need and much that can go wrong.

use crate::runs::Case;

const REFUSED: &str = "component.feature_not_allowed";

pub fn cases() -> Vec<Case> {
    let core = [
        ("threads", "(memory 1 1 shared)"),
        ("atomics", "(memory 1 1) (func (drop (i32.atomic.load (i32.const 0))))"),
        ("simd", "(func (drop (v128.const i64x2 1 2)))"),
        ("relaxed simd", "(func (param v128) (drop (i32x4.relaxed_trunc_f32x4_s (local.get 0))))"),
        ("64-bit memory", "(memory i64 1)"),
        ("64-bit tables", "(table i64 1 funcref)"),
        ("two memories", "(memory 1) (memory 1)"),
        ("tail calls", "(func $f (return_call $f))"),
        ("exceptions", "(tag $t) (func (throw $t))"),
        ("exception handlers", "(func (block $h (result exnref) (try_table (catch_all_ref $h)) (return)) drop)"),
        ("structures", "(type (struct (field i32)))"),
        ("arrays", "(type $a (array i8)) (func (drop (array.new_default $a (i32.const 1000000))))"),
        ("typed function references", "(type $f (func)) (func (param (ref $f)) (call_ref $f (local.get 0)))"),
        ("recursive types", "(rec (type $a (struct (field (ref null $b)))) (type $b (struct (field (ref null $a)))))"),
        ("pages of another size", "(memory 1 (pagesize 1))"),
        ("wide arithmetic", "(func (param i64) (i64.mul_wide_u (local.get 0) (local.get 0)) drop drop)"),
        (
            "stack switching",
            "(type $f (func)) (type $c (cont $f)) (func (param (ref $f)) (drop (cont.new $c (local.get 0))))",
        ),
    ];
    let components = [
        ("streams", "(type (stream u8))"),
        ("futures", "(type (future))"),
        ("error contexts", "(type error-context)"),
        ("fixed-length lists", "(type (list u8 4))"),
        ("asynchronous functions", "(core func (canon task.cancel))"),
        ("waitable sets", "(core func (canon waitable-set.new))"),
        ("backpressure", "(core func (canon backpressure.inc))"),
        ("threads of a component", "(core func (canon thread.available_parallelism))"),
        ("yielding", "(core func (canon thread.yield))"),
        ("a start of a component", "(import \"f\" (func $f)) (start $f)"),
        ("values", "(import \"v\" (value string))"),
    ];
    let core = core.into_iter().map(|(name, text)| (name, format!("(component (core module {text}))")));
    let components = components.into_iter().map(|(name, text)| (name, format!("(component {text})")));
    core.chain(components)
        .map(|(name, text)| {
            // These the reader does not know at all.
            let code = if ["simd", "relaxed simd", "values"].contains(&name) { "component.invalid" } else { REFUSED };
            let bytes = wat::parse_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            Case::refused(format!("uses {name}"), bytes, code, "")
        })
        .collect()
}
