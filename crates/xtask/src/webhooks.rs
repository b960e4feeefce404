//! The JavaScript library of Standard Webhooks, by which a story has signatures checked.

use std::path::Path;

use anyhow::Result;

use crate::{steps::Done, tools};

const LIBRARY: (&str, &str) = ("standardwebhooks", "1.1.1");

/// Installs it under `target/tools`, where Node.js can be had.
pub fn provide(root: &Path) -> Result<Done> {
    match tools::node(root)? {
        Ok(node) => tools::npm(root, &node, LIBRARY.0, LIBRARY.1).map(|_| Done::Ran),
        Err(reason) => Ok(Done::Skipped(reason)),
    }
}
