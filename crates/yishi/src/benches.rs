//! Benchmarks: what each reports, and how long it may take.
//!
//! A benchmark measures what it compares in turns and in one run, because figures of another hour or machine say nothing.

mod callers;
mod installations;
mod notify;
mod onboard;
mod policy;
mod programs;
mod provinces;
mod report;
mod scenes;
mod startup;
mod tally;
mod votes;

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use crate::outputs;

/// What to measure.
#[derive(Debug, Args)]
pub struct Options {
    /// The benchmark
    #[arg(value_name = "NAME")]
    pub bench: Bench,
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
    /// For how many seconds rounds are begun; one is always finished
    #[arg(long, default_value_t = 30)]
    pub seconds: u64,
    /// Takes the full size where the benchmark has one: a ballot of a million votes, a province of a million topics
    #[arg(long)]
    pub full: bool,
}

/// A benchmark.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Bench {
    /// Tells members of cities by mail, with and without a city that has 100 times as much as each of the others
    Notify,
    /// Onboards Zhejiang's 27,035 units, against a plain COPY of the same rows
    Onboard,
    /// Calls of rule sets in Rust, C and JavaScript, against Extism, Rego, a webhook and the evaluator itself; needs `cargo xtask peers`
    Policy,
    /// Asks for reports of a synthetic province of 10,000 and of 100,000 topics, or with --full of 100,000 and 1,000,000, against plain SQL over its events
    Report,
    /// Starts `yishi serve` on a new folder and again on the same one, until it is ready
    Startup,
    /// Asks over HTTP for the running tally of a ballot of 100,000 votes, or with --full of a million, against counting all of them again
    Tally,
    /// Casts votes over HTTP on this machine, against pgbench inserting a row a transaction; takes pgbench, and 60 seconds or more to be of use
    Votes,
}

/// What was measured, and on what.
#[derive(Debug, Serialize)]
pub struct Report {
    bench: &'static str,
    machine: Machine,
    results: Vec<Figure>,
    ratios: Vec<Ratio>,
    /// What is to be known about them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

/// A figure over all rounds.
#[derive(Debug, PartialEq, Deserialize, Serialize)]
pub struct Figure {
    name: String,
    unit: String,
    n: usize,
    min: f64,
    median: f64,
    max: f64,
}

/// How what was measured stands to what it is compared with.
#[derive(Debug, PartialEq, Deserialize, Serialize)]
pub struct Ratio {
    name: String,
    value: f64,
    goal: f64,
    better: Better,
    /// What stands over what, where the name does not say it all.
    #[serde(skip_serializing_if = "Option::is_none")]
    means: Option<String>,
}

/// Which way a ratio should go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// The goal is the least.
    Higher,
    /// The goal is the most.
    Lower,
}

/// The rounds of a benchmark: as many as fit the time from the beginning of the first one. What is set up before costs none of it.
pub struct Rounds {
    limit: Duration,
    begun: Instant,
    round: Instant,
    longest: Duration,
    done: u32,
}

#[derive(Debug, Serialize)]
struct Machine {
    cores: usize,
    memory_mb: u64,
    kernel: String,
    postgresql: String,
}

/// Runs a benchmark and prints its report.
pub async fn run(options: &Options) -> Result<()> {
    let rounds = Rounds::within(Duration::from_secs(options.seconds));
    let report = match options.bench {
        Bench::Notify => notify::measure(rounds).await?,
        Bench::Onboard => onboard::measure(rounds).await?,
        Bench::Policy => policy::measure(options.seconds).await?,
        Bench::Report => report::measure(options.full).await?,
        Bench::Startup => startup::measure(rounds).await?,
        Bench::Tally => tally::measure(rounds, options.full).await?,
        Bench::Votes => votes::measure(rounds, options.seconds).await?,
    };
    outputs::write(&match options.json {
        true => format!("{}\n", serde_json::to_string_pretty(&report)?),
        false => report.text(),
    })
}

impl Rounds {
    /// Rounds for so long a time.
    pub fn within(limit: Duration) -> Self {
        let now = Instant::now();
        Self { limit, begun: now, round: now, longest: Duration::ZERO, done: 0 }
    }

    /// Gives the number of the next round, as long as one like the longest so far would fit.
    pub fn next(&mut self) -> Option<u32> {
        if self.done == 0 {
            self.begun = Instant::now();
        } else {
            self.longest = self.longest.max(self.round.elapsed());
            if self.begun.elapsed() + self.longest > self.limit {
                return None;
            }
        }
        self.round = Instant::now();
        self.done += 1;
        Some(self.done)
    }
}

impl Report {
    /// Puts a report together.
    pub fn new(bench: &'static str, results: Vec<Figure>, ratios: Vec<Ratio>) -> Result<Self> {
        Ok(Self { bench, machine: Machine::read()?, results, ratios, notes: Vec::new() })
    }

    /// Adds what is to be known about the figures.
    pub fn with_notes(self, notes: Vec<String>) -> Self {
        Self { notes, ..self }
    }

    fn text(&self) -> String {
        let Machine { cores, memory_mb, kernel, postgresql } = &self.machine;
        let figure = |it: &Figure| {
            [it.name.clone(), it.unit.clone(), it.n.to_string(), shown(it.min), shown(it.median), shown(it.max)]
        };
        let ratio = |it: &Ratio| {
            let goal = match it.better {
                Better::Higher => format!("at least {}", it.goal),
                Better::Lower => format!("at most {}", it.goal),
            };
            let met = if it.met() { "met" } else { "missed" };
            [it.name.clone(), shown(it.value), goal, met.into(), it.means.clone().unwrap_or_default()]
        };
        let figures: Vec<_> = self.results.iter().map(figure).collect();
        let ratios: Vec<_> = self.ratios.iter().map(ratio).collect();
        let notes: String = self.notes.iter().map(|note| format!("\n{note}")).collect();
        format!(
            "{}: {cores} cores, {memory_mb} MB, Linux {kernel}, PostgreSQL {postgresql}\n\n{}\n{}{notes}\n",
            self.bench,
            outputs::table(&["result", "unit", "n", "min", "median", "max"], &figures),
            outputs::table(&["ratio", "value", "goal", "", ""], &ratios),
        )
    }
}

impl Figure {
    /// The figure of some samples, of which there is at least one.
    pub fn of(name: &str, unit: &str, samples: &[f64]) -> Self {
        let sorted = sorted(samples);
        let (min, max) = (sorted.first().copied(), sorted.last().copied());
        let (min, max) = (rounded(min.unwrap_or(0.0)), rounded(max.unwrap_or(0.0)));
        let (name, unit) = (name.to_owned(), unit.to_owned());
        Self { name, unit, n: sorted.len(), min, median: rounded(median(&sorted)), max }
    }
}

impl Ratio {
    /// The median of what each round's sample is to the same round's base, so that a machine that slows down harms both alike.
    pub fn of(name: &str, samples: &[f64], bases: &[f64], goal: f64, better: Better) -> Self {
        let ratios: Vec<f64> = samples.iter().zip(bases).map(|(sample, base)| sample / base).collect();
        Self { name: name.to_owned(), value: rounded(median(&sorted(&ratios))), goal, better, means: None }
    }

    /// The same with what stands over what.
    pub fn meaning(self, means: &str) -> Self {
        Self { means: Some(means.to_owned()), ..self }
    }

    fn met(&self) -> bool {
        match self.better {
            Better::Higher => self.value >= self.goal,
            Better::Lower => self.value <= self.goal,
        }
    }
}

impl Machine {
    fn read() -> Result<Self> {
        let memory = std::fs::read_to_string("/proc/meminfo")?;
        let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned();
        let cores = std::thread::available_parallelism()?.get();
        Ok(Self { cores, memory_mb: kilobytes(&memory, "MemTotal:")? / 1024, kernel, postgresql: postgresql()? })
    }
}

/// A line of the kernel's files on memory, in kilobytes.
pub fn kilobytes(text: &str, name: &str) -> Result<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next()).with_context(|| format!("no line {name}"))?;
    Ok(number.parse()?)
}

/// Milliseconds with their fraction.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn postgresql() -> Result<String> {
    let folder = yishi_store::embedded::find_binaries().context("no PostgreSQL binaries found")?;
    let output = std::process::Command::new(folder.join("postgres")).arg("--version").output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.split_whitespace().nth(2).unwrap_or("unknown").to_owned())
}

fn sorted(samples: &[f64]) -> Vec<f64> {
    let mut samples = samples.to_vec();
    samples.sort_by(f64::total_cmp);
    samples
}

fn median(sorted: &[f64]) -> f64 {
    match sorted {
        [] => 0.0,
        _ => (sorted[(sorted.len() - 1) / 2] + sorted[sorted.len() / 2]) / 2.0,
    }
}

/// To hundredths, and what is less to two digits that count.
fn rounded(value: f64) -> f64 {
    let mut place = 100.0;
    while value != 0.0 && value.abs() * place < 10.0 {
        place *= 10.0;
    }
    (value * place).round() / place
}

fn shown(value: f64) -> String {
    if value == 0.0 || value.abs() >= 0.1 { format!("{value:.2}") } else { value.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_small_is_not_rounded_away() {
        let [large, small] = [123.456, 0.001_72].map(rounded);
        assert_eq!([shown(large), shown(small), shown(rounded(0.0))], ["123.46", "0.0017", "0.00"]);
    }

    #[test]
    fn a_figure_is_the_least_the_middle_and_the_most() {
        let figure = Figure::of("a_ms", "ms", &[4.0, 1.0, 2.0, 3.0]);
        assert_eq!(figure, Figure { name: "a_ms".into(), unit: "ms".into(), n: 4, min: 1.0, median: 2.5, max: 4.0 });
    }

    #[test]
    fn a_ratio_compares_within_each_round() {
        let ratio = Ratio::of("a_over_b", &[2.0, 30.0, 200.0], &[1.0, 10.0, 100.0], 2.0, Better::Lower);
        assert_eq!(ratio.value, 2.0);
        assert!(ratio.met() && !Ratio { goal: 1.9, ..ratio }.met());
    }

    #[test]
    fn one_round_is_always_run_and_none_that_would_not_fit() {
        let mut rounds = Rounds::within(Duration::ZERO);
        assert_eq!((rounds.next(), rounds.next()), (Some(1), None));
        let mut rounds = Rounds::within(Duration::from_secs(3600));
        assert_eq!((rounds.next(), rounds.next()), (Some(1), Some(2)));
    }

    #[test]
    fn the_report_has_the_shape_that_readers_rely_on() {
        let ratios = vec![Ratio::of("a_over_b", &[5.0], &[2.0], 2.0, Better::Lower)];
        let report = Report::new("onboard", vec![Figure::of("a_ms", "ms", &[5.0])], ratios).expect("a machine");
        let json = serde_json::to_value(&report).expect("JSON");
        assert_eq!(
            json["results"][0],
            serde_json::json!({"name": "a_ms", "unit": "ms", "n": 1, "min": 5.0, "median": 5.0, "max": 5.0})
        );
        assert_eq!(
            json["ratios"][0],
            serde_json::json!({"name": "a_over_b", "value": 2.5, "goal": 2.0, "better": "lower"})
        );
        assert!(json["machine"]["cores"].as_u64().is_some_and(|cores| cores > 0));
        assert!(report.text().contains("a_over_b  2.50   at most 2  missed"), "{}", report.text());
    }
}
