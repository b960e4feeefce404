//! The registers that a city keeps: their rows, one by one and as files.

use serde_json::{Map, Value, json};
use yishi_domain::{
    Ctx, Event, Refusal, UnitId,
    books::{Book, Cells, Fault, Row, read},
};
use yishi_store::{
    TenantTx,
    books::{self, Kept},
    evaluations, units,
};

use crate::{
    App,
    directory::require_unit,
    events::{commit_to, event},
    failures::Failure,
    sessions::Session,
};

pub use yishi_store::books as stored;

/// How rows are written in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// CSV (RFC 4180) with a header.
    Csv,
    /// A JSON object a line.
    Ndjson,
}

impl Format {
    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }
}

/// Adds a row, or changes the one that has its key. What it says enters the record as a commitment.
pub async fn put(app: &App, session: &Session, book: Book, cells: Cells) -> Result<String, Failure> {
    let ctx = &session.ctx;
    let row = read(book, cells).map_err(|faults| Failure::Faults(faults.into_iter().map(refused).collect()))?;
    let mut tx = app.db.write(ctx).await?;
    let unit = units::find_by_code(&mut tx, &row.unit).await?;
    let unknown = || Refusal::invalid("unit.unknown", "unit", "no unit of this tenant has this code");
    let unit = unit.ok_or_else(unknown)?;
    session.require_reach(&unit.path)?;
    if let Some(before) = books::lock(&mut tx, book, &row.key).await? {
        session.require_reach(&before.path)?;
    }
    require_unsigned(&mut tx, book, &[row.key.as_str()]).await?;
    let told = changed(ctx, book, unit.id, &row);
    let key = row.key.clone();
    books::upsert(&mut tx, book, &[(unit.id, row)], ctx.now).await?;
    Ok(tx.commit([told], key).await?)
}

/// Lists rows after a key, in the order of their keys, at a unit and under it.
pub async fn list(
    app: &App,
    session: &Session,
    book: Book,
    unit: Option<UnitId>,
    after: &str,
    limit: u16,
) -> Result<Vec<Kept>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let path = match unit {
        None => session.root()?,
        Some(id) => require_unit(&mut tx, id, "unit").await?.path,
    };
    Ok(books::page(&mut tx, book, &path, after, limit).await?)
}

/// A part of a register's file after a key, and the last key in it; none when the file is over. The first part of CSV begins with the header.
pub async fn export(
    app: &App,
    session: &Session,
    book: Book,
    format: Format,
    after: Option<&str>,
) -> Result<Option<(String, Vec<u8>)>, Failure> {
    const ROWS: u16 = 1_000;
    let kept = list(app, session, book, None, after.unwrap_or_default(), ROWS).await?;
    let mut bytes = Vec::new();
    if after.is_none() && format == Format::Csv {
        let names = ["key", "unit"].into_iter().chain(book.columns().iter().map(|it| it.name));
        line(&mut bytes, names)?;
    }
    for it in &kept {
        match format {
            Format::Csv => line(&mut bytes, it.row.cells(book).into_iter().map(|(_, text)| text))?,
            Format::Ndjson => {
                let mut whole = it.row.fields.clone();
                whole.insert("key".into(), it.row.key.as_str().into());
                whole.insert("unit".into(), it.row.unit.as_str().into());
                bytes.extend(Value::Object(whole).to_string().into_bytes());
                bytes.push(b'\n');
            }
        }
    }
    let last = kept.last().map(|it| it.row.key.clone());
    Ok(match (last, bytes.is_empty()) {
        (Some(last), _) => Some((last, bytes)),
        // An empty register is a file with a header; there is no key after this one.
        (None, false) => Some((char::MAX.to_string(), bytes)),
        (None, true) => None,
    })
}

/// Tells that a row was added or changed.
pub(crate) fn changed(ctx: &Ctx, book: Book, unit: UnitId, row: &Row) -> Event {
    let body = json!({"register": book, "unit": unit, "began_on": row.began_on, "ended_on": row.ended_on});
    let told = event(ctx, "register.changed", unit.uuid(), body);
    commit_to(ctx, told, "row", json!({"key": row.key, "fields": row.fields}))
}

/// Refuses to change rows that an evaluator has signed: what the register says of them is what was signed.
pub(crate) async fn require_unsigned(tx: &mut TenantTx, book: Book, keys: &[&str]) -> Result<(), Failure> {
    if book != Book::Evaluations {
        return Ok(());
    }
    match evaluations::signed(tx, keys).await?.first() {
        None => Ok(()),
        Some(key) => {
            let text = format!("the row `{key}` is an evaluation that its evaluator has signed, and is not changed");
            let refusal = Refusal::conflict("evaluation.signed", text);
            Err(refusal.with_fix("leave this row out, or have the evaluator file next year's evaluation").into())
        }
    }
}

fn refused(fault: Fault) -> Refusal {
    let Fault { field, detail, fix } = fault;
    Refusal::invalid("register.bad_row", field, detail).with_fix(fix)
}

/// Adds a line of CSV.
pub(crate) fn line<T: AsRef<[u8]>>(bytes: &mut Vec<u8>, cells: impl Iterator<Item = T>) -> Result<(), Failure> {
    let mut writer = csv::Writer::from_writer(bytes);
    let written = writer.write_record(cells).and_then(|()| Ok(writer.flush()?));
    written.map_err(|error| Failure::Inconsistent(error.to_string()))
}

/// Adds a row to a file: as a line of CSV, or as an object without what is empty.
pub(crate) fn row_of(
    bytes: &mut Vec<u8>,
    format: Format,
    columns: &[&str],
    cells: Vec<Option<Value>>,
) -> Result<(), Failure> {
    match format {
        Format::Csv => {
            let text = |it: Option<Value>| match it {
                Some(Value::String(text)) => text,
                Some(other) => other.to_string(),
                None => String::new(),
            };
            line(bytes, cells.into_iter().map(text))?;
        }
        Format::Ndjson => {
            let given = columns.iter().zip(cells).filter_map(|(name, it)| Some(((*name).to_owned(), it?)));
            bytes.extend(Value::Object(given.collect::<Map<_, _>>()).to_string().into_bytes());
            bytes.push(b'\n');
        }
    }
    Ok(())
}
