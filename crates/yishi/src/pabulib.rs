//! Importing real elections: Pabulib files are run as ballots, through the interface that everybody uses.

mod elections;
mod files;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::{Context as _, Result};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use yishi_service::{App, onboarding::Mode};

use crate::{
    divisions::ZHEJIANG,
    homes::Home,
    imports, outputs,
    servers::{self, Address, Running},
};

use elections::{Imported, Importer};
use files::Election;

/// Which elections to run, and where.
#[derive(Debug, Args)]
pub struct Pabulib {
    /// The files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Where to serve meanwhile
    #[command(flatten)]
    address: Address,
    /// The city, which must be a sandbox
    #[arg(long, default_value = "3303")]
    tenant: String,
    /// How what is funded is chosen; without it greedily, as most cities do
    #[arg(long, value_name = "PROCEDURE", value_parser = elections::PROCEDURES.map(|it| it.0))]
    procedure: Option<String>,
    /// Prints what was found as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the elections that were asked for.
pub async fn run(home: &Home, options: &Pabulib) -> Result<ExitCode> {
    let read = |path: &PathBuf| Election::read(path).with_context(|| path.display().to_string());
    let elections = options.files.iter().map(read).collect::<Result<Vec<_>>>()?;
    let opened = home.open().await?;
    let running = servers::start(&opened.app, &options.address, true)?;
    let done = run_all(&opened.app, &running, options, &elections).await;
    running.stop().await?;
    opened.app.db.close().await;
    let done = done?;
    if options.json {
        outputs::write_json(&serde_json::to_value(&done)?)?;
    } else {
        outputs::write(&report(&done))?;
    }
    Ok(if done.iter().all(|it| it.votes_equal) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn run_all(
    app: &Arc<App>,
    running: &Running,
    options: &Pabulib,
    elections: &[Election],
) -> Result<Vec<Imported>> {
    imports::onboard_shown(app, ZHEJIANG, Mode::Sandbox).await?;
    let importer = Importer::begin(app, &running.base(), &options.tenant).await?;
    let votes = elections.iter().map(|it| it.votes.len() as u64).sum();
    let bar = ProgressBar::new(votes).with_style(ProgressStyle::with_template("{bar:40} {pos}/{len} votes {msg}")?);
    let mut done = Vec::with_capacity(elections.len());
    for election in elections {
        bar.set_message(election.name.clone());
        let run = importer.run(election, options.procedure.as_deref(), |votes| bar.inc(votes)).await;
        done.push(run.with_context(|| election.name.clone())?);
    }
    bar.finish_and_clear();
    Ok(done)
}

fn report(done: &[Imported]) -> String {
    let mut text = String::new();
    for it in done {
        let votes = if it.votes_equal { "equal to the file" } else { "NOT equal to the file" };
        let winners = match it.winners_equal {
            None => format!("{} funded", it.winners.len()),
            Some(true) => format!("{} funded, equal to the official result", it.winners.len()),
            Some(false) => format!("{} funded, not the official result", it.winners.len()),
        };
        text.push_str(&format!("{}: {} votes, {votes}; {winners}, by {}\n", it.file, it.votes, it.procedure));
    }
    let equal = done.iter().filter(|it| it.votes_equal).count();
    let stated = done.iter().filter(|it| it.winners_equal.is_some()).count();
    let official = done.iter().filter(|it| it.winners_equal == Some(true)).count();
    let votes: u64 = done.iter().map(|it| it.votes).sum();
    text.push_str(&format!(
        "{} files, {votes} votes: {equal} equal to their file; {official} of {stated} official results\n",
        done.len()
    ));
    text
}
