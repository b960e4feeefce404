//! Debian's packages, where this user may install them.

use std::{path::Path, process::Stdio};

use anyhow::Result;

use crate::processes::{command, exists, run};

/// Tells whether this user may install packages.
pub fn may_install() -> bool {
    is_root() && exists("apt-get")
}

/// Tells whether this process is root's.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0)
}

/// Installs packages.
pub fn install(root: &Path, packages: &[&str]) -> Result<()> {
    println!("installing Debian's {}", packages.join(", "));
    run(apt_get(root).arg("update"))?;
    run(apt_get(root).args(["install", "--yes", "--no-install-recommends"]).args(packages))
}

fn apt_get(root: &Path) -> std::process::Command {
    let mut apt = command(root, "apt-get");
    apt.arg("--quiet=2").env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
    apt
}
