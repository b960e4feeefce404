//! What has no end: loops, recursion, and growing.

use crate::{guests::Guest, runs::Case, samples::ASKED};

const FOREVER: &str = "(loop (br 0)) unreachable";
const SPENT: &str = "policy.fuel_exhausted";

pub fn cases() -> Vec<Case> {
    let honest = Guest::honest;
    let mut cases = Vec::new();
    for function in ASKED {
        cases.push(Case::fails("loops", &honest().code(function, FOREVER), function, SPENT, "fuel"));
        let deep = honest()
            .code(function, "(call $deep (i32.const 0))")
            .field("(func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))");
        cases.push(Case::fails("recurses", &deep, function, "policy.trap", "stack"));
        let after = honest().after(function, "(loop (br 0))");
        cases.push(Case::fails("loops once its answer was read", &after, function, SPENT, "fuel"));
        let realloc = honest().realloc(FOREVER);
        cases.push(Case::fails("loops when given its input", &realloc, function, SPENT, "fuel"));
    }
    let trial = "component.trial_failed";
    for (name, guest, says) in [
        ("describing loops", honest().code("describe", FOREVER), "fuel"),
        ("describing loops afterwards", honest().after("describe", "(loop (br 0))"), "fuel"),
        ("the start loops", honest().field("(func $start (loop (br 0))) (start $start)"), "fuel"),
        ("the start recurses", honest().field("(func $start (call $start)) (start $start)"), "stack"),
        (
            "the start grows its memory",
            honest().field("(func $start (loop (drop (memory.grow (i32.const 1))) (br 0))) (start $start)"),
            "fuel",
        ),
    ] {
        cases.push(Case::refused(name, guest.component(), trial, says));
    }
    let table = "(table $t 10 funcref) (elem declare func $rule)";
    for (name, code) in [
        ("grows its memory by nothing", "(loop (drop (memory.grow (i32.const 0))) (br 0)) unreachable"),
        ("grows its memory by pages", "(loop (drop (memory.grow (i32.const 1))) (br 0)) unreachable"),
        ("grows its memory by too much", "(loop (drop (memory.grow (i32.const 65535))) (br 0)) unreachable"),
        ("grows its table", "(loop (drop (table.grow $t (ref.func $rule) (i32.const 1))) (br 0)) unreachable"),
        ("grows its table by too much", "(loop (drop (table.grow $t (ref.null func) (i32.const 100000))) (br 0)) unreachable"),
        ("fills its table", "(loop (table.fill $t (i32.const 0) (ref.null func) (i32.const 10)) (br 0)) unreachable"),
        ("copies its table", "(loop (table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 9)) (br 0)) unreachable"),
        (
            "fills all memory that there is",
            "(drop (memory.grow (i32.const 200)))
            (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 12000000)) (br 0)) unreachable",
        ),
        (
            "copies all memory that there is",
            "(drop (memory.grow (i32.const 200)))
            (loop (memory.copy (i32.const 0) (i32.const 6000000) (i32.const 6000000)) (br 0)) unreachable",
        ),
        (
            "touches every page",
            "(local $at i32) (drop (memory.grow (i32.const 200)))
            (loop (i32.store8 (i32.and (local.tee $at (i32.add (local.get $at) (i32.const 4096))) (i32.const 0xbfffff)) (i32.const 1)) (br 0))
            unreachable",
        ),
        ("calls in turns", "(loop (drop (call $other)) (br 0)) unreachable"),
        ("divides", "(local $x f64) (loop (local.set $x (f64.sqrt (f64.div (f64.const 1) (local.get $x)))) (br 0)) unreachable"),
        (
            "jumps through a table",
            "(local $i i32) (loop $l (block (block (br_table 0 1 $l (i32.rem_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
            (i32.const 3))))) (br $l)) unreachable",
        ),
    ] {
        let guest = honest().code("rule", code).field(table).field("(func $other (result i32) (i32.const 1))");
        cases.push(Case::fails(name, &guest, "rule", SPENT, "5000000"));
    }
    let two = honest()
        .code("rule", "(call $a)")
        .field("(func $a (result i32) (i32.add (call $b) (i32.const 1))) (func $b (result i32) (i32.add (call $a) (i32.const 1)))");
    cases.push(Case::fails("two recurse in turns", &two, "rule", "policy.trap", "stack"));
    let indirect = honest()
        .code("rule", "(call_indirect $t (result i32) (i32.const 0))")
        .field("(table $t 1 funcref) (elem (i32.const 0) $self)")
        .field("(func $self (result i32) (i32.add (call_indirect $t (result i32) (i32.const 0)) (i32.const 1)))");
    cases.push(Case::fails("recurses through a table", &indirect, "rule", "policy.trap", "stack"));
    cases
}
