//! Data directories: one a server, all of them gone when the test process has ended, however it ended.

use std::{
    fs,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

/// Waits for the end of its input, which is the end of this process; then for each program to leave its directory; then removes them all.
const CLEAN: &str = r#"cat
for lock in "$1"/*/lock; do flock --wait 60 "$lock" true; done
rm -rf "$1" || { sleep 3; rm -rf "$1"; }"#;

static ROOT: LazyLock<Root> = LazyLock::new(Root::create);

/// A directory for the program's data, removed when it is dropped.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes an empty one.
    #[expect(clippy::new_without_default, reason = "making a directory is no default")]
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let path = ROOT.path.join(NEXT.fetch_add(1, Ordering::Relaxed).to_string());
        open_to_all(&path);
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where the log of the program is kept, which is beside it.
    pub fn log(&self) -> PathBuf {
        self.0.with_extension("log")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A database that is still stopping may write once more; what stays goes with the root.
        fs::remove_dir_all(&self.0).ok();
    }
}

struct Root {
    path: PathBuf,
    _cleaner: Child,
}

impl Root {
    fn create() -> Self {
        let path = std::env::temp_dir().join(format!("yishi-e2e-{}", std::process::id()));
        fs::remove_dir_all(&path).ok();
        open_to_all(&path);
        let mut shell = Command::new("sh");
        shell.args(["-c", CLEAN, "sh"]).arg(&path).process_group(0);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let cleaner = shell.spawn().expect("every Unix has `sh`");
        Self { path, _cleaner: cleaner }
    }
}

/// Makes a directory that the database's account can enter, where that is another than this process's.
fn open_to_all(path: &Path) {
    fs::create_dir(path).expect("the temporary folder takes a new directory");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("the directory is ours");
}
