//! What takes a compiler as long as it may: the upload of a tenant who means harm.

use anyhow::Result;

/// Bytes of the upload, which is of the script tier by its size.
const UPLOAD_BYTES: usize = 1 << 20;

/// Functions in which every local lives through every block, so that each join of two ways has to keep them all; as many as fit.
pub fn hostile(round: u32) -> Result<Vec<u8>> {
    const LOCALS: u32 = 900;
    let function = |n: u32| -> String {
        let step = |i: u32| {
            let (a, b) = ((i * 7 + n) % LOCALS, (i * 13 + 5) % LOCALS);
            let (kept, set) = (format!("(local.get {a})"), format!("(local.get {b})"));
            format!(
                "(if (i32.wrap_i64 {kept}) (then (local.set {b} (i64.add {kept} {set}))) \
                 (else (local.set {a} (i64.const {}))))",
                i + round
            )
        };
        let steps: String = (0..2_400).map(step).collect();
        format!("(func (local {}) (loop {steps} (br 0)))", "i64 ".repeat(LOCALS as usize))
    };
    let one = wat::parse_str(format!("(component (core module {}))", function(0)))?.len();
    let functions: String = (0..u32::try_from(UPLOAD_BYTES / one)?).map(function).collect();
    Ok(wat::parse_str(format!("(component (core module {functions}))"))?)
}
