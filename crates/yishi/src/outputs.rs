//! Standard output, which its reader may close early.

use std::io::{ErrorKind, Write as _};

use anyhow::Result;

/// Writes text; a reader who has read enough is no failure.
pub fn write(text: &str) -> Result<()> {
    let mut output = std::io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}
