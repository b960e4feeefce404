//! The demonstration: a province is onboarded, two of its cities run the same story under rules of their own, and what came of it is shown.

pub(crate) mod callers;
mod pages;
mod reports;
mod stories;

use std::{process::ExitCode, sync::Arc, time::Instant};

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::{Value, json};
use yishi_service::{App, onboarding::Mode, tokens::Bearer};

use crate::{
    callers::Caller,
    divisions::ZHEJIANG,
    homes::Home,
    imports, outputs,
    servers::{self, Address, Running},
};

use callers::Service;
use reports::{Province, Report};
use stories::{City, tell};

/// How to run the demonstration.
#[derive(Debug, Args)]
pub struct Demo {
    /// Where to serve
    #[command(flatten)]
    pub address: Address,
    /// Stops when the story is told, instead of serving on
    #[arg(long)]
    pub exit: bool,
    /// Prints the report as JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs the demonstration; a second run finds everything done, and shows the same.
pub async fn run(home: &Home, options: &Demo) -> Result<ExitCode> {
    let begun = Instant::now();
    let opened = home.open().await?;
    let app = &opened.app;
    let started_ms = millis(begun);
    let running = servers::start(app, &options.address, true)?;
    let told = story(app, &running, started_ms).await;
    let holds = match &told {
        Ok(report) => {
            outputs::write(&if options.json { report.json()? } else { report.text(&running.base()) })?;
            report.holds()
        }
        Err(error) => {
            eprintln!("yishi: the story did not end as it should: {error:#}");
            false
        }
    };
    if holds && !options.exit {
        running.until_asked_to_end().await?;
    } else {
        running.stop().await?;
    }
    app.db.close().await;
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn story(app: &Arc<App>, running: &Running, started_ms: u64) -> Result<Report> {
    let begun = Instant::now();
    let done = imports::onboard_shown(app, ZHEJIANG, Mode::Sandbox).await?;
    let province = Province {
        cities: done.len(),
        units: done.iter().map(|it| it.total).sum(),
        created: done.iter().map(|it| it.created).sum(),
        started_ms,
        onboarded_ms: millis(begun),
    };
    let service = Service::new(app, &running.base());
    let begun = Instant::now();
    let cities = [
        City {
            tenant: "3301",
            rule_set: "standard",
            configuration: json!({
                "quorum": {"numerator": 1, "denominator": 2},
                "window_hours": 72,
                "departments": ["城市管理局", "住房保障和房产管理局"],
            }),
        },
        City { tenant: "3302", rule_set: "civil-code-278", configuration: json!({"window_hours": 72}) },
    ];
    let mut told = Vec::with_capacity(cities.len());
    for city in &cities {
        told.push(tell(&service, city).await.with_context(|| format!("in the city {}", city.tenant))?);
    }
    Ok(Report { province, cities: told, story_ms: millis(begun) })
}

impl Service<'_> {
    /// A caller for an operator of the platform.
    fn operator(&self) -> Caller {
        self.caller(&Bearer::Operator("demo".into()))
    }

    /// What the platform says of a tenant.
    async fn tenant(&self, slug: &str) -> Result<Value> {
        self.operator().get(&format!("/platform/tenants/{slug}")).await
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
