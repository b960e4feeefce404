//! What came into the funds, from a file and as one: a line an entry, known by its reference, so that a file which is sent again books nothing twice.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::json;
use yishi_domain::{
    EntryId, Refusal, UnitId,
    books::{Cells, Fault},
    money::{EntryKind, Posting, reversed},
};
use yishi_store::{
    funds::{self, Fund},
    incomes::{self, Income},
    units::{self, Unit},
};

use crate::{
    App,
    bookings::{NewEntry, book, income},
    books::{Format, line},
    failures::Failure,
    lines::{Line, refused},
    sessions::Session,
};

/// The columns of a file.
const COLUMNS: [&str; 8] = ["reference", "keeper", "fund", "unit", "kind", "amount_fen", "note", "reverses"];

/// The kinds of entries by which something comes in.
const KINDS: [EntryKind; 4] = [EntryKind::Budget, EntryKind::Grant, EntryKind::Donation, EntryKind::Crowdfunding];

/// How many lines a request has at most; a longer file is sent in parts.
const MOST: usize = 5_000;

/// What a file of incomes does, or would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Entries that were not there.
    pub booked: u64,
    /// Entries that were there as the file says.
    pub unchanged: u64,
}

/// A line that was read.
#[derive(Debug)]
struct Wanted {
    reference: String,
    keeper: String,
    fund: String,
    unit: String,
    kind: EntryKind,
    fen: i64,
    note: String,
    reverses: Option<String>,
}

/// The units and funds that lines name.
struct Places {
    units: BTreeMap<String, Unit>,
    funds: BTreeMap<(UnitId, String), Fund>,
}

/// What is known of an entry that lines may undo.
#[derive(Clone)]
struct Known {
    entry: EntryId,
    postings: Vec<Posting>,
    kind: EntryKind,
    fen: i64,
    is_reversal: bool,
    reversed: bool,
}

/// Books what a file says came in and is not there yet: all of it, or nothing with what is wrong with each line. A dry run books nothing.
///
/// It counts in the quarter in which it is booked, as the books never change a quarter that was disclosed.
pub async fn import(app: &App, session: &Session, lines: Vec<Line>, dry_run: bool) -> Result<Done, Failure> {
    let ctx = &session.ctx;
    if lines.is_empty() || lines.len() > MOST {
        let refusal = Refusal::invalid("income.bad_file", "body", format!("send 1 to {MOST} lines"));
        return Err(refusal.with_fix("send a longer file in parts, one after the other").into());
    }
    let mut faults = Vec::new();
    let mut wanted = Vec::with_capacity(lines.len());
    for (number, cells) in lines {
        match cells.and_then(read) {
            Ok(it) => wanted.push((number, it)),
            Err(found) => faults.extend(found.into_iter().map(|fault| (number, fault))),
        }
    }
    let mut tx = app.db.write(ctx).await?;
    // Of two equal files at once the second one finds what the first one booked.
    funds::hold_opening(&mut tx).await?;
    let codes: BTreeSet<_> = wanted.iter().flat_map(|(_, it)| [it.keeper.clone(), it.unit.clone()]).collect();
    let codes: Vec<_> = codes.into_iter().collect();
    let units = units::with_codes(&mut tx, &codes).await?.into_iter().map(|it| (it.code.clone(), it)).collect();
    let names: Vec<_> = wanted.iter().map(|(_, it)| it.fund.clone()).collect::<BTreeSet<_>>().into_iter().collect();
    let funds =
        funds::of_names(&mut tx, &names).await?.into_iter().map(|it| ((it.unit, it.name.clone()), it)).collect();
    let places = Places { units, funds };
    let references = wanted.iter().flat_map(|(_, it)| [Some(it.reference.clone()), it.reverses.clone()]);
    let references: Vec<_> = references.flatten().collect::<BTreeSet<_>>().into_iter().collect();
    let there: BTreeMap<_, _> =
        incomes::of_references(&mut tx, &references).await?.into_iter().map(|it| (it.reference.clone(), it)).collect();
    let mut known: BTreeMap<String, Known> = BTreeMap::new();
    for it in there.values() {
        known.insert(it.reference.clone(), it.try_into()?);
    }
    let (mut done, mut entries, mut told) = (Done::default(), Vec::new(), Vec::new());
    for (number, it) in wanted {
        match there.get(&it.reference).map(|found| it.is(found)) {
            Some(true) => {
                done.unchanged += 1;
                continue;
            }
            Some(false) => {
                let detail = "what is booked under this reference is something else";
                faults.push((number, Fault::new("reference", detail, "give it another one; reverse what was wrong")));
                continue;
            }
            None => {}
        }
        match it.entry(ctx.new_id(), session, &places, &mut known) {
            Ok(entry) => {
                told.extend(entry.id.map(|id| (id, it.reference)));
                entries.push(entry);
                done.booked += 1;
            }
            Err(fault) => faults.push((number, fault)),
        }
    }
    if !faults.is_empty() {
        faults.sort_by_key(|it| it.0);
        let faults = faults.into_iter().map(|(number, fault)| refused("income.bad_line", number, fault));
        return Err(Failure::Faults(faults.collect()));
    }
    if entries.is_empty() {
        return Ok(done);
    }
    let (_, mut events) = book(&mut tx, ctx, entries).await?;
    if dry_run {
        return Ok(done);
    }
    incomes::keep_references(&mut tx, &told).await?;
    let first = events.remove(0);
    Ok(tx.commit_with(first, events, done).await?)
}

/// A part of the file of all that came in, after an entry, and the last entry in it; none when the file is over. The first part of CSV begins with the
/// header.
pub async fn export(
    app: &App,
    session: &Session,
    format: Format,
    after: Option<Option<EntryId>>,
) -> Result<Option<(Option<EntryId>, Vec<u8>)>, Failure> {
    const ROWS: u16 = 1_000;
    let mut bytes = Vec::new();
    let page = match after {
        // Nothing came in at all, and the header is told.
        Some(None) => return Ok(None),
        after => incomes::page(&mut app.db.read(&session.ctx).await?, after.flatten(), ROWS).await?,
    };
    if after.is_none() && format == Format::Csv {
        line(&mut bytes, COLUMNS.into_iter())?;
    }
    for it in &page {
        match format {
            Format::Csv => {
                let (amount, reverses) = (it.fen.to_string(), it.reverses.as_deref().unwrap_or_default());
                let cells = [&it.reference, &it.keeper_code, &it.fund_name, &it.unit_code, it.kind.code(), &amount];
                line(&mut bytes, cells.into_iter().chain([it.note.as_str(), reverses]))?;
            }
            Format::Ndjson => {
                let mut whole = json!({
                    "reference": it.reference, "keeper": it.keeper_code, "fund": it.fund_name, "unit": it.unit_code,
                    "kind": it.kind, "amount_fen": it.fen, "note": it.note,
                });
                if let Some(reverses) = &it.reverses {
                    whole["reverses"] = reverses.as_str().into();
                }
                bytes.extend(whole.to_string().into_bytes());
                bytes.push(b'\n');
            }
        }
    }
    let last = page.last().map(|it| it.entry);
    Ok((!bytes.is_empty()).then_some((last, bytes)))
}

impl Wanted {
    /// Whether an entry says the same.
    fn is(&self, found: &Income) -> bool {
        let ours = (&self.keeper, &self.fund, &self.unit, self.kind, self.fen, &self.note, &self.reverses);
        let theirs = (&found.keeper_code, &found.fund_name, &found.unit_code, found.kind, found.fen);
        ours == (theirs.0, theirs.1, theirs.2, theirs.3, theirs.4, &found.note, &found.reverses)
    }

    /// The entry to book, which later lines may undo.
    fn entry(
        &self,
        id: EntryId,
        session: &Session,
        places: &Places,
        known: &mut BTreeMap<String, Known>,
    ) -> Result<NewEntry, Fault> {
        if known.contains_key(&self.reference) {
            return Err(Fault::new("reference", "an earlier line has it", "give each line another one"));
        }
        let place = |column: &str, code: &str| {
            let unknown = || Fault::new(column, "no unit of this tenant has this code", "see GET units");
            places.units.get(code).ok_or_else(unknown)
        };
        let (keeper, unit) = (place("keeper", &self.keeper)?, place("unit", &self.unit)?);
        let fund = places.funds.get(&(keeper.id, self.fund.clone())).ok_or_else(|| {
            Fault::new(
                "fund",
                "the unit keeps no fund of this name",
                "open the fund first, or name one of GET funds/file",
            )
        })?;
        if !unit.path.starts_with(&fund.path) {
            let detail = "the fund holds money of the unit that keeps it and of those under it";
            return Err(Fault::new("unit", detail, "name a unit under the fund's"));
        }
        if session.require_reach(&unit.path).is_err() {
            return Err(Fault::new("unit", "your role does not reach this unit", "leave the line out"));
        }
        let (postings, undone) = match &self.reverses {
            None => {
                let amount = |_| Fault::new("amount_fen", "it is no amount", "give 1 to 2^53 - 1 fen");
                let fen = u64::try_from(self.fen).map_err(|_| {
                    Fault::new("amount_fen", "less than nothing came in", "name in `reverses` what it undoes")
                })?;
                (income(fund.id, unit.id, fen).map_err(amount)?, None)
            }
            Some(reference) => {
                let undone = known.get_mut(reference).ok_or_else(|| {
                    Fault::new(
                        "reverses",
                        "nothing that came in has this reference",
                        "put what it undoes on a line before",
                    )
                })?;
                if undone.is_reversal || undone.reversed {
                    let detail = "that is a reversal, or was reversed before";
                    return Err(Fault::new("reverses", detail, "leave the line out, and book again what was right"));
                }
                let postings = reversed(&undone.postings);
                let same = postings.iter().any(|it| (it.account.fund, it.account.unit) == (fund.id, unit.id));
                if !same || (undone.kind, -undone.fen) != (self.kind, self.fen) {
                    let detail =
                        "a reversal has the fund, unit and kind of what it undoes, and its amount below nothing";
                    return Err(Fault::new("reverses", detail, "write the line so, or name another reference"));
                }
                undone.reversed = true;
                (postings, Some(undone.entry))
            }
        };
        let this = Known {
            entry: id,
            postings: postings.clone(),
            kind: self.kind,
            fen: self.fen,
            is_reversal: undone.is_some(),
            reversed: false,
        };
        known.insert(self.reference.clone(), this);
        let new = NewEntry::new(fund.id, self.kind, self.note.clone(), postings);
        Ok(NewEntry { id: Some(id), reverses: undone, ..new })
    }
}

impl TryFrom<&Income> for Known {
    type Error = Refusal;

    fn try_from(it: &Income) -> Result<Self, Refusal> {
        let postings = income(it.fund, it.unit, it.fen.unsigned_abs())?;
        let is_reversal = it.reverses.is_some();
        Ok(Self { entry: it.entry, postings, kind: it.kind, fen: it.fen, is_reversal, reversed: it.reversed })
    }
}

fn read(mut cells: Cells) -> Result<Wanted, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut text = |name: &str, most: usize| match cells.remove(name).filter(|it| it.chars().count() <= most) {
        Some(text) if !text.trim().is_empty() => text,
        _ => {
            faults.push(Fault::new(name, "it is missing or too long", format!("give 1 to {most} characters")));
            String::new()
        }
    };
    let [reference, keeper, fund] = [("reference", 60), ("keeper", 20), ("fund", 100)].map(|it| text(it.0, it.1));
    let [unit, kind, amount, note] =
        [("unit", 20), ("kind", 20), ("amount_fen", 20), ("note", 500)].map(|it| text(it.0, it.1));
    let reverses = cells.remove("reverses");
    let kind = kind.parse().ok().filter(|it| KINDS.contains(it));
    if kind.is_none() {
        let names = KINDS.map(EntryKind::code).join(", ");
        faults.push(Fault::new("kind", "nothing comes in by it", format!("write one of {names}")));
    }
    let fen = amount.parse::<i64>().ok().filter(|it| *it != 0);
    if fen.is_none() {
        faults.push(Fault::new("amount_fen", "it is no amount", "give a whole number of fen that is not 0"));
    }
    for name in cells.keys() {
        faults.push(Fault::new(name, "there is no such column", format!("the columns are {}", COLUMNS.join(", "))));
    }
    match kind.zip(fen).filter(|_| faults.is_empty()) {
        Some((kind, fen)) => Ok(Wanted { reference, keeper, fund, unit, kind, fen, note, reverses }),
        None => Err(faults),
    }
}
