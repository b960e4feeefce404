//! Standing bodies: councils that meet at a cadence, and what is found when one does not.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Duration, Months, Utc};
use serde::{Deserialize, Serialize};

use crate::{escalation::Level, workflow::coded};

/// How long before a period ends its members are reminded, in days.
pub const REMINDER_DAYS: i64 = 7;

/// How many months a period has at most.
pub const MOST_MONTHS: u32 = 12;

coded! {
    /// Whose council it is.
    BodyKind {
        /// The council of a unit (議事會).
        Council = "council",
        /// Young people's.
        Youth = "youth",
        /// Older people's.
        OlderPeople = "older_people",
        /// Drivers'.
        Drivers = "drivers",
        /// Couriers'.
        Couriers = "couriers",
    }
}

coded! {
    /// Why a sitting is missed.
    MissedFor {
        /// No meeting of the body began in the period.
        NoMeeting = "no_meeting",
        /// Meetings began, and nobody is recorded as present.
        NobodyPresent = "nobody_present",
    }
}

/// The months between sittings unless said otherwise: a city's council meets each quarter, all below it each month.
pub const fn usual_months(level: Level) -> u32 {
    match level {
        Level::Province | Level::City => 3,
        Level::District | Level::Street | Level::Community => 1,
    }
}

/// A period of a body: it sits at least once in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its number, from one.
    pub number: u32,
    /// When it begins.
    pub from: DateTime<Utc>,
    /// When it ends; what begins then belongs to the next one.
    pub until: DateTime<Utc>,
}

impl Period {
    /// A body's period by its number; each is counted from the founding, so that a short month moves no later one.
    pub fn of(founded: DateTime<Utc>, months: u32, number: u32) -> Self {
        let after = |periods: u32| {
            founded.checked_add_months(Months::new(months * periods)).unwrap_or(DateTime::<Utc>::MAX_UTC)
        };
        Self { number, from: after(number - 1), until: after(number) }
    }

    /// When members are reminded.
    pub fn reminder(&self) -> DateTime<Utc> {
        self.until - Duration::days(REMINDER_DAYS)
    }
}

/// What a period came to, from its meetings that began and those of them with somebody present; none where the body sat.
pub const fn missed(begun: u64, attended: u64) -> Option<MissedFor> {
    match (begun, attended) {
        (0, _) => Some(MissedFor::NoMeeting),
        (_, 0) => Some(MissedFor::NobodyPresent),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_follow_each_other_by_the_calendar_and_a_short_month_moves_none() {
        let founded: DateTime<Utc> = "2026-01-31T08:00:00Z".parse().expect("an instant");
        let until = |number| Period::of(founded, 1, number).until.to_rfc3339();
        assert_eq!([until(1), until(2)], ["2026-02-28T08:00:00+00:00", "2026-03-31T08:00:00+00:00"]);
        assert_eq!(Period::of(founded, 1, 2).from, Period::of(founded, 1, 1).until);
        assert_eq!(Period::of(founded, 3, 1).reminder().to_rfc3339(), "2026-04-23T08:00:00+00:00");
    }

    #[test]
    fn a_body_that_did_not_sit_is_found_with_the_cause() {
        assert_eq!(missed(0, 0), Some(MissedFor::NoMeeting));
        assert_eq!(missed(2, 0), Some(MissedFor::NobodyPresent));
        assert_eq!(missed(2, 1), None);
    }
}
