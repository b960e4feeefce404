//! Workbooks: numbers as numbers, so that a spreadsheet reckons with them, shown as the page shows them.

use rust_xlsxwriter::{DocProperties, Format, Workbook, XlsxError};

use super::{Cell, Number, Tables};
use crate::resources::preferences::Locale;

/// How wide a column may become, in characters of the standard font.
const WIDEST: u16 = 60;

pub(super) fn write(tables: &Tables, locale: Locale) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    workbook.set_properties(&DocProperties::new().set_title(&tables.title));
    let bold = Format::new().set_bold();
    let cover = workbook.add_worksheet().set_name(match locale {
        Locale::Chinese => "说明",
        Locale::English => "About",
    })?;
    cover.write_string_with_format(0, 0, &tables.title, &bold)?;
    for (row, text) in (2..).zip(&tables.lead) {
        cover.write_string(row, 0, text)?;
    }
    let formats = Formats::new();
    for table in &tables.tables {
        let sheet = workbook.add_worksheet().set_name(&table.name)?;
        for (column, head) in (0..).zip(&table.heads) {
            sheet.write_string_with_format(0, column, head, &bold)?;
        }
        for (row, cells) in (1..).zip(&table.rows) {
            for (column, cell) in (0..).zip(cells) {
                match formats.number(cell) {
                    Some((number, format)) => sheet.write_number_with_format(row, column, number, format)?,
                    None => sheet.write_string(row, column, &cell.text)?,
                };
            }
        }
        for (column, width) in (0..).zip(widths(&table.heads, &table.rows)) {
            sheet.set_column_width(column, width)?;
        }
        sheet.set_freeze_panes(1, 1)?;
    }
    workbook.save_to_buffer()
}

struct Formats {
    whole: Format,
    share: Format,
    mean: Format,
    money: Format,
}

impl Formats {
    fn new() -> Self {
        let format = |shown| Format::new().set_num_format(shown);
        Self { whole: format("0"), share: format("0.0%"), mean: format("0.000"), money: format("#,##0.00") }
    }

    /// A workbook's numbers are binary floating point (IEEE 754), which holds what is shown exactly up to fifteen digits.
    fn number(&self, cell: &Cell) -> Option<(f64, &Format)> {
        Some(match cell.number? {
            Number::Whole(number) => (number as f64, &self.whole),
            Number::Share(thousandths) => (thousandths as f64 / 1_000.0, &self.share),
            Number::Mean(thousandths) => (thousandths as f64 / 1_000.0, &self.mean),
            Number::Money(hundredths) => (hundredths as f64 / 100.0, &self.money),
        })
    }
}

/// How wide each column is; a Chinese character takes the room of two others.
fn widths(heads: &[String], rows: &[Vec<Cell>]) -> Vec<u16> {
    let wide = |text: &str| text.chars().map(|it| if it.is_ascii() { 1 } else { 2 }).sum::<u16>();
    let columns = heads.iter().enumerate();
    columns
        .map(|(i, head)| {
            let cells = rows.iter().filter_map(|row| row.get(i)).map(|it| wide(&it.text));
            (cells.max().unwrap_or(0).max(wide(head)) + 2).min(WIDEST)
        })
        .collect()
}
