//! The floor: PostgreSQL's own pgbench, which inserts one row a transaction.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;
use yishi_store::embedded::{DATABASE, find_binaries};

/// Finds pgbench beside the server's programs, or where the shell would.
pub fn find() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = find_binaries().into_iter().chain(std::env::split_paths(&path));
    let mut programs = folders.map(|folder| folder.join("pgbench"));
    programs.find(|it| it.is_file()).context(
        "there is no pgbench to compare with: it comes with PostgreSQL's programs (Debian's `postgresql`), in the folder that YISHI_PG_BIN names",
    )
}

/// Runs a script by so many clients for about so many seconds; tells the transactions a second.
pub async fn run(program: &Path, sockets: &Path, script: &Path, clients: usize, seconds: u64) -> Result<f64> {
    // Its time runs while it connects, which its rate leaves out; a connection is a process of PostgreSQL's.
    let seconds = seconds + clients.div_ceil(64) as u64;
    let mut command = Command::new(program);
    command.args(["--no-vacuum", "--protocol=prepared", "--username=yishi_app"]);
    command.arg("--host").arg(sockets).arg("--file").arg(script);
    command.arg(format!("--client={clients}")).arg(format!("--jobs={}", clients.min(2)));
    command.arg(format!("--time={seconds}")).arg(DATABASE);
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await?;
    ensure!(output.status.success(), "pgbench failed: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout)?;
    rate(&text).with_context(|| format!("pgbench tells no rate: {text}"))
}

fn rate(text: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix("tps = "))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_rate_is_read_from_what_pgbench_prints() {
        let text = "latency average = 1.5 ms\ninitial connection time = 9 ms\ntps = 5311.25 (without initial connection time)\n";
        assert_eq!(super::rate(text), Some(5311.25));
        assert_eq!(super::rate("tps = "), None);
    }
}
