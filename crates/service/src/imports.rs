//! Imports: a file of rows comes in parts, each checked as it comes; then all of it is tried or applied, at once.
//!
//! Memory stays flat, since no more than a part is held. After an interruption the import tells how many parts it has, and goes on with the next.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};
use yishi_domain::{
    ImportId, Refusal,
    books::{Book, Cells, Fault, read},
};
use yishi_store::{
    TenantTx, books,
    imports::{self, Changes, Import},
    units,
};

use crate::{
    App,
    books::{Format, require_unsigned},
    events::event,
    failures::Failure,
    sessions::Session,
};

pub use yishi_store::imports as stored;

/// How many faults are listed; all are counted.
pub const LISTED: u16 = 100;

/// How many faults are kept of one import.
const KEPT: u64 = 10_000;

/// How many rows are compared and written at once.
const AT_ONCE: u16 = 1_000;

/// What becomes of a file of which some rows are faulty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing of it is taken.
    AllOrNothing,
    /// Its sound rows are taken.
    Partial,
}

/// Begins an import into a register.
pub async fn begin(app: &App, session: &Session, book: Book, format: Format) -> Result<ImportId, Failure> {
    let ctx = &session.ctx;
    let mut tx = app.db.write(ctx).await?;
    let import = Import {
        id: ctx.new_id(),
        book,
        format: format.code().to_owned(),
        header: None,
        parts: 0,
        lines: 0,
        rows: 0,
        faults: 0,
        begun_at: ctx.now,
        applied: None,
    };
    imports::insert(&mut tx, &import).await?;
    let body = json!({"import": import.id, "register": book, "format": import.format});
    Ok(tx.commit([event(ctx, "import.begun", import.id.uuid(), body)], import.id).await?)
}

/// Takes the next part of a file, which ends where a row ends; gives how many parts there are. A part that is there already is not taken again.
pub async fn send(app: &App, session: &Session, id: ImportId, part: u64, text: &[u8]) -> Result<u64, Failure> {
    let ctx = &session.ctx;
    let not_text = |error: std::str::Utf8Error| {
        let text = format!("the part is not UTF-8 from byte {} on", error.valid_up_to());
        Refusal::invalid("import.bad_text", "body", text).with_fix("save the file as UTF-8, and send it again")
    };
    let text = std::str::from_utf8(text).map_err(not_text)?.trim_start_matches('\u{feff}');
    let mut tx = app.db.write(ctx).await?;
    let mut import = imports::lock(&mut tx, id).await?.ok_or_else(unknown)?;
    require_open(&import)?;
    if part <= import.parts {
        return Ok(import.parts);
    }
    if part != import.parts + 1 {
        let next = import.parts + 1;
        let refusal = Refusal::conflict("import.gap", format!("the next part is {next}"));
        return Err(refusal.with_fix(format!("send part {next} first")).into());
    }
    let lines = match import.format.as_str() {
        "csv" => csv_lines(&mut import, text)?,
        _ => ndjson_lines(&import, text),
    };
    let mut faults = Vec::new();
    let mut rows = Vec::with_capacity(lines.len());
    let lines: Vec<_> =
        lines.into_iter().map(|(line, cells)| (line, cells.and_then(|cells| read(import.book, cells)))).collect();
    let mut codes: Vec<_> = lines.iter().filter_map(|(_, row)| Some(row.as_ref().ok()?.unit.clone())).collect();
    codes.sort_unstable();
    codes.dedup();
    let known: BTreeMap<_, _> =
        units::with_codes(&mut tx, &codes).await?.into_iter().map(|it| (it.code.clone(), it)).collect();
    for (line, row) in lines {
        match row {
            Err(found) => faults.extend(found.into_iter().map(|fault| (line, fault))),
            Ok(row) => match known.get(&row.unit) {
                None => {
                    faults.push((line, Fault::new("unit", "no unit of this tenant has this code", "see GET units")))
                }
                Some(unit) if session.require_reach(&unit.path).is_err() => {
                    faults.push((line, Fault::new("unit", "your role does not reach this unit", "leave the row out")));
                }
                Some(unit) => rows.push((line, unit.id, row)),
            },
        }
    }
    let kept: HashSet<_> = imports::add_rows(&mut tx, id, &rows).await?.into_iter().collect();
    let doubles = rows.iter().filter(|(line, ..)| !kept.contains(line));
    faults.extend(
        doubles.map(|(line, ..)| (*line, Fault::new("key", "an earlier line has this key", "give it another key"))),
    );
    let room = usize::try_from(KEPT.saturating_sub(import.faults)).unwrap_or(usize::MAX);
    imports::add_faults(&mut tx, id, &faults[..faults.len().min(room)]).await?;
    import.parts = part;
    import.lines += lines_of(text);
    import.rows += kept.len() as u64;
    import.faults += faults.len() as u64;
    imports::save(&mut tx, &import).await?;
    let body = json!({"import": id, "part": part, "rows": kept.len(), "faults": faults.len()});
    Ok(tx.commit([event(ctx, "import.advanced", id.uuid(), body)], part).await?)
}

/// Finds an import with its first faults.
pub async fn get(app: &App, session: &Session, id: ImportId) -> Result<(Import, Vec<(u64, Fault)>), Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let import = imports::find(&mut tx, id).await?.ok_or_else(unknown)?;
    Ok((import, imports::faults(&mut tx, id, LISTED).await?))
}

/// Tells what applying the sound rows would do, and does nothing.
pub async fn preview(app: &App, session: &Session, id: ImportId) -> Result<Changes, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let import = imports::find(&mut tx, id).await?.ok_or_else(unknown)?;
    let (mut changes, mut after) = (Changes::default(), 0);
    while let Some(part) = compared(&mut tx, session, &import, after).await? {
        after = part.last;
        changes = part.onto(changes);
    }
    Ok(changes)
}

/// Applies an import to its register, in one transaction.
pub async fn apply(app: &App, session: &Session, id: ImportId, mode: Mode) -> Result<Changes, Failure> {
    let ctx = &session.ctx;
    let mut tx = app.db.write(ctx).await?;
    let mut import = imports::lock(&mut tx, id).await?.ok_or_else(unknown)?;
    require_open(&import)?;
    if import.faults > 0 && mode == Mode::AllOrNothing {
        let faults = imports::faults(&mut tx, id, LISTED).await?;
        return Err(Failure::Faults(faults.into_iter().map(refused).collect()));
    }
    let (mut changes, mut after) = (Changes::default(), 0);
    while let Some(mut part) = compared(&mut tx, session, &import, after).await? {
        after = part.last;
        books::upsert(&mut tx, import.book, &std::mem::take(&mut part.written), ctx.now).await?;
        changes = part.onto(changes);
    }
    import.applied = Some((ctx.now, changes));
    imports::save(&mut tx, &import).await?;
    let body = json!({
        "import": id, "register": import.book, "added": changes.added, "changed": changes.changed,
        "unchanged": changes.unchanged, "left_out": import.faults,
    });
    Ok(tx.commit([event(ctx, "register.imported", id.uuid(), body)], changes).await?)
}

/// Some rows of an import, held against the register.
struct Compared {
    last: u64,
    added: u64,
    unchanged: u64,
    written: Vec<(yishi_domain::UnitId, yishi_domain::books::Row)>,
    changed: u64,
}

impl Compared {
    const fn onto(&self, changes: Changes) -> Changes {
        Changes {
            added: changes.added + self.added,
            changed: changes.changed + self.changed,
            unchanged: changes.unchanged + self.unchanged,
        }
    }
}

/// Holds the next rows of an import against the register; none when there are no more.
async fn compared(
    tx: &mut TenantTx,
    session: &Session,
    import: &Import,
    after: u64,
) -> Result<Option<Compared>, Failure> {
    let rows = imports::rows(tx, import.id, after, AT_ONCE).await?;
    let Some((last, ..)) = rows.last() else { return Ok(None) };
    let mut part = Compared { last: *last, added: 0, unchanged: 0, written: Vec::new(), changed: 0 };
    let keys: Vec<_> = rows.iter().map(|(_, _, row)| row.key.as_str()).collect();
    let before: BTreeMap<_, _> =
        books::of_keys(tx, import.book, &keys).await?.into_iter().map(|it| (it.row.key.clone(), it)).collect();
    for (_, unit, row) in rows {
        match before.get(&row.key) {
            None => part.added += 1,
            Some(it) if it.row == row => {
                part.unchanged += 1;
                continue;
            }
            Some(it) => {
                session.require_reach(&it.path)?;
                part.changed += 1;
            }
        }
        part.written.push((unit, row));
    }
    let written: Vec<_> = part.written.iter().map(|(_, row)| row.key.as_str()).collect();
    require_unsigned(tx, import.book, &written).await?;
    Ok(Some(part))
}

type Line = (u64, Result<Cells, Vec<Fault>>);

fn csv_lines(import: &mut Import, text: &str) -> Result<Vec<Line>, Failure> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| Failure::Inconsistent(error.to_string()))?;
        let line = import.lines + record.position().map_or(0, csv::Position::line);
        let cells: Vec<_> = record.iter().map(str::to_owned).collect();
        let Some(header) = &import.header else {
            require_header(import.book, &cells)?;
            import.header = Some(cells);
            continue;
        };
        let known = match header.len() == cells.len() {
            true => Ok(header.iter().cloned().zip(cells).filter(|(_, text)| !text.is_empty()).collect()),
            false => {
                let detail = format!("the line has {} cells, and the header {}", cells.len(), header.len());
                Err(vec![Fault::new(
                    "line",
                    detail,
                    "give every column of the header a cell, empty where it says nothing",
                )])
            }
        };
        lines.push((line, known));
    }
    Ok(lines)
}

fn ndjson_lines(import: &Import, text: &str) -> Vec<Line> {
    let read = |text: &str| {
        let fault =
            |detail: String| vec![Fault::new("line", detail, "write one JSON object a line, of texts and numbers")];
        let value: Value = serde_json::from_str(text).map_err(|error| fault(error.to_string()))?;
        cells_of(value).map_err(fault)
    };
    let lines = (import.lines + 1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty());
    lines.map(|(line, text)| (line, read(text))).collect()
}

/// The cells of a JSON object: texts, and whole numbers; what is null or empty is absent.
pub fn cells_of(value: Value) -> Result<Cells, String> {
    let Value::Object(object) = value else { return Err("it is no JSON object".into()) };
    let mut cells = Cells::new();
    for (name, value) in object {
        match value {
            Value::Null => {}
            Value::String(text) if text.is_empty() => {}
            Value::String(text) => drop(cells.insert(name, text)),
            Value::Number(number) => drop(cells.insert(name, number.to_string())),
            _ => return Err(format!("`{name}` is neither a text nor a number")),
        }
    }
    Ok(cells)
}

fn require_header(book: Book, header: &[String]) -> Result<(), Refusal> {
    let known: Vec<_> = ["key", "unit"].into_iter().chain(book.columns().iter().map(|it| it.name)).collect();
    let doubled = header.iter().collect::<HashSet<_>>().len() < header.len();
    if doubled || !header.iter().all(|it| known.contains(&it.as_str())) {
        let text = format!("the first line must name columns of the register: {}", known.join(","));
        return Err(Refusal::invalid("import.bad_header", "body", text).with_fix("mend the first line of the file"));
    }
    Ok(())
}

fn require_open(import: &Import) -> Result<(), Refusal> {
    match import.applied {
        None => Ok(()),
        Some(_) => {
            let refusal = Refusal::conflict("import.applied", "it has been applied");
            Err(refusal.with_fix("begin another import"))
        }
    }
}

fn refused((line, fault): (u64, Fault)) -> Refusal {
    let Fault { field, detail, fix } = fault;
    Refusal::invalid("register.bad_row", format!("line {line}: {field}"), detail).with_fix(fix)
}

fn lines_of(text: &str) -> u64 {
    let ends = text.bytes().filter(|it| *it == b'\n').count();
    (ends + usize::from(!text.is_empty() && !text.ends_with('\n'))) as u64
}

fn unknown() -> Refusal {
    Refusal::not_found("import.unknown", "there is no such import in this tenant")
}
