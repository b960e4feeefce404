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

/// A table with a heading, its columns as wide as what stands in them.
pub fn table<const N: usize>(head: &[&str; N], rows: &[[String; N]]) -> String {
    let cells = |column: usize| rows.iter().map(move |row| row[column].as_str()).chain([head[column]]);
    let widths: [usize; N] =
        std::array::from_fn(|column| cells(column).map(|cell| cell.chars().count()).max().unwrap_or(0));
    let line = |row: [&str; N]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    let rows = rows.iter().map(|row| line(std::array::from_fn(|column| row[column].as_str())));
    std::iter::once(line(*head)).chain(rows).collect()
}
