//! Ends that nobody asked for, at moments that nobody chose.

use std::{
    fs,
    hash::{BuildHasher as _, RandomState},
    path::Path,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// Some time below a limit.
pub fn some_time(below: Duration) -> Duration {
    below.mul_f64(RandomState::new().hash_one(0) as f64 / u64::MAX as f64)
}

/// Kills the embedded database of a data directory, as a lack of memory would.
pub fn kill_database(data_dir: &Path) {
    kill(postmaster(data_dir), Signal::SIGKILL).expect("it runs");
}

/// Kills one of the database's processes that serve the program; the database then ends all of them, and recovers.
pub fn kill_connection(data_dir: &Path) {
    let parent = postmaster(data_dir).to_string();
    let serves = |pid: &i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let title = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        // After the name in parentheses come the state and the parent.
        let of = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1));
        of == Some(parent.as_str()) && title.contains("yishi_app")
    };
    let all = fs::read_dir("/proc").expect("Linux").flatten();
    let pids = all.filter_map(|it| it.file_name().to_str()?.parse().ok()).filter(serves);
    // The youngest: those of the votes come last.
    let pid = pids.max().expect("the program is connected");
    // It may end by itself at any moment.
    kill(Pid::from_raw(pid), Signal::SIGKILL).ok();
}

fn postmaster(data_dir: &Path) -> Pid {
    let file = fs::read_to_string(data_dir.join("postgres/postmaster.pid")).expect("the database runs");
    Pid::from_raw(file.lines().next().and_then(|pid| pid.trim().parse().ok()).expect("a process"))
}
