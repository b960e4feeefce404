//! Memories and tables that are too large, too many, or not there.

use serde_json::json;

use crate::{guests::Guest, runs::Case};

pub fn cases() -> Vec<Case> {
    let honest = Guest::honest;
    let memory = |text: &str| honest().memory(&format!("(memory (export \"memory\") {text})")).component();
    let mut cases = vec![
        Case::refused("17 MiB of memory", memory("272"), "component.memory_too_large", "16777216"),
        Case::refused("4 GiB of memory", memory("65536"), "component.memory_too_large", "4294967296"),
        Case::holds("16 MiB of memory", memory("256"), "rule"),
        Case::holds("little memory that might grow to 4 GiB", memory("4 65536"), "rule"),
        Case::refused(
            "10,001 elements of a table",
            honest().field("(table 10001 funcref)").component(),
            "component.table_too_large",
            "10001",
        ),
        Case::refused(
            "10 million elements of a table",
            honest().field("(table 10000000 funcref)").component(),
            "component.table_too_large",
            "10000000",
        ),
        Case::refused(
            "three tables",
            honest().field("(table 1 funcref) (table 1 funcref) (table 1 funcref)").component(),
            "component.too_many_tables",
            "3 tables",
        ),
        Case::refused(
            "data beyond the memory",
            honest().field("(data (i32.const 16777216) \"x\")").component(),
            "component.trial_failed",
            "out of bounds memory access",
        ),
        Case::refused(
            "elements beyond the table",
            honest().field("(table 1 funcref) (elem (i32.const 1) $realloc)").component(),
            "component.trial_failed",
            "out of bounds table access",
        ),
        Case::refused(
            "a memory too small for what is in it",
            memory("1"),
            "component.trial_failed",
            "out of bounds memory access",
        ),
    ];
    for (name, code) in [
        ("memory does not grow beyond 16 MiB", "(memory.grow (i32.const 255))"),
        ("memory does not grow to 1 GiB", "(memory.grow (i32.const 16384))"),
        ("a table does not grow beyond 10,000", "(table.grow $t (ref.null func) (i32.const 10000))"),
        ("a table does not grow to 4 million", "(table.grow $t (ref.null func) (i32.const 4000000))"),
    ] {
        // It tells by trapping when it was given what it asked for.
        let code = format!("(if (i32.ne {code} (i32.const -1)) (then unreachable)) (i32.const 32)");
        let guest = honest().code("rule", &code).field("(table $t 1 funcref)");
        // Zeros are a rule without conditions, which is refused, but not a trap.
        cases.push(Case::fails(name, &guest, "rule", "policy.output_invalid", "conditions"));
    }
    let all = "(drop (memory.grow (i32.const 250))) (i32.const 32)";
    let guest = honest().code("rule", all);
    cases.push(Case::fails("takes all memory at once", &guest, "rule", "policy.output_invalid", "conditions"));
    let kept = honest().code("classify", "(global.set $next (i32.const -64)) (i32.const -1)");
    cases.push(Case::fails("spoils its own allocator", &kept, "classify", "policy.trap", ""));
    let zeros: Vec<u8> = [0x10_0000u32, 300_000].iter().flat_map(|word| word.to_le_bytes()).collect();
    let many = honest().change("rule", "/ok/laws", json!({"$raw": zeros})).memory("(memory (export \"memory\") 256)");
    cases.push(Case::fails("a list that fills its memory", &many, "rule", "policy.trap", "fuel"));
    cases
}
