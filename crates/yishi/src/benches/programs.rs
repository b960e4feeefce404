//! This same program as a server in a process of its own, with settings of its own.

use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    process::{Child, Command},
    time::{sleep, timeout},
};

use super::milliseconds;

/// How long a start or a stop may take before the benchmark gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that was started, and how long it took.
pub struct Started {
    /// Its process.
    pub process: Child,
    /// Where it listens.
    pub address: String,
    /// The milliseconds until it was ready.
    pub took: f64,
}

/// Starts a server in a folder, with other arguments besides, and waits until it is ready.
pub async fn start(folder: &Path, args: &[&str]) -> Result<Started> {
    let file = folder.join("yishi.toml");
    std::fs::write(&file, "")?;
    let mut command = Command::new(std::env::current_exe()?);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        // Where PostgreSQL's programs are is a fact of the machine; the rest would lead the server to what is not its own.
        if (name.starts_with("YISHI_") && name != "YISHI_PG_BIN") || name.starts_with("OTEL_") {
            command.env_remove(name.as_ref());
        }
    }
    command.args(["serve", "--listen", "127.0.0.1:0"]).args(args);
    command.arg("--config").arg(&file).arg("--data-dir").arg(folder.join("data"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    let begun = Instant::now();
    let mut server = command.spawn()?;
    let address = timeout(PATIENCE, address(&mut server)).await.context("the server did not start")??;
    while !is_ready(&address).await {
        ensure!(begun.elapsed() < PATIENCE, "the server did not become ready");
        sleep(Duration::from_millis(2)).await;
    }
    Ok(Started { process: server, address, took: milliseconds(begun.elapsed()) })
}

/// The address that the server prints.
async fn address(server: &mut Child) -> Result<String> {
    let output = server.stdout.take().context("its output is piped")?;
    let mut lines = BufReader::new(output).lines();
    let line = lines.next_line().await?.context("the server ended before it listened")?;
    // What it prints after its address is small enough for the pipe, which stays open as long as the server.
    let address = line.rsplit_once("http://").map(|(_, address)| address.to_owned());
    server.stdout = Some(lines.into_inner().into_inner());
    address.with_context(|| format!("no address in `{line}`"))
}

async fn is_ready(address: &str) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        std::io::Result::Ok(answer.starts_with(b"HTTP/1.1 200 "))
    };
    ask.await.unwrap_or(false)
}

/// Asks a server to end, and waits for it.
pub async fn stop(mut server: Child) -> Result<()> {
    let pid = server.id().context("the server ended by itself")?;
    kill(Pid::from_raw(i32::try_from(pid)?), Signal::SIGTERM)?;
    let status = timeout(PATIENCE, server.wait()).await.context("the server did not stop")??;
    ensure!(status.success(), "the server ended with {status}");
    Ok(())
}
