//! The tool of Frictionless Data, by which a story has a city's data package checked.

use std::path::Path;

use anyhow::Result;

use crate::{steps::Done, tools};

const PACKAGE: &str = "frictionless==5.18.1";

/// Installs it under `target/tools`, where Python can be had.
pub fn provide(root: &Path) -> Result<Done> {
    tools::provide(root, "frictionless", &[PACKAGE])
}
