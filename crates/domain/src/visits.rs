//! Visits of digital helpers (數字助老): whoever has no device, or does not know how, is helped by somebody, with something, for a time.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::{MemberId, Refusal, TopicId, UnitId, VisitId, workflow::coded};

/// How long a visit lasts, in minutes.
pub const MINUTES: std::ops::RangeInclusive<u32> = 1..=1_440;

coded! {
    /// What somebody is helped with.
    Help {
        /// To raise a topic, to support one, or to comment.
        Topic = "topic",
        /// To take part in a meeting.
        Meeting = "meeting",
        /// To vote.
        Ballot = "ballot",
        /// To rate what was done.
        Rating = "rating",
        /// To use a device, an account or a service.
        Device = "device",
        /// To read what was published.
        Reading = "reading",
    }
}

/// Who was helped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Helped {
    /// A member.
    Member(MemberId),
    /// Somebody who is no member, by name.
    Named(String),
    /// Nobody knows any more: it was erased.
    Erased,
}

/// A visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Its identifier.
    pub id: VisitId,
    /// Where it was.
    pub unit: UnitId,
    /// Who helped.
    pub helper: MemberId,
    /// Who was helped.
    pub helped: Helped,
    /// With what.
    pub help: Help,
    /// The topic that it was about, where it was about one.
    pub topic: Option<TopicId>,
    /// How long it lasted.
    pub minutes: u32,
    /// The day.
    pub visited_on: NaiveDate,
    /// What there is to say of it.
    pub note: Option<String>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

/// What the visits of a unit come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// What was helped with.
    pub help: Option<Help>,
    /// How many visits.
    pub visits: u64,
    /// How many people were helped.
    pub people: u64,
    /// How many minutes.
    pub minutes: u64,
}

impl Visit {
    /// Refuses a visit that cannot have been.
    pub fn validate(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        if !MINUTES.contains(&self.minutes) {
            let text = format!("a visit lasts {} to {} minutes", MINUTES.start(), MINUTES.end());
            return Err(Refusal::invalid("visit.bad_minutes", "minutes", text));
        }
        // East of Greenwich the day begins before it does there.
        if self.visited_on > (now + Duration::hours(14)).date_naive() {
            return Err(Refusal::invalid("visit.in_the_future", "visited_on", "a visit is recorded once it was"));
        }
        match &self.helped {
            Helped::Member(member) if *member == self.helper => {
                Err(Refusal::invalid("visit.oneself", "helped", "nobody is recorded as helping themselves"))
            }
            Helped::Named(name) if name.trim().is_empty() || name.chars().count() > 100 => {
                Err(Refusal::invalid("visit.bad_name", "helped_name", "give a name of 1 to 100 characters"))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_has_lasted_was_and_was_to_somebody_else() {
        let now = DateTime::from_timestamp(1_767_225_600, 0).expect("2026-01-01");
        let [helper, other] = [1, 2].map(|n| MemberId(uuid::Uuid::from_u128(n)));
        let visit = Visit {
            id: VisitId(uuid::Uuid::nil()),
            unit: UnitId(uuid::Uuid::nil()),
            helper,
            helped: Helped::Member(other),
            help: Help::Ballot,
            topic: None,
            minutes: 40,
            visited_on: now.date_naive(),
            note: None,
            recorded_at: now,
        };
        assert_eq!(visit.validate(now), Ok(()));
        let code = |visit: Visit| visit.validate(now).expect_err("it cannot have been").code;
        assert_eq!(code(Visit { minutes: 0, ..visit.clone() }), "visit.bad_minutes");
        assert_eq!(code(Visit { minutes: 1_441, ..visit.clone() }), "visit.bad_minutes");
        let later = now.date_naive() + Duration::days(2);
        assert_eq!(code(Visit { visited_on: later, ..visit.clone() }), "visit.in_the_future");
        assert_eq!(code(Visit { helped: Helped::Member(helper), ..visit.clone() }), "visit.oneself");
        assert_eq!(code(Visit { helped: Helped::Named(" ".into()), ..visit }), "visit.bad_name");
    }
}
