//! A server that speaks the protocol of S3, with which a story keeps attachments.

use std::path::Path;

use anyhow::Result;

use crate::{steps::Done, tools};

/// Installs it under `target/tools`, where Python can be had.
pub fn provide(root: &Path) -> Result<Done> {
    tools::provide(root, "s3", &["moto[server]==5.2.5"])
}
