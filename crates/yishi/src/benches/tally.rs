//! The running tally of a ballot over HTTP, against counting all its votes again, both of which must come to the same.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use yishi_service::keys::Signing;
use yishi_store::Db;

use super::{
    Better, Figure, Ratio, Report, Rounds, callers,
    installations::Installation,
    milliseconds,
    programs::stop,
    scenes::{Scene, make},
};
use crate::clocks;

/// How many votes the ballot has.
const VOTES: usize = 100_000;
const VOTES_IN_FULL: usize = 1_000_000;
/// The most that an answer may take, in milliseconds.
const GOAL_MS: f64 = 20.0;
/// How often it is asked for in a round.
const ASKED: usize = 200;

/// Measures both in turns, in one ballot.
pub async fn measure(mut rounds: Rounds, full: bool) -> Result<Report> {
    let installation = Installation::new().await?;
    let db = Db::open(&installation.urls)?;
    let voters = if full { VOTES_IN_FULL } else { VOTES };
    let scene = make(&db, "hot", voters).await?;
    let begun = Instant::now();
    scene.fill(&db, &Signing::new("bench", vec![clocks::secret()], vec![])).await?;
    let filled = begun.elapsed();
    let server = installation.serve(&[]).await?;
    let (mut p50, mut p99, mut recount) = (Vec::new(), Vec::new(), Vec::new());
    while rounds.next().is_some() {
        let request = scene.tally(&installation.issuer());
        let load = callers::send(&server.address, 1, vec![request; ASKED], Duration::from_secs(60)).await?;
        p50.push(load.percentile(50));
        p99.push(load.percentile(99));
        recount.push(recounted(&db, &scene, voters).await?);
    }
    db.close().await;
    stop(server.process).await?;
    let goal = vec![GOAL_MS; p99.len()];
    let figures = vec![
        Figure::of("tally_p50_ms", "ms", &p50),
        Figure::of("tally_p99_ms", "ms", &p99),
        Figure::of("recount_ms", "ms", &recount),
        Figure::of("sequenced_per_s", "1/s", &[voters as f64 / filled.as_secs_f64()]),
    ];
    let ratios = vec![
        Ratio::of("tally_p99_over_20_ms", &p99, &goal, 1.0, Better::Lower),
        Ratio::of("recount_over_tally", &recount, &p50, 1.0, Better::Higher)
            .meaning("reading and counting every vote of the record again, in the process itself, over one answer"),
    ];
    let notes = vec![
        format!("a ballot of {voters} votes, all of them with their position in the record; both come to the same, which was checked each round"),
        format!("{ASKED} answers a round, one after the other over one connection"),
        "sequenced: votes and their events inserted, sequenced, added to the running tally and signed, 2,000 a transaction".into(),
    ];
    Ok(Report::new("tally", figures, ratios)?.with_notes(notes))
}

/// The milliseconds of a recount, which has to come to what the running tally does.
async fn recounted(db: &Db, scene: &Scene, voters: usize) -> Result<f64> {
    let begun = Instant::now();
    let tally = scene.recount(db).await?;
    let took = milliseconds(begun.elapsed());
    let found = scene.running(db).await?;
    ensure!(found.as_ref() == Some(&tally), "the running tally is {found:?}, and all votes come to {tally:?}");
    ensure!(tally.counts[0].participating() == voters as u64, "not every vote counts: {tally:?}");
    Ok(took)
}
