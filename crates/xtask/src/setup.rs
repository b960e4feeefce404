//! What tests need of the machine.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, bail};

/// Sees to it that PostgreSQL's programs are there: as found, else Debian's package.
pub fn postgresql() -> Result<()> {
    if has_postgresql() {
        return Ok(());
    }
    let user = Command::new("id").arg("-u").output().context("id does not run")?;
    if user.stdout.trim_ascii() != b"0" {
        bail!(
            "PostgreSQL is missing: run `apt-get install postgresql`, or name a folder with its programs in YISHI_PG_BIN"
        );
    }
    apt(&["update"])?;
    apt(&["install", "-y", "--no-install-recommends", "postgresql"])
}

fn has_postgresql() -> bool {
    let complete = |folder: &Path| folder.join("postgres").is_file() && folder.join("initdb").is_file();
    let named = std::env::var_os("YISHI_PG_BIN");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    named.is_some_and(|folder| complete(folder.as_ref()))
        || std::env::split_paths(&path).any(|folder| complete(&folder))
        || debian.into_iter().any(|version| complete(&version.path().join("bin")))
}

fn apt(arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
    match command.status().context("apt-get does not run")?.success() {
        true => Ok(()),
        false => bail!("apt-get {} failed", arguments.join(" ")),
    }
}
