//! Uploads: any bytes, and an honest component with any of its bytes changed, are inspected without a panic, and alike in both tiers.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use yishi_policy::{inspect, limits::Tier};

#[path = "../../tests/corpus/guests.rs"]
#[expect(dead_code, reason = "the corpus needs more of it")]
mod guests;
#[path = "../../tests/corpus/lowering.rs"]
mod lowering;
#[path = "../../tests/corpus/samples.rs"]
#[expect(dead_code, reason = "the corpus needs more of it")]
mod samples;

static HONEST: LazyLock<Vec<u8>> = LazyLock::new(|| guests::Guest::honest().component());

fuzz_target!(|data: &[u8]| {
    let component = match data.split_first() {
        Some((0, raw)) => raw.to_vec(),
        Some((_, patches)) => patched(&HONEST, patches),
        None => return,
    };
    let (native, script) = (inspect(&component, Tier::Native), inspect(&component, Tier::Script));
    match native {
        Ok(admitted) => assert_eq!(script, Ok(admitted), "what fits the narrower tier fits it in the wider"),
        Err(refusals) => assert!(!refusals.is_empty() && refusals.iter().all(|it| it.text.len() < 600)),
    }
});

/// Bytes with others in their places: two bytes of an input say where, the third what.
fn patched(bytes: &[u8], patches: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for patch in patches.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([patch[0], patch[1]])) % bytes.len();
        bytes[at] = patch[2];
    }
    bytes
}
