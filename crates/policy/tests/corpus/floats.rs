//! Answers that hang on what floats come to, which machines differ in: the same every time.

use crate::{guests::Guest, runs::Case};

pub fn cases() -> Vec<Case> {
    // A refusal whose code and sentence spell the bits of the result, so that any difference shows.
    let spelled = |expression: &str| {
        format!(
            "(local $i i32) (local $n i32)
            (local.set $n (i32.reinterpret_f32 {expression}))
            (loop $digits
                (i32.store8 (i32.add (i32.const 4096) (local.get $i))
                    (i32.add (i32.and (i32.shr_u (local.get $n) (i32.shl (local.get $i) (i32.const 2))) (i32.const 15)) (i32.const 97)))
                (br_if $digits (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8))))
            (i32.store8 (i32.const 1024) (i32.const 1))
            (i32.store (i32.const 1028) (i32.const 4096)) (i32.store (i32.const 1032) (i32.const 8))
            (i32.store (i32.const 1036) (i32.const 4096)) (i32.store (i32.const 1040) (i32.const 8))
            (i32.const 1024)"
        )
    };
    // The canonical quiet NaN is 7fc00000, spelled from its last digit.
    let canonical = "aaaaamph";
    [
        ("zero by zero", "(f32.div (f32.const 0) (f32.const 0))"),
        ("the root of minus one", "(f32.sqrt (f32.const -1))"),
        ("infinity less infinity", "(f32.sub (f32.const inf) (f32.const inf))"),
        ("a payload that passes through", "(f32.add (f32.const nan:0x123) (f32.const 1))"),
        ("the lesser of two payloads", "(f32.min (f32.const nan:0x123) (f32.const -nan:0x3ffff))"),
        ("a payload made narrow", "(f32.demote_f64 (f64.const nan:0x123456789abcd))"),
    ]
    .into_iter()
    .map(|(name, expression)| {
        let guest = Guest::honest().code("rule", &spelled(expression));
        Case::fails(format!("a NaN from {name} is always the same"), &guest, "rule", "policy.refused", canonical)
    })
    .collect()
}
