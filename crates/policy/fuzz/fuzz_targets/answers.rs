//! Answers: an honest answer with any of its bytes changed is decoded and checked without a panic, and ends in an answer or a stable code.
//!
//! One guest serves all: it is handed the bytes as its configuration, lays them down, and says that they are its answer.

#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use serde_json::json;
use tokio::runtime::Runtime;
use yishi_policy::{Caller, HostOptions, PolicyHost, limits::Tier};

#[path = "../../tests/corpus/guests.rs"]
#[expect(dead_code, reason = "the corpus needs more of it")]
mod guests;
#[path = "../../tests/corpus/lowering.rs"]
mod lowering;
#[path = "../../tests/corpus/samples.rs"]
#[expect(dead_code, reason = "the corpus needs more of it")]
mod samples;

/// Where the guest lays its answer.
const ADDRESS: usize = 128 << 10;

/// Functions whose answers are changed: a classification asks for the categories as well, from the same bytes.
const FUNCTIONS: [&str; 4] = ["rule", "decide", "categories", "assess"];

struct Setting {
    runtime: Runtime,
    caller: Caller,
    component: Arc<[u8]>,
}

static SETTING: LazyLock<Setting> = LazyLock::new(|| {
    // `cargo build -p yishi-policy` puts the compiler beside this.
    let program = std::env::current_exe().expect("a program");
    let artefacts = std::env::temp_dir().join(format!("yishi-fuzz-{}", std::process::id()));
    let compiler = vec![program.with_file_name("compile-component").into_os_string()];
    let options = HostOptions { artefacts, key: [1; 32], compiler, widest: Tier::Native };
    Setting {
        runtime: tokio::runtime::Builder::new_current_thread().build().expect("a runtime"),
        caller: PolicyHost::new(&options).expect("an engine").unmetered(),
        component: guest().into(),
    }
});

fuzz_target!(|data: &[u8]| {
    let Some((function, patches)) = data.split_first() else { return };
    let function = FUNCTIONS[usize::from(*function) % FUNCTIONS.len()];
    let mut answer = guests::Guest::answer_at(function, ADDRESS);
    for patch in patches.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([patch[0], patch[1]])) % answer.len();
        answer[at] = patch[2];
    }
    // Two letters a byte, from `a` to `p`.
    let letters = answer.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|nibble| char::from(b'a' + nibble));
    let config = json!({"a": letters.collect::<String>()});
    let Setting { runtime, caller, component } = &*SETTING;
    if let Err(failure) = runtime.block_on(samples::ask_with(caller, component, &config, function)) {
        let code = failure.code();
        assert!(
            ["policy.trap", "policy.refused", "policy.output_invalid", "policy.disagrees", "policy.too_slow"]
                .contains(&code),
            "{code}: {failure}"
        );
        assert!(failure.to_string().len() < 10_000);
    }
});

/// The guest: its allocator remembers where the first text lies, which is the configuration.
fn guest() -> Vec<u8> {
    let decode = format!(
        "(global $config (mut i32) (i32.const 0)) (global $length (mut i32) (i32.const 0))
        (func $nibble (param i32) (result i32) (i32.sub (i32.load8_u (i32.add (global.get $config) (local.get 0))) (i32.const 97)))
        (func $decode (result i32) (local $from i32) (local $to i32)
            ;; Between `{{\"a\":\"` and `\"}}`.
            (local.set $from (i32.const 6))
            (local.set $to (i32.const {ADDRESS}))
            (block $done (loop $next
                (br_if $done (i32.ge_u (local.get $from) (i32.sub (global.get $length) (i32.const 2))))
                (i32.store8 (local.get $to) (i32.or
                    (i32.shl (call $nibble (local.get $from)) (i32.const 4))
                    (call $nibble (i32.add (local.get $from) (i32.const 1)))))
                (local.set $from (i32.add (local.get $from) (i32.const 2)))
                (local.set $to (i32.add (local.get $to) (i32.const 1)))
                (br $next)))
            (i32.const {ADDRESS}))"
    );
    let realloc = "(local $at i32)
        (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
        (global.set $next (i32.add (local.get $at) (local.get 3)))
        (if (i32.and (i32.eq (local.get 2) (i32.const 1)) (i32.eqz (global.get $config))) (then
            (global.set $config (local.get $at)) (global.set $length (local.get 3))))
        (local.get $at)";
    let guest = guests::Guest::honest().field(&decode).realloc(realloc).memory("(memory (export \"memory\") 8)");
    FUNCTIONS.iter().fold(guest, |guest, function| guest.code(function, "(call $decode)")).component()
}
