//! Watching a record from outside: each time that it is looked at it must go on from what was seen of it before.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use chrono::TimeDelta;
use serde_json::Value;
use yishi_record::{
    checkpoints::{self, Checkpoint},
    cosignatures::{self, Witness},
    keys, tiles,
    verifications::Step,
};

use crate::{callers::Caller, clocks, outputs::Reason, verifications::Finding};

/// How old the newest checkpoint of a record may be, which is signed again every day.
const SILENCE: TimeDelta = TimeDelta::hours(49);

/// What is asked of a record.
pub struct Log<'a> {
    /// Where it is served.
    pub url: &'a str,
    /// The key that was pinned.
    pub key: Option<&'a str>,
    /// The witnesses that must have seen the newest checkpoint.
    pub witnesses: &'a [Witness],
    /// Where the last checkpoint seen is kept; in the user's state folder where it is not given.
    pub state: Option<&'a Path>,
}

/// What came of it.
type Found = Result<(), (Finding, Reason)>;

/// Holds a record's newest checkpoint against the last one seen, and keeps it; adds what holds to the steps.
pub async fn check(log: &Log<'_>, steps: &mut Vec<Step>) -> Result<Found> {
    let caller = Caller::new(log.url);
    let text = async |path: &str| anyhow::Ok(String::from_utf8(caller.bytes(path).await?)?);
    let shown = text("/checkpoint").await?;
    let handovers = handovers(&caller.get("/keys").await?);
    let (note, checkpoint) = match read(&shown, log.key, &handovers) {
        Ok(read) => read,
        Err(error) => return Ok(refused(error.code(), error.to_string())),
    };
    steps.push(match log.key {
        Some(_) => Step { code: "checkpoint.anchored", detail: told(&checkpoint) },
        None => Step { code: "checkpoint.unanchored", detail: told(&checkpoint) },
    });
    for witness in log.witnesses {
        match witness.cosignature(&shown) {
            Some(it) => {
                steps.push(Step { code: "checkpoint.witnessed", detail: format!("{} at {}", it.witness, it.time) })
            }
            None => return Ok(refused("checkpoint.not_witnessed", format!("{} has not cosigned it", witness.name))),
        }
    }
    if clocks::now() > checkpoint.time + SILENCE {
        return Ok(refused("log.silent", format!("nothing was signed since {}", checkpoint.time)));
    }
    let state = log.state.map_or_else(|| default_state(&checkpoint.origin), |it| Ok(it.to_owned()))?;
    let seen = match std::fs::read_to_string(&state) {
        Ok(seen) => Some(seen),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| state.display().to_string()),
    };
    let Some(seen) = seen else {
        keep(&state, &note)?;
        steps.push(Step { code: "log.first_seen", detail: format!("kept in {}", state.display()) });
        return Ok(Ok(()));
    };
    let before = checkpoints::read(&seen).with_context(|| format!("{} holds no checkpoint", state.display()))?;
    let found = compare(&caller, &before, &checkpoint, steps).await?;
    match &found {
        Ok(()) => keep(&state, &note)?,
        Err((Finding::Forked, _)) => {
            let evidence = state.with_extension("fork");
            keep(&evidence, &format!("{seen}\n{note}"))?;
            eprintln!("yishi: both checkpoints are kept in {}", evidence.display());
        }
        Err(_) => {}
    }
    Ok(found)
}

fn handovers(keys: &Value) -> Vec<String> {
    let keys = keys["keys"].as_array().into_iter().flatten();
    keys.filter_map(|key| Some(key["handover"].as_str()?.to_owned())).collect()
}

/// The checkpoint without its witnesses' lines, under the pinned key or one that it was handed over to.
fn read(
    shown: &str,
    pinned: Option<&str>,
    handovers: &[String],
) -> Result<(String, Checkpoint), checkpoints::CheckpointError> {
    let (note, _) = cosignatures::split(shown)?;
    let checkpoint = match pinned {
        Some(key) => checkpoints::verify_any(&note, &keys::follow(key, handovers)?)?,
        None => checkpoints::read(&note)?,
    };
    Ok((note, checkpoint))
}

async fn compare(caller: &Caller, before: &Checkpoint, now: &Checkpoint, steps: &mut Vec<Step>) -> Result<Found> {
    let forked = |code, detail: String| Ok(Err((Finding::Forked, Reason { code, detail })));
    if before.origin != now.origin {
        return Ok(refused("log.another", format!("{} was seen before, and this is {}", before.origin, now.origin)));
    }
    if now.size < before.size {
        let text = format!("it had {} leaves at {}, and {} at {}", before.size, before.time, now.size, now.time);
        return match now.time < before.time {
            true => Ok(refused("log.stale", text)),
            false => forked("log.shrunk", text),
        };
    }
    let past = match now.size == before.size {
        true => now.root,
        false => {
            let mut have = HashMap::new();
            for tile in tiles::needed_for_past(now.size, before.size) {
                have.insert(tile, caller.bytes(&format!("/tile/{}", tile.path())).await?);
            }
            match tiles::past_root(now.size, now.root, before.size, &have) {
                Ok(past) => past,
                Err(_) => return Ok(refused("log.bad_tiles", "its tiles are not those of its checkpoint".into())),
            }
        }
    };
    if past != before.root {
        let text =
            format!("its first {} leaves are others than at {}: there are two histories", before.size, before.time);
        return forked("log.forked", text);
    }
    steps.push(Step { code: "log.consistent", detail: format!("it goes on from {}", told(before)) });
    Ok(Ok(()))
}

fn refused(code: &'static str, detail: String) -> Found {
    Err((Finding::Refused, Reason { code, detail }))
}

fn told(checkpoint: &Checkpoint) -> String {
    format!("{} leaves at {}", checkpoint.size, checkpoint.time)
}

/// Where the last checkpoint of a record is kept: in the folder that the XDG base directory specification names for state.
fn default_state(origin: &str) -> Result<PathBuf> {
    let folder = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|it| it.is_absolute());
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/state"));
    let folder =
        folder.or_else(home).context("there is no home folder: say with --state where to keep what was seen")?;
    let plain = |it: char| if it.is_ascii_alphanumeric() || matches!(it, '.' | '-') { it } else { '_' };
    Ok(folder.join("yishi/logs").join(format!("{}.checkpoint", origin.chars().map(plain).collect::<String>())))
}

/// Writes a file whole or not at all.
fn keep(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || {
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        std::io::Write::write_all(&mut file, text.as_bytes())?;
        file.persist(path).map_err(|error| error.error)?;
        std::io::Result::Ok(())
    };
    write().with_context(|| path.display().to_string())
}
