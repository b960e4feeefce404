//! How busy the machine is with what is none of this program's, by which a reader judges the figures.

use std::fs;

use anyhow::{Context as _, Result};

/// Processor time since the machine started, in the kernel's ticks.
#[derive(Clone, Copy)]
pub struct Time {
    all: u64,
    idle: u64,
    own: u64,
}

impl Time {
    /// Reads it.
    pub fn now() -> Result<Self> {
        // Some fields are below zero where there is none; no time is.
        let numbers = |line: &str| line.split_whitespace().map(|it| it.parse().unwrap_or(0)).collect::<Vec<u64>>();
        let machine = fs::read_to_string("/proc/stat")?;
        let machine = machine.lines().find_map(|line| line.strip_prefix("cpu ")).context("the kernel tells times")?;
        // User, nice, system, idle, waiting, two kinds of interrupts, stolen: what guests use is in the first two.
        let machine = numbers(machine);
        let (all, idle) = (machine.iter().take(8).sum(), machine.iter().skip(3).take(2).sum());
        let process = fs::read_to_string("/proc/self/stat")?;
        let (_, process) = process.rsplit_once(") ").context("the kernel tells of this process")?;
        // Behind its state: the 14th to 17th field of proc_pid_stat(5), its own times and those of children that have ended.
        let process = numbers(process.get(2..).unwrap_or_default());
        Ok(Self { all, idle, own: process.iter().skip(10).take(4).sum() })
    }

    /// The share of the machine that others have used since, in hundredths.
    pub fn others_percent(self) -> Result<f64> {
        let now = Self::now()?;
        let [all, idle, own] = [now.all - self.all, now.idle - self.idle, now.own - self.own];
        Ok(all.saturating_sub(idle + own) as f64 / all.max(1) as f64 * 100.0)
    }
}
