//! Rows: read from what a file or a request says, with everything that is wrong and how to mend it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::{Book, Column, Content};
use crate::Digest;

/// What a row says, by column; what is empty is absent.
pub type Cells = BTreeMap<String, String>;

/// A row of a register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it is known by.
    pub key: String,
    /// The code of its unit.
    pub unit: String,
    /// When what it tells of began.
    pub began_on: NaiveDate,
    /// When it ended.
    pub ended_on: Option<NaiveDate>,
    /// Its columns: texts, and whole numbers.
    pub fields: Map<String, Value>,
}

/// Something wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The column.
    pub field: String,
    /// What is wrong.
    pub detail: String,
    /// What to do about it.
    pub fix: String,
}

impl Fault {
    /// Says what is wrong with a column, and how to mend it.
    pub fn new(field: &str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { field: field.to_owned(), detail: detail.into(), fix: fix.into() }
    }
}

/// Reads a row of a register, or tells all that is wrong with it.
pub fn read(book: Book, mut cells: Cells) -> Result<Row, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut own = |name: &str, most: usize| match cells.remove(name) {
        Some(text) if text.chars().count() <= most && !text.chars().any(char::is_control) => text,
        given => {
            let detail = if given.is_some() { "it is too long, or has control characters" } else { "it is missing" };
            faults.push(Fault::new(name, detail, format!("give 1 to {most} characters")));
            String::new()
        }
    };
    let (key, unit) = (own("key", 60), own("unit", 20));
    let mut fields = Map::new();
    for column in book.columns() {
        match cells.remove(column.name) {
            None if column.required => faults.push(Fault::new(column.name, "it is missing", wanted(column))),
            None => {}
            Some(text) => match value(column.content, &text) {
                Some(value) => drop(fields.insert(column.name.into(), value)),
                None => {
                    let shown: String = text.chars().take(40).collect();
                    faults.push(Fault::new(column.name, format!("`{shown}` is not that"), wanted(column)));
                }
            },
        }
    }
    if let Some(name) = cells.keys().next() {
        let known: Vec<_> = ["key", "unit"].into_iter().chain(book.columns().iter().map(|it| it.name)).collect();
        faults.push(Fault::new(
            name,
            "the register has no such column",
            format!("its columns are {}", known.join(", ")),
        ));
    }
    let (from, to) = book.span();
    let day = |name: &str| fields.get(name).and_then(Value::as_str).and_then(|it| it.parse::<NaiveDate>().ok());
    let (began_on, ended_on) = (day(from), to.and_then(day));
    if let (Some(to), Some(began), Some(ended)) = (to, began_on, ended_on)
        && ended < began
    {
        faults.push(Fault::new(to, format!("it lies before {from}, {began}"), "give a day that is not before it"));
    }
    match (began_on, faults.is_empty()) {
        (Some(began_on), true) => Ok(Row { key, unit, began_on, ended_on, fields }),
        _ => Err(faults),
    }
}

impl Row {
    /// Its cells, as files have them: `key`, `unit`, then the register's columns; what is absent is empty.
    pub fn cells(&self, book: Book) -> Vec<(&'static str, String)> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let columns = book.columns().iter();
        let fields = columns.map(|it| (it.name, self.fields.get(it.name).map(text).unwrap_or_default()));
        [("key", self.key.clone()), ("unit", self.unit.clone())].into_iter().chain(fields).collect()
    }
}

fn value(content: Content, text: &str) -> Option<Value> {
    let fits = match content {
        Content::Text(most) => text.chars().count() <= most && !text.contains('\0'),
        Content::OneOf(codes) => codes.contains(&text),
        // One day has one written form.
        Content::Day => text.parse::<NaiveDate>().is_ok_and(|day| day.to_string() == text),
        Content::Digest => text.parse::<Digest>().is_ok(),
        Content::Whole(least, most) => {
            let number: i64 = text.parse().ok().filter(|it| (least..=most).contains(it))?;
            return Some(number.into());
        }
    };
    fits.then(|| text.into())
}

fn wanted(column: &Column) -> String {
    match column.content {
        Content::Text(most) => format!("give 1 to {most} characters"),
        Content::Whole(least, most) => format!("give a whole number from {least} to {most}"),
        Content::Day => "give a day as 2026-01-31".into(),
        Content::OneOf(codes) => format!("give one of {}", codes.join(", ")),
        Content::Digest => "give `sha256:` and 64 lower-case hexadecimal digits".into(),
    }
}
