//! A thousand tenants with a rule set each, and the first call after a restart.

use std::{path::Path, time::Instant};

use anyhow::{Context as _, Result};
use serde_json::json;
use uuid::Uuid;
use yishi_domain::TenantId;
use yishi_policy::Component;

use crate::{
    peers::{Host, component},
    questions::Question,
    reports::Report,
};

const TENANTS: usize = 1_000;
const STARTS: usize = 7;

/// Milliseconds of the first verdict of a host that has just started and has the artefact on disk.
pub fn first_calls(host: &Host, plugins: &Path, questions: &[Question]) -> Result<Vec<f64>> {
    let component = component(plugins, "standard")?;
    let (config, question) = (json!({}), questions.first().context("a question")?);
    let once = |_| {
        let caller = host.restarted()?.for_tenant(TenantId(Uuid::nil()));
        let begun = Instant::now();
        host.runtime.block_on(caller.verdict(component.clone(), &config, &question.rule, &question.tally))?;
        Ok(begun.elapsed().as_secs_f64() * 1e3)
    };
    (0..STARTS).map(once).collect()
}

/// Resident memory of so many tenants, each with a component that no other has.
pub fn memory(host: &Host, plugins: &Path, report: &mut Report) -> Result<()> {
    let original = component(plugins, "threshold-c")?;
    let fresh = host.restarted()?;
    let before = resident_kib()?;
    let begun = Instant::now();
    for i in 0..TENANTS {
        let caller = fresh.for_tenant(TenantId(Uuid::from_u128(i as u128)));
        let own = [&original.bytes()[..], &section(i)].concat();
        host.runtime.block_on(caller.ready(Component::from(own)))?;
    }
    let took = begun.elapsed().as_secs_f64() * 1e3 / TENANTS as f64;
    let grown = resident_kib()?.saturating_sub(before) as f64;
    report.figure("tenants", "count", &[TENANTS as f64]);
    report.figure("tenant_kib", "KiB", &[grown / TENANTS as f64]);
    report.figure("tenant_compiled_ms", "ms", &[took]);
    Ok(())
}

/// A custom section that says a number, which makes a component another one and changes nothing else of it.
fn section(i: usize) -> Vec<u8> {
    let body = format!("\u{6}tenant{i:06}");
    [&[0, u8::try_from(body.len()).expect("a short section")], body.as_bytes()].concat()
}

fn resident_kib() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the kernel tells VmRSS")?;
    Ok(line.split_whitespace().next().context("a number")?.parse()?)
}
