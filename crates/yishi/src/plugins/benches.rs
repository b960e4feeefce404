//! What the calls of a rule set cost, against what they may cost.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};
use yishi_domain::{
    fixtures::{Call, Fixture},
    voting::{Subject, Tally},
};
use yishi_policy::{Answered, Caller, Component, PolicyFailure, limits};

use super::{fixtures, read, trials};
use crate::{
    outputs::{self, Reason},
    workbenches::{Workbench, patiently},
};

/// What to measure.
#[derive(Debug, Args)]
pub struct Bench {
    /// The component
    file: PathBuf,
    /// Fixtures, or folders of them; three questions of our own unless given
    fixtures: Vec<PathBuf>,
    /// How often each call is made
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..))]
    runs: u16,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// What was measured.
#[derive(Serialize)]
struct Report {
    limits: Limits,
    calls: Vec<Cost>,
}

/// What a call may cost.
#[derive(Serialize)]
struct Limits {
    /// For an input without rows; each row adds some.
    fuel: u64,
    memory_bytes: usize,
    output_bytes: usize,
    micros: u64,
}

/// What a call costs. Fuel, memory and output are the same at each run; the time is this machine's.
#[derive(Serialize)]
struct Cost {
    fixture: String,
    call: &'static str,
    fuel: u64,
    memory_bytes: usize,
    output_bytes: usize,
    runs: usize,
    median_micros: u64,
    slowest_micros: u64,
    /// Why there is no answer, where there is none.
    reason: Option<Reason>,
}

/// A question to measure.
struct Question {
    name: String,
    config: Value,
    subject: Subject,
    tally: Tally,
}

/// Measures the rule and the verdict of each fixture; tells whether all were answered.
pub async fn bench(options: &Bench) -> Result<bool> {
    let component = read(&options.file)?;
    let bench = Workbench::new()?;
    let tier = match bench.host.admit(component.clone()).await {
        Ok(admitted) => admitted.tier.limits(),
        Err(refusals) => return fixtures::refused(refusals),
    };
    let component = Component::from(component);
    let mut calls = Vec::new();
    for question in questions(&options.fixtures)? {
        measure(&bench.host, &component, &question, options.runs, &mut calls).await;
    }
    let limits = Limits {
        fuel: tier.fuel_for(0),
        memory_bytes: limits::MEMORY_BYTES,
        output_bytes: limits::OUTPUT_BYTES,
        micros: tier.epoch_millis * 1_000,
    };
    let report = Report { limits, calls };
    if options.json {
        outputs::write_json(&report)?
    } else {
        outputs::write(&text(&report))?
    }
    Ok(report.calls.iter().all(|it| it.reason.is_none()))
}

fn questions(paths: &[PathBuf]) -> Result<Vec<Question>> {
    if paths.is_empty() {
        let own = |(name, subject): (&str, Subject)| Question {
            name: name.to_owned(),
            config: json!({}),
            subject,
            tally: trials::tally(),
        };
        return Ok(trials::subjects().into_iter().map(own).collect());
    }
    let load = |file: &PathBuf| {
        let loaded = fixtures::load(file);
        let Fixture { name, config, call } = loaded.map_err(|fault| anyhow::anyhow!("{}: {fault}", file.display()))?;
        Ok(match call {
            Call::Decide(subject, tally, _) => Some(Question { name, config, subject, tally }),
            Call::Rule(..) | Call::Classify(..) | Call::Assess(..) => None,
        })
    };
    fixtures::files(paths)?.iter().filter_map(|file| load(file).transpose()).collect()
}

async fn measure(host: &Caller, component: &Component, question: &Question, runs: u16, calls: &mut Vec<Cost>) {
    let Question { name, config, subject, tally } = question;
    let rule = async || host.rule(component.clone(), config, subject).await;
    let (cost, rule) = time(name, "rule", runs, rule).await;
    calls.push(cost);
    if let Some(rule) = rule {
        let decide = async || host.verdict(component.clone(), config, &rule, tally).await;
        calls.push(time(name, "decide", runs, decide).await.0);
    }
}

/// Makes a call so many times, after one that is not counted.
async fn time<T>(
    fixture: &str,
    call: &'static str,
    runs: u16,
    ask: impl AsyncFn() -> Result<Answered<T>, PolicyFailure>,
) -> (Cost, Option<T>) {
    let mut cost = Cost {
        fixture: fixture.to_owned(),
        call,
        fuel: 0,
        memory_bytes: 0,
        output_bytes: 0,
        runs: runs.into(),
        median_micros: 0,
        slowest_micros: 0,
        reason: None,
    };
    let answered = match patiently(&ask).await {
        Ok(answered) => answered,
        Err(failure) => {
            cost.reason = Some(failure.into());
            return (cost, None);
        }
    };
    let mut times: Vec<Duration> = Vec::with_capacity(runs.into());
    for _ in 0..runs {
        let begun = Instant::now();
        if let Err(failure) = ask().await {
            cost.reason = Some(failure.into());
            return (cost, None);
        }
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let micros = |it: Option<&Duration>| it.map_or(0, |it| u64::try_from(it.as_micros()).unwrap_or(u64::MAX));
    cost.median_micros = micros(times.get(times.len() / 2));
    cost.slowest_micros = micros(times.last());
    cost.memory_bytes = answered.memory_bytes;
    if let Some(receipt) = &answered.receipt {
        (cost.fuel, cost.output_bytes) = (receipt.fuel, receipt.output.len());
    }
    (cost, Some(answered.value))
}

fn text(report: &Report) -> String {
    let Limits { fuel, memory_bytes, output_bytes, micros } = &report.limits;
    let row = |it: &Cost| {
        let kib = format!("{} KiB", it.memory_bytes / 1024);
        let cost = [it.fuel.to_string(), kib, it.output_bytes.to_string()];
        let [fuel, memory, bytes] = if it.reason.is_none() { cost } else { ["no answer", "", ""].map(str::to_owned) };
        let [median, slowest] = [it.median_micros, it.slowest_micros].map(|it| it.to_string());
        [outputs::plain(&it.fixture), it.call.into(), fuel, memory, bytes, median, slowest]
    };
    let limit = [
        "at most".into(),
        "".into(),
        fuel.to_string(),
        format!("{} KiB", memory_bytes / 1024),
        output_bytes.to_string(),
        "".into(),
        micros.to_string(),
    ];
    let rows: Vec<_> = report.calls.iter().map(row).chain([limit]).collect();
    let head = ["fixture", "call", "fuel", "memory", "output bytes", "median µs", "slowest µs"];
    let told = |it: &Cost| {
        let Reason { code, detail } = it.reason.as_ref()?;
        Some(outputs::plain(&format!("{}, {}: {code}: {detail}", it.fixture, it.call)) + "\n")
    };
    outputs::table(&head, &rows) + &report.calls.iter().filter_map(told).collect::<String>()
}
