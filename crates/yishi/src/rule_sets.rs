//! The rule sets that the program carries, as components.

use anyhow::{Context as _, Result};

const ALL: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/rule_sets.rs"));

/// The component of a rule set; a program that was built without rule sets has none.
pub fn component(name: &str) -> Result<&'static [u8]> {
    let found = ALL.iter().find(|(known, _)| *known == name).map(|(_, bytes)| *bytes);
    found.with_context(|| {
        format!("this program was built without the rule set `{name}`: run `cargo xtask plugins`, then build it again")
    })
}
