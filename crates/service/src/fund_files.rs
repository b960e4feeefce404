//! Funds from a file, and as one: a line a fund, known by its unit and its name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;
use yishi_domain::{
    Refusal,
    books::{Cells, Fault},
    money::FundKind,
};
use yishi_store::{
    funds::{self, Fund},
    units,
};

use crate::{
    App,
    books::{Format, line, row_of},
    events::event,
    failures::Failure,
    lines::{Line, Reading, one_of, reached, require_sound},
    sessions::Session,
};

/// The columns of a file.
const COLUMNS: [&str; 4] = ["unit", "name", "kind", "may_overdraw"];

/// How many funds a file has at most.
const MOST: usize = 1_000;

/// What a file of funds does, or would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Funds that were not there.
    pub opened: u64,
    /// Funds that were there as the file says.
    pub unchanged: u64,
}

/// A line that was read.
struct Wanted {
    unit: String,
    name: String,
    kind: FundKind,
    may_overdraw: bool,
}

/// Opens the funds of a file that are not there yet: all of them, or none with what is wrong with each line. A dry run opens none.
pub async fn import(app: &App, session: &Session, lines: Vec<Line>, dry_run: bool) -> Result<Done, Failure> {
    let ctx = &session.ctx;
    if lines.is_empty() || lines.len() > MOST {
        return Err(Refusal::invalid("fund.bad_file", "body", format!("send 1 to {MOST} funds")).into());
    }
    let mut faults = Vec::new();
    let mut wanted = Vec::with_capacity(lines.len());
    for (line, cells) in lines {
        match cells.and_then(read) {
            Ok(it) => wanted.push((line, it)),
            Err(found) => faults.extend(found.into_iter().map(|fault| (line, fault))),
        }
    }
    let mut tx = app.db.write(ctx).await?;
    // Of two equal files at once the second one finds what the first one opened.
    funds::hold_opening(&mut tx).await?;
    let codes: Vec<_> = wanted.iter().map(|(_, it)| it.unit.clone()).collect();
    let places: BTreeMap<_, _> =
        units::with_codes(&mut tx, &codes).await?.into_iter().map(|it| (it.code.clone(), it)).collect();
    let names: Vec<_> = wanted.iter().map(|(_, it)| it.name.clone()).collect();
    let mut there: BTreeMap<_, _> =
        funds::of_names(&mut tx, &names).await?.into_iter().map(|it| ((it.unit, it.name.clone()), it)).collect();
    let (mut done, mut told) = (Done::default(), Vec::new());
    for (line, it) in wanted {
        let unit = match reached(session, "unit", places.get(&it.unit)) {
            Ok(unit) => unit,
            Err(fault) => {
                faults.push((line, fault));
                continue;
            }
        };
        let key = (unit.id, it.name.clone());
        match there.get(&key) {
            Some(fund) if (fund.kind, fund.may_overdraw) == (it.kind, it.may_overdraw) => done.unchanged += 1,
            Some(_) => {
                let detail = "a fund of this unit has this name, and is of another kind or rule";
                faults.push((line, Fault::new("name", detail, "give it another name; a fund is not changed")));
            }
            None => {
                let Wanted { name, kind, may_overdraw, .. } = it;
                let (id, path) = (ctx.new_id(), unit.path.clone());
                let fund = Fund { id, unit: unit.id, path, kind, name, may_overdraw, opened_at: ctx.now };
                let body = json!({
                    "fund": id, "unit": unit.id, "kind": kind, "name": fund.name, "may_overdraw": may_overdraw,
                });
                told.push(event(ctx, "fund.opened", id.uuid(), body));
                if faults.is_empty() && !dry_run {
                    funds::insert(&mut tx, &fund).await?;
                }
                there.insert(key, fund);
                done.opened += 1;
            }
        }
    }
    require_sound("fund.bad_line", faults)?;
    if dry_run || told.is_empty() {
        return Ok(done);
    }
    let first = told.remove(0);
    Ok(tx.commit_with(first, told, done).await?)
}

/// All funds as a file, which opens them again elsewhere, in order of their units and names.
pub async fn export(app: &App, session: &Session, format: Format) -> Result<Vec<u8>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let mut rows = funds::with_codes(&mut tx, None).await?;
    rows.sort_by(|a, b| (&a.0, &a.1.name).cmp(&(&b.0, &b.1.name)));
    let mut bytes = Vec::new();
    if format == Format::Csv {
        line(&mut bytes, COLUMNS.iter())?;
    }
    for (code, fund) in rows {
        let may_overdraw = if fund.may_overdraw { "yes" } else { "no" };
        let cells = [code.as_str(), &fund.name, fund.kind.code(), may_overdraw].map(|it| Some(it.into()));
        row_of(&mut bytes, format, &COLUMNS, cells.into())?;
    }
    Ok(bytes)
}

fn read(cells: Cells) -> Result<Wanted, Vec<Fault>> {
    let mut it = Reading::new(cells);
    let (unit, name) = (it.text("unit", 20), it.text("name", 100));
    let kind = it.parsed("kind", || one_of(FundKind::ALL.iter().map(|it| it.code())));
    let may_overdraw = it.yes("may_overdraw");
    it.end(&COLUMNS, kind.map(|kind| Wanted { unit, name, kind, may_overdraw }))
}
