//! The books: money comes in, moves, is set aside, pays for what was resolved, and what was wrong is reversed.

use std::collections::BTreeSet;

use serde_json::json;
use yishi_domain::{
    Ctx, Digest, EntryId, Event, FundId, Refusal, UnitId,
    money::{Account, EntryKind, Posting, Purpose, SpendingKind, apply, budget_fen, postings, reversed},
};
use yishi_store::{
    WriteTx,
    entries::{self, Entry, Spent},
    funds::{self as accounts, Fund},
    items, resolutions,
};

use crate::{
    App,
    cases::{self, require_text},
    directory::require_unit,
    events::{commit_to, event},
    execution, facts,
    failures::Failure,
    funds::{self, require_unit_of},
    sessions::Session,
};

pub use yishi_store::entries as stored;

/// How many units one request budgets at most.
pub const MOST_UNITS: usize = 1_000;

/// A budget per head.
#[derive(Clone, Debug)]
pub struct Budget {
    /// Fen a resident and year.
    pub per_head_fen: u64,
    /// The year.
    pub year: u16,
    /// Each unit with its residents; where they are not given, those whom its population has today.
    pub units: Vec<(UnitId, Option<u64>)>,
}

/// Money to move.
#[derive(Clone, Debug)]
pub struct Amount {
    /// The unit whose money it is.
    pub unit: UnitId,
    /// How much, in fen.
    pub fen: u64,
    /// What it is about.
    pub note: String,
}

/// A payment.
#[derive(Clone, Debug)]
pub struct Payment {
    /// What it is for.
    pub purpose: Purpose,
    /// What on.
    pub kind: SpendingKind,
    /// The number of its voucher.
    pub voucher: String,
    /// The SHA-256 digest of the voucher's scan.
    pub scan: Digest,
}

/// An entry to book.
pub(crate) struct NewEntry {
    /// Its identifier, where it was named before it is booked.
    pub id: Option<EntryId>,
    pub fund: FundId,
    pub kind: EntryKind,
    pub note: String,
    pub spent: Option<Spent>,
    pub reverses: Option<EntryId>,
    pub postings: Vec<Posting>,
}

impl NewEntry {
    pub(crate) fn new(fund: FundId, kind: EntryKind, note: String, postings: Vec<Posting>) -> Self {
        Self { id: None, fund, kind, note, spent: None, reverses: None, postings }
    }
}

/// Budgets units by their residents: an entry for each of them, or none.
pub async fn budget(app: &App, session: &Session, id: FundId, budget: Budget) -> Result<Vec<EntryId>, Failure> {
    let ctx = &session.ctx;
    let Budget { per_head_fen, year, units } = budget;
    let distinct: BTreeSet<_> = units.iter().map(|(unit, _)| unit).collect();
    if units.is_empty() || units.len() > MOST_UNITS || distinct.len() < units.len() {
        let text = format!("name 1 to {MOST_UNITS} units, each once");
        return Err(Refusal::invalid("budget.bad_units", "units", text).into());
    }
    let mut tx = app.db.write(ctx).await?;
    let fund = funds::require(&mut tx, id).await?;
    session.require_reach(&fund.path)?;
    let mut list = Vec::with_capacity(units.len());
    for (i, (unit, residents)) in units.into_iter().enumerate() {
        let place = require_unit_of(&mut tx, &fund, unit, &format!("units[{i}].unit")).await?;
        let residents = match residents {
            Some(residents) => residents,
            None => {
                let known = facts::population_of(&mut tx, &place.path, ctx.now.date_naive()).await?;
                let unknown = || {
                    let text = "nobody has said yet how many live in this unit";
                    Refusal::invalid("budget.no_population", format!("units[{i}].residents"), text)
                        .with_fix("give their number here, or record the population as a fact first")
                };
                known.ok_or_else(unknown)?.population.residents
            }
        };
        let fen = budget_fen(per_head_fen, residents).ok_or_else(|| {
            let text = "the amount a head times the residents is nothing, or more than an account holds";
            Refusal::invalid("budget.bad_amount", format!("units[{i}].residents"), text)
        })?;
        let note = format!("{year}: {residents} x {per_head_fen} fen");
        let postings = postings(EntryKind::Budget, (id, unit), None, None, fen)?;
        list.push(NewEntry::new(id, EntryKind::Budget, note, postings));
    }
    let booked = book(&mut tx, ctx, list).await?;
    commit(tx, booked, |ids| ids).await
}

/// Books what comes in from outside: a donation or a grant.
pub async fn receive(
    app: &App,
    session: &Session,
    id: FundId,
    kind: EntryKind,
    amount: Amount,
) -> Result<EntryId, Failure> {
    let (mut tx, _) = begin(app, session, id, &amount).await?;
    let postings = postings(kind, (id, amount.unit), None, None, amount.fen)?;
    let booked = book(&mut tx, &session.ctx, vec![NewEntry::new(id, kind, amount.note, postings)]).await?;
    commit(tx, booked, first).await
}

/// Moves available money to another unit, or into another fund.
pub async fn transfer(
    app: &App,
    session: &Session,
    id: FundId,
    amount: Amount,
    to_fund: FundId,
    to_unit: UnitId,
) -> Result<EntryId, Failure> {
    let (mut tx, _) = begin(app, session, id, &amount).await?;
    let target = funds::require(&mut tx, to_fund).await?;
    require_unit_of(&mut tx, &target, to_unit, "to_unit").await?;
    let postings = postings(EntryKind::Transfer, (id, amount.unit), Some((to_fund, to_unit)), None, amount.fen)?;
    let new = NewEntry::new(id, EntryKind::Transfer, amount.note, postings);
    let booked = book(&mut tx, &session.ctx, vec![new]).await?;
    commit(tx, booked, first).await
}

/// Sets available money aside for a resolution or an action item, or makes what was set aside available again.
pub async fn set_aside(
    app: &App,
    session: &Session,
    id: FundId,
    kind: EntryKind,
    amount: Amount,
    purpose: Purpose,
) -> Result<EntryId, Failure> {
    let (mut tx, path) = begin(app, session, id, &amount).await?;
    require_served(&mut tx, purpose, &path).await?;
    let postings = postings(kind, (id, amount.unit), None, Some(purpose), amount.fen)?;
    let booked = book(&mut tx, &session.ctx, vec![NewEntry::new(id, kind, amount.note, postings)]).await?;
    commit(tx, booked, first).await
}

/// Pays for a resolution or an action item, with a voucher, out of what was set aside for it.
pub async fn spend(
    app: &App,
    session: &Session,
    id: FundId,
    amount: Amount,
    payment: Payment,
) -> Result<EntryId, Failure> {
    let Payment { purpose, kind, voucher, scan } = payment;
    require_text("voucher.bad_number", "voucher.number", &voucher, 60)?;
    let (mut tx, path) = begin(app, session, id, &amount).await?;
    require_served(&mut tx, purpose, &path).await?;
    let postings = postings(EntryKind::Spending, (id, amount.unit), None, Some(purpose), amount.fen)?;
    let spent = Some(Spent { kind, voucher, scan });
    let new = NewEntry { spent, ..NewEntry::new(id, EntryKind::Spending, amount.note, postings) };
    let booked = book(&mut tx, &session.ctx, vec![new]).await?;
    commit(tx, booked, first).await
}

/// Undoes an entry by another one, once; it counts in the quarter in which it is booked.
pub async fn reverse(app: &App, session: &Session, id: EntryId, reason: String) -> Result<EntryId, Failure> {
    require_text("entry.bad_note", "reason", &reason, 500)?;
    let mut tx = app.db.write(&session.ctx).await?;
    let unknown = || Refusal::not_found("entry.unknown", "there is no such entry in this tenant");
    let entry = entries::find(&mut tx, id).await?.ok_or_else(unknown)?;
    if entry.reverses.is_some() {
        let text = "a reversal is not reversed";
        return Err(Refusal::conflict("entry.is_reversal", text).with_fix("book again what was right").into());
    }
    for posting in &entry.postings {
        let unit = require_unit(&mut tx, posting.account.unit, "entry").await?;
        session.require_reach(&unit.path)?;
    }
    let Entry { fund, kind, spent, postings, .. } = entry;
    let new = NewEntry::new(fund, kind, reason, reversed(&postings));
    let new = NewEntry { spent, reverses: Some(id), ..new };
    let booked = book(&mut tx, &session.ctx, vec![new]).await?;
    commit(tx, booked, first).await
}

/// Lists the entries of a fund after one, in the order in which they were booked.
pub async fn list(
    app: &App,
    session: &Session,
    id: FundId,
    after: Option<EntryId>,
    limit: u16,
) -> Result<Vec<Entry>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    funds::require(&mut tx, id).await?;
    Ok(entries::page(&mut tx, id, after, limit).await?)
}

/// Books entries: holds all their accounts, in order, applies one after the other, and tells each in an event.
pub(crate) async fn book(
    tx: &mut WriteTx,
    ctx: &Ctx,
    list: Vec<NewEntry>,
) -> Result<(Vec<EntryId>, Vec<Event>), Failure> {
    let named: BTreeSet<_> = list.iter().flat_map(|it| it.postings.iter().map(|it| it.account)).collect();
    let mut balances = accounts::lock(tx, &named).await?;
    let mut kept: Vec<Fund> = Vec::new();
    for id in named.iter().map(|it| it.fund).collect::<BTreeSet<_>>() {
        kept.push(funds::require(tx, id).await?);
    }
    let may_overdraw = |id| kept.iter().any(|it| it.id == id && it.may_overdraw);
    let (mut ids, mut events) = (Vec::with_capacity(list.len()), Vec::with_capacity(list.len()));
    for new in list {
        apply(&mut balances, &new.postings, may_overdraw)?;
        let NewEntry { id, fund, kind, note, spent, reverses, postings } = new;
        let id = id.unwrap_or_else(|| ctx.new_id());
        let entry = Entry { id, fund, kind, booked_at: ctx.now, note, spent, reverses, postings };
        if !entries::insert(tx, &entry).await? {
            return Err(Refusal::conflict("entry.reversed", "it was reversed before").into());
        }
        keep_voucher(tx, &entry).await?;
        events.push(booked(ctx, &entry));
        ids.push(entry.id);
    }
    accounts::save(tx, &balances).await?;
    Ok((ids, events))
}

/// Takes the number of a spending's voucher, or frees it where the spending is reversed.
async fn keep_voucher(tx: &mut WriteTx, entry: &Entry) -> Result<(), Failure> {
    let Some(Spent { voucher, .. }) = &entry.spent else { return Ok(()) };
    if entry.reverses.is_some() {
        return Ok(entries::free_voucher(tx, entry.fund, voucher).await?);
    }
    if !entries::take_voucher(tx, entry.fund, voucher, entry.id).await? {
        let text = "a voucher of this number has paid out of this fund";
        return Err(Refusal::conflict("voucher.used", text)
            .with_fix("give the number of another voucher, or reverse what it paid")
            .into());
    }
    Ok(())
}

fn booked(ctx: &Ctx, entry: &Entry) -> Event {
    let posting = |it: &Posting| {
        let Account { fund, unit, kind, purpose } = it.account;
        let resolution = purpose.map(|it| it.resolution);
        let mut told = json!({"fund": fund, "unit": unit, "account": kind, "resolution": resolution, "fen": it.fen});
        if let Some(item) = purpose.and_then(|it| it.item) {
            told["item"] = json!(item);
        }
        told
    };
    let spent = entry.spent.as_ref().map(|it| json!({"kind": it.kind, "voucher": it.voucher, "scan": it.scan}));
    let body = json!({
        "entry": entry.id, "kind": entry.kind, "spent": spent, "reverses": entry.reverses,
        "postings": entry.postings.iter().map(posting).collect::<Vec<_>>(),
    });
    commit_to(ctx, event(ctx, "entry.booked", entry.fund.uuid(), body), "note", entry.note.as_str())
}

/// Begins to book an amount: the fund holds money of the unit, and the caller's role reaches it. Gives the unit's path.
async fn begin(app: &App, session: &Session, id: FundId, amount: &Amount) -> Result<(WriteTx, String), Failure> {
    require_text("entry.bad_note", "note", &amount.note, 500)?;
    let mut tx = app.db.write(&session.ctx).await?;
    let fund = funds::require(&mut tx, id).await?;
    let unit = require_unit_of(&mut tx, &fund, amount.unit, "unit").await?;
    session.require_reach(&unit.path)?;
    Ok((tx, unit.path))
}

/// Refuses a resolution that lies outside the unit whose money it is, for a street may pay for its communities, and an action item of another one.
pub(crate) async fn require_served(tx: &mut WriteTx, purpose: Purpose, path: &str) -> Result<(), Failure> {
    let resolution = resolutions::find(tx, purpose.resolution).await?.ok_or_else(execution::unknown)?;
    let topic = cases::find(tx, resolution.topic).await?;
    if !topic.path.starts_with(path) {
        let text = "the resolution is of a unit that does not lie under this one";
        return Err(Refusal::invalid("allocation.elsewhere", "resolution", text).into());
    }
    if resolution.set_aside_at.is_some() {
        return Err(Refusal::conflict("resolution.set_aside", "an objection set the resolution aside").into());
    }
    if let Some(id) = purpose.item
        && items::find(tx, id).await?.is_none_or(|it| it.resolution != purpose.resolution)
    {
        let refusal = Refusal::invalid("allocation.bad_item", "item", "the resolution has no such action item");
        return Err(refusal.with_fix("name one of the resolution's items, or none").into());
    }
    Ok(())
}

async fn commit<A: serde::Serialize>(
    tx: WriteTx,
    (ids, mut events): (Vec<EntryId>, Vec<Event>),
    answer: impl FnOnce(Vec<EntryId>) -> A,
) -> Result<A, Failure> {
    let told = events.remove(0);
    Ok(tx.commit_with(told, events, answer(ids)).await?)
}

fn first(ids: Vec<EntryId>) -> EntryId {
    ids[0]
}
