//! The checked-in description of every query, from which the store is built without a database.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use crate::{
    apt, postgres,
    processes::{capture, cargo, command, run},
};

/// The role that owns the schema, as in the embedded database.
const OWNER: &str = "yishi_owner";

/// Migrates a throw-away database, lets the store's build describe its queries against it, and puts the result in place.
pub fn prepare(root: &Path) -> Result<()> {
    let binaries = postgres::provide(root)?
        .context("unset YISHI_DATABASE_URL: the queries are described on a database of their own")?;
    // What the search finds may be links to the two programs that it looks for; the others stand beside the real ones.
    let postgres = binaries.join("postgres").canonicalize()?;
    let cluster = Cluster::start(root, postgres.parent().context("a program stands in a folder")?)?;
    let mut migrations: Vec<PathBuf> = fs::read_dir(root.join("crates/store/migrations"))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    migrations.retain(|file| file.extension().is_some_and(|it| it == "sql"));
    migrations.sort();
    for file in &migrations {
        let mut psql = cluster.client(root);
        capture(psql.arg("-f").arg(file)).with_context(|| format!("{} does not apply", file.display()))?;
    }
    let described = cluster.folder.join("described");
    fs::create_dir_all(&described)?;
    // The macros run only when the crate is built anew.
    run(cargo(root).args(["clean", "--quiet", "--package", "yishi-store"]))?;
    let mut build = cargo(root);
    build.args(["build", "--locked", "--package", "yishi-store", "--all-targets"]);
    build.env("SQLX_OFFLINE", "false").env("SQLX_OFFLINE_DIR", &described).env("DATABASE_URL", cluster.url());
    run(&mut build)?;
    replace(&described, &root.join(".sqlx"))?;
    println!("{} migrations, {} queries", migrations.len(), fs::read_dir(root.join(".sqlx"))?.count());
    Ok(())
}

fn replace(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

/// A database that lives as long as this value.
struct Cluster {
    folder: PathBuf,
    binaries: PathBuf,
    server: Child,
}

impl Cluster {
    fn start(root: &Path, binaries: &Path) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("yishi-prepare-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        if apt::is_root() {
            let (user, group) = account()?;
            run(command(root, "chown").arg(format!("{user}:{group}")).arg(&folder))?;
        }
        let data = folder.join("data");
        let mut initdb = as_account(&folder, &binaries.join("initdb"))?;
        capture(initdb.arg("-D").arg(&data).args([
            "-U",
            OWNER,
            "--auth=trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]))?;
        let mut postgres = as_account(&folder, &binaries.join("postgres"))?;
        postgres.arg("-D").arg(&data).arg("-k").arg(&folder).args(["-c", "listen_addresses=", "-c", "fsync=off"]);
        let log = fs::File::create(folder.join("log"))?;
        let server = postgres.stdout(log.try_clone()?).stderr(log).spawn().context("postgres did not start")?;
        let mut cluster = Self { folder, binaries: binaries.to_owned(), server };
        cluster.await_ready()?;
        let mut psql = command(root, binaries.join("psql"));
        psql.arg("-h").arg(&cluster.folder).args(["-U", OWNER, "-d", "postgres", "-c", "CREATE DATABASE yishi"]);
        capture(&mut psql)?;
        Ok(cluster)
    }

    fn client(&self, root: &Path) -> Command {
        let mut psql = command(root, self.binaries.join("psql"));
        psql.arg("-h").arg(&self.folder).args(["-U", OWNER, "-d", "yishi", "-X", "-q", "-v", "ON_ERROR_STOP=1"]);
        psql
    }

    fn url(&self) -> String {
        format!("postgres:///yishi?host={}&user={OWNER}", self.folder.display())
    }

    fn await_ready(&mut self) -> Result<()> {
        let limit = Instant::now() + Duration::from_secs(30);
        loop {
            let state = fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap_or_default();
            if state.lines().nth(7).is_some_and(|line| line.trim() == "ready") {
                return Ok(());
            }
            if self.server.try_wait()?.is_some() || Instant::now() > limit {
                bail!("postgres did not start:\n{}", fs::read_to_string(self.folder.join("log")).unwrap_or_default());
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let stopped = as_account(&self.folder, &self.binaries.join("pg_ctl")).and_then(|mut stop| {
            capture(stop.args(["stop", "-m", "immediate", "-D"]).arg(self.folder.join("data")))?;
            self.server.wait()?;
            Ok(fs::remove_dir_all(&self.folder)?)
        });
        if let Err(error) = stopped {
            eprintln!("{} was left behind: {error:#}", self.folder.display());
        }
    }
}

/// A program as an account that PostgreSQL accepts: it refuses root.
fn as_account(folder: &Path, program: &Path) -> Result<Command> {
    if !apt::is_root() {
        return Ok(command(folder, program));
    }
    let (user, group) = account()?;
    let mut setpriv = command(folder, "setpriv");
    setpriv.arg(format!("--reuid={user}")).arg(format!("--regid={group}")).args(["--clear-groups", "--"]).arg(program);
    Ok(setpriv)
}

/// The numbers of the user and group that stand in for root.
fn account() -> Result<(String, String)> {
    let accounts = fs::read_to_string("/etc/passwd")?;
    let find = |name: &str| {
        let fields: Vec<_> =
            accounts.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|it| it[0] == name)?;
        Some((fields.get(2)?.to_string(), fields.get(3)?.to_string()))
    };
    find("postgres")
        .or_else(|| find("nobody"))
        .context("postgres refuses to run as root, and there is neither an account `postgres` nor `nobody`")
}
