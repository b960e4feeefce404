//! Honest answers with a bit turned: whatever they are then, they have a stable code.

use std::fmt::Write as _;

use crate::{guests::Guest, runs::Case, samples::ASKED};

/// Where the answer lies.
const ADDRESS: usize = 128 << 10;

/// Bits that are turned in the answer of a function.
const BITS: usize = 8;

pub fn cases() -> Vec<Case> {
    ASKED.into_iter().flat_map(|function| (0..BITS).map(move |n| case(function, n))).collect()
}

fn case(function: &str, n: usize) -> Case {
    let mut answer = Guest::answer_at(function, ADDRESS);
    let at = (answer.len() - 1) * n / (BITS - 1);
    answer[at] ^= 1 << (n * 3 % 8);
    let mut data = String::new();
    for byte in answer {
        write!(data, "\\{byte:02x}").expect("written");
    }
    let guest = Guest::honest()
        .code(function, &format!("(i32.const {ADDRESS})"))
        .memory("(memory (export \"memory\") 8)")
        .field(&format!("(data (i32.const {ADDRESS}) \"{data}\")"));
    Case::fails(format!("an answer with a bit turned at {at}"), &guest, function, "", "")
}
