//! Working days: Monday to Friday, but for the holidays and the days on which work is made up (調休) that are published for every year.

use std::collections::BTreeMap;

use chrono::{Datelike as _, Days, NaiveDate, NaiveDateTime, NaiveTime, Weekday};

/// The most working days that a deadline is counted in.
pub const MOST: u16 = 250;

/// The days that are not what their weekday says, and whether there is work on each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkingDays(BTreeMap<NaiveDate, bool>);

impl FromIterator<(NaiveDate, bool)> for WorkingDays {
    fn from_iter<T: IntoIterator<Item = (NaiveDate, bool)>>(days: T) -> Self {
        Self(days.into_iter().collect())
    }
}

impl WorkingDays {
    /// Tells whether there is work on a day.
    pub fn is_working(&self, day: NaiveDate) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        self.0.get(&day).copied().unwrap_or(!weekend)
    }

    /// When so many working days from an instant on have ended, by the clock on the wall.
    ///
    /// The day on which it begins does not count, and the last one counts to its end (Civil Code, articles 201 and 203).
    pub fn after(&self, begin: NaiveDateTime, number: u16) -> NaiveDateTime {
        let (mut day, mut left) = (begin.date(), number.min(MOST));
        while left > 0 {
            day = day + Days::new(1);
            left -= u16::from(self.is_working(day));
        }
        (day + Days::new(1)).and_time(NaiveTime::MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    /// The first days of October 2025 as the State Council published them (國辦發明電〔2024〕12號): off from the 1st to the 8th, work on Sunday 28
    /// September and on Saturday 11 October.
    fn october() -> WorkingDays {
        let off = (1..=8).map(|it| (day(&format!("2025-10-{it:02}")), false));
        off.chain([(day("2025-09-28"), true), (day("2025-10-11"), true)]).collect()
    }

    #[test]
    fn weekends_and_holidays_do_not_count_and_made_up_days_do() {
        let days = october();
        assert!(days.is_working(day("2025-09-28")) && !days.is_working(day("2025-10-01")));
        assert!(!days.is_working(day("2025-10-12")) && days.is_working(day("2025-10-13")));
        let after = |from: &str, number| days.after(from.parse().expect("an instant"), number).to_string();
        assert_eq!(after("2025-09-30T09:00:00", 1), "2025-10-10 00:00:00", "the ninth is the first day of work");
        assert_eq!(after("2025-09-30T09:00:00", 3), "2025-10-12 00:00:00", "work is made up on Saturday");
        assert_eq!(after("2025-09-30T09:00:00", 4), "2025-10-14 00:00:00");
        assert_eq!(after("2025-09-27T23:59:00", 1), "2025-09-29 00:00:00", "Sunday is one too");
        let plain = WorkingDays::default();
        assert_eq!(plain.after("2026-03-06T17:00:00".parse().expect("Friday"), 1).to_string(), "2026-03-10 00:00:00");
    }

    #[test]
    fn a_calendar_without_work_still_ends() {
        let mut days = WorkingDays::default();
        for i in 0..400 {
            days.0.insert(day("2026-01-01") + Days::new(i), false);
        }
        assert!(days.after("2026-01-01T00:00:00".parse().expect("an instant"), MOST).date() > day("2027-01-01"));
    }
}
