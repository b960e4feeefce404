//! Files and lists of rows as requests bring them: each line with what it says, or what is wrong with it.

use std::str::FromStr;

use csv::ReaderBuilder;
use serde_json::Value;
use yishi_domain::{
    Refusal,
    books::{Cells, Fault},
};
use yishi_store::units::Unit;

use crate::{failures::Failure, imports::cells_of, sessions::Session};

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

/// The cells of a line while they are read, with what was found wrong with them.
pub(crate) struct Reading {
    cells: Cells,
    faults: Vec<Fault>,
}

impl Reading {
    pub(crate) const fn new(cells: Cells) -> Self {
        Self { cells, faults: Vec::new() }
    }

    /// A text that must be there, of so many characters at most; empty where it is not.
    pub(crate) fn text(&mut self, name: &str, most: usize) -> String {
        let text = self.optional(name, most).unwrap_or_default();
        if text.trim().is_empty() && !self.faults.iter().any(|it| it.field == name) {
            self.fault(name, "it is missing", format!("give 1 to {most} characters"));
        }
        text
    }

    /// A text of so many characters at most that need not be there.
    pub(crate) fn optional(&mut self, name: &str, most: usize) -> Option<String> {
        let text = self.cells.remove(name)?;
        if text.chars().count() <= most && !text.contains('\0') {
            return Some(text);
        }
        self.fault(name, "it is too long, or has characters that are none", format!("give 1 to {most} characters"));
        None
    }

    /// What a text that must be there is read as.
    pub(crate) fn parsed<T: FromStr>(&mut self, name: &str, fix: impl FnOnce() -> String) -> Option<T> {
        let given = self.cells.contains_key(name);
        if given {
            return self.parsed_if_given(name, fix);
        }
        self.fault(name, "it is missing", fix());
        None
    }

    /// What a text is read as that need not be there.
    pub(crate) fn parsed_if_given<T: FromStr>(&mut self, name: &str, fix: impl FnOnce() -> String) -> Option<T> {
        let text = self.cells.remove(name)?;
        let read = text.parse().ok();
        if read.is_none() {
            let shown: String = text.chars().take(40).collect();
            self.fault(name, format!("`{shown}` is not that"), fix());
        }
        read
    }

    /// Whether it says `yes`; it says `no` where it is empty.
    pub(crate) fn yes(&mut self, name: &str) -> bool {
        match self.cells.remove(name).as_deref() {
            None | Some("no") => false,
            Some("yes") => true,
            Some(other) => {
                let shown: String = other.chars().take(40).collect();
                self.fault(name, format!("`{shown}` is neither"), "write yes or no");
                false
            }
        }
    }

    pub(crate) fn fault(&mut self, name: &str, detail: impl Into<String>, fix: impl Into<String>) {
        self.faults.push(Fault::new(name, detail, fix));
    }

    /// What was read, unless anything is wrong or there are cells in columns that the file does not have.
    pub(crate) fn end<T>(mut self, columns: &[&str], read: Option<T>) -> Result<T, Vec<Fault>> {
        for name in std::mem::take(&mut self.cells).keys() {
            self.fault(name, "there is no such column", format!("the columns are {}", columns.join(", ")));
        }
        read.filter(|_| self.faults.is_empty()).ok_or(self.faults)
    }
}

/// Says which codes there are.
pub(crate) fn one_of<'a>(codes: impl IntoIterator<Item = &'a str>) -> String {
    format!("write one of {}", codes.into_iter().collect::<Vec<_>>().join(", "))
}

/// A refusal of what a column says, as a fault of its line.
pub(crate) fn fault(column: &str, refusal: Refusal) -> Fault {
    let Refusal { field, detail, fix, .. } = refusal;
    Fault::new(field.as_deref().unwrap_or(column), detail, fix.unwrap_or_else(|| "write something else".into()))
}

/// The unit that a line names.
pub(crate) fn known<'a>(column: &str, unit: Option<&'a Unit>) -> Result<&'a Unit, Fault> {
    unit.ok_or_else(|| Fault::new(column, "no unit of this tenant has this code", "see GET units"))
}

/// The unit that a line names, where the caller's role reaches it.
pub(crate) fn reached<'a>(session: &Session, column: &str, unit: Option<&'a Unit>) -> Result<&'a Unit, Fault> {
    let unit = known(column, unit)?;
    match session.require_reach(&unit.path) {
        Ok(()) => Ok(unit),
        Err(_) => Err(Fault::new(column, "your role does not reach this unit", "leave the line out")),
    }
}

/// What is wrong with a line, as a refusal that names the line and the column.
pub(crate) fn refused(code: &'static str, line: u64, Fault { field, detail, fix }: Fault) -> Refusal {
    Refusal::invalid(code, format!("line {line}: {field}"), detail).with_fix(fix)
}

/// Refuses a file that has faults, which are told in the order of its lines.
pub(crate) fn require_sound(code: &'static str, mut faults: Vec<(u64, Fault)>) -> Result<(), Failure> {
    if faults.is_empty() {
        return Ok(());
    }
    faults.sort_by_key(|it| it.0);
    Err(Failure::Faults(faults.into_iter().map(|(line, fault)| refused(code, line, fault)).collect()))
}

fn object(value: Value) -> Result<Cells, Vec<Fault>> {
    cells_of(value).map_err(|detail| vec![Fault::new("line", detail, "write an object of texts and numbers")])
}
