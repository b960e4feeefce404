//! One process a data directory.

use std::{
    fs::{File, OpenOptions},
    path::Path,
};

use nix::fcntl::{Flock, FlockArg};

use super::{EmbeddedError, io_at};

/// An exclusive lock on a data directory, released by the kernel when its holder dies.
#[derive(Debug)]
pub struct DirectoryLock(#[expect(dead_code, reason = "held for its release on drop")] Flock<File>);

impl DirectoryLock {
    /// Takes the lock, or says that another process has it.
    pub fn take(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let path = data_dir.join("lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(io_at(&path))?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => Ok(Self(lock)),
            Err(_) => Err(EmbeddedError::InUse(data_dir.to_owned())),
        }
    }
}
