//! Entries of the books: what came in, moved, was set aside and spent, and what undid any of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use uuid::Uuid;
use yishi_domain::{
    Digest, EntryId, ItemId, ResolutionId,
    books::Fault,
    money::{EntryKind, MoneyFile, Purpose, SpendingKind, apply, postings, reversed},
};
use yishi_store::{
    Chosen, TenantTx, WriteTx,
    entries::{self, Entry, Spent},
    funds,
};

use super::{
    Purposes, REFERENCE, Sheet, Taken, Told, names,
    places::{Names, Places, require_held},
};
use crate::{
    bookings::{NewEntry, book},
    failures::Failure,
    lines::{self, Reading, one_of},
    sessions::Session,
};

/// A line.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Line {
    reference: String,
    terms: Terms,
    fen: i64,
    note: String,
    reverses: Option<String>,
}

/// What a reversal has in common with what it undoes.
#[derive(Clone, PartialEq, Eq)]
struct Terms {
    from: Place,
    kind: EntryKind,
    to: Option<Place>,
    purpose: Option<Purpose>,
    spent: Option<Spent>,
}

/// A unit's money in a fund: the code of the unit that keeps the fund, the fund's name, and the code of the unit.
#[derive(Clone, PartialEq, Eq)]
struct Place {
    keeper: String,
    fund: String,
    unit: String,
}

/// An entry that later lines may undo.
struct Standing {
    id: EntryId,
    line: Line,
    undone: bool,
}

impl Told for Line {
    const FILE: MoneyFile = MoneyFile::Entries;

    fn reference(&self) -> &str {
        &self.reference
    }

    fn other(&self) -> Option<&str> {
        self.reverses.as_deref()
    }

    fn read(cells: &mut Reading) -> Option<Self> {
        let reference = cells.text("reference", REFERENCE);
        let from =
            Place { keeper: cells.text("keeper", 20), fund: cells.text("fund", 100), unit: cells.text("unit", 20) };
        let kind = cells.parsed::<EntryKind>("kind", || one_of(EntryKind::ALL.iter().map(|it| it.code())));
        let fen = cells.parsed::<i64>("amount_fen", || "give a whole number of fen that is not 0".into());
        let (note, reverses) = (cells.text("note", 500), cells.optional("reverses", REFERENCE));
        let [to_keeper, to_fund, to_unit] =
            [("to_keeper", 20), ("to_fund", 100), ("to_unit", 20)].map(|(name, most)| cells.optional(name, most));
        let resolution = cells.parsed_if_given::<Uuid>("resolution", || "give its id".into()).map(ResolutionId);
        let item = cells.parsed_if_given::<Uuid>("item", || "give its id".into()).map(ItemId);
        let spent_on = cells.parsed_if_given("spent_on", || one_of(SpendingKind::ALL.iter().map(|it| it.code())));
        let voucher = cells.optional("voucher", 60);
        let scan = cells.parsed_if_given::<Digest>("scan", || "give `sha256:` and 64 hexadecimal digits".into());
        let (kind, fen) = kind.zip(fen)?;
        match (fen, &reverses) {
            (0, _) => cells.fault("amount_fen", "it is nothing", "give a whole number of fen that is not 0"),
            (..0, None) => {
                cells.fault("amount_fen", "it is less than nothing", "name in `reverses` what it undoes");
            }
            (1.., Some(_)) => cells.fault("amount_fen", "it undoes something", "write it below nothing"),
            _ => {}
        }
        let mut only = |name: &str, given: bool, fits: bool, required: bool| match (given, fits) {
            (true, false) => cells.fault(name, format!("no {kind} has one"), "leave it empty"),
            (false, true) if required => cells.fault(name, "it is missing", format!("give it, as each {kind} has one")),
            _ => {}
        };
        let moves = kind == EntryKind::Transfer;
        let served = matches!(kind, EntryKind::Allocation | EntryKind::Release | EntryKind::Spending);
        let pays = kind == EntryKind::Spending;
        only("to_unit", to_unit.is_some(), moves, true);
        only("to_keeper", to_keeper.is_some(), moves, false);
        only("to_fund", to_fund.is_some(), moves, false);
        only("resolution", resolution.is_some(), served, true);
        only("item", item.is_some(), served, false);
        only("spent_on", spent_on.is_some(), pays, true);
        only("voucher", voucher.is_some(), pays, true);
        only("scan", scan.is_some(), pays, true);
        let to = to_unit.map(|unit| Place {
            keeper: to_keeper.unwrap_or_else(|| from.keeper.clone()),
            fund: to_fund.unwrap_or_else(|| from.fund.clone()),
            unit,
        });
        let purpose = resolution.map(|resolution| Purpose { resolution, item });
        let spent = spent_on.zip(voucher).zip(scan).map(|((kind, voucher), scan)| Spent { kind, voucher, scan });
        Some(Self { reference, terms: Terms { from, kind, to, purpose, spent }, fen, note, reverses })
    }

    fn cells(self) -> Vec<Option<Value>> {
        let Self { reference, terms, fen, note, reverses } = self;
        let Terms { from, kind, to, purpose, spent } = terms;
        let [to_keeper, to_fund, to_unit] = match to {
            Some(Place { keeper, fund, unit }) => [keeper, fund, unit].map(Some),
            None => [None, None, None],
        };
        let (resolution, item) = (purpose.map(|it| it.resolution), purpose.and_then(|it| it.item));
        let spent = spent.map(|it| (it.kind.code().to_owned(), it.voucher, it.scan.to_string()));
        let (spent_on, voucher, scan) = match spent {
            Some((kind, voucher, scan)) => (Some(kind), Some(voucher), Some(scan)),
            None => (None, None, None),
        };
        let text = |it: Option<String>| it.map(Value::from);
        vec![
            Some(reference.into()),
            Some(from.keeper.into()),
            Some(from.fund.into()),
            Some(from.unit.into()),
            Some(kind.code().into()),
            Some(fen.into()),
            Some(note.into()),
            text(reverses),
            text(to_keeper),
            text(to_fund),
            text(to_unit),
            text(resolution.map(|it| it.to_string())),
            text(item.map(|it| it.to_string())),
            text(spent_on),
            text(voucher),
            text(scan),
        ]
    }

    async fn rows(tx: &mut TenantTx, chosen: Chosen<'_>) -> Result<Vec<(Uuid, Self)>, Failure> {
        let rows = entries::some(tx, chosen).await?;
        let (units, funds) =
            rows.iter().flat_map(|it| &it.postings).map(|it| (it.account.unit, it.account.fund)).unzip();
        let places = Names::of(tx, units, funds).await?;
        let ids: Vec<_> = rows.iter().flat_map(|it| [Some(it.id), it.reverses]).flatten().map(EntryId::uuid).collect();
        let names = names(tx, Self::FILE, &ids).await?;
        let name = |id: EntryId| names.get(&id.uuid()).cloned().unwrap_or_default();
        rows.into_iter().map(|row| Ok((row.id.uuid(), told(row, &places, name)?))).collect()
    }
}

/// An entry as a line tells it.
fn told(row: Entry, places: &Names, name: impl Fn(EntryId) -> String) -> Result<Line, Failure> {
    let Entry { id, kind, note, spent, reverses, postings, .. } = row;
    let [from, to] = postings[..] else {
        return Err(Failure::Inconsistent(format!("entry {id} does not move money from one account to another one")));
    };
    let place = |fund, unit| {
        let (keeper, fund) = places.fund(fund)?;
        Ok::<_, Failure>(Place { keeper, fund, unit: places.unit(unit)? })
    };
    let target = match kind {
        EntryKind::Transfer => Some(place(to.account.fund, to.account.unit)?),
        _ => None,
    };
    let purpose = from.account.purpose.or(to.account.purpose);
    let terms = Terms { from: place(from.account.fund, from.account.unit)?, kind, to: target, purpose, spent };
    Ok(Line { reference: name(id), terms, fen: to.fen, note, reverses: reverses.map(name) })
}

/// Books what is not there yet.
pub(super) async fn take(tx: &mut WriteTx, session: &Session, lines: Vec<lines::Line>) -> Result<Taken, Failure> {
    let ctx = &session.ctx;
    let Sheet { fresh, known, mut taken } = Sheet::<Line>::read(tx, lines).await?;
    let places = places(tx, &fresh).await?;
    let mut standing = standing(tx, known).await?;
    let spent = fresh.iter().filter_map(|(_, it, _)| it.terms.spent.as_ref());
    let vouchers: Vec<_> = spent.map(|it| it.voucher.clone()).collect();
    let mut paid = entries::paid(tx, &vouchers).await?;
    let mut purposes = Purposes::default();
    let mut list: Vec<(u64, String, NewEntry)> = Vec::with_capacity(fresh.len());
    for (number, line, _) in fresh {
        let new = match entry(session, &places, &mut standing, ctx.new_id(), &line) {
            Ok(new) => new,
            Err(fault) => {
                taken.faults.push((number, fault));
                continue;
            }
        };
        let Terms { from, purpose, spent, .. } = &line.terms;
        if let (Some(purpose), None) = (*purpose, &line.reverses) {
            let path = places.unit("unit", &from.unit).map(|it| it.path.clone());
            let path = path.map_err(|it| Failure::Inconsistent(it.detail))?;
            if let Err(fault) = purposes.served(tx, purpose, &path).await? {
                taken.faults.push((number, fault));
                continue;
            }
        }
        if let Some(Spent { voucher, .. }) = spent {
            let voucher = (new.fund, voucher.clone());
            if line.reverses.is_some() {
                paid.remove(&voucher);
            } else if !paid.insert(voucher) {
                let detail = "a voucher of this number has paid out of this fund";
                taken.fault(number, "voucher", detail, "give the number of another one, or reverse what it paid");
                continue;
            }
        }
        list.push((number, line.reference, new));
    }
    if taken.faults.is_empty() {
        require_covered(tx, &places, &list, &mut taken).await?;
    }
    if taken.faults.is_empty() && !list.is_empty() {
        let (names, list): (Vec<_>, Vec<_>) = list.into_iter().map(|(_, name, new)| (name, new)).unzip();
        let (ids, events) = book(tx, ctx, list).await?;
        for ((id, name), event) in ids.into_iter().zip(names).zip(events) {
            taken.added(id.uuid(), name, event);
        }
    }
    Ok(taken)
}

/// The units and funds that lines name.
async fn places(tx: &mut WriteTx, fresh: &[(u64, Line, Option<Uuid>)]) -> Result<Places, Failure> {
    let (mut codes, mut names) = (BTreeSet::new(), BTreeSet::new());
    for it in fresh.iter().flat_map(|(_, it, _)| [Some(&it.terms.from), it.terms.to.as_ref()]).flatten() {
        codes.extend([it.keeper.clone(), it.unit.clone()]);
        names.insert(it.fund.clone());
    }
    Places::find(tx, codes, names).await
}

/// The entries that lines may undo.
async fn standing(
    tx: &mut WriteTx,
    known: BTreeMap<String, (Uuid, Line)>,
) -> Result<BTreeMap<String, Standing>, Failure> {
    let ids: Vec<_> = known.values().map(|it| it.0).collect();
    let undone = entries::undone(tx, &ids).await?;
    let standing = |(id, line): (Uuid, Line)| Standing { id: EntryId(id), line, undone: undone.contains(&id) };
    Ok(known.into_iter().map(|(name, it)| (name, standing(it))).collect())
}

/// Tells which lines take what is not there, one after the other.
async fn require_covered(
    tx: &mut WriteTx,
    places: &Places,
    list: &[(u64, String, NewEntry)],
    taken: &mut Taken,
) -> Result<(), Failure> {
    let accounts: BTreeSet<_> = list.iter().flat_map(|(_, _, new)| &new.postings).map(|it| it.account).collect();
    if accounts.is_empty() {
        return Ok(());
    }
    let mut balances = funds::lock(tx, &accounts).await?;
    let overdrawn: BTreeSet<_> = places.funds().filter(|it| it.may_overdraw).map(|it| it.id).collect();
    for (number, _, new) in list {
        if let Err(refusal) = apply(&mut balances, &new.postings, |id| overdrawn.contains(&id)) {
            taken.faults.push((*number, lines::fault("amount_fen", refusal)));
        }
    }
    Ok(())
}

/// The entry that a line books, which later lines may undo.
fn entry(
    session: &Session,
    places: &Places,
    standing: &mut BTreeMap<String, Standing>,
    id: EntryId,
    line: &Line,
) -> Result<NewEntry, Fault> {
    let Terms { from, kind, to, purpose, spent } = &line.terms;
    let fund = places.fund(["keeper", "fund"], &from.keeper, &from.fund)?;
    let unit = places.reached(session, "unit", &from.unit)?;
    require_held(fund, unit, "unit")?;
    let target = match to {
        None => None,
        Some(to) => {
            let fund = places.fund(["to_keeper", "to_fund"], &to.keeper, &to.fund)?;
            let unit = match line.reverses {
                // Whoever undoes a transfer takes from the unit that got it.
                Some(_) => places.reached(session, "to_unit", &to.unit)?,
                None => places.unit("to_unit", &to.unit)?,
            };
            require_held(fund, unit, "to_unit")?;
            Some((fund.id, unit.id))
        }
    };
    let done = postings(*kind, (fund.id, unit.id), target, *purpose, line.fen.unsigned_abs());
    let done = done.map_err(|refusal| lines::fault("amount_fen", refusal))?;
    let (postings, reverses) = match &line.reverses {
        None => (done, None),
        Some(reference) => {
            let unknown = || {
                let fix = "put what it undoes on a line before";
                Fault::new("reverses", "nothing that was booked has this reference", fix)
            };
            let undone = standing.get_mut(reference).ok_or_else(unknown)?;
            if undone.undone || undone.line.reverses.is_some() {
                let detail = "that is a reversal, or was reversed before";
                return Err(Fault::new("reverses", detail, "leave the line out, and book again what was right"));
            }
            if (&undone.line.terms, -undone.line.fen) != (&line.terms, line.fen) {
                let detail = "a reversal says what it undoes says, with the amount below nothing";
                return Err(Fault::new("reverses", detail, "write the line so, or name another reference"));
            }
            undone.undone = true;
            (reversed(&done), Some(undone.id))
        }
    };
    standing.insert(line.reference.clone(), Standing { id, line: line.clone(), undone: false });
    let new = NewEntry::new(fund.id, *kind, line.note.clone(), postings);
    Ok(NewEntry { id: Some(id), spent: spent.clone(), reverses, ..new })
}
