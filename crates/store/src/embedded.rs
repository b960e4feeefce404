//! The embedded database: a managed child `postgres`, for machines where nobody runs one.
//!
//! It listens on a Unix socket alone and is durable (`fsync` and `synchronous_commit` on). It survives `kill -9` of either process:
//! the kernel interrupts it when its parent dies, and what is left over is stopped at the next start.

mod binaries;
mod lock;
mod process;

use std::{
    path::{Path, PathBuf},
    sync::mpsc,
    thread::JoinHandle,
};

pub use binaries::find as find_binaries;

use self::{lock::DirectoryLock, process::Account};

/// The name of the database.
pub const DATABASE: &str = "yishi";
/// How many connections it takes at the same time.
const CONNECTIONS: u16 = 100;
/// The role that owns the schema; used by migrations alone.
pub const OWNER: &str = "yishi_owner";

/// Why the embedded database did not start.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// No PostgreSQL was found.
    #[error(
        "no PostgreSQL binaries found: install Debian's `postgresql`, or name their folder in YISHI_PG_BIN, or give --database-url"
    )]
    NoBinaries,
    /// Another process has the directory.
    #[error("the data directory {0} is in use by another process; stop it, or choose another with --data-dir")]
    InUse(PathBuf),
    /// The data was written by another major version.
    #[error(
        "the data in {folder} is of PostgreSQL {found}, but the binaries found are of {offered}; name others in YISHI_PG_BIN"
    )]
    Version {
        /// The data's folder.
        folder: PathBuf,
        /// The version in it.
        found: String,
        /// The version of the binaries.
        offered: String,
    },
    /// A program failed.
    #[error("{program} failed: {detail}")]
    Program {
        /// Its name.
        program: &'static str,
        /// What it said last.
        detail: String,
    },
    /// The file system refused.
    #[error("{path}: {source}")]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// A running embedded database; dropping it shuts the database down cleanly.
#[derive(Debug)]
pub struct EmbeddedServer {
    sockets: PathBuf,
    stop: Option<mpsc::Sender<()>>,
    keeper: Option<JoinHandle<()>>,
    _lock: DirectoryLock,
}

impl EmbeddedServer {
    /// Starts the database under the directory, creating it first where there is none; blocks until it answers.
    pub fn start(data_dir: &Path) -> Result<Self, EmbeddedError> {
        Self::start_for(data_dir, CONNECTIONS)
    }

    /// Starts the database for so many connections at the same time.
    pub fn start_for(data_dir: &Path, connections: u16) -> Result<Self, EmbeddedError> {
        let binaries = binaries::find().ok_or(EmbeddedError::NoBinaries)?;
        std::fs::create_dir_all(data_dir).map_err(io_at(data_dir))?;
        let data_dir = data_dir.canonicalize().map_err(io_at(data_dir))?;
        let lock = DirectoryLock::take(&data_dir)?;
        let account = Account::for_folder(&data_dir)?;
        let cluster = data_dir.join("postgres");
        if cluster.join("PG_VERSION").exists() {
            binaries::check_version(&binaries, &cluster)?;
            process::stop_orphan(&cluster)?;
        } else {
            process::create_cluster(&binaries, &cluster, &account)?;
        }
        let sockets = process::socket_folder(&data_dir, &account)?;
        let (stop, stopped) = mpsc::channel();
        let keeper = process::keep(&binaries, &cluster, &sockets, &account, connections, stopped)?;
        Ok(Self { sockets, stop: Some(stop), keeper: Some(keeper), _lock: lock })
    }

    /// The folder of its socket.
    pub fn sockets(&self) -> &Path {
        &self.sockets
    }

    /// The connection URL for a role.
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres:///{database}?host={}&user={role}", self.sockets.display())
    }
}

impl Drop for EmbeddedServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(keeper) = self.keeper.take() {
            // A keeper that panicked has already said so, and its child dies with this process.
            drop(keeper.join());
        }
    }
}

fn io_at(path: &Path) -> impl FnOnce(std::io::Error) -> EmbeddedError + use<> {
    let path = path.to_owned();
    move |source| EmbeddedError::Io { path, source }
}
