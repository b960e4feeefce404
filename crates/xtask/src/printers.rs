//! What lays pages out as PDF, with letters for Chinese, and what reads their text again.

use std::path::Path;

use anyhow::Result;

use crate::{apt, processes::exists, steps::Done};

/// Installs them, where this user may.
pub fn provide(root: &Path) -> Result<Done> {
    if exists("weasyprint") && exists("pdftotext") {
        return Ok(Done::Ran);
    }
    if !apt::may_install() {
        return Ok(Done::Skipped("WeasyPrint and pdftotext are missing, and only root may install them".into()));
    }
    apt::install(root, &["weasyprint", "fonts-wqy-microhei", "poppler-utils"])?;
    Ok(Done::Ran)
}
