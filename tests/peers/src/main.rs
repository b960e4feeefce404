//! What a call of a rule set takes, beside other ways to run somebody else's rule: measured in turns, in one run, on one machine.
//!
//! `peers PLUGINS [SECONDS [PEER..]]` prints JSON; rounds are begun within SECONDS, and one is always finished. Where peers are named, their calls
//! are all that is measured. PLUGINS is the folder of the built rule sets and of the Extism guest; `cargo xtask peers` builds all.

mod attacks;
mod machines;
mod peers;
mod questions;
mod reports;
mod rounds;
mod tenants;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result};
use mimalloc::MiMalloc;

use peers::Host;
use questions::Question;
use reports::Report;

/// That of the service, for all that are measured.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The argument by which this program compiles a component.
const COMPILE: &str = "compile-component";

/// The argument by which it writes a component that means harm; each round's is another one.
const HOSTILE: &str = "hostile";

const SECONDS: u64 = 30;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next().context("usage: peers PLUGINS [SECONDS]")?;
    if first == COMPILE {
        return Ok(yishi_policy::compilers::run(&mut std::io::stdin(), &mut std::io::stdout())?);
    }
    if first == HOSTILE {
        let round = arguments.next().context("usage: peers hostile ROUND")?.parse()?;
        return Ok(std::io::stdout().write_all(&attacks::hostile(round)?)?);
    }
    let seconds = arguments.next().map_or(Ok(SECONDS), |it| it.parse()).context("SECONDS is a number")?;
    let plugins = PathBuf::from(first);
    let questions = questions::all();
    let host = Host::new()?;
    let mut report = Report::default();
    let mut peers = peers::all(&plugins, &host)?;
    let named: Vec<String> = arguments.collect();
    peers.retain(|peer| named.is_empty() || named.iter().any(|name| name == peer.name));
    for peer in &peers {
        peer.check(&questions)?;
    }
    let (samples, others) = rounds::measure(&peers, &questions, Duration::from_secs(seconds))?;
    report.calls(&peers, &samples);
    report.figure("used_by_others_percent", "%", &others);
    if named.is_empty() {
        around(&host, &plugins, &questions, &mut report)?;
    }
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}

/// Measures what is around the calls: starting, and many tenants.
fn around(host: &Host, plugins: &Path, questions: &[Question], report: &mut Report) -> Result<()> {
    report.figure("cold_first_call_ms", "ms", &tenants::first_calls(host, plugins, questions)?);
    tenants::memory(host, plugins, report)
}
