//! How long the program takes until it is ready, and the memory that it holds then.

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

use super::{Better, Figure, Ratio, Report, Rounds, kilobytes, milliseconds};

/// What is wanted of a start on a new folder, in milliseconds.
const FRESH_GOAL: f64 = 5000.0;
/// What is wanted of a start on a folder that is there, in milliseconds.
const AGAIN_GOAL: f64 = 1500.0;
/// What is wanted of the memory of an idle server, in megabytes.
const MEMORY_GOAL: f64 = 80.0;

/// How long a server is left alone before its memory is read.
const IDLE: Duration = Duration::from_secs(2);
/// How long a start or a stop may take before the benchmark gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures starts of this same program, each round on a new folder.
pub async fn measure(mut rounds: Rounds) -> Result<Report> {
    let (mut fresh, mut again, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    while rounds.next().is_some() {
        let folder = tempfile::tempdir()?;
        let (server, took) = start(folder.path()).await?;
        fresh.push(took);
        sleep(IDLE).await;
        memory.push(resident(&server)?);
        stop(server).await?;
        let (server, took) = start(folder.path()).await?;
        again.push(took);
        stop(server).await?;
    }
    let over = |name, samples: &[f64], goal| Ratio::of(name, samples, &vec![goal; samples.len()], 1.0, Better::Lower);
    let ratios = vec![
        over("serve_fresh_over_goal", &fresh, FRESH_GOAL),
        over("serve_again_over_goal", &again, AGAIN_GOAL),
        over("rss_over_goal", &memory, MEMORY_GOAL),
    ];
    let results = vec![
        Figure::of("serve_fresh_ms", "ms", &fresh),
        Figure::of("serve_again_ms", "ms", &again),
        Figure::of("serve_rss_mb", "MB", &memory),
    ];
    Report::new("startup", results, ratios)
}

/// Starts a server with settings of its own; tells the milliseconds until it is ready.
async fn start(folder: &Path) -> Result<(Child, f64)> {
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
    command.args(["serve", "--listen", "127.0.0.1:0", "--log", "error"]);
    command.arg("--config").arg(&file).arg("--data-dir").arg(folder.join("data"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    let begun = Instant::now();
    let mut server = command.spawn()?;
    let address = timeout(PATIENCE, address(&mut server)).await.context("the server did not start")??;
    while !is_ready(&address).await {
        ensure!(begun.elapsed() < PATIENCE, "the server did not become ready");
        sleep(Duration::from_millis(2)).await;
    }
    Ok((server, milliseconds(begun.elapsed())))
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

/// The memory of the server's own process, in megabytes.
fn resident(server: &Child) -> Result<f64> {
    let pid = server.id().context("the server ended by itself")?;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    Ok(kilobytes(&status, "VmRSS:")? as f64 / 1024.0)
}

/// Asks a server to end, and waits for it.
async fn stop(mut server: Child) -> Result<()> {
    let pid = server.id().context("the server ended by itself")?;
    kill(Pid::from_raw(i32::try_from(pid)?), Signal::SIGTERM)?;
    let status = timeout(PATIENCE, server.wait()).await.context("the server did not stop")??;
    ensure!(status.success(), "the server ended with {status}");
    Ok(())
}
