//! What a standard report shows: tables with figures in them, written the same way as a page, as CSV and as a workbook.

mod workbooks;

use serde::Serialize;
use yishi_service::{failures::Failure, reports::Value};

use crate::resources::preferences::Locale;

/// A report as it is written.
#[derive(Debug, Serialize)]
pub struct Tables {
    /// Its title.
    pub title: String,
    /// What stands before the tables, a paragraph each.
    pub lead: Vec<String>,
    /// The tables.
    pub tables: Vec<Table>,
}

/// A table.
#[derive(Debug, Serialize)]
pub struct Table {
    /// What it is called; at most 31 characters, as sheets of a workbook are.
    pub name: String,
    /// The names of its columns.
    pub heads: Vec<String>,
    /// Its rows, with as many cells as there are columns.
    pub rows: Vec<Vec<Cell>>,
}

/// A cell.
#[derive(Clone, Debug, Serialize)]
pub struct Cell {
    /// How it is shown.
    text: String,
    /// Whether it is a figure.
    figure: bool,
    /// What a workbook reckons with.
    #[serde(skip)]
    number: Option<Number>,
}

/// A number with how it is shown.
#[derive(Clone, Copy, Debug)]
enum Number {
    /// A whole number.
    Whole(i64),
    /// Thousandths of one, shown in per cent.
    Share(i64),
    /// Thousandths of one.
    Mean(i64),
    /// Hundredths of one.
    Money(i64),
}

impl Cell {
    /// Nothing.
    pub fn nothing() -> Self {
        Self::text("")
    }

    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), figure: false, number: None }
    }

    /// A whole number.
    pub fn whole(number: i64) -> Self {
        Self { text: number.to_string(), figure: true, number: Some(Number::Whole(number)) }
    }

    /// A whole number where there is one.
    pub fn known(number: Option<i64>) -> Self {
        number.map_or_else(Self::nothing, Self::whole)
    }

    /// A figure in the scale of its indicator: a fraction to a tenth of a per cent or a thousandth of one, rounded down. Where there is nothing to measure
    /// nothing is shown.
    pub fn figure(scale: &str, value: Value) -> Self {
        let number = match (scale, value.denominator) {
            ("fen", None) => Some(Number::Money(value.numerator)),
            (_, None) => Some(Number::Whole(value.numerator)),
            ("ratio", Some(_)) => value.per_mille().map(Number::Share),
            (_, Some(_)) => value.per_mille().map(Number::Mean),
        };
        number.map_or_else(Self::nothing, |number| Self { text: number.written(), figure: true, number: Some(number) })
    }
}

impl Number {
    fn written(self) -> String {
        let parts = |number: i64, unit: u64| {
            (if number < 0 { "-" } else { "" }, number.unsigned_abs() / unit, number.unsigned_abs() % unit)
        };
        match self {
            Self::Whole(number) => number.to_string(),
            Self::Share(thousandths) => {
                let (sign, whole, rest) = parts(thousandths, 10);
                format!("{sign}{whole}.{rest}%")
            }
            Self::Mean(thousandths) => {
                let (sign, whole, rest) = parts(thousandths, 1_000);
                format!("{sign}{whole}.{rest:03}")
            }
            Self::Money(hundredths) => {
                let (sign, whole, rest) = parts(hundredths, 100);
                format!("{sign}{whole}.{rest:02}")
            }
        }
    }
}

impl Tables {
    /// Writes CSV (RFC 4180): the tables one below the other, each line led by the table's name and all as wide as the widest.
    pub fn csv(&self) -> Result<Vec<u8>, Failure> {
        let width = self.tables.iter().map(|it| it.heads.len()).max().unwrap_or(0);
        let mut writer = csv::Writer::from_writer(Vec::new());
        for table in &self.tables {
            let heads = table.heads.iter().map(String::as_str).collect();
            let rows = table.rows.iter().map(|row| row.iter().map(|it| it.text.as_str()).collect());
            for mut row in std::iter::once(heads).chain(rows).map(|it: Vec<_>| it) {
                row.insert(0, &table.name);
                row.resize(width + 1, "");
                writer.write_record(row).map_err(unwritten)?;
            }
        }
        writer.into_inner().map_err(unwritten)
    }

    /// Writes a workbook (ISO/IEC 29500): a sheet a table, after one with what stands before them.
    pub fn xlsx(&self, locale: Locale) -> Result<Vec<u8>, Failure> {
        workbooks::write(self, locale).map_err(unwritten)
    }
}

fn unwritten(error: impl std::fmt::Display) -> Failure {
    Failure::Inconsistent(format!("a report cannot be written: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_in_their_scale_and_what_is_not_known_not_at_all() {
        let written = |scale, numerator, denominator| Cell::figure(scale, Value { numerator, denominator }).text;
        assert_eq!(written("ratio", 2, Some(3)), "66.6%");
        assert_eq!(written("count", 9, Some(4)), "2.250");
        assert_eq!(written("days", 18, None), "18");
        assert_eq!(written("fen", -123_456, None), "-1234.56");
        assert_eq!(written("ratio", 0, Some(0)), "");
    }

    #[test]
    fn every_line_of_csv_is_as_wide_as_the_widest() {
        let table = |name: &str, cells: &[&str]| Table {
            name: name.into(),
            heads: cells.iter().map(|it| (*it).to_owned()).collect(),
            rows: vec![cells.iter().map(|it| Cell::text(it.to_uppercase())).collect()],
        };
        let tables = vec![table("one", &["a"]), table("two", &["b", "c,d"])];
        let written = Tables { title: String::new(), lead: Vec::new(), tables }.csv().expect("written");
        assert_eq!(String::from_utf8_lossy(&written), "one,a,\none,A,\ntwo,b,\"c,d\"\ntwo,B,\"C,D\"\n");
    }
}
