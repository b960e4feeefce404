//! Periods: a day, a month, a quarter, a year, from a day to a day, and the phases of the plan.

use std::{fmt, str::FromStr};

use chrono::{Datelike as _, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::workflow::coded;

coded! {
    /// A stretch of the calendar by which counters are kept.
    Grain {
        /// A day.
        Day = "day",
        /// A month.
        Month = "month",
        /// A quarter.
        Quarter = "quarter",
        /// A year.
        Year = "year",
    }
}

impl Grain {
    const fn months(self) -> u32 {
        match self {
            Self::Day => 0,
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        }
    }

    /// The first day of the stretch in which a day lies.
    pub fn start_of(self, day: NaiveDate) -> NaiveDate {
        let month = match self {
            Self::Day => return day,
            Self::Month => day.month(),
            Self::Quarter => day.month0() / 3 * 3 + 1,
            Self::Year => 1,
        };
        NaiveDate::from_ymd_opt(day.year(), month, 1).unwrap_or(day)
    }

    fn begins(self, day: NaiveDate) -> bool {
        self == Self::Day || (day.day() == 1 && day.month0().is_multiple_of(self.months()))
    }

    pub(super) fn next(self, day: NaiveDate) -> NaiveDate {
        let next = match self {
            Self::Day => day.checked_add_days(Days::new(1)),
            _ => day.checked_add_months(Months::new(self.months())),
        };
        next.unwrap_or(NaiveDate::MAX)
    }
}

/// A phase of the plan (§2.4), by which targets are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phase {
    /// Its stable code.
    pub code: &'static str,
    /// Its first year.
    pub from: i32,
    /// The year after its last one.
    pub until: i32,
}

/// The phases, in order: pilot, spread, and everywhere.
pub const PHASES: [Phase; 3] = [
    Phase { code: "pilot", from: 2024, until: 2025 },
    Phase { code: "2025-26", from: 2025, until: 2027 },
    Phase { code: "2027", from: 2027, until: 2028 },
];

/// From a day to the day before another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: NaiveDate,
    /// The first day after it.
    pub until: NaiveDate,
}

/// The text is not a period.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "a period is written as 2026, 2026-Q3, 2026-09, 2026-09-14, 2026-09-14..2026-10-03 (both days within), or as one of the plan's phases: \
     phase:pilot, phase:2025-26, phase:2027; years lie between 1990 and 2199"
)]
pub struct NotAPeriod;

impl Period {
    /// The calendar's own parts of which it is made, the longest first where it can.
    pub fn parts(self) -> Vec<(Grain, NaiveDate)> {
        let (mut parts, mut day) = (Vec::new(), self.from);
        while day < self.until {
            let fits = |grain: &Grain| grain.begins(day) && grain.next(day) <= self.until;
            let grain = Grain::ALL.iter().rev().copied().find(fits).unwrap_or(Grain::Day);
            parts.push((grain, day));
            day = grain.next(day);
        }
        parts
    }

    /// The parts of all that lies before its end: by them is counted what there is at the end.
    pub fn parts_since_ever(self) -> Vec<(Grain, NaiveDate)> {
        Self { from: day(FIRST_YEAR), until: self.until }.parts()
    }

    /// Whether it begins and ends with a month.
    pub fn is_of_months(self) -> bool {
        self.from.day() == 1 && self.until.day() == 1
    }

    /// The period before it: of as many months where it is made of months, else of as many days. A phase follows upon a phase.
    pub fn previous(self) -> Self {
        if let Some(i) = PHASES.iter().position(|it| it.period() == self).filter(|i| *i > 0) {
            return PHASES[i - 1].period();
        }
        let from = match self.months().and_then(|it| u32::try_from(it).ok()) {
            Some(months) => self.from.checked_sub_months(Months::new(months)),
            None => self.from.checked_sub_days(Days::new(self.days().unsigned_abs())),
        };
        Self { from: from.unwrap_or(NaiveDate::MIN), until: self.from }
    }

    /// How many months it is made of; none where it is not made of months.
    pub fn months(self) -> Option<i64> {
        let months = i64::from(self.until.year() - self.from.year()) * 12;
        self.is_of_months().then(|| months + i64::from(self.until.month()) - i64::from(self.from.month()))
    }

    /// How many days it has.
    pub fn days(self) -> i64 {
        (self.until - self.from).num_days()
    }

    /// Its last day.
    pub fn last(self) -> NaiveDate {
        self.until.pred_opt().unwrap_or(self.until)
    }

    /// The phase in which its last day lies, by its place.
    pub fn phase(self) -> Option<usize> {
        PHASES.iter().position(|it| (it.from..it.until).contains(&self.last().year()))
    }
}

/// What lies before is counted with the first day of this year.
const FIRST_YEAR: i32 = 1900;

/// The first day from which anything is counted.
pub(super) fn first_day() -> NaiveDate {
    day(FIRST_YEAR)
}

impl Phase {
    /// Its days.
    pub fn period(self) -> Period {
        Period { from: day(self.from), until: day(self.until) }
    }
}

fn day(year: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or(NaiveDate::MAX)
}

impl FromStr for Period {
    type Err = NotAPeriod;

    fn from_str(text: &str) -> Result<Self, NotAPeriod> {
        if let Some(code) = text.strip_prefix("phase:") {
            return PHASES.iter().find(|it| it.code == code).map(|it| it.period()).ok_or(NotAPeriod);
        }
        // One day has one written form.
        let one_day = |text: &str| text.parse::<NaiveDate>().ok().filter(|day| day.to_string() == text);
        let grain = |grain: Grain, from: NaiveDate| Self { from, until: grain.next(from) };
        let period = if let Some((from, to)) = text.split_once("..") {
            one_day(from).zip(one_day(to)).map(|(from, to)| Self { from, until: Grain::Day.next(to) })
        } else if let Some((year, quarter)) = text.split_once("-Q") {
            let quarter = quarter.parse().ok().filter(|it| (1..=4).contains(it) && quarter.len() == 1);
            year.parse().ok().zip(quarter).and_then(|(year, quarter): (i32, u32)| {
                Some(grain(Grain::Quarter, NaiveDate::from_ymd_opt(year, quarter * 3 - 2, 1)?))
            })
        } else {
            match text.len() {
                4 => one_day(&format!("{text}-01-01")).map(|it| grain(Grain::Year, it)),
                7 => one_day(&format!("{text}-01")).map(|it| grain(Grain::Month, it)),
                _ => one_day(text).map(|it| grain(Grain::Day, it)),
            }
        };
        let sound = |it: &Self| it.from < it.until && it.from.year() >= 1990 && it.last().year() < 2200;
        period.filter(sound).ok_or(NotAPeriod)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.from, self.last())
    }
}
