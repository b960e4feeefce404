//! What is reported: figures with their range over the rounds, and how they stand to each other.

use serde::Serialize;

use crate::{
    peers::Peer,
    rounds::{Samples, quantile},
};

/// Everything that was measured.
#[derive(Default, Serialize)]
pub struct Report {
    results: Vec<Figure>,
    ratios: Vec<Ratio>,
}

#[derive(Serialize)]
struct Figure {
    name: String,
    unit: &'static str,
    n: usize,
    min: f64,
    median: f64,
    max: f64,
}

#[derive(Serialize)]
struct Ratio {
    name: String,
    value: f64,
    goal: f64,
    better: &'static str,
    means: String,
}

impl Report {
    /// What was measured of calls, and how the rule set in Rust stands to the others.
    pub fn calls(&mut self, peers: &[Peer], samples: &[Samples]) {
        for (peer, it) in peers.iter().zip(samples) {
            let name = peer.name;
            self.figure(format!("{name}_call_us"), "us", &it.p50_us);
            self.figure(format!("{name}_p99_us"), "us", &it.p99_us);
            self.figure(format!("{name}_calls_per_s"), "1/s", &it.one_per_s);
            self.figure(format!("{name}_calls_per_s_two_threads"), "1/s", &it.two_per_s);
        }
        let of = |name: &str| peers.iter().zip(samples).find(|(peer, _)| peer.name == name).map(|(_, it)| it);
        let Some(rust) = of("rust") else { return };
        for (other, goal) in [("native", 0.0), ("extism", 1.0), ("regorus", 1.0), ("webhook", 1.0)] {
            let Some(it) = of(other) else { continue };
            let means = format!("calls a second of rust over those of {other}; above 1 is ahead");
            self.ratio(format!("rust_over_{other}"), &rust.one_per_s, &it.one_per_s, goal, "higher", &means);
        }
        let means = "calls a second of rust by two threads over those by one; 2 is the most";
        self.ratio("two_threads_over_one", &rust.two_per_s, &rust.one_per_s, 1.8, "higher", means);
        if let Some(it) = of("native") {
            let means = "the same of the rule natively, which shares nothing: what the machine gives two threads";
            self.ratio("native_two_threads_over_one", &it.two_per_s, &it.one_per_s, 0.0, "higher", means);
        }
        for (name, goal) in [("rust", 15.0), ("js", 150.0)] {
            let Some(Samples { p50_us: samples, .. }) = of(name) else { continue };
            let means = format!("microseconds of a call in the middle over {goal}");
            self.ratio(format!("{name}_call_over_goal"), samples, &vec![goal; samples.len()], 1.0, "lower", &means);
        }
        let goal = vec![40_000.0; rust.one_per_s.len()];
        let means = "calls a second of rust by one thread over 40,000";
        self.ratio("rust_calls_over_goal", &rust.one_per_s, &goal, 1.0, "higher", means);
    }

    /// A figure of some samples.
    pub fn figure(&mut self, name: impl Into<String>, unit: &'static str, samples: &[f64]) {
        let sorted = sorted(samples);
        let (min, median, max) = (quantile(&sorted, 0.0), middle(&sorted), quantile(&sorted, 1.0));
        let [min, median, max] = [min, median, max].map(rounded);
        self.results.push(Figure { name: name.into(), unit, n: samples.len(), min, median, max });
    }

    /// The median of what each round's sample is to the same round's base.
    pub fn ratio(
        &mut self,
        name: impl Into<String>,
        samples: &[f64],
        bases: &[f64],
        goal: f64,
        better: &'static str,
        means: &str,
    ) {
        let ratios: Vec<f64> = samples.iter().zip(bases).map(|(sample, base)| sample / base).collect();
        let value = rounded(middle(&sorted(&ratios)));
        self.ratios.push(Ratio { name: name.into(), value, goal, better, means: means.to_owned() });
    }
}

fn sorted(samples: &[f64]) -> Vec<f64> {
    let mut samples = samples.to_vec();
    samples.sort_unstable_by(f64::total_cmp);
    samples
}

fn middle(sorted: &[f64]) -> f64 {
    match sorted {
        [] => f64::NAN,
        _ => (sorted[(sorted.len() - 1) / 2] + sorted[sorted.len() / 2]) / 2.0,
    }
}

fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}
