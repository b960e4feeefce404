//! Puts the built rule sets into the program, where there are any: `cargo xtask plugins` builds them.

use std::{env, fs, io, path::Path};

/// The rule sets that the program carries, by name.
const NAMES: [&str; 3] = ["standard", "civil-code-278", "rule-book"];

fn main() -> io::Result<()> {
    let manifest = env::var("CARGO_MANIFEST_DIR").expect("cargo names the manifest's folder");
    let built = Path::new(&manifest).join("../../target/plugins");
    let mut text = String::from("&[");
    for name in NAMES {
        let path = built.join(format!("{name}.wasm"));
        println!("cargo:rerun-if-changed={}", if path.is_file() { &path } else { &built }.display());
        if let Ok(path) = path.canonicalize() {
            text.push_str(&format!("({name:?}, include_bytes!({path:?})),"));
        }
    }
    text.push(']');
    let out = env::var("OUT_DIR").expect("cargo names the folder for what is generated");
    fs::write(Path::new(&out).join("rule_sets.rs"), text)
}
