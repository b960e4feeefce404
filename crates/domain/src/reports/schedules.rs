//! Reports that come by themselves: which one, and how often.

use std::{fmt, str::FromStr};

use chrono::{Datelike as _, NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

use super::{Grain, Period};
use crate::workflow::coded;

/// At what time of the day a report comes, by the clock on the wall.
pub const MORNING: NaiveTime = NaiveTime::from_hms_opt(8, 0, 0).expect("eight in the morning");

coded! {
    /// A report that can come by itself.
    Scheduled {
        /// The performance sheet of a unit.
        Sheet = "sheet",
        /// The quarterly report of a unit.
        Quarter = "quarter",
        /// Figures of indicators, with those of the period before and the place among siblings.
        Figures = "figures",
    }
}

coded! {
    /// How often a report comes: on the first day after each of these, about that one.
    Cadence {
        /// A month.
        Monthly = "monthly",
        /// A quarter.
        Quarterly = "quarterly",
        /// A year.
        Yearly = "yearly",
    }
}

impl Cadence {
    const fn grain(self) -> Grain {
        match self {
            Self::Monthly => Grain::Month,
            Self::Quarterly => Grain::Quarter,
            Self::Yearly => Grain::Year,
        }
    }

    /// The day after this one on which a report comes.
    pub fn next(self, day: NaiveDate) -> NaiveDate {
        self.grain().next(self.grain().start_of(day))
    }

    /// The period that was over when this day began.
    pub fn ended(self, day: NaiveDate) -> Period {
        let until = self.grain().start_of(day);
        Period { from: self.grain().start_of(until.pred_opt().unwrap_or(until)), until }
    }

    /// A period of this length as it is written, such as `2026-09`, `2026-Q3` or `2026`.
    pub fn name(self, period: Period) -> String {
        let (year, month) = (period.from.year(), period.from.month());
        match self {
            Self::Monthly => format!("{year}-{month:02}"),
            Self::Quarterly => format!("{year}-Q{}", month.div_ceil(3)),
            Self::Yearly => year.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_comes_on_the_day_after_what_it_tells_of() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        for (cadence, today, next, name) in [
            (Cadence::Monthly, "2026-01-31", "2026-02-01", "2026-01"),
            (Cadence::Monthly, "2026-12-01", "2027-01-01", "2026-12"),
            (Cadence::Quarterly, "2026-11-29", "2027-01-01", "2026-Q4"),
            (Cadence::Quarterly, "2026-01-01", "2026-04-01", "2026-Q1"),
            (Cadence::Yearly, "2028-02-29", "2029-01-01", "2028"),
        ] {
            assert_eq!(cadence.next(day(today)), day(next));
            let period = cadence.ended(day(next));
            assert_eq!((cadence.name(period).as_str(), period.until), (name, day(next)));
            assert_eq!(name.parse(), Ok(period), "it is written as periods are");
        }
    }
}
