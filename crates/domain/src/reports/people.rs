//! How many different people took part, so that any number of months can be asked for without counting anybody anew.
//!
//! Each month in which somebody took part is kept with the month of the time before. Of some months in a row, the different people are then those whose
//! time before lies before the first of these months: a sum of counters, exact, and it adds up.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, NaiveDate};

/// The month before which nobody took part.
pub const NEVER: NaiveDate = NaiveDate::from_ymd_opt(1, 1, 1).expect("a day");

/// A month in which somebody took part, and the one of the time before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pair {
    /// The first day of the month.
    pub month: NaiveDate,
    /// The first day of the month of the time before; [`NEVER`] where there was none.
    pub before: NaiveDate,
}

/// The pairs of one person in each unit, from the units and days of taking part; whoever takes part in a unit does so in those above.
pub fn pairs<'a, U: Copy + Ord + 'a>(
    taken: impl IntoIterator<Item = (U, NaiveDate)>,
    above: impl Fn(U) -> &'a [U],
) -> BTreeSet<(U, Pair)> {
    let mut months: BTreeMap<U, BTreeSet<NaiveDate>> = BTreeMap::new();
    for (unit, day) in taken {
        let month = day.with_day(1).unwrap_or(day);
        for unit in above(unit) {
            months.entry(*unit).or_default().insert(month);
        }
    }
    let pairs = months.into_iter().flat_map(|(unit, months)| {
        let mut before = NEVER;
        months.into_iter().map(move |month| (unit, Pair { month, before: std::mem::replace(&mut before, month) }))
    });
    pairs.collect()
}
