//! What accounts hold, and what an entry makes of it.

use std::collections::BTreeMap;

use super::{Account, AccountKind, MOST_FEN, Posting};
use crate::{FundId, Refusal};

/// Accounts with what they hold, in fen.
pub type Balances = BTreeMap<Account, i64>;

/// Applies an entry to balances: all of it, or nothing where it is refused.
///
/// An entry's postings must add up to nothing. What is set aside cannot be spent twice, and available money goes below nothing only in a fund
/// that `may_overdraw`.
pub fn apply(
    balances: &mut Balances,
    postings: &[Posting],
    may_overdraw: impl Fn(FundId) -> bool,
) -> Result<(), Refusal> {
    if postings.is_empty() || postings.iter().map(|it| i128::from(it.fen)).sum::<i128>() != 0 {
        return Err(Refusal::conflict("entry.unbalanced", "the postings of an entry must add up to nothing"));
    }
    let mut after = BTreeMap::new();
    for posting in postings {
        let now = after.entry(posting.account);
        let now = now.or_insert_with(|| balances.get(&posting.account).copied().unwrap_or_default());
        *now = now.checked_add(posting.fen).filter(|it| it.unsigned_abs() <= MOST_FEN).ok_or_else(|| {
            Refusal::conflict("account.too_large", format!("an account holds at most {MOST_FEN} fen"))
        })?;
    }
    for (account, fen) in &after {
        let before = balances.get(account).copied().unwrap_or_default();
        let lacks = *fen < 0 && *fen < before;
        match account.kind {
            AccountKind::Available if lacks && !may_overdraw(account.fund) => {
                let text = format!("{before} fen are available there, {} fen too little", fen.unsigned_abs());
                let refusal = Refusal::conflict("fund.overdrawn", text);
                return Err(refusal.with_fix("take less, or bring money in first"));
            }
            AccountKind::Allocated if lacks => {
                let text = format!("{before} fen are set aside for it, {} fen too little", fen.unsigned_abs());
                let refusal = Refusal::conflict("allocation.exceeded", text);
                return Err(refusal.with_fix("take less, or set more aside first"));
            }
            _ => {}
        }
    }
    balances.extend(after);
    Ok(())
}
