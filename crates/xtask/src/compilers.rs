//! The C compiler that some dependencies are built with.

use std::path::Path;

use anyhow::{Result, bail};

use crate::{apt, processes::exists};

/// Makes sure that there is a C compiler.
pub fn provide(root: &Path) -> Result<()> {
    match exists("cc") {
        true => Ok(()),
        false if apt::may_install() => apt::install(root, &["gcc", "libc6-dev"]),
        false => bail!("there is no C compiler: install Debian's `build-essential`"),
    }
}
