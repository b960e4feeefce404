//! Onboarding from a file.

use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};
use yishi_domain::{Actor, RequestId, divisions::Division, escalation::Level};
use yishi_service::{
    App,
    onboarding::{Mode, OnboardError, Onboarded, onboard, read_list},
};

use crate::{commands::Apply, homes::Home, outputs};

/// Onboards the cities of a division list.
pub async fn apply(home: &Home, options: &Apply) -> Result<()> {
    let bytes = std::fs::read(&options.file).with_context(|| options.file.display().to_string())?;
    explained(read_list(&bytes))?;
    let opened = home.open().await?;
    let mode = if options.sandbox { Mode::Sandbox } else { Mode::Production };
    let done = onboard_shown(&opened.app, &bytes, mode).await?;
    if options.json {
        return outputs::write(&format!("{}\n", serde_json::to_string_pretty(&done)?));
    }
    outputs::write(&done.iter().map(line).collect::<String>())
}

/// Onboards the cities of a list, and shows on standard error how far it is.
pub async fn onboard_shown(app: &App, list: &[u8], mode: Mode) -> Result<Vec<Onboarded>> {
    let list = explained(read_list(list))?;
    let bar =
        ProgressBar::new(units(&list)).with_style(ProgressStyle::with_template("{bar:40} {pos}/{len} units {msg}")?);
    let request = RequestId(app.ctx_in(None, Actor::System("apply"), RequestId(uuid::Uuid::nil())).new_id());
    let contexts = |tenant| app.ctx(tenant, 0, Actor::Operator("operator".into()), request);
    let done = onboard(&app.db, &contexts, list, mode, |city| {
        bar.set_message(city.name.clone());
        bar.inc(city.total as u64);
    });
    let done = explained(done.await)?;
    bar.finish_and_clear();
    Ok(done)
}

fn line(city: &Onboarded) -> String {
    let Onboarded { tenant, name, created, renamed, moved, total } = city;
    format!("{tenant:<8} {total:>7} units, {created:>7} new, {renamed:>5} renamed, {moved:>5} moved  {name}\n")
}

fn units(list: &[Division]) -> u64 {
    list.iter().filter(|division| division.level != Level::Province).count() as u64
}

/// Lists every fault of a list, each with its line.
fn explained<T>(result: Result<T, OnboardError>) -> Result<T> {
    result.map_err(|error| match error {
        OnboardError::List(faults) => {
            let lines = faults.iter().map(|it| format!("\n  {}: {}", it.field.as_deref().unwrap_or("list"), it.detail));
            anyhow::anyhow!("the division list is not sound:{}", lines.collect::<String>())
        }
        other => other.into(),
    })
}
