//! What traps, in every function that is asked.

use crate::{guests::Guest, runs::Case, samples::ASKED};

const TRAPS: [(&str, &str, &str); 11] = [
    ("is unreachable", "unreachable", "unreachable"),
    ("divides by zero", "(i32.div_s (i32.const 1) (i32.const 0))", "divide by zero"),
    ("takes the rest of nothing", "(i32.rem_u (i32.const 1) (i32.const 0))", "divide by zero"),
    ("overflows", "(i32.div_s (i32.const 0x80000000) (i32.const -1))", "overflow"),
    (
        "makes an integer of none",
        "(i32.trunc_f64_s (f64.div (f64.const 0) (f64.const 0)))",
        "invalid conversion to integer",
    ),
    ("reads beyond its memory", "(i32.load (i32.const -4))", "out of bounds memory access"),
    (
        "writes beyond its memory",
        "(i32.store (i32.const 0x7ffffff0) (i32.const 1)) (i32.const 0)",
        "out of bounds memory access",
    ),
    (
        "calls another type",
        "(call_indirect $t (param i64) (result i32) (i64.const 1) (i32.const 0))",
        "indirect call type mismatch",
    ),
    ("calls nothing", "(call_indirect $t (result i32) (i32.const 1))", "uninitialized element"),
    ("calls beyond its table", "(call_indirect $t (result i32) (i32.const 9))", "undefined element"),
    (
        "copies beyond its table",
        "(table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 9)) (i32.const 0)",
        "out of bounds table access",
    ),
];

pub fn cases() -> Vec<Case> {
    let guest = |function: &str, code: &str| {
        Guest::honest()
            .code(function, code)
            .field("(table $t 2 funcref) (elem (i32.const 0) $one) (func $one (result i32) (i32.const 1))")
    };
    let mut cases = Vec::new();
    // Every trap in one function, and two in each: what differs between functions is not how code traps.
    for (name, code, says) in TRAPS {
        cases.push(Case::fails(name, &guest("rule", code), "rule", "policy.trap", says));
    }
    for function in ASKED.into_iter().filter(|it| *it != "rule") {
        for (name, code, says) in [TRAPS[0], TRAPS[1], TRAPS[7]] {
            cases.push(Case::fails(name, &guest(function, code), function, "policy.trap", says));
        }
    }
    for function in ASKED {
        let after = Guest::honest().after(function, "unreachable");
        cases.push(Case::fails("traps once its answer was read", &after, function, "policy.trap", "unreachable"));
    }
    for (name, code, says) in TRAPS {
        let component = guest("describe", code).component();
        cases.push(Case::refused(format!("describing {name}"), component, "component.trial_failed", says));
    }
    let start = Guest::honest().field("(func $start unreachable) (start $start)").component();
    cases.push(Case::refused("the start traps", start, "component.trial_failed", "unreachable"));
    cases
}
