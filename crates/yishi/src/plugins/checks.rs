//! Checking a component as the server would when it is uploaded.

use anyhow::Result;
use serde::Serialize;
use yishi_domain::{Digest, describe::Descriptor};
use yishi_policy::{
    Sizes,
    limits::{self, Tier},
};

use super::{
    Check, read,
    trials::{self, Came, Trial},
};
use crate::{
    outputs::{self, Reason},
    workbenches::Workbench,
};

/// What was found.
#[derive(Serialize)]
struct Findings {
    admitted: bool,
    /// Every reason for refusing it.
    refusals: Vec<Reason>,
    digest: Option<Digest>,
    descriptor: Option<Descriptor>,
    /// Whose limits it is held to.
    tier: Option<Tier>,
    sizes: Vec<Size>,
    trials: Vec<Trial>,
}

/// A figure and its limit.
#[derive(Serialize)]
struct Size {
    what: &'static str,
    found: usize,
    limit: usize,
}

/// Checks a component and says what was found; tells whether all is well with it.
pub async fn check(options: &Check) -> Result<bool> {
    let component = read(&options.file)?;
    let bench = Workbench::new()?;
    let findings = match bench.host.admit(component.clone()).await {
        Ok(admitted) => Findings {
            admitted: true,
            refusals: Vec::new(),
            digest: Some(admitted.digest),
            descriptor: Some(admitted.descriptor),
            tier: Some(admitted.tier),
            sizes: sizes(&admitted.sizes, admitted.tier),
            trials: trials::run(&bench, &component.into()).await,
        },
        Err(refusals) => Findings {
            admitted: false,
            refusals: refusals.into_iter().map(Reason::from).collect(),
            digest: None,
            descriptor: None,
            tier: None,
            sizes: Vec::new(),
            trials: Vec::new(),
        },
    };
    if options.json {
        outputs::write_json(&findings)?;
    } else {
        outputs::write(&text(&findings))?;
    }
    Ok(sound(&findings))
}

fn sound(findings: &Findings) -> bool {
    findings.admitted
        && findings.trials.iter().all(|it| matches!(it.result, Came::Answered | Came::Left | Came::Refused))
}

fn sizes(sizes: &Sizes, tier: Tier) -> Vec<Size> {
    let most = tier.limits();
    let size = |what, found, limit| Size { what, found, limit };
    let count = |what, found: u32, limit: u32| size(what, found as usize, limit as usize);
    vec![
        size("bytes", sizes.component_bytes, most.component_bytes),
        size("bytes of its largest function", sizes.function_bytes, limits::FUNCTION_BYTES),
        count("functions", sizes.functions, limits::FUNCTIONS),
        count("locals of a function", sizes.locals, limits::LOCALS),
        count("types", sizes.types, limits::TYPES),
        count("core modules", sizes.core_modules, most.core_modules),
        count("core instances", sizes.core_instances, most.core_instances),
        count("memories", sizes.memories, most.memories),
        count("tables", sizes.tables, most.tables),
    ]
}

fn text(findings: &Findings) -> String {
    let mut lines: Vec<_> = findings.refusals.iter().map(|it| format!("refused  {}: {}", it.code, it.detail)).collect();
    if let (Some(digest), Some(it), Some(tier)) = (findings.digest, &findings.descriptor, findings.tier) {
        lines.push(format!("{} {}  {digest}", it.name, it.version));
        let open = if tier > Tier::Native { ", which a server admits only where its operator says so" } else { "" };
        lines.push(format!("tier: {}{open}", outputs::word(&tier)));
        for (what, list) in [("answers itself", &it.interfaces), ("languages", &it.locales), ("laws", &it.laws)] {
            lines.push(format!("{what}: {}", list.join(", ")));
        }
        lines.push("sizes:".into());
        lines.extend(findings.sizes.iter().map(|it| format!("  {:>7} of {:>7} {}", it.found, it.limit, it.what)));
        let (fuel, per_row) = (tier.limits().fuel, tier.limits().fuel_per_row);
        lines.push(format!(
            "calls, each made twice, on {fuel} fuel and {per_row} more for each entry of the input's lists:"
        ));
        lines.extend(findings.trials.iter().map(trial));
    }
    lines.push(match (findings.admitted, sound(findings)) {
        (_, true) => "sound: it would be admitted".into(),
        (true, false) => "unsound: it would be admitted, but its calls misbehave".into(),
        (false, _) => "refused: it would not be admitted".into(),
    });
    lines.iter().map(|line| outputs::plain(line) + "\n").collect()
}

fn trial(Trial { call, result, fuel, output_bytes, reason }: &Trial) -> String {
    let result = outputs::word(result);
    match (fuel, output_bytes, reason) {
        (Some(fuel), Some(bytes), _) => format!("  {result:<9} {call:<25} {fuel:>7} fuel, {bytes} bytes"),
        (_, _, Some(reason)) => format!("  {result:<9} {call:<25} {}: {}", reason.code, reason.detail),
        _ => format!("  {result:<9} {call}"),
    }
}
