//! The program under test: where it is, and how it is run to its end.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::LazyLock,
};

static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let tests = std::env::current_exe().expect("a running program knows its file");
    // The test binary is in `target/<profile>/deps`, the program in the folder above.
    let program = tests.ancestors().nth(2).expect("the test binary is two folders deep").join("yishi");
    assert!(program.is_file(), "{} is missing: run `cargo build --workspace` first", program.display());
    program
});

/// How a run of the program ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub output: String,
    /// What it wrote to standard error.
    pub errors: String,
}

/// The program's file.
pub fn program() -> &'static Path {
    &PROGRAM
}

/// The program, with nothing of its configuration taken from the environment but where PostgreSQL is.
pub fn command<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Command {
    plain(program(), args)
}

/// The program, asked to end when the thread that spawns it does.
pub(crate) fn tied_command<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Command {
    let mut command = plain(Path::new("setpriv"), ["--pdeathsig", "TERM", "--"]);
    command.arg(program()).args(args);
    command
}

/// Runs the program to its end.
pub async fn run<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Ended {
    run_with(args, &[]).await
}

/// Runs the program to its end, with an environment.
pub async fn run_with<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>, environment: &[(&str, &str)]) -> Ended {
    let mut command = command(args);
    command.envs(environment.iter().copied());
    let mut command = tokio::process::Command::from(command);
    let output = command.kill_on_drop(true).output().await.expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended { code: output.status.code(), output: text(&output.stdout), errors: text(&output.stderr) }
}

impl Ended {
    /// What it wrote, of a run that succeeded.
    #[track_caller]
    pub fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.errors);
        self.output
    }

    /// What it said, of a run that failed with this exit code and wrote nothing to standard output.
    #[track_caller]
    pub fn failed(self, code: i32) -> String {
        assert_eq!((self.code, self.output.as_str()), (Some(code), ""), "{}", self.errors);
        self.errors
    }
}

fn plain<A: AsRef<OsStr>>(program: &Path, args: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if (text.starts_with("YISHI_") && text != "YISHI_PG_BIN") || text.starts_with("OTEL_") {
            command.env_remove(name);
        }
    }
    command
}
