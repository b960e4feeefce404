//! Counting reports anew.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;
use yishi_domain::{Actor, RequestId};
use yishi_service::reports::{Recount, recount};

use crate::{homes::Home, outputs};

/// What is done with reports.
#[derive(Debug, Subcommand)]
pub enum Reports {
    /// Counts everything anew from the events, and says whether what is kept is equal
    #[command(after_help = "Exit codes: 0 all is equal, or was repaired; 1 something differs; 2 wrong usage.\n\
                      Example: yishi reports recount --tenant 3301 --repair")]
    Recount(Options),
}

/// What to count.
#[derive(Debug, Args)]
pub struct Options {
    /// This tenant alone
    #[arg(long)]
    pub tenant: Option<String>,
    /// Puts what was counted in the place of what differs
    #[arg(long)]
    pub repair: bool,
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
}

/// Does something with reports.
pub async fn run(home: &Home, reports: &Reports) -> Result<ExitCode> {
    let Reports::Recount(options) = reports;
    let opened = home.open().await?;
    let app = &opened.app;
    let mut tenants = app.tenants().await?;
    if let Some(slug) = &options.tenant {
        tenants.retain(|it| it.slug == *slug);
        if tenants.is_empty() {
            bail!("there is no tenant {slug}; name one by its slug, such as 3301, or none for all");
        }
    }
    let mut done = Vec::with_capacity(tenants.len());
    for tenant in tenants {
        let ctx = app.ctx_in(Some(&tenant), Actor::System("recount"), RequestId(uuid::Uuid::nil()));
        let came_to = recount(&app.db, &ctx, &tenant, options.repair).await?;
        done.push((tenant.slug, came_to));
    }
    let sound = done.iter().all(|(_, it)| it.differences.is_empty() || it.repaired);
    if options.json {
        outputs::write_json(&done.iter().map(|(slug, it)| value(slug, it)).collect::<Vec<_>>())?;
    } else {
        outputs::write(&done.iter().map(|(slug, it)| lines(slug, it)).collect::<String>())?;
    }
    opened.app.db.close().await;
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn value(slug: &str, it: &Recount) -> serde_json::Value {
    let differences = it
        .differences
        .iter()
        .map(|it| json!({"table": it.table, "kept": it.kept, "missing": it.missing, "example": it.example}));
    json!({
        "tenant": slug, "events": it.events, "equal": it.differences.is_empty(), "repaired": it.repaired,
        "differences": differences.collect::<Vec<_>>(),
    })
}

fn lines(slug: &str, it: &Recount) -> String {
    let standing = match (it.differences.is_empty(), it.repaired) {
        (true, _) => "equal",
        (false, true) => "differed, repaired",
        (false, false) => "DIFFERS",
    };
    let mut text = format!("{slug:<8} {:>9} events  {standing}\n", it.events);
    for it in &it.differences {
        text.push_str(&format!("  {}: {} rows too many or wrong, {} missing", it.table, it.kept, it.missing));
        text.push_str(&it.example.as_ref().map(|it| format!("; {}", outputs::plain(it))).unwrap_or_default());
        text.push('\n');
    }
    text
}
