//! The books balance, whatever is done.

use chrono::FixedOffset;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn fund(n: u128) -> FundId {
    FundId(Uuid::from_u128(n))
}

fn unit(n: u128) -> UnitId {
    UnitId(Uuid::from_u128(n))
}

/// One of four purposes: two resolutions, each of them as a whole and one action item of it.
fn purpose(n: u128) -> Purpose {
    let item = (n >= 2).then(|| ItemId(Uuid::from_u128(n)));
    Purpose { resolution: ResolutionId(Uuid::from_u128(n % 2)), item }
}

proptest! {
    #[test]
    fn the_books_balance_after_any_sequence_of_acts(
        acts in prop::collection::vec(
            (prop::sample::select(EntryKind::ALL), 0_u128..2, 0_u128..2, 0_u128..3, 0_u128..3, 0_u128..4, 0_u64..500, any::<prop::sample::Index>(), prop::bool::weighted(0.3)),
            1..80,
        ),
    ) {
        // The second fund may be overdrawn, the first may not.
        let may_overdraw = |it: FundId| it == fund(1);
        let mut balances = Balances::new();
        let mut booked: Vec<(Vec<Posting>, bool)> = Vec::new();
        for (kind, from_fund, to_fund, from, to, of, fen, which, reverse) in acts {
            let entry = match booked.len() {
                many if reverse && many > 0 => {
                    let i = which.index(many);
                    if booked[i].1 {
                        continue;
                    }
                    booked[i].1 = true;
                    Ok(reversed(&booked[i].0))
                }
                // Small books of three units, two funds and four purposes, so that acts meet.
                _ => {
                    let [from, to] = [(from_fund, from), (to_fund, to)].map(|it| (fund(it.0), unit(it.1)));
                    postings(kind, from, Some(to), Some(purpose(of)), fen)
                }
            };
            let before = balances.clone();
            match entry.and_then(|entry| apply(&mut balances, &entry, may_overdraw).map(|()| entry)) {
                Ok(entry) => booked.push((entry, reverse)),
                Err(_) => prop_assert_eq!(&before, &balances, "what is refused changes nothing"),
            }
            prop_assert_eq!(balances.values().sum::<i64>(), 0);
            for (account, fen) in &balances {
                let guarded = match account.kind {
                    AccountKind::Available => account.fund == fund(0),
                    AccountKind::Allocated => true,
                    _ => false,
                };
                prop_assert!(!guarded || *fen >= 0, "{account:?} holds {fen}");
            }
        }
    }
}

#[test]
fn an_entry_that_does_not_balance_is_refused_and_so_is_one_without_postings() {
    let account = Account::new(fund(0), unit(0), AccountKind::Available);
    for postings in [vec![], vec![Posting { account, fen: 1 }]] {
        let refused = apply(&mut Balances::new(), &postings, |_| true).expect_err("unbalanced");
        assert_eq!(refused.code, "entry.unbalanced");
    }
}

#[test]
fn an_overdrawn_fund_takes_money_in_but_gives_none() {
    let (income, available) = (AccountKind::Income, AccountKind::Available);
    let [income, available] = [income, available].map(|kind| Account::new(fund(0), unit(0), kind));
    let mut balances = Balances::from([(available, -500)]);
    let donated = movement(income, available, 200).expect("an amount");
    apply(&mut balances, &donated, |_| false).expect("it becomes less");
    assert_eq!(balances[&available], -300);
    let refused = apply(&mut balances, &reversed(&donated), |_| false).expect_err("it would become more");
    assert_eq!(refused.code, "fund.overdrawn");
}

#[test]
fn an_amount_is_more_than_nothing_and_moves_between_two_accounts() {
    let [a, b] = [0, 1].map(|it| Account::new(fund(0), unit(it), AccountKind::Available));
    assert_eq!(movement(a, b, 0).expect_err("nothing").code, "entry.bad_amount");
    assert_eq!(movement(a, b, MOST_FEN + 1).expect_err("inexact").code, "entry.bad_amount");
    assert_eq!(movement(a, a, 1).expect_err("nowhere").code, "entry.nowhere");
    let here = (fund(0), unit(0));
    assert_eq!(postings(EntryKind::Transfer, here, None, None, 1).expect_err("nowhere").code, "entry.nowhere");
    let spending = postings(EntryKind::Spending, here, None, None, 1);
    assert_eq!(spending.expect_err("for nothing").code, "allocation.for_nothing");
    assert_eq!(budget_fen(1_000, 3_000), Some(3_000_000));
    assert_eq!((budget_fen(u64::MAX, 2), budget_fen(10, 0)), (None, None));
}

#[test]
fn accounts_sort_as_the_database_sorts_them() {
    assert!(
        AccountKind::ALL.is_sorted_by_key(|it| it.code()),
        "they are locked in parts, each in the database's order"
    );
    let account = |item| Account::allocated(fund(0), unit(0), Purpose { resolution: ResolutionId(Uuid::max()), item });
    let [whole, item] = [account(None), account(Some(ItemId(Uuid::from_u128(1))))];
    assert!(whole < item && whole.purpose_ids() < item.purpose_ids());
}

#[test]
fn a_quarter_begins_at_midnight_of_its_zone() {
    let zone = FixedOffset::east_opt(8 * 3600).expect("an offset");
    let quarter: Quarter = "2026-Q4".parse().expect("a quarter");
    let (from, to) = quarter.bounds(&zone);
    assert_eq!(
        (from.to_rfc3339(), to.to_rfc3339()),
        ("2026-09-30T16:00:00+00:00".into(), "2026-12-31T16:00:00+00:00".into())
    );
    for bad in ["2026-Q5", "2026-Q0", "2026-Q04", "2026Q4", "1999-Q1", "+2026-Q1"] {
        assert!(bad.parse::<Quarter>().is_err(), "{bad}");
    }
}
