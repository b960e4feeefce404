//! Sending a register's file to a server: in parts, so that neither side holds all of it, and on from where an interruption left it.

use std::{
    cell::Cell,
    fs::File,
    io::{BufRead as _, BufReader, Read, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    process::ExitCode,
    rc::Rc,
};

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    callers::made,
    outputs,
    plugins::remotes::{City, Remote, shown},
};

/// How many bytes are read at once.
const READ: usize = 64 * 1024;

/// Which file goes where.
#[derive(Debug, Args)]
pub struct Register {
    /// The file: CSV with a header, or NDJSON
    pub file: PathBuf,
    #[command(flatten)]
    remote: Remote,
    /// The register, such as disputes
    #[arg(long)]
    register: String,
    /// How the file is written; as its name ends unless given
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Tells what the file would do, and changes nothing
    #[arg(long)]
    dry_run: bool,
    /// Takes the sound rows where some are faulty
    #[arg(long, conflicts_with = "dry_run")]
    partial: bool,
    /// Imports this file once more, though it was imported before: another number begins anew
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    attempt: u32,
    /// How many KiB a part has at most; fewer where the way to the server is slow
    #[arg(long, value_name = "KIB", default_value_t = 768, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    part_kib: u64,
    /// Prints what was done as JSON
    #[arg(long)]
    json: bool,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// CSV with a header.
    Csv,
    /// A JSON object a line.
    Ndjson,
}

impl Format {
    const fn code(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "csv" => Some(Self::Csv),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            _ => None,
        }
    }
}

/// Sends a file, and applies it unless it is tried only.
pub async fn import(options: &Register) -> Result<ExitCode> {
    let path = &options.file;
    let format = options.format.or_else(|| Format::of(path)).context("name the file's --format: csv or ndjson")?;
    let (parts, digest) = cut(path, format, options.part_kib * 1024).with_context(|| path.display().to_string())?;
    let city = options.remote.city()?;
    let import = begin(&city, options, format, &digest).await?;
    let at = format!("/imports/{import}");
    let mut standing = city.get(&at).await?;
    let before = standing["parts"].as_u64().unwrap_or_default();
    if standing["applied_at"].is_null() {
        send(&city, &at, path, format, &parts, before).await?;
        standing = city.get(&at).await?;
    }
    let faults = standing["faults"].as_u64().unwrap_or_default();
    let refuse = faults > 0 && !options.partial && !options.dry_run;
    let done = match standing["applied_at"].is_null() {
        false => Some(standing["changes"].take()),
        true if options.dry_run => Some(city.get(&format!("{at}/preview")).await?),
        true if refuse => None,
        true => {
            let mode = if options.partial { "partial" } else { "all_or_nothing" };
            Some(city.post(&format!("{at}/application"), &json!({"mode": mode})).await?)
        }
    };
    let report = json!({
        "import": import, "parts": parts.len(), "parts_before": before, "rows": standing["rows"], "faults": faults,
        "listed": standing["listed"], "dry_run": options.dry_run, "changes": done,
    });
    match options.json {
        true => outputs::write_json(&report)?,
        false => outputs::write(&told(&report, refuse))?,
    }
    Ok(if refuse { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Begins the import of this very file, or finds the one that was begun: the request is known by the file's digest.
async fn begin(city: &City, options: &Register, format: Format, digest: &str) -> Result<String> {
    let register = &options.register;
    // Parts of another size are another import, since they are known by their number.
    let key = format!("import {register} {digest} {} {}", options.attempt, options.part_kib);
    let path = format!("/registers/{register}/imports");
    made(&city.post_once(&path, &key, &json!({"format": format.code()})).await?)
}

async fn send(city: &City, at: &str, path: &Path, format: Format, parts: &[u64], before: u64) -> Result<()> {
    let whole = parts.last().copied().unwrap_or_default();
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes}")?;
    let bar = ProgressBar::new(whole).with_style(style);
    let mut file = File::open(path)?;
    let mut from = 0;
    for (number, to) in (1u64..).zip(parts) {
        if number > before {
            let mut bytes = Vec::new();
            file.seek(SeekFrom::Start(from))?;
            (&mut file).take(to - from).read_to_end(&mut bytes)?;
            let sent = city.send(&format!("{at}/parts?number={number}"), format.content_type(), bytes).await;
            sent.with_context(|| format!("part {number} of {}; run the same again to go on from there", parts.len()))?;
        }
        from = *to;
        bar.set_position(from);
    }
    bar.finish_and_clear();
    Ok(())
}

/// Where the parts of a file end, each with a row, and the digest of the file; no more than a row is held.
fn cut(path: &Path, format: Format, most: u64) -> Result<(Vec<u64>, String)> {
    let ends = match format {
        Format::Csv => {
            let file = File::open(path)?;
            let whole = file.metadata()?.len();
            csv_parts(file, whole, most)?
        }
        Format::Ndjson => line_parts(File::open(path)?, most)?,
    };
    ensure!(!ends.is_empty(), "the file is empty");
    let (mut hash, mut file, mut buffer) = (Sha256::new(), File::open(path)?, vec![0; READ]);
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => hash.update(&buffer[..read]),
        }
    }
    Ok((ends, hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}

fn csv_parts(file: impl Read, whole: u64, most: u64) -> Result<Vec<u64>> {
    // Within quotation marks a row may go on over lines, so that one which is left open would read the rest of the file.
    let room = Rc::new(Cell::new(0));
    let bounded = Bounded { inner: file, room: Rc::clone(&room) };
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).buffer_capacity(READ).from_reader(bounded);
    let (mut record, mut cutting) = (csv::ByteRecord::new(), Cutting::within(most));
    loop {
        let line = reader.position().line();
        let told = || format!("the row on line {line}");
        room.set(most + READ as u64);
        if !reader.read_byte_record(&mut record).with_context(told)? {
            return Ok(cutting.ends(whole));
        }
        cutting.row(reader.position().byte()).with_context(told)?;
    }
}

/// What may be read of a file until its room is made anew.
struct Bounded<R> {
    inner: R,
    room: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.room.get() == 0 {
            let text = "it is larger than a part: is a quotation mark left open?";
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, text));
        }
        let read = self.inner.by_ref().take(self.room.get()).read(buffer)?;
        self.room.set(self.room.get() - read as u64);
        Ok(read)
    }
}

fn line_parts(file: File, most: u64) -> Result<Vec<u64>> {
    let whole = file.metadata()?.len();
    let mut reader = BufReader::with_capacity(READ, file);
    let (mut line, mut at, mut cutting) = (Vec::new(), 0, Cutting::within(most));
    loop {
        line.clear();
        match (&mut reader).take(most + 1).read_until(b'\n', &mut line)? {
            0 => return Ok(cutting.ends(whole)),
            read => at += read as u64,
        }
        cutting.row(at)?;
    }
}

/// The cuts that are made so far.
struct Cutting {
    most: u64,
    ends: Vec<u64>,
    last: u64,
}

impl Cutting {
    const fn within(most: u64) -> Self {
        Self { most, ends: Vec::new(), last: 0 }
    }

    /// A row ends here.
    fn row(&mut self, end: u64) -> Result<()> {
        let begun = self.ends.last().copied().unwrap_or_default();
        if end - begun > self.most {
            if self.last == begun || end - self.last > self.most {
                bail!(
                    "a row from byte {} on is larger than {} bytes: is a quotation mark left open?",
                    self.last,
                    self.most
                );
            }
            self.ends.push(self.last);
        }
        self.last = end;
        Ok(())
    }

    fn ends(mut self, whole: u64) -> Vec<u64> {
        if whole > self.ends.last().copied().unwrap_or_default() {
            self.ends.push(whole);
        }
        self.ends
    }
}

fn told(report: &Value, refused: bool) -> String {
    let number = |of: &Value| of.as_u64().unwrap_or_default();
    let mut text = format!("{} sound rows, {} faults\n", number(&report["rows"]), number(&report["faults"]));
    for fault in report["listed"].as_array().into_iter().flatten() {
        let parts = ["field", "detail", "fix"].map(|part| shown(&fault[part]));
        text.push_str(&format!("  line {}: {}: {} ({})\n", fault["line"], parts[0], parts[1], parts[2]));
    }
    let changes = &report["changes"];
    let figures = ["added", "changed", "unchanged"].map(|it| number(&changes[it]));
    let said = match (refused, report["dry_run"] == true) {
        (true, _) => return text + "nothing was taken: mend the file, or take the sound rows with --partial\n",
        (false, true) => "it would be",
        (false, false) => "done:",
    };
    text + &format!("{said} {} added, {} changed, {} unchanged\n", figures[0], figures[1], figures[2])
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const PART: u64 = 768 * 1024;

    fn file(text: &str) -> (tempfile::NamedTempFile, PathBuf) {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(text.as_bytes()).expect("written");
        let path = file.path().to_owned();
        (file, path)
    }

    #[test]
    fn parts_end_where_rows_end_also_within_quotation_marks() {
        let row = format!("\"a\nb\",{}\n", "x".repeat(1_000));
        let text = row.repeat(2_000);
        let (_kept, path) = file(&text);
        let (parts, _) = cut(&path, Format::Csv, PART).expect("cut");
        assert_eq!(parts.len(), text.len().div_ceil(PART as usize));
        assert!(parts.iter().all(|end| end % row.len() as u64 == 0), "{parts:?}");
        assert_eq!(parts.last(), Some(&(text.len() as u64)));
        let (_kept, path) = file(&"{\"a\":1}\n".repeat(200_000));
        let (parts, digest) = cut(&path, Format::Ndjson, PART).expect("cut");
        assert!(parts.len() == 3 && parts.iter().all(|end| end % 8 == 0), "{parts:?}");
        assert_eq!(digest.len(), 64);
    }

    #[test]
    fn a_row_that_does_not_end_is_told() {
        let (_kept, path) = file(&format!("a,b\n\"open,{}", "x\n".repeat(1_000_000)));
        let told = format!("{:#}", cut(&path, Format::Csv, PART).expect_err("too large"));
        assert!(told.contains("the row on line 2") && told.contains("quotation mark"), "{told}");
        // Of a file without an end no more is read than the largest row has.
        let endless = "a,b\n1,2\n\"open,".as_bytes().chain(std::io::repeat(b'x'));
        let told = format!("{:#}", csv_parts(endless, u64::MAX, PART).expect_err("too large"));
        assert!(told.contains("the row on line 3") && told.contains("quotation mark"), "{told}");
        let (_kept, path) = file("");
        assert!(cut(&path, Format::Csv, PART).is_err());
    }
}
