//! Where PostgreSQL's programs are.

use std::path::{Path, PathBuf};

use super::{EmbeddedError, io_at};

/// Finds the folder that holds `postgres` and `initdb`: `YISHI_PG_BIN`, then `PATH`, then Debian's folders (newest first), then a copy
/// unpacked beside the running program.
pub fn find() -> Option<PathBuf> {
    let named = std::env::var_os("YISHI_PG_BIN").map(PathBuf::from);
    if named.is_some() {
        return named.filter(|folder| complete(folder));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let unpacked = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join("postgresql/bin")));
    std::env::split_paths(&path).chain(debian_folders()).chain(unpacked).find(|folder| complete(folder))
}

/// Refuses data that another major version wrote.
pub fn check_version(binaries: &Path, cluster: &Path) -> Result<(), EmbeddedError> {
    let file = cluster.join("PG_VERSION");
    let found = std::fs::read_to_string(&file).map_err(io_at(&file))?.trim().to_owned();
    let program = binaries.join("postgres");
    let output = std::process::Command::new(&program).arg("--version").output().map_err(io_at(&program))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let offered = text.split_whitespace().nth(2).and_then(|v| v.split('.').next()).unwrap_or_default().to_owned();
    match offered == found {
        true => Ok(()),
        false => Err(EmbeddedError::Version { folder: cluster.to_owned(), found, offered }),
    }
}

fn complete(folder: &Path) -> bool {
    // Debian's /usr/bin wraps only the clients, so both programs must be there.
    ["postgres", "initdb"].iter().all(|program| folder.join(program).is_file())
}

fn debian_folders() -> Vec<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<u32> = versions.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions.into_iter().map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin"))).collect()
}
