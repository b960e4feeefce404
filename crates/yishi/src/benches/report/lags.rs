//! How long an event waits until reports count it, while votes are cast as fast as the service takes them.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::sync::watch;
use uuid::Uuid;
use yishi_store::{Db, floors::Counted};

use crate::benches::{
    callers::{self, Load},
    installations::Installation,
    milliseconds,
    programs::stop,
    scenes::make,
};

/// How many callers vote, how many voters there are for them, and for how long.
const CALLERS: usize = 64;
const VOTERS: usize = 60_000;
const WINDOW: Duration = Duration::from_secs(8);
/// How often an event is taken to be waited for, and how often it is looked whether it is counted.
const SAMPLE: Duration = Duration::from_millis(25);
const LOOK: Duration = Duration::from_millis(5);
/// How long counting may take before the benchmark gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Casts votes over HTTP at a server with all its workers: how many were answered a second, and how many milliseconds some of their events took from when they
/// were first seen in the database until they were counted.
pub async fn measure() -> Result<Load> {
    let installation = Installation::new().await?;
    let db = Db::open(&installation.urls)?;
    let scene = make(&db, "lag", VOTERS).await?;
    let server = installation.serve(&[]).await?;
    let votes = scene.votes(0..VOTERS, &installation.issuer(), false);
    let (over, is_over) = watch::channel(false);
    let counted = Counted::of(&installation.urls.owner, scene.tenant).await?;
    let waiting = tokio::spawn(wait(counted, is_over));
    let load = callers::send(&server.address, CALLERS, votes, WINDOW).await;
    over.send_replace(true);
    let mut took = waiting.await??;
    let Load { rate, .. } = load?;
    db.close().await;
    stop(server.process).await?;
    took.sort_by(f64::total_cmp);
    Ok(Load { rate, took })
}

/// Takes the newest event now and then, until all is over, and tells how long each waited.
async fn wait(mut counted: Counted, is_over: watch::Receiver<bool>) -> Result<Vec<f64>> {
    let (mut waiting, mut waited): (Vec<(Uuid, Instant)>, Vec<f64>) = (Vec::new(), Vec::new());
    let (mut last, mut taken) = (None, Instant::now());
    loop {
        let all_sent = *is_over.borrow();
        if !all_sent && taken.elapsed() >= SAMPLE {
            taken = Instant::now();
            let newest = counted.newest().await?.filter(|it| last != Some(*it));
            waiting.extend(newest.map(|it| (it, Instant::now())));
            last = newest.or(last);
        }
        let ids: Vec<_> = waiting.iter().map(|(id, _)| *id).collect();
        let done = counted.among(&ids).await?;
        waiting.retain(|(id, since)| {
            let is_done = done.contains(id);
            waited.extend(is_done.then(|| milliseconds(since.elapsed())));
            !is_done
        });
        ensure!(waiting.iter().all(|(_, since)| since.elapsed() < PATIENCE), "events were not counted");
        if all_sent && waiting.is_empty() {
            ensure!(!waited.is_empty(), "nothing happened");
            return Ok(waited);
        }
        tokio::time::sleep(LOOK).await;
    }
}
