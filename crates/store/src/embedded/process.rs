//! The database's process: who it runs as, how it is made, kept and stopped.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{
        ffi::OsStrExt,
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::{Gid, Pid, Uid, User},
};

use super::{DATABASE, EmbeddedError, OWNER, io_at};

const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(10);

/// The account that the database runs as: PostgreSQL refuses root.
pub enum Account {
    /// The one that runs this process.
    Own,
    /// Another, because this process is root's.
    Other {
        /// Its user.
        uid: Uid,
        /// Its group.
        gid: Gid,
        /// Whether the folders above the data are closed to it, so that it needs leave to pass them.
        shut_out: bool,
    },
}

impl Account {
    /// Chooses the account: `postgres`, else `nobody`, where this process is root's.
    pub fn for_folder(data_dir: &Path) -> Result<Self, EmbeddedError> {
        if !Uid::effective().is_root() {
            return Ok(Self::Own);
        }
        let known = |name| User::from_name(name).ok().flatten();
        let user = known("postgres").or_else(|| known("nobody")).ok_or(EmbeddedError::Program {
            program: "postgres",
            detail: "it refuses to run as root, and there is neither an account `postgres` nor `nobody` to run it as"
                .into(),
        })?;
        let shut_out = data_dir.ancestors().any(|folder| !may_pass(folder, user.uid, user.gid));
        Ok(Self::Other { uid: user.uid, gid: user.gid, shut_out })
    }

    /// A command that runs a program as this account, interrupted when the thread that spawned it ends.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "INT"]);
        if let Self::Other { uid, gid, shut_out } = self {
            command.arg(format!("--reuid={uid}")).arg(format!("--regid={gid}")).arg("--clear-groups");
            if *shut_out {
                command.args(["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]);
            }
        }
        command.arg("--").arg(program).stdin(Stdio::null()).process_group(0).env_remove("PGDATA");
        command
    }

    fn give(&self, path: &Path) -> Result<(), EmbeddedError> {
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid, .. } => chown(path, Some(uid.as_raw()), Some(gid.as_raw())).map_err(io_at(path)),
        }
    }
}

fn may_pass(folder: &Path, uid: Uid, gid: Gid) -> bool {
    fs::metadata(folder).is_ok_and(|meta| {
        let bit = match () {
            () if meta.uid() == uid.as_raw() => 0o100,
            () if meta.gid() == gid.as_raw() => 0o010,
            () => 0o001,
        };
        meta.mode() & bit != 0
    })
}

/// Creates the cluster beside its place and moves it there, so that a half-made one is never taken for whole.
pub fn create_cluster(binaries: &Path, cluster: &Path, account: &Account) -> Result<(), EmbeddedError> {
    let fresh = cluster.with_extension("new");
    if fresh.exists() {
        fs::remove_dir_all(&fresh).map_err(io_at(&fresh))?;
    }
    fs::create_dir(&fresh).map_err(io_at(&fresh))?;
    fs::set_permissions(&fresh, fs::Permissions::from_mode(0o700)).map_err(io_at(&fresh))?;
    account.give(&fresh)?;
    let mut initdb = account.command(&binaries.join("initdb"));
    initdb.arg("-D").arg(&fresh).args([
        "-U",
        OWNER,
        "--auth=trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        // The order of bytes, which is the one that C.UTF-8 has too, compared as bytes and not by the C library.
        "--lc-collate=C",
        "--no-instructions",
    ]);
    run("initdb", &mut initdb, None)?;
    let mut single = account.command(&binaries.join("postgres"));
    single.args(["--single", "-F", "-D"]).arg(&fresh).arg("postgres");
    run("postgres --single", &mut single, Some(&format!("CREATE DATABASE {DATABASE}\n")))?;
    fs::rename(&fresh, cluster).map_err(io_at(cluster))
}

/// Stops a database that outlived its parent.
pub fn stop_orphan(cluster: &Path) -> Result<(), EmbeddedError> {
    let Some(pid) = running_pid(cluster) else { return Ok(()) };
    let deadline = Instant::now() + STOP_LIMIT;
    // The process may end by itself at any moment, so a failed signal is no fault.
    kill(pid, Signal::SIGINT).ok();
    while running_pid(cluster).is_some() {
        if Instant::now() > deadline {
            return Err(failed("postgres", format!("process {pid} from an earlier start does not stop")));
        }
        thread::sleep(POLL);
    }
    Ok(())
}

/// The folder for the socket: the data directory, or a short one where the path would pass the 107 bytes of a Unix address.
pub fn socket_folder(data_dir: &Path, account: &Account) -> Result<PathBuf, EmbeddedError> {
    const NAME: usize = "/.s.PGSQL.5432.lock".len();
    let shut_out = matches!(account, Account::Other { shut_out: true, .. });
    let inside = data_dir.join("sockets");
    let bytes = inside.as_os_str().as_bytes();
    let plain = bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"/-_.".contains(b));
    let folder = match bytes.len() + NAME < 107 && plain && !shut_out {
        true => inside,
        false => {
            let id = fs::metadata(data_dir).map(|meta| (meta.dev(), meta.ino())).map_err(io_at(data_dir))?;
            std::env::temp_dir().join(format!("yishi-{:x}-{:x}", id.0, id.1))
        }
    };
    fs::create_dir_all(&folder).map_err(io_at(&folder))?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).map_err(io_at(&folder))?;
    account.give(&folder)?;
    Ok(folder)
}

/// Starts the database on a thread of its own, which stops it when the channel closes; returns once it answers.
///
/// The thread lives as long as the database, because the kernel's signal comes when the spawning *thread* ends.
pub fn keep(
    binaries: &Path,
    cluster: &Path,
    sockets: &Path,
    account: &Account,
    connections: u16,
    stopped: mpsc::Receiver<()>,
) -> Result<JoinHandle<()>, EmbeddedError> {
    let log = cluster.with_extension("log");
    let log_file = fs::OpenOptions::new().create(true).append(true).open(&log).map_err(io_at(&log))?;
    let mut command = account.command(&binaries.join("postgres"));
    command.arg("-D").arg(cluster).arg("-k").arg(sockets).stdout(Stdio::null()).stderr(log_file);
    for setting in [
        "listen_addresses=",
        &format!("max_connections={connections}"),
        "fsync=on",
        "synchronous_commit=on",
        "unix_socket_permissions=0700",
    ] {
        command.arg("-c").arg(setting);
    }
    let (ready, answers) = mpsc::channel();
    let cluster = cluster.to_owned();
    let keeper = thread::Builder::new().name("postgres-keeper".into()).spawn(move || {
        match command.spawn().map_err(io_at(OsStr::new("setpriv").as_ref())).and_then(|mut child| {
            await_ready(&mut child, &cluster, &log)?;
            Ok(child)
        }) {
            Ok(mut child) => {
                drop(ready.send(Ok(())));
                stopped.recv().ok();
                stop(&mut child);
            }
            Err(error) => drop(ready.send(Err(error))),
        }
    });
    let keeper = keeper.map_err(io_at(Path::new("thread")))?;
    match answers.recv() {
        Ok(Ok(())) => Ok(keeper),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(failed("postgres", "its keeper ended early".into())),
    }
}

fn await_ready(child: &mut Child, cluster: &Path, log: &Path) -> Result<(), EmbeddedError> {
    let deadline = Instant::now() + START_LIMIT;
    loop {
        let pid_file = fs::read_to_string(cluster.join("postmaster.pid")).unwrap_or_default();
        let mut lines = pid_file.lines();
        let ours = lines.next().is_some_and(|pid| pid.trim() == child.id().to_string());
        if ours && lines.nth(6).is_some_and(|status| status.trim() == "ready") {
            return Ok(());
        }
        let ended = child.try_wait().map_err(io_at(cluster))?;
        if ended.is_some() || Instant::now() > deadline {
            stop(child);
            let text = fs::read_to_string(log).unwrap_or_default();
            let tail: Vec<_> = text.lines().rev().take(5).collect();
            return Err(failed("postgres", tail.into_iter().rev().collect::<Vec<_>>().join("; ")));
        }
        thread::sleep(POLL);
    }
}

/// Asks for a fast shutdown and waits for it; kills what does not obey.
fn stop(child: &mut Child) {
    if let Ok(pid) = i32::try_from(child.id()) {
        kill(Pid::from_raw(pid), Signal::SIGINT).ok();
    }
    let deadline = Instant::now() + STOP_LIMIT;
    while matches!(child.try_wait(), Ok(None)) {
        if Instant::now() > deadline {
            drop(child.kill());
        }
        thread::sleep(POLL);
    }
}

fn running_pid(cluster: &Path) -> Option<Pid> {
    let text = fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
    let pid: i32 = text.lines().next()?.trim().parse().ok()?;
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    (name.trim() == "postgres").then(|| Pid::from_raw(pid))
}

fn run(program: &'static str, command: &mut Command, input: Option<&str>) -> Result<(), EmbeddedError> {
    use std::io::Write as _;
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    if input.is_some() {
        command.stdin(Stdio::piped());
    }
    let mut child = command.spawn().map_err(io_at(Path::new("setpriv")))?;
    if let (Some(mut pipe), Some(text)) = (child.stdin.take(), input) {
        pipe.write_all(text.as_bytes()).map_err(io_at(Path::new(program)))?;
    }
    let output = child.wait_with_output().map_err(io_at(Path::new(program)))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(failed(program, String::from_utf8_lossy(&output.stderr).trim().to_owned())),
    }
}

fn failed(program: &'static str, detail: String) -> EmbeddedError {
    EmbeddedError::Program { program, detail }
}
