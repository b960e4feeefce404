//! Casting votes over HTTP, against pgbench inserting one row a transaction into a table like that of the votes.
//!
//! Both use one server of PostgreSQL, one role and its row level security, in turns. The service does for each vote what it always does: the token is
//! checked, the member, the roll, the ballot and its rule are read, the vote and its event are committed before the answer.

mod pgbench;

use std::{path::PathBuf, time::Duration};

use anyhow::Result;
use yishi_service::tokens::Issuer;
use yishi_store::{
    Db,
    due::{self, Work},
    floors,
};

use super::{
    Better, Figure, Ratio, Report, Rounds,
    callers::{self, Load},
    installations::Installation,
    programs::stop,
    scenes::{Scene, make},
};
use crate::clocks;

/// How many connections the database takes: pgbench's, and those of the service.
const CONNECTIONS: u16 = 320;
/// How many tenants the votes are spread over where they do not all go to one ballot.
const TENANTS: usize = 100;

/// A number of clients: its names in the report, what is wanted of it, and how many votes a second it could cast at most.
struct Level {
    clients: usize,
    floor: &'static str,
    http: &'static str,
    p99: &'static str,
    ratio: &'static str,
    goal: f64,
    most: usize,
}

macro_rules! level {
    ($clients:literal, $goal:literal, $most:literal) => {
        Level {
            clients: $clients,
            floor: concat!("floor_", $clients, "_per_s"),
            http: concat!("http_", $clients, "_per_s"),
            p99: concat!("http_p99_", $clients, "_ms"),
            ratio: concat!("http_over_floor_", $clients),
            goal: $goal,
            most: $most,
        }
    };
}

const LEVELS: [Level; 4] =
    [level!(1, 1.0, 2_500), level!(8, 1.0, 7_000), level!(64, 1.5, 12_000), level!(256, 2.5, 16_000)];

/// Other ways to cast at a number of clients, compared with the same floor.
const OTHERS: [(Way, Level); 3] = [
    (Way::Keyed, named(64, 1.5, "keyed_64_per_s", "keyed_p99_64_ms", "keyed_over_floor_64")),
    (Way::Spread, named(64, 1.5, "spread_64_per_s", "spread_p99_64_ms", "spread_over_floor_64")),
    (Way::Spread, named(256, 2.5, "spread_256_per_s", "spread_p99_256_ms", "spread_over_floor_256")),
];

const fn named(clients: usize, goal: f64, http: &'static str, p99: &'static str, ratio: &'static str) -> Level {
    Level { clients, floor: "", http, p99, ratio, goal, most: 10_000 }
}

/// How votes are cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// In one ballot, each with an idempotency key of its own.
    Keyed,
    /// In as many ballots as there are tenants.
    Spread,
}

/// What is measured with: an installation, and the service over it.
struct Stage {
    db: Db,
    installation: Installation,
    address: String,
    pgbench: PathBuf,
    script: PathBuf,
    /// How many seconds each measurement takes.
    window: u64,
    /// Whether it is only seen whether the benchmark runs, with a tenth of the voters.
    trial: bool,
}

/// What one level found, round by round.
#[derive(Default)]
struct Found {
    floor: Vec<f64>,
    rate: Vec<f64>,
    p99: Vec<f64>,
}

/// Measures floor and service in turns, level by level, each round in ballots of its own.
pub async fn measure(mut rounds: Rounds, seconds: u64) -> Result<Report> {
    let before = load()?;
    let pgbench = pgbench::find()?;
    let installation = Installation::for_connections(CONNECTIONS).await?;
    floors::prepare_votes(&installation.urls.owner).await?;
    let server = installation.serve(&[]).await?;
    let stage = Stage {
        db: Db::open(&installation.urls)?,
        address: server.address.clone(),
        pgbench,
        script: installation.folder.path().join("floor.sql"),
        installation,
        // A round has eleven windows.
        window: (seconds / 11).clamp(1, 5),
        trial: seconds < 11,
    };
    let mut found: Vec<Found> =
        LEVELS.iter().chain(OTHERS.iter().map(|(_, level)| level)).map(|_| Found::default()).collect();
    while let Some(round) = rounds.next() {
        stage.round(round, &mut found).await?;
    }
    stage.db.close().await;
    stop(server.process).await?;
    let notes = notes(&floors::durability(&stage.installation.urls.app).await?, stage.window, &before, &load()?);
    Ok(report(&found)?.with_notes(notes))
}

impl Stage {
    async fn round(&self, round: u32, found: &mut [Found]) -> Result<()> {
        let votes =
            |level: &Level| level.most / if self.trial { 10 } else { 1 } * usize::try_from(self.window).unwrap_or(1);
        let keyed = votes(&OTHERS[0].1);
        let voters = LEVELS.iter().map(votes).sum::<usize>() + keyed + 1_000;
        let hot = make(&self.db, &format!("hot{round}"), voters).await?;
        std::fs::write(&self.script, floors::vote_script(hot.tenant))?;
        let spread: usize = OTHERS[1..].iter().map(|(_, level)| votes(level)).sum();
        let mut cities = Vec::with_capacity(TENANTS);
        for i in 0..TENANTS {
            cities.push(make(&self.db, &format!("city{round}-{i}"), spread / TENANTS).await?);
        }
        // All voters are told that their ballot has opened.
        self.settle().await?;
        let mut cast = 1_000;
        // The service begins as pgbench does, with connections that are there and statements that are prepared.
        self.cast(&LEVELS[2], hot.votes(0..cast, &self.installation.issuer(), false)).await?;
        let (levels, others) = found.split_at_mut(LEVELS.len());
        for (level, found) in LEVELS.iter().zip(&mut *levels) {
            found.floor.push(self.floor(level.clients).await?);
            let requests = hot.votes(cast..cast + votes(level), &self.installation.issuer(), false);
            cast += requests.len();
            found.add(&self.cast(level, requests).await?);
        }
        let mut each = 0;
        for ((way, level), found) in OTHERS.iter().zip(others) {
            let same = LEVELS.iter().position(|it| it.clients == level.clients).unwrap_or_default();
            found.floor.extend(levels[same].floor.last());
            let requests = match way {
                Way::Keyed => hot.votes(cast..cast + votes(level), &self.installation.issuer(), true),
                Way::Spread => {
                    let share = votes(level) / TENANTS;
                    each += share;
                    in_turn(&cities, each - share..each, &self.installation.issuer())
                }
            };
            found.add(&self.cast(level, requests).await?);
        }
        Ok(())
    }

    async fn floor(&self, clients: usize) -> Result<f64> {
        pgbench::run(&self.pgbench, self.installation.database.sockets(), &self.script, clients, self.window).await
    }

    /// Casts votes, and waits until they are in the record and counted, so that what is measured next has the machine to itself.
    async fn cast(&self, level: &Level, requests: Vec<Vec<u8>>) -> Result<Load> {
        let load = callers::send(&self.address, level.clients, requests, Duration::from_secs(self.window)).await?;
        self.settle().await?;
        Ok(load)
    }

    /// Waits until nothing is left to be done in the background of any tenant.
    async fn settle(&self) -> Result<()> {
        for work in [Work::Sequencing, Work::Projecting, Work::Announcing] {
            while !due::tenants(&mut self.db.platform().await?, work, clocks::now()).await?.is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Ok(())
    }
}

impl Found {
    fn add(&mut self, load: &Load) {
        self.rate.push(load.rate);
        self.p99.push(load.percentile(99));
    }
}

/// The votes of the same voters of each city, one city after the other.
fn in_turn(cities: &[Scene], voters: std::ops::Range<usize>, issuer: &Issuer) -> Vec<Vec<u8>> {
    voters.flat_map(|i| cities.iter().flat_map(move |city| city.votes(i..i + 1, issuer, false))).collect()
}

fn report(found: &[Found]) -> Result<Report> {
    let (mut results, mut ratios) = (Vec::new(), Vec::new());
    for (level, it) in LEVELS.iter().chain(OTHERS.iter().map(|(_, level)| level)).zip(found) {
        if !level.floor.is_empty() {
            results.push(Figure::of(level.floor, "1/s", &it.floor));
        }
        results.push(Figure::of(level.http, "1/s", &it.rate));
        results.push(Figure::of(level.p99, "ms", &it.p99));
        ratios.push(Ratio::of(level.ratio, &it.rate, &it.floor, level.goal, Better::Higher));
    }
    Report::new("votes", results, ratios)
}

fn notes(durability: &str, window: u64, before: &str, after: &str) -> Vec<String> {
    vec![
        "http_over_floor_N: votes cast over HTTP a second, answered 201, to pgbench's transactions a second, both by N clients with a connection each, in windows of one after the other".into(),
        format!("a window is {window} s, or as long as there are voters; the voters of http and keyed vote in one ballot, those of spread in {TENANTS} ballots of {TENANTS} tenants"),
        "floor: BEGIN, SET LOCAL of the tenant, INSERT of one row into a table like votes without foreign keys, COMMIT, over the server's Unix socket with prepared statements".into(),
        "http: every vote is of a voter and with a token that the server has not seen; keyed ones have an Idempotency-Key; the server, a process of its own, sequences and signs the record meanwhile, and logs warnings".into(),
        format!("durability, of one server and role for both: {durability}"),
        format!("load of the machine (1, 5 and 15 minutes) before: {before}; after: {after}"),
    ]
}

fn load() -> Result<String> {
    let text = std::fs::read_to_string("/proc/loadavg")?;
    Ok(text.split_whitespace().take(3).collect::<Vec<_>>().join(" "))
}
