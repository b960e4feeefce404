//! Money (經費): double entry in integer fen, one hundredth of a yuan. No entry is ever edited; what was wrong is reversed by another one.

mod balances;
mod files;
mod quarters;

#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{FundId, ItemId, Refusal, ResolutionId, UnitId, workflow::coded};

pub use balances::{Balances, apply};
pub use files::MoneyFile;
pub use quarters::{NotAQuarter, Quarter};

/// The largest amount: the largest integer that the record holds exactly (2^53 - 1).
pub const MOST_FEN: u64 = (1 << 53) - 1;

coded! {
    /// Where a fund's money comes from.
    FundKind {
        /// The budget per head (人均经费).
        Budget = "budget",
        /// A special fund (专项资金).
        Special = "special",
        /// Donations and crowdfunding (捐赠、众筹).
        Donations = "donations",
    }
}

coded! {
    /// What an account holds, of one fund in one unit.
    AccountKind {
        /// What is set aside for a resolution or an action item, and not spent.
        Allocated = "allocated",
        /// What may still be allocated or transferred.
        Available = "available",
        /// What came in; it is negative, for what came in stands elsewhere.
        Income = "income",
        /// What was paid out.
        Spent = "spent",
    }
}

coded! {
    /// What an entry does.
    EntryKind {
        /// Income by the budget per head.
        Budget = "budget",
        /// Income by a grant from outside.
        Grant = "grant",
        /// Income by a donation.
        Donation = "donation",
        /// Income by a crowdfunding that reached its goal.
        Crowdfunding = "crowdfunding",
        /// Moves available money to another unit or another fund.
        Transfer = "transfer",
        /// Sets available money aside for a resolution or an action item.
        Allocation = "allocation",
        /// Makes what was set aside available again.
        Release = "release",
        /// Pays for a resolution or an action item out of what was set aside for it.
        Spending = "spending",
    }
}

coded! {
    /// What money was spent on, as the disclosure sums it up.
    SpendingKind {
        /// Building and repair.
        Works = "works",
        /// Equipment and material.
        Equipment = "equipment",
        /// Services that were bought.
        Services = "services",
        /// Meetings and publicity.
        Meetings = "meetings",
        /// Help to residents in need.
        Assistance = "assistance",
        /// Anything else.
        Other = "other",
    }
}

coded! {
    /// How a crowdfunding stands.
    CampaignState {
        /// It takes pledges.
        Open = "open",
        /// The goal was reached, and the money is in the fund.
        Collected = "collected",
        /// The goal was not reached, and nobody owes anything.
        Released = "released",
    }
}

/// What money or goods are for: a resolution, or one of its action items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purpose {
    /// The resolution.
    pub resolution: ResolutionId,
    /// The action item, where it is for this one alone.
    pub item: Option<ItemId>,
}

/// An account. Accounts sort as the database sorts them, kinds by their codes, and are locked in that order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    /// The fund.
    pub fund: FundId,
    /// The unit whose money it is.
    pub unit: UnitId,
    /// What it holds.
    pub kind: AccountKind,
    /// What the money is set aside for, of allocated money alone.
    pub purpose: Option<Purpose>,
}

/// What an entry does to one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The account.
    pub account: Account,
    /// By how much it changes, in fen.
    pub fen: i64,
}

impl Account {
    /// The account of a kind that is for nothing in particular.
    pub const fn new(fund: FundId, unit: UnitId, kind: AccountKind) -> Self {
        Self { fund, unit, kind, purpose: None }
    }

    /// The account of what is set aside for something.
    pub const fn allocated(fund: FundId, unit: UnitId, purpose: Purpose) -> Self {
        Self { fund, unit, kind: AccountKind::Allocated, purpose: Some(purpose) }
    }

    /// The resolution and the action item as the database keeps them: nil where there is none.
    pub fn purpose_ids(&self) -> [Uuid; 2] {
        let Some(Purpose { resolution, item }) = self.purpose else { return [Uuid::nil(); 2] };
        [resolution.uuid(), item.map_or(Uuid::nil(), ItemId::uuid)]
    }
}

/// Moves an amount from one account to another one.
pub fn movement(from: Account, to: Account, fen: u64) -> Result<Vec<Posting>, Refusal> {
    let exact = i64::try_from(fen).ok().filter(|it| *it > 0 && fen <= MOST_FEN);
    let Some(fen) = exact else {
        let text = format!("an amount lies between 1 and {MOST_FEN} fen");
        return Err(Refusal::invalid("entry.bad_amount", "amount_fen", text));
    };
    if from == to {
        let text = "money moves between two accounts, and these are the same";
        return Err(Refusal::invalid("entry.nowhere", "to_unit", text).with_fix("name another unit or another fund"));
    }
    Ok(vec![Posting { account: from, fen: -fen }, Posting { account: to, fen }])
}

/// What an entry of a kind does to accounts of a fund's unit: a transfer needs another fund or unit, and whatever is set aside what it is for.
pub fn postings(
    kind: EntryKind,
    (fund, unit): (FundId, UnitId),
    to: Option<(FundId, UnitId)>,
    purpose: Option<Purpose>,
    fen: u64,
) -> Result<Vec<Posting>, Refusal> {
    let of = |kind| Account::new(fund, unit, kind);
    let allocated = || {
        let unnamed = || Refusal::invalid("allocation.for_nothing", "resolution", "nothing says what it is for");
        let purpose = purpose.ok_or_else(|| unnamed().with_fix("name the resolution that it is for"))?;
        Ok::<_, Refusal>(Account::allocated(fund, unit, purpose))
    };
    let (from, to) = match kind {
        EntryKind::Budget | EntryKind::Grant | EntryKind::Donation | EntryKind::Crowdfunding => {
            (of(AccountKind::Income), of(AccountKind::Available))
        }
        EntryKind::Transfer => {
            let (fund, unit) = to.unwrap_or((fund, unit));
            (of(AccountKind::Available), Account::new(fund, unit, AccountKind::Available))
        }
        EntryKind::Allocation => (of(AccountKind::Available), allocated()?),
        EntryKind::Release => (allocated()?, of(AccountKind::Available)),
        EntryKind::Spending => (allocated()?, of(AccountKind::Spent)),
    };
    movement(from, to, fen)
}

/// What undoes an entry.
pub fn reversed(postings: &[Posting]) -> Vec<Posting> {
    postings.iter().map(|it| Posting { fen: -it.fen, ..*it }).collect()
}

/// The budget of a unit for a year: fen a head times its residents; none beyond what the record holds.
pub fn budget_fen(per_head_fen: u64, residents: u64) -> Option<u64> {
    per_head_fen.checked_mul(residents).filter(|fen| (1..=MOST_FEN).contains(fen))
}
