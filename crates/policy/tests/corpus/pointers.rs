//! Answers that point where there is nothing, and answers whose bytes mean nothing.

use serde_json::{Value, json};

use crate::{guests::Guest, runs::Case, samples};

const TRAP: &str = "policy.trap";

/// A pointer and a length, as they lie in memory.
fn raw(words: &[u32]) -> Value {
    json!({"$raw": words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>()})
}

pub fn cases() -> Vec<Case> {
    let honest = Guest::honest;
    let mut cases = Vec::new();
    for (name, address, says) in [
        ("an answer just below the end of addresses", -8, "out of bounds"),
        ("an answer at the end of its memory", 0x0003_0000, "out of bounds"),
        ("an answer half beyond its memory", 0x0002_fff8, "out of bounds"),
        ("an answer at an odd address", 0x0001_0001, "aligned"),
    ] {
        let code = format!("(i32.const {address})");
        // Three pages, so that the end of the memory is known.
        let guest = honest().code("rule", &code).memory("(memory (export \"memory\") 3)");
        cases.push(Case::fails(name, &guest, "rule", TRAP, says));
    }
    for function in samples::ASKED.into_iter().filter(|it| *it != "rule") {
        let guest = honest().code(function, "(i32.const -4)");
        cases.push(Case::fails("an answer outside its memory", &guest, function, TRAP, "out of bounds"));
    }
    for (name, words, says) in [
        ("a list outside its memory", [0xffff_fff8, 1], "out of bounds"),
        ("a list longer than its memory", [65_536, 0x1000_0000], "out of bounds"),
        ("a list whose size overflows", [65_536, 0xffff_ffff], ""),
        ("a list at an odd address", [65_537, 1], "aligned"),
    ] {
        for (function, pointer) in [("rule", "/ok/conditions"), ("decide", "/ok/checks"), ("assess", "/ok/actions")] {
            let guest = honest().change(function, pointer, raw(&words));
            cases.push(Case::fails(name, &guest, function, TRAP, says));
        }
    }
    let text = "/ok/conditions/0/code";
    for (name, words, code, says) in [
        ("a text outside its memory", [0xffff_fff0, 8], TRAP, "out of bounds"),
        ("a text longer than its memory", [65_536, 0x7fff_ffff], TRAP, "out of bounds"),
        ("a text whose end overflows", [0xffff_fffe, 0xffff_fffe], TRAP, "out of bounds"),
        ("an empty text that is nowhere", [0xffff_0000, 0], TRAP, "out of bounds"),
    ] {
        cases.push(Case::fails(name, &honest().change("rule", text, raw(&words)), "rule", code, says));
    }
    let huge = honest().change("rule", text, raw(&[0, 16_000_000])).memory("(memory (export \"memory\") 256)");
    cases.push(Case::fails("a text of 16 MB", &huge, "rule", TRAP, "fuel"));
    let long = honest().change("rule", text, json!("x".repeat(200_000)));
    cases.push(Case::fails("a code of 200,000 letters", &long, "rule", "policy.output_invalid", "conditions[0].code"));
    // Zeros are a text as well.
    let shared = raw(&[0x8_0000, 100_000]);
    let many = honest()
        .change("rule", "/ok/laws", json!({"$repeat": [1_000, shared]}))
        .memory("(memory (export \"memory\") 16)");
    cases.push(Case::fails("a thousand texts that are the same bytes", &many, "rule", TRAP, "fuel"));
    let nested = honest()
        .answer("categories", json!({"$repeat": [2_000, {"labels": raw(&[65_536, 5_000])}]}))
        .memory("(memory (export \"memory\") 16)");
    cases.push(Case::fails("lists in lists that are the same bytes", &nested, "categories", TRAP, "fuel"));
    cases.extend(meaningless());
    cases.extend(allocators());
    cases
}

/// Bytes that no value has.
fn meaningless() -> Vec<Case> {
    let byte = |byte: u8| json!({"$raw": [byte]});
    let mut cases = Vec::new();
    for (name, function, pointer, value, says) in [
        ("a method that is none", "rule", "/ok/method", byte(9), "discriminant"),
        ("a secrecy that is none", "rule", "/ok/secrecy", byte(255), "discriminant"),
        ("a measure that is none", "rule", "/ok/conditions/0/measure", byte(3), "discriminant"),
        ("a kind that is none", "rule", "/ok/conditions/0/kind", byte(3), "discriminant"),
        ("a numerator that is none", "rule", "/ok/conditions/0/counted", byte(2), "discriminant"),
        ("a denominator that is none", "rule", "/ok/conditions/0/of", byte(128), "discriminant"),
        ("an option that is neither", "rule", "/ok/custom", byte(2), ""),
        ("an outcome that is none", "decide", "/ok/outcome", byte(5), "discriminant"),
        ("a significance that is none", "categories", "/0/significance", byte(2), "discriminant"),
        ("a form that is none", "categories", "/0/form", byte(77), "discriminant"),
        ("a parent that is neither", "categories", "/0/parent", byte(7), ""),
        ("an action that is none", "assess", "/ok/actions/0", byte(8), "discriminant"),
        ("a level that is none", "assess", "/ok/actions/0/notify/level", byte(5), "discriminant"),
        ("a time that is neither", "assess", "/ok/ask-again-hours", byte(3), ""),
    ] {
        cases.push(Case::fails(name, &Guest::honest().change(function, pointer, value), function, TRAP, says));
    }
    for function in ["rule", "decide", "assess"] {
        let guest = Guest::honest().answer(function, byte(2));
        cases.push(Case::fails("neither an answer nor an error", &guest, function, TRAP, "discriminant"));
    }
    for (name, bytes) in [
        ("a stray continuation", "\\80"),
        ("an overlong zero", "\\c0\\80"),
        ("half a surrogate", "\\ed\\a0\\80"),
        ("a character beyond the last", "\\f4\\90\\80\\80"),
        ("half a character", "\\e4\\b8"),
    ] {
        let guest = Guest::honest()
            .change("rule", "/ok/conditions/0/code", raw(&[16, u32::try_from(bytes.len() / 3).unwrap_or(0)]))
            .field(&format!("(data (i32.const 16) \"{bytes}\")"));
        cases.push(Case::fails(name, &guest, "rule", TRAP, "utf-8"));
    }
    cases
}

/// Allocators that do not allocate.
fn allocators() -> Vec<Case> {
    let fails = |name: &str, realloc: &str, code: &'static str, says: &str| {
        Case::fails(name, &Guest::honest().realloc(realloc), "rule", code, says)
    };
    let mut cases = vec![
        fails("allocates outside its memory", "(i32.const -16)", TRAP, "beyond end of memory"),
        fails("allocates at an odd address", "(i32.const 65537)", TRAP, "aligned"),
        fails("allocates by trapping", "unreachable", TRAP, "unreachable"),
        fails(
            "allocates by calling itself",
            "(call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 1))",
            TRAP,
            "stack",
        ),
        fails(
            "allocates by answering",
            "(call $describe) drop (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 1))",
            TRAP,
            "stack",
        ),
        fails(
            "allocates by growing",
            "(loop (drop (memory.grow (i32.const 1))) (br 0)) unreachable",
            "policy.fuel_exhausted",
            "fuel",
        ),
    ];
    let grows = "(drop (memory.grow (i32.const 10))) (i32.const 16)";
    let over = Guest::honest().realloc(grows).component();
    cases.push(Case::holds("allocates all at the same place, which harms itself alone", over, "rule"));
    cases
}
