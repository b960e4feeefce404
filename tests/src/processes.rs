//! A program that runs beside the test: started, told to end, killed; never left behind.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{self, Signal},
    unistd::Pid,
};
use tokio::sync::{oneshot, watch};

use crate::programs;

/// How long a start and an end may take, on a machine that does other things as well.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running program.
#[derive(Debug)]
pub struct Process {
    pid: Pid,
    log: PathBuf,
    ended: watch::Receiver<Option<ExitStatus>>,
    first_line: Option<oneshot::Receiver<String>>,
}

impl Process {
    /// Starts the program with arguments and an environment; its standard error is appended to the log.
    ///
    /// A thread of its own spawns it and stays until it has ended: the kernel asks it to end when that thread does, and so when this process does.
    pub fn start(args: &[&str], environment: &[(&str, &str)], log: &Path) -> Self {
        let errors = File::options().create(true).append(true).open(log).expect("the log can be written");
        let mut command = programs::tied_command(args);
        command.envs(environment.iter().copied()).stdout(Stdio::piped()).stderr(errors);
        let (born, birth) = mpsc::channel();
        let (told, first_line) = oneshot::channel();
        let (over, ended) = watch::channel(None);
        thread::spawn(move || {
            let mut child = command.spawn().expect("`setpriv` is installed");
            born.send(child.id()).expect("the starter waits");
            let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
            let mut line = String::new();
            output.read_line(&mut line).ok();
            told.send(line).ok();
            io::copy(&mut output, &mut io::sink()).ok();
            over.send_replace(child.wait().ok());
        });
        let pid = birth.recv().expect("the program starts");
        let pid = Pid::from_raw(pid.try_into().expect("process ids are small"));
        Self { pid, log: log.to_owned(), ended, first_line: Some(first_line) }
    }

    /// The first line that it writes to standard output; empty where it ends without one.
    pub async fn first_line(&mut self) -> String {
        let line = self.first_line.take().expect("it is read once");
        let line = tokio::time::timeout(PATIENCE, line).await;
        line.unwrap_or_else(|_| panic!("the program says nothing:\n{}", self.log())).unwrap_or_default()
    }

    /// Its process id.
    pub const fn pid(&self) -> Pid {
        self.pid
    }

    /// Asks it to end, as a service manager does.
    pub fn terminate(&self) {
        self.signal(Signal::SIGTERM);
    }

    /// Waits for its end, and gives the exit code; none where a signal ended it.
    pub async fn ended(&self) -> Option<i32> {
        let mut ended = self.ended.clone();
        let waited = tokio::time::timeout(PATIENCE, ended.wait_for(Option::is_some)).await;
        match waited {
            Ok(status) => status.ok().and_then(|it| it.and_then(|it| it.code())),
            Err(_) => panic!("the program does not end:\n{}", self.log()),
        }
    }

    /// Kills it, as a power cut would, and waits until it is gone.
    pub async fn kill(self) {
        self.signal(Signal::SIGKILL);
        assert_eq!(self.ended().await, None, "it was killed while it ran");
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn is_over(&self) -> bool {
        self.ended.borrow().is_some()
    }

    fn signal(&self, signal: Signal) {
        if !self.is_over() {
            // It may end by itself at any moment, so a failed signal is no fault.
            signal::kill(self.pid, signal).ok();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.terminate();
        let begun = Instant::now();
        while !self.is_over() && begun.elapsed() < 2 * PATIENCE {
            if begun.elapsed() > PATIENCE {
                self.signal(Signal::SIGKILL);
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}
