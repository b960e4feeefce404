//! Files and lists of rows as requests bring them: each line with what it says, or what is wrong with it.

use csv::ReaderBuilder;
use serde_json::Value;
use yishi_domain::{
    Refusal,
    books::{Cells, Fault},
};

use crate::imports::cells_of;

/// A line, counted from one, with what it says.
pub type Line = (u64, Result<Cells, Vec<Fault>>);

/// The lines of a CSV file with a header.
pub fn csv(bytes: &[u8]) -> Result<Vec<Line>, Refusal> {
    let bad = |error: csv::Error| {
        let refusal = Refusal::invalid("file.bad_csv", "body", error.to_string());
        refusal.with_fix("send CSV in UTF-8 with a header")
    };
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(bytes);
    let header = reader.headers().map_err(bad)?.clone();
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(bad)?;
        let line = record.position().map_or(0, csv::Position::line);
        let cells = match record.len() == header.len() {
            true => {
                let given = header.iter().zip(&record).filter(|(_, text)| !text.is_empty());
                Ok(given.map(|(name, text)| (name.to_owned(), text.to_owned())).collect())
            }
            false => {
                let detail = format!("the line has {} cells, and the header {}", record.len(), header.len());
                Err(vec![Fault::new("line", detail, "give every column a cell, empty where it says nothing")])
            }
        };
        lines.push((line, cells));
    }
    Ok(lines)
}

/// The lines of a file of JSON objects, one a line.
pub fn ndjson(bytes: &[u8]) -> Result<Vec<Line>, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let text = format!("the file is not UTF-8 from byte {} on", error.valid_up_to());
        Refusal::invalid("file.bad_text", "body", text).with_fix("save the file as UTF-8, and send it again")
    })?;
    let lines = (1..).zip(text.trim_start_matches('\u{feff}').lines()).filter(|(_, text)| !text.trim().is_empty());
    let read = |text: &str| match serde_json::from_str(text) {
        Ok(value) => object(value),
        Err(error) => Err(vec![Fault::new("line", error.to_string(), "write one JSON object a line")]),
    };
    Ok(lines.map(|(line, text)| (line, read(text))).collect())
}

/// The objects of a list.
pub fn json(list: Vec<Value>) -> Vec<Line> {
    (1..).zip(list.into_iter().map(object)).collect()
}

/// What is wrong with a line, as a refusal that names the line and the column.
pub(crate) fn refused(code: &'static str, line: u64, Fault { field, detail, fix }: Fault) -> Refusal {
    Refusal::invalid(code, format!("line {line}: {field}"), detail).with_fix(fix)
}

fn object(value: Value) -> Result<Cells, Vec<Fault>> {
    cells_of(value).map_err(|detail| vec![Fault::new("line", detail, "write an object of texts and numbers")])
}
