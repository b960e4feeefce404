//! Components that are small to send and dear to compile.

use crate::{guests::Guest, runs::Case};

pub fn cases() -> Vec<Case> {
    let with = |field: &str| Guest::honest().field(field).component();
    let mut cases = Vec::new();
    for (name, field, code, says) in [
        ("5,001 functions", "(func)".repeat(5_001), "component.too_many_functions", "5000"),
        ("1,001 locals", format!("(func (local {}))", "i64 ".repeat(1_001)), "component.too_many_locals", "1001"),
        (
            "a function of 70 KiB",
            format!("(func {})", "nop ".repeat(70 << 10)),
            "component.function_too_large",
            "65536",
        ),
        (
            "a jump of 70,000 ways",
            format!("(func (br_table {} (i32.const 0)))", "0 ".repeat(70_000)),
            "component.function_too_large",
            "65536",
        ),
        ("6,000 types", (0..6_000).map(distinct).collect(), "component.too_many_types", "5000"),
        (
            "a constant that is a sum of 30",
            format!("(global i32 {} i32.const 1 {})", "(i32.const 1)".repeat(29), "i32.add ".repeat(29)),
            "component.constant_too_long",
            "32 are allowed",
        ),
        (
            "a place in memory that is a long sum",
            format!("(data (offset i32.const 1 {}) \"\")", "i32.const 1 i32.add ".repeat(30)),
            "component.constant_too_long",
            "32 are allowed",
        ),
        (
            "an element's place that is a long sum",
            format!("(table 1 funcref) (elem (offset i32.const 0 {}))", "i32.const 0 i32.add ".repeat(30)),
            "component.constant_too_long",
            "32 are allowed",
        ),
        (
            "70,000 globals",
            "(global (mut i64) (i64.const 0))".repeat(70_000),
            "component.no_room",
            "instance allocation",
        ),
        ("90,000 pieces of data", "(data \"\")".repeat(90_000), "component.no_room", "instance allocation"),
    ] {
        cases.push(Case::refused(name, with(&field), code, says));
    }
    for (name, field) in [
        (
            "a thousand locals, each with a value",
            format!(
                "(func (local {}) {})",
                "i64 ".repeat(1_000),
                (0..1_000).map(|i| format!("(local.set {i} (i64.const {i}))")).collect::<String>()
            ),
        ),
        ("a jump of 30,000 ways", format!("(func (br_table {} (i32.const 0)))", "0 ".repeat(30_000))),
        ("20,000 blocks in each other", format!("(func {} {})", "block ".repeat(20_000), "end ".repeat(20_000))),
        ("2,000 loops in each other", format!("(func {} {})", "loop ".repeat(2_000), "end ".repeat(2_000))),
        (
            "2,000 conditions in each other",
            format!("(func (param i32) {} {})", "local.get 0 if ".repeat(2_000), "end ".repeat(2_000)),
        ),
        ("a sum of 10,000", format!("(func (result i32) i32.const 0 {})", "i32.const 1 i32.add ".repeat(10_000))),
        ("a stack of 20,000", format!("(func {} {})", "i32.const 1 ".repeat(20_000), "drop ".repeat(20_000))),
        ("4,900 empty functions", "(func)".repeat(4_900)),
        ("300 KiB of data that nobody reads", format!("(data \"{}\")", "x".repeat(300 << 10))),
        ("60,000 globals", "(global (mut i64) (i64.const 0))".repeat(60_000)),
        ("60,000 pieces of data", "(data \"\")".repeat(60_000)),
        ("10,000 globals that are sums", "(global i32 (i32.add (i32.const 1) (i32.const 2)))".repeat(10_000)),
        ("20,000 exports", (0..20_000).map(|i| format!("(export \"e{i}\" (global $next))")).collect()),
        ("a thousand parameters", format!("(func (param {}))", "i64 ".repeat(1_000))),
        ("a thousand results", format!("(func (result {}) unreachable)", "i64 ".repeat(1_000))),
    ] {
        cases.push(Case::holds(name, with(&field), "rule"));
    }
    cases.push(Case::refused(
        "functions that tangle the registers",
        with(&tangles()),
        "component.does_not_compile",
        "out of its limits",
    ));
    cases
}

fn distinct(i: u32) -> String {
    let params: String = (0..13).map(|bit| if i >> bit & 1 == 1 { "i64 " } else { "i32 " }).collect();
    format!("(type (func (param {params})))")
}

/// Functions in which every local lives through every block, so that each join of two ways has to keep them all.
fn tangles() -> String {
    let locals = 900;
    let each: String = (0..18)
        .map(|n| {
            let steps: String = (0..1_200)
                .map(|i| {
                    let (a, b) = ((i * 7 + n) % locals, (i * 13 + 5) % locals);
                    format!("(if (i32.wrap_i64 (local.get {a})) (then (local.set {b} (i64.add (local.get {a}) (local.get {b})))) (else (local.set {a} (i64.const {i}))))")
                })
                .collect();
            format!("(func (local {}) (loop {steps} (br 0)))", "i64 ".repeat(locals))
        })
        .collect();
    each
}
