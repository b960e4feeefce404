//! Importing what another platform has: an open-data archive of Decidim becomes topics with their comments, through the interface that everybody uses.

mod archives;
mod importers;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result};
use clap::Args;

use crate::{
    homes::Home,
    outputs,
    servers::{self, Address},
};

use archives::Archive;
use importers::{Importer, Report};

/// Which archive to import, and where.
#[derive(Debug, Args)]
pub struct Decidim {
    /// The archive, as a site's page "Open Data" gives it
    file: PathBuf,
    /// Where to serve meanwhile
    #[command(flatten)]
    address: Address,
    /// The city, which must be there
    #[arg(long)]
    tenant: String,
    /// The statistical code of the unit that everything belongs to; the city unless given
    #[arg(long)]
    unit: Option<String>,
    /// The language that is taken of texts in several; the first that there is unless given
    #[arg(long, value_name = "LOCALE")]
    locale: Option<String>,
    /// Keeps the names of authors, who are pseudonyms otherwise
    #[arg(long)]
    names: bool,
    /// Prints the report as JSON
    #[arg(long)]
    json: bool,
}

/// Imports an archive, and reports what was mapped and what was not.
pub async fn import(home: &Home, options: &Decidim) -> Result<ExitCode> {
    let archive = Archive::read(&options.file, options.locale.as_deref());
    let archive = archive.with_context(|| options.file.display().to_string())?;
    let opened = home.open().await?;
    let secret = home.pseudonyms()?;
    let running = servers::start(&opened.app, &options.address, true)?;
    let importer =
        Importer::begin(&opened.app, &running.base(), (&options.tenant, options.unit.as_deref()), secret).await;
    let done = match importer {
        Ok(importer) => importer.import(&archive, options.names).await,
        Err(error) => Err(error),
    };
    running.stop().await?;
    opened.app.db.close().await;
    let report = done?;
    match options.json {
        true => outputs::write_json(&serde_json::to_value(&report)?)?,
        false => outputs::write(&told(&report))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn told(report: &Report) -> String {
    let mut text = String::new();
    for file in &report.files {
        let what = file.becomes.unwrap_or("not mapped");
        text.push_str(&format!("{}: {} rows, {} mapped: {what}\n", outputs::plain(&file.name), file.rows, file.mapped));
        if !file.columns_not_mapped.is_empty() {
            text.push_str(&format!("  columns not mapped: {}\n", outputs::plain(&file.columns_not_mapped.join(", "))));
        }
        for it in &file.rows_not_mapped {
            text.push_str(&format!("  {} not mapped: {}\n", outputs::plain(&it.row), outputs::plain(&it.why)));
        }
    }
    text
}
