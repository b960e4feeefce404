//! Putting past decisions of a city to a rule set: which of them would have come out differently.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::remotes::{City, Remote, configuration, digest_of, shown};
use crate::{
    callers::{Problem, made},
    outputs,
};

/// How long to wait between two looks.
const REST: Duration = Duration::from_millis(300);

/// How long a replay may stand still before it is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// What to replay where.
#[derive(Debug, Args)]
pub struct Replay {
    /// The rule set: its digest, or the file of its component, which must have been pushed
    #[arg(value_name = "DIGEST|FILE")]
    rules: String,
    #[command(flatten)]
    remote: Remote,
    /// Its configuration, as JSON; the empty one unless given
    #[arg(long, value_name = "FILE")]
    configuration: Option<PathBuf>,
    /// Prints the replay and its differences as JSON
    #[arg(long)]
    json: bool,
}

/// Asks for a replay, waits for it and shows what differs; tells whether every decision comes out the same.
pub async fn replay(options: &Replay) -> Result<bool> {
    let (digest, city) = (digest_of(&options.rules)?, options.remote.city()?);
    let body = json!({"configuration": configuration(options.configuration.as_ref())?});
    let asked = city.post(&format!("/rule-sets/{digest}/replays"), &body).await;
    let asked = asked.map_err(|error| match Problem::of(&error) {
        Some(it) if it.code == "rule_set.unknown" => error.context("push it first: `yishi plugin push FILE`"),
        _ => error,
    })?;
    let path = format!("/replays/{}", made(&asked)?);
    let mut replay = finished(&city, &path).await?;
    let mut differences = Vec::new();
    city.all(&format!("{path}/differences"), |it| differences.push(it)).await?;
    let text = text(&replay, &differences);
    let same = replay["same"] == replay["total"];
    if options.json {
        replay["differences"] = differences.into();
        outputs::write_json(&replay)?;
    } else {
        outputs::write(&text)?;
    }
    Ok(same)
}

/// The replay once it is finished; how far it is goes to standard error.
async fn finished(city: &City, path: &str) -> Result<Value> {
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template("{bar:40} {pos}/{len} decisions")?);
    let mut moved = (Instant::now(), Value::Null);
    loop {
        let replay = city.get(path).await?;
        if replay["finished_at"].is_string() {
            bar.finish_and_clear();
            return Ok(replay);
        }
        bar.set_length(replay["total"].as_u64().unwrap_or_default());
        bar.set_position(replay["done"].as_u64().unwrap_or_default());
        if replay["done"] != moved.1 {
            moved = (Instant::now(), replay["done"].clone());
        }
        let still = moved.0.elapsed();
        ensure!(still < PATIENCE, "the replay stands still at {}: does a worker run (`yishi work`)?", shown(&moved.1));
        tokio::time::sleep(REST).await;
    }
}

fn text(replay: &Value, differences: &[Value]) -> String {
    let figure = |name: &str| shown(&replay[name]);
    let (total, same) = (figure("total"), figure("same"));
    let mut text = format!(
        "{total} decisions: {same} the same, {} flipped, {} not comparable\n",
        figure("flipped"),
        figure("not_comparable")
    );
    let row = |it: &Value| ["ballot", "comparison", "why"].map(|name| shown(&it[name]));
    let rows: Vec<_> = differences.iter().map(row).collect();
    if !rows.is_empty() {
        text.push('\n');
        text.push_str(&outputs::table(&["ballot", "how", "why"], &rows));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_and_differences_are_told() {
        let replay = json!({"total": 2, "done": 2, "same": 1, "flipped": 1, "not_comparable": 0});
        let difference = json!({"ballot": "b", "comparison": "flipped", "why": "quorum: 1 of 3, at least 1/2 needed"});
        let text = text(&replay, &[difference]);
        assert!(
            text.starts_with("2 decisions: 1 the same, 1 flipped, 0 not comparable\n\nballot  how      why\n"),
            "{text}"
        );
        assert!(text.ends_with("b       flipped  quorum: 1 of 3, at least 1/2 needed\n"), "{text}");
    }
}
