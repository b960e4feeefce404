//! What is printed: standard output, which its reader may close early, and the forms that several commands share.

use std::io::{ErrorKind, Write as _};

use anyhow::Result;
use serde::Serialize;
use yishi_policy::{AdmissionRefusal, PolicyFailure};

/// A reason with its stable code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The code.
    pub code: &'static str,
    /// What is wrong.
    pub detail: String,
}

impl From<AdmissionRefusal> for Reason {
    fn from(AdmissionRefusal { code, text }: AdmissionRefusal) -> Self {
        Self { code, detail: text }
    }
}

impl From<PolicyFailure> for Reason {
    fn from(failure: PolicyFailure) -> Self {
        match failure {
            PolicyFailure::NotAdmitted(refusal) => refusal.into(),
            other => Self { code: other.code(), detail: other.to_string() },
        }
    }
}

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

/// Writes a value as JSON for other programs.
pub fn write_json(value: &impl Serialize) -> Result<()> {
    write(&format!("{}\n", serde_json::to_string_pretty(value)?))
}

/// A text of somebody else's, with whatever could move the cursor or turn the line around written out: it must not pass for ours.
pub fn plain(text: &str) -> String {
    let turns = |it: char| matches!(it, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut plain = String::with_capacity(text.len());
    for it in text.chars() {
        match it.is_control() || turns(it) || matches!(it, '\u{2028}' | '\u{2029}') {
            true => plain.extend(it.escape_unicode()),
            false => plain.push(it),
        }
    }
    plain
}

/// The written form of a value that is one word, such as an outcome.
pub fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_somebody_elses_cannot_pass_for_ours() {
        assert_eq!(plain("a\u{1b}[2K\rverified\n"), "a\\u{1b}[2K\\u{d}verified\\u{a}");
        assert_eq!(plain("\u{202e}議事 é"), "\\u{202e}議事 é");
    }
}
