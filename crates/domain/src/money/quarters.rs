//! Quarters of a year, by which income and spending are disclosed.

use std::{fmt, str::FromStr};

use chrono::{DateTime, NaiveDate, TimeZone, Utc};

/// A quarter of a calendar year, written `2026-Q3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quarter {
    year: i32,
    number: u32,
}

/// The text is not a quarter.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a quarter is written as 2026-Q3, with a year from 2000 to 2999 and a number from 1 to 4")]
pub struct NotAQuarter;

impl Quarter {
    /// Its first instant and the first one after it, in a zone.
    pub fn bounds<Z: TimeZone>(self, zone: &Z) -> (DateTime<Utc>, DateTime<Utc>) {
        let next = match self.number {
            4 => Self { year: self.year + 1, number: 1 },
            number => Self { number: number + 1, ..self },
        };
        (self.begin(zone), next.begin(zone))
    }

    fn begin<Z: TimeZone>(self, zone: &Z) -> DateTime<Utc> {
        let day = NaiveDate::from_ymd_opt(self.year, self.number * 3 - 2, 1).expect("the first day of a month is one");
        let midnight = day.and_hms_opt(0, 0, 0).expect("midnight is a time of day");
        // Where clocks are moved at midnight, the quarter begins when that midnight is over.
        let local = zone.from_local_datetime(&midnight).earliest();
        local.map_or_else(|| midnight.and_utc(), |it| it.with_timezone(&Utc))
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-Q{}", self.year, self.number)
    }
}

impl FromStr for Quarter {
    type Err = NotAQuarter;

    fn from_str(text: &str) -> Result<Self, NotAQuarter> {
        let (year, number) = text.split_once("-Q").ok_or(NotAQuarter)?;
        let quarter =
            Self { year: year.parse().map_err(|_| NotAQuarter)?, number: number.parse().map_err(|_| NotAQuarter)? };
        let sound = (2000..3000).contains(&quarter.year) && (1..=4).contains(&quarter.number);
        // One quarter has one written form.
        if sound && quarter.to_string() == text { Ok(quarter) } else { Err(NotAQuarter) }
    }
}
