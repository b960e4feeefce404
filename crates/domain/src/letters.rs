//! Letters: how a member hears of things outside the application, and when.

use std::{fmt, str::FromStr};

use chrono::{Datelike as _, Days, NaiveDateTime, NaiveTime};
use serde::{Deserialize, Serialize};

use crate::{Refusal, workflow::coded};

coded! {
    /// What a letter goes by.
    Carrier {
        /// E-mail.
        Email = "email",
        /// A text message.
        Sms = "sms",
    }
}

coded! {
    /// What somebody wants to have by a carrier.
    Wish {
        /// Nothing.
        Nothing = "nothing",
        /// What cannot wait.
        Urgent = "urgent",
        /// Everything.
        Everything = "everything",
    }
}

coded! {
    /// How often somebody wants to have what can wait.
    Pace {
        /// Each by itself.
        AtOnce = "at_once",
        /// Gathered, in the morning.
        Daily = "daily",
        /// Gathered, on Monday morning.
        Weekly = "weekly",
    }
}

coded! {
    /// How soon something is to be heard of.
    Urgency {
        /// Gathered with others.
        Gathered = "gathered",
        /// By itself.
        Ordinary = "ordinary",
        /// At once, in quiet hours too.
        Urgent = "urgent",
    }
}

coded! {
    /// How soon whoever tells something wants it to be heard of, the latest first.
    Haste {
        /// Gathered until a Monday morning, also for whoever wants it sooner.
        Weekly = "weekly",
        /// Gathered until a morning, also for whoever wants it sooner.
        Daily = "daily",
        /// As its reader wants it.
        AsWanted = "as_wanted",
        /// At once, in quiet hours too.
        Urgent = "urgent",
    }
}

/// A language that letters are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Locale {
    /// Chinese in simplified characters.
    #[default]
    #[serde(rename = "zh-CN")]
    Chinese,
    /// English.
    #[serde(rename = "en")]
    English,
}

/// How somebody wants to hear of things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// What they want by e-mail.
    pub email: Wish,
    /// What they want as text messages.
    pub sms: Wish,
    /// How often they want what can wait.
    pub pace: Pace,
    /// From when until when nothing comes that can wait; over midnight where the end is before the beginning.
    pub quiet: Option<(NaiveTime, NaiveTime)>,
    /// The language of their letters.
    pub locale: Locale,
}

/// What cannot wait: something is late or stands still, and the rules have put it to whoever answers for it.
const URGENT: [&str; 5] =
    ["case.escalated", "item.late", "call.unanswered", "finding.unanswered", "rule_set.suspended"];

/// When gathered letters go out.
const MORNING: NaiveTime = NaiveTime::from_hms_opt(8, 0, 0).expect("eight in the morning");

impl Haste {
    /// How soon notices of a kind are to be heard of that nobody says anything else of.
    pub fn of(kind: &str) -> Self {
        Self::AsWanted.for_kind(kind)
    }

    /// How soon notices of a kind are to be heard of; what cannot wait by its nature does not, whatever anybody says.
    pub fn for_kind(self, kind: &str) -> Self {
        if URGENT.contains(&kind) { Self::Urgent } else { self }
    }

    /// How often what can wait is sent to somebody who wants it at a pace.
    fn slowed(self, pace: Pace) -> Pace {
        match self {
            Self::Weekly => Pace::Weekly,
            Self::Daily => pace.max(Pace::Daily),
            Self::AsWanted | Self::Urgent => pace,
        }
    }
}

impl Default for Preferences {
    fn default() -> Self {
        let (email, sms) = (Wish::Everything, Wish::Urgent);
        Self { email, sms, pace: Pace::AtOnce, quiet: None, locale: Locale::default() }
    }
}

impl Preferences {
    /// How soon, and by the clock on the wall when, something that happens now is sent by a carrier; none where it is not wanted by it.
    pub fn due(&self, carrier: Carrier, haste: Haste, now: NaiveDateTime) -> Option<(Urgency, NaiveDateTime)> {
        let wish = match carrier {
            Carrier::Email => self.email,
            Carrier::Sms => self.sms,
        };
        let pace = haste.slowed(self.pace);
        match (wish, haste == Haste::Urgent) {
            (Wish::Nothing, _) | (Wish::Urgent, false) => None,
            (_, true) => Some((Urgency::Urgent, now)),
            (Wish::Everything, false) if pace == Pace::AtOnce => Some((Urgency::Ordinary, self.awake(now))),
            (Wish::Everything, false) => Some((Urgency::Gathered, self.awake(gathering(pace, now)))),
        }
    }

    /// An instant, or the end of the quiet hours that it lies in.
    fn awake(&self, at: NaiveDateTime) -> NaiveDateTime {
        let Some((from, to)) = self.quiet else { return at };
        let (time, today) = (at.time(), at.date());
        match from <= to {
            true if from <= time && time < to => today.and_time(to),
            false if time < to => today.and_time(to),
            false if from <= time => (today + Days::new(1)).and_time(to),
            _ => at,
        }
    }
}

/// The next morning on which what was gathered goes out.
fn gathering(pace: Pace, now: NaiveDateTime) -> NaiveDateTime {
    let today = if now.time() < MORNING { 0 } else { 1 };
    let first = now.date() + Days::new(today);
    let wait = match pace {
        Pace::Weekly => (7 - u64::from(first.weekday().num_days_from_monday())) % 7,
        _ => 0,
    };
    (first + Days::new(wait)).and_time(MORNING)
}

impl Locale {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Chinese, Self::English];

    /// Its language tag (RFC 5646).
    pub const fn code(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Locale {
    type Err = crate::workflow::UnknownCode;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|it| it.code() == code).ok_or_else(|| crate::workflow::UnknownCode(code.into()))
    }
}

/// A telephone number as text messages are sent to it (E.164): `+` and up to 15 digits; eleven digits of a Chinese mobile number get their `+86`.
pub fn telephone(text: &str) -> Result<String, Refusal> {
    let plain: String = text.chars().filter(|it| !matches!(it, ' ' | '-' | '(' | ')')).collect();
    let digits = plain.strip_prefix('+').unwrap_or(&plain);
    let sound = (7..=15).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit());
    let mobile = digits.len() == 11 && digits.starts_with('1');
    match (sound, plain.starts_with('+')) {
        (true, true) if !digits.starts_with('0') => Ok(plain),
        (true, false) if mobile => Ok(format!("+86{digits}")),
        _ => Err(Refusal::invalid("contact.bad_number", "phone", "this is no number that messages can be sent to")
            .with_fix("write a Chinese mobile number such as 13800138000, or any other with + and its country code")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().expect("an instant")
    }

    fn quiet(from: u32, to: u32) -> Preferences {
        let hour = |it| NaiveTime::from_hms_opt(it, 0, 0).expect("an hour");
        Preferences { quiet: Some((hour(from), hour(to))), ..Preferences::default() }
    }

    fn email(it: &Preferences, urgent: bool, now: &str) -> Option<(Urgency, NaiveDateTime)> {
        it.due(Carrier::Email, if urgent { Haste::Urgent } else { Haste::AsWanted }, at(now))
    }

    #[test]
    fn what_can_wait_waits_for_the_end_of_quiet_hours_and_what_cannot_does_not() {
        let night = quiet(22, 7);
        let late = "2026-03-02T23:30:00";
        assert_eq!(email(&night, false, late), Some((Urgency::Ordinary, at("2026-03-03T07:00:00"))));
        assert_eq!(email(&night, false, "2026-03-03T06:59:59"), Some((Urgency::Ordinary, at("2026-03-03T07:00:00"))));
        assert_eq!(email(&night, false, "2026-03-03T07:00:00"), Some((Urgency::Ordinary, at("2026-03-03T07:00:00"))));
        assert_eq!(email(&night, true, late), Some((Urgency::Urgent, at(late))));
        let noon = quiet(12, 14);
        assert_eq!(email(&noon, false, "2026-03-02T13:00:00"), Some((Urgency::Ordinary, at("2026-03-02T14:00:00"))));
        assert_eq!(email(&noon, false, "2026-03-02T14:00:00"), Some((Urgency::Ordinary, at("2026-03-02T14:00:00"))));
    }

    #[test]
    fn gathered_letters_go_out_in_the_morning_and_on_mondays() {
        let daily = Preferences { pace: Pace::Daily, ..Preferences::default() };
        assert_eq!(email(&daily, false, "2026-03-02T07:59:00"), Some((Urgency::Gathered, at("2026-03-02T08:00:00"))));
        assert_eq!(email(&daily, false, "2026-03-02T08:00:00"), Some((Urgency::Gathered, at("2026-03-03T08:00:00"))));
        // The second of March 2026 is a Monday.
        let weekly = Preferences { pace: Pace::Weekly, ..Preferences::default() };
        assert_eq!(email(&weekly, false, "2026-03-02T07:00:00"), Some((Urgency::Gathered, at("2026-03-02T08:00:00"))));
        assert_eq!(email(&weekly, false, "2026-03-02T09:00:00"), Some((Urgency::Gathered, at("2026-03-09T08:00:00"))));
        assert_eq!(email(&weekly, false, "2026-03-08T23:00:00"), Some((Urgency::Gathered, at("2026-03-09T08:00:00"))));
        let late = Preferences { pace: Pace::Daily, ..quiet(22, 9) };
        assert_eq!(email(&late, false, "2026-03-02T12:00:00"), Some((Urgency::Gathered, at("2026-03-03T09:00:00"))));
    }

    #[test]
    fn what_is_told_for_a_digest_waits_for_one_and_for_no_sooner_one_than_its_reader_wants() {
        let due = |pace, haste| {
            let it = Preferences { pace, ..Preferences::default() };
            it.due(Carrier::Email, haste, at("2026-03-02T09:00:00")).expect("it is wanted")
        };
        let [tuesday, monday] = ["2026-03-03T08:00:00", "2026-03-09T08:00:00"].map(at);
        assert_eq!(due(Pace::AtOnce, Haste::Daily), (Urgency::Gathered, tuesday));
        assert_eq!(due(Pace::Weekly, Haste::Daily), (Urgency::Gathered, monday));
        assert_eq!(due(Pace::AtOnce, Haste::Weekly), (Urgency::Gathered, monday));
        assert_eq!(due(Pace::Weekly, Haste::Urgent).0, Urgency::Urgent);
        assert_eq!((Haste::of("item.late"), Haste::of("topic.closed")), (Haste::Urgent, Haste::AsWanted));
    }

    #[test]
    fn a_carrier_carries_what_is_wanted_by_it() {
        let it = Preferences::default();
        assert_eq!(it.due(Carrier::Sms, Haste::AsWanted, at("2026-03-02T12:00:00")), None);
        assert!(it.due(Carrier::Sms, Haste::Urgent, at("2026-03-02T12:00:00")).is_some());
        let nothing = Preferences { email: Wish::Nothing, ..it };
        assert_eq!(email(&nothing, true, "2026-03-02T12:00:00"), None);
    }

    #[test]
    fn numbers_are_kept_in_one_form() {
        assert_eq!(telephone("138 0013-8000").as_deref(), Ok("+8613800138000"));
        assert_eq!(telephone("+1 (555) 010-0199").as_deref(), Ok("+15550100199"));
        for bad in ["", "12345", "0571-87654321", "+0571", "1380013800x", "+1234567890123456"] {
            assert_eq!(telephone(bad).expect_err(bad).code, "contact.bad_number");
        }
    }
}
