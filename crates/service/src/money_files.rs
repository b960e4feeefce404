//! Money and what pools hold, from files and as ones: a line a row, known by its reference, so that a file which is sent again does nothing twice.

mod campaigns;
mod draws;
mod entries;
mod places;
mod pledges;
mod provisions;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;
use yishi_domain::{
    Event, Refusal,
    access::Role,
    books::Fault,
    money::{MoneyFile, Purpose},
};
use yishi_store::{Chosen, TenantTx, WriteTx, funds, references};

use crate::{
    App,
    bookings::require_served,
    books::{Format, line, row_of},
    failures::Failure,
    lines::{Line, Reading, fault, require_sound},
    sessions::Session,
};

/// How many lines a request has at most; a longer file is sent in parts.
const MOST: usize = 5_000;

/// How many characters a reference has at most.
const REFERENCE: usize = 60;

/// What a file does, or would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Rows that were not there.
    pub added: u64,
    /// Rows that were there, and of which the file says more.
    pub changed: u64,
    /// Rows that were there as the file says.
    pub unchanged: u64,
}

/// What a line of a kind of file tells.
trait Told: Sized + PartialEq {
    const FILE: MoneyFile;

    /// What it is known by.
    fn reference(&self) -> &str;

    /// Another row of the same file that it names.
    fn other(&self) -> Option<&str> {
        None
    }

    /// Reads a line; there is none where a fault is told.
    fn read(cells: &mut Reading) -> Option<Self>;

    /// What it says, by column; what is absent is empty.
    fn cells(self) -> Vec<Option<Value>>;

    /// How it stands to the row of the same reference.
    fn beside(&self, known: &Self) -> Beside {
        if self == known { Beside::Same } else { Beside::Other }
    }

    /// Rows as lines tell them, in the order of their identifiers.
    async fn rows(tx: &mut TenantTx, chosen: Chosen<'_>) -> Result<Vec<(Uuid, Self)>, Failure>;
}

/// How a line stands to a row that is there.
enum Beside {
    /// It tells what is there, or what was.
    Same,
    /// It tells what followed.
    Further,
    /// It tells something else.
    Other,
}

/// The lines of a file, beside the rows that are there.
struct Sheet<T> {
    /// What was read and is not there, or tells more than is there.
    fresh: Vec<(u64, T, Option<Uuid>)>,
    /// The rows that the file names.
    known: BTreeMap<String, (Uuid, T)>,
    taken: Taken,
}

/// What becomes of a file.
#[derive(Default)]
struct Taken {
    done: Done,
    events: Vec<Event>,
    faults: Vec<(u64, Fault)>,
    /// The rows that were added, with what they are known by.
    kept: Vec<(Uuid, String)>,
}

/// Takes what a file tells and is not there yet: all of it, or nothing with what is wrong with each line. A dry run takes nothing.
///
/// It counts in the quarter in which it is taken, as the books never change a quarter that was disclosed.
pub async fn import(
    app: &App,
    session: &Session,
    file: MoneyFile,
    lines: Vec<Line>,
    dry_run: bool,
) -> Result<Done, Failure> {
    if lines.is_empty() || lines.len() > MOST {
        let refusal = Refusal::invalid("money_file.bad_file", "body", format!("send 1 to {MOST} lines"));
        return Err(refusal.with_fix("send a longer file in parts, one after the other").into());
    }
    let mut tx = app.db.write(&session.ctx).await?;
    // Of two equal files at once the second one finds what the first one brought.
    funds::hold_opening(&mut tx).await?;
    let taken = match file {
        MoneyFile::Entries => entries::take(&mut tx, session, lines).await,
        MoneyFile::Provisions => provisions::take(&mut tx, session, lines).await,
        MoneyFile::Draws => draws::take(&mut tx, session, lines).await,
        MoneyFile::Campaigns => campaigns::take(&mut tx, session, lines).await,
        MoneyFile::Pledges => pledges::take(&mut tx, session, lines).await,
    };
    let Taken { done, mut events, faults, kept } = taken?;
    require_sound("money_file.bad_line", faults)?;
    if dry_run || events.is_empty() {
        return Ok(done);
    }
    references::keep(&mut tx, file, &kept).await?;
    let first = events.remove(0);
    Ok(tx.commit_with(first, events, done).await?)
}

/// A part of a file of all there is, of pledges for administrators of the whole city alone, after a row, and the last row in it; none when the file is over. The first part of CSV begins with the header.
pub async fn export(
    app: &App,
    session: &Session,
    file: MoneyFile,
    format: Format,
    after: Option<Option<Uuid>>,
) -> Result<Option<(Option<Uuid>, Vec<u8>)>, Failure> {
    if file == MoneyFile::Pledges {
        // Who gives how much is told to nobody else.
        session.require_role(Role::Administrator, &session.root()?)?;
    }
    let mut tx = app.db.read(&session.ctx).await?;
    match file {
        MoneyFile::Entries => written::<entries::Line>(&mut tx, format, after).await,
        MoneyFile::Provisions => written::<provisions::Line>(&mut tx, format, after).await,
        MoneyFile::Draws => written::<draws::Line>(&mut tx, format, after).await,
        MoneyFile::Campaigns => written::<campaigns::Line>(&mut tx, format, after).await,
        MoneyFile::Pledges => written::<pledges::Line>(&mut tx, format, after).await,
    }
}

async fn written<T: Told>(
    tx: &mut TenantTx,
    format: Format,
    after: Option<Option<Uuid>>,
) -> Result<Option<(Option<Uuid>, Vec<u8>)>, Failure> {
    const ROWS: u16 = 1_000;
    let rows = match after {
        // There is nothing at all, and the header is told.
        Some(None) => return Ok(None),
        after => T::rows(tx, Chosen::After(after.flatten(), ROWS)).await?,
    };
    let (mut bytes, columns) = (Vec::new(), T::FILE.columns());
    if after.is_none() && format == Format::Csv {
        line(&mut bytes, columns.iter())?;
    }
    let last = rows.last().map(|(id, _)| *id);
    for (_, row) in rows {
        row_of(&mut bytes, format, columns, row.cells())?;
    }
    Ok((!bytes.is_empty()).then_some((last, bytes)))
}

impl<T: Told> Sheet<T> {
    /// Reads lines, and tells those that are there already from the others.
    async fn read(tx: &mut TenantTx, lines: Vec<Line>) -> Result<Self, Failure> {
        let (mut taken, mut read) = (Taken::default(), Vec::with_capacity(lines.len()));
        for (number, cells) in lines {
            let line = cells.and_then(|cells| {
                let mut reading = Reading::new(cells);
                let line = T::read(&mut reading);
                reading.end(T::FILE.columns(), line)
            });
            match line {
                Ok(line) => read.push((number, line)),
                Err(found) => taken.faults.extend(found.into_iter().map(|fault| (number, fault))),
            }
        }
        let named = read.iter().flat_map(|(_, it)| [Some(it.reference()), it.other()]).flatten();
        let known = known::<T>(tx, named.map(str::to_owned).collect()).await?;
        let (mut fresh, mut seen) = (Vec::new(), BTreeSet::new());
        for (number, line) in read {
            let there = known.get(line.reference());
            if !seen.insert(line.reference().to_owned()) {
                taken.fault(number, "reference", "an earlier line has it", "give each line another one");
                continue;
            }
            match there.map(|(id, row)| (*id, line.beside(row))) {
                None => fresh.push((number, line, None)),
                Some((id, Beside::Further)) => fresh.push((number, line, Some(id))),
                Some((_, Beside::Same)) => taken.done.unchanged += 1,
                Some((_, Beside::Other)) => {
                    let detail = "what is there under this reference is something else";
                    taken.fault(number, "reference", detail, "give it another one, and undo what was wrong");
                }
            }
        }
        Ok(Self { fresh, known, taken })
    }
}

impl Taken {
    fn fault(&mut self, number: u64, column: &str, detail: impl Into<String>, fix: impl Into<String>) {
        self.faults.push((number, Fault::new(column, detail, fix)));
    }

    /// Notes that a row was added.
    fn added(&mut self, id: Uuid, reference: String, event: Event) {
        self.done.added += 1;
        self.kept.push((id, reference));
        self.events.push(event);
    }
}

/// The rows of a file that references name.
async fn known<T: Told>(tx: &mut TenantTx, named: BTreeSet<String>) -> Result<BTreeMap<String, (Uuid, T)>, Failure> {
    let named: Vec<_> = named.into_iter().collect();
    let ids = references::subjects(tx, T::FILE, &named).await?;
    let rows = T::rows(tx, Chosen::Ids(&ids)).await?;
    Ok(rows.into_iter().map(|(id, row)| (row.reference().to_owned(), (id, row))).collect())
}

/// What rows are known by: what a file called them, or their identifiers.
async fn names(tx: &mut TenantTx, file: MoneyFile, ids: &[Uuid]) -> Result<BTreeMap<Uuid, String>, Failure> {
    let given = references::of(tx, file, ids).await?;
    Ok(ids.iter().map(|id| (*id, given.get(id).cloned().unwrap_or_else(|| id.to_string()))).collect())
}

/// What was found of the resolutions and items that lines name.
#[derive(Default)]
struct Purposes(BTreeMap<(Purpose, String), Result<(), Fault>>);

impl Purposes {
    /// Whether money or goods of the unit on a path may be for something.
    async fn served(&mut self, tx: &mut WriteTx, purpose: Purpose, path: &str) -> Result<Result<(), Fault>, Failure> {
        let key = (purpose, path.to_owned());
        if let Some(found) = self.0.get(&key) {
            return Ok(found.clone());
        }
        let found = match require_served(tx, purpose, path).await {
            Ok(()) => Ok(()),
            Err(Failure::Refused(refusal)) => Err(fault("resolution", refusal)),
            Err(other) => return Err(other),
        };
        self.0.insert(key, found.clone());
        Ok(found)
    }
}
