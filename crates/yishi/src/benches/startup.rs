//! How long the program takes until it is ready, and the memory that it holds then.

use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::{process::Child, time::sleep};

use super::{
    Better, Figure, Ratio, Report, Rounds, kilobytes,
    programs::{start, stop},
};

/// What is wanted of a start on a new folder, in milliseconds.
const FRESH_GOAL: f64 = 5000.0;
/// What is wanted of a start on a folder that is there, in milliseconds.
const AGAIN_GOAL: f64 = 1500.0;
/// What is wanted of the memory of an idle server, in megabytes.
const MEMORY_GOAL: f64 = 80.0;

/// How long a server is left alone before its memory is read.
const IDLE: Duration = Duration::from_secs(2);

/// Measures starts of this same program, each round on a new folder.
pub async fn measure(mut rounds: Rounds) -> Result<Report> {
    let (mut fresh, mut again, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    while rounds.next().is_some() {
        let folder = tempfile::tempdir()?;
        let server = start(folder.path(), &["--log", "error"]).await?;
        fresh.push(server.took);
        sleep(IDLE).await;
        memory.push(resident(&server.process)?);
        stop(server.process).await?;
        let server = start(folder.path(), &["--log", "error"]).await?;
        again.push(server.took);
        stop(server.process).await?;
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

/// The memory of the server's own process, in megabytes.
fn resident(server: &Child) -> Result<f64> {
    let pid = server.id().context("the server ended by itself")?;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    Ok(kilobytes(&status, "VmRSS:")? as f64 / 1024.0)
}
