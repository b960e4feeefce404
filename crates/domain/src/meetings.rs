//! How a meeting is held: its parts, its queue of speeches, and what is counted of those who took part.

use std::{collections::BTreeMap, fmt, str::FromStr};

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use crate::{Refusal, channels::Presence, workflow::coded};

/// How long a speech may last, in seconds.
pub const SPEECH_SECONDS: std::ops::RangeInclusive<u32> = 10..=3_600;

coded! {
    /// Where a meeting takes place.
    Mode {
        /// In a room.
        OnSite = "on_site",
        /// Through a link.
        Online = "online",
        /// In a room and through a link at once.
        Hybrid = "hybrid",
    }
}

coded! {
    /// What somebody is invited as.
    Part {
        /// To deliberate.
        Participant = "participant",
        /// A third party who mediates.
        Mediator = "mediator",
        /// A third party who knows the law.
        LegalAdviser = "legal_adviser",
        /// A third party who knows the matter.
        Expert = "expert",
    }
}

coded! {
    /// What somebody answers to an invitation.
    Reply {
        /// Comes.
        Coming = "coming",
        /// Does not come.
        Declined = "declined",
    }
}

/// What is known of somebody who took part, in the codes of the population's facts; each may be unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Profile {
    /// The age band, such as `18_34`.
    pub age_band: Option<String>,
    /// The sex.
    pub sex: Option<String>,
    /// The occupation.
    pub occupation: Option<String>,
}

/// How many took part, by what is known of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Structure {
    /// All of them.
    pub total: u64,
    /// By the channel.
    pub presence: BTreeMap<String, u64>,
    /// By age band; whoever's is unknown is in none.
    pub age_band: BTreeMap<String, u64>,
    /// By sex.
    pub sex: BTreeMap<String, u64>,
    /// By occupation.
    pub occupation: BTreeMap<String, u64>,
}

impl Structure {
    /// Counts those who took part.
    pub fn of<'a>(present: impl IntoIterator<Item = (Presence, &'a Profile)>) -> Self {
        let mut counted = Self::default();
        for (presence, profile) in present {
            counted.total += 1;
            *counted.presence.entry(presence.code().to_owned()).or_default() += 1;
            for (known, by) in [
                (&profile.age_band, &mut counted.age_band),
                (&profile.sex, &mut counted.sex),
                (&profile.occupation, &mut counted.occupation),
            ] {
                if let Some(code) = known {
                    *by.entry(code.clone()).or_default() += 1;
                }
            }
        }
        counted
    }
}

/// Refuses a meeting that nobody could come to: one through a link has a link, one in a room alone has none.
pub fn check_mode(mode: Mode, link: Option<&str>) -> Result<(), Refusal> {
    match (mode, link) {
        (Mode::OnSite, Some(_)) => {
            let text = "a meeting in a room alone has no link";
            Err(Refusal::invalid("meeting.bad_link", "link", text).with_fix("make it hybrid, or leave the link out"))
        }
        (Mode::Online | Mode::Hybrid, None) => {
            Err(Refusal::invalid("meeting.bad_link", "link", format!("a meeting that is {mode} needs its link")))
        }
        (_, Some(link)) if !link.starts_with("https://") => {
            Err(Refusal::invalid("meeting.bad_link", "link", "a link begins with https://"))
        }
        _ => Ok(()),
    }
}

/// A place in the queue of speeches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Its number in the order of the requests.
    pub turn: u32,
    /// How long it may last, in seconds.
    pub seconds: u32,
    /// When it began.
    pub began_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

impl Turn {
    /// When it has lasted as long as it may.
    pub fn limit(&self) -> Option<DateTime<Utc>> {
        self.began_at.map(|began| began + Duration::seconds(self.seconds.into()))
    }

    /// When it ends if it is ended at an instant, and whether its limit did it: nobody speaks longer than that.
    pub fn ending(&self, now: DateTime<Utc>) -> (DateTime<Utc>, bool) {
        match self.limit() {
            Some(limit) if limit <= now => (limit, true),
            _ => (now, false),
        }
    }
}

/// Refuses to begin a speech out of its turn, or while another one lasts.
pub fn check_turn(queue: &[Turn], turn: u32, now: DateTime<Utc>) -> Result<(), Refusal> {
    let speaking = queue.iter().find(|it| it.ended_at.is_none() && it.limit().is_some_and(|limit| now < limit));
    if let Some(speaking) = speaking {
        let text = format!("turn {} is speaking", speaking.turn);
        return Err(Refusal::conflict("speech.not_its_turn", text).with_fix("end that speech first"));
    }
    let next = queue.iter().filter(|it| it.began_at.is_none() && it.ended_at.is_none()).map(|it| it.turn).min();
    match next {
        Some(next) if next == turn => Ok(()),
        Some(next) => {
            let text = format!("turn {next} comes before turn {turn}");
            Err(Refusal::conflict("speech.not_its_turn", text).with_fix("begin, or end, the speeches before it"))
        }
        None => Err(Refusal::conflict("speech.over", "this speech is over")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::seconds(seconds)
    }

    fn turn(turn: u32, began: Option<i64>, ended: Option<i64>) -> Turn {
        Turn { turn, seconds: 60, began_at: began.map(at), ended_at: ended.map(at) }
    }

    #[test]
    fn speeches_keep_their_order_and_nobody_speaks_longer_than_the_limit() {
        let queue = [turn(1, Some(0), None), turn(2, None, None), turn(3, None, None)];
        assert_eq!(check_turn(&queue, 2, at(59)).expect_err("one speaks").code, "speech.not_its_turn");
        assert!(check_turn(&queue, 2, at(60)).is_ok(), "its time is over");
        assert!(check_turn(&queue, 3, at(60)).expect_err("two comes first").detail.contains("turn 2"));
        assert_eq!(queue[0].ending(at(20)), (at(20), false));
        assert_eq!(queue[0].ending(at(90)), (at(60), true));
        assert_eq!(check_turn(&[turn(1, Some(0), Some(9))], 1, at(10)).expect_err("over").code, "speech.over");
    }

    #[test]
    fn a_link_belongs_to_whoever_is_not_in_the_room() {
        let (link, plain) = (Some("https://meet.example.org/1"), Some("http://meet.example.org/1"));
        assert!(check_mode(Mode::Hybrid, link).is_ok() && check_mode(Mode::OnSite, None).is_ok());
        for (mode, link) in [(Mode::OnSite, link), (Mode::Online, None), (Mode::Hybrid, plain)] {
            assert_eq!(check_mode(mode, link).expect_err("refused").code, "meeting.bad_link");
        }
    }

    #[test]
    fn whoever_took_part_is_counted_once_by_each_thing_that_is_known() {
        let young = Profile { age_band: Some("18_34".into()), sex: Some("female".into()), occupation: None };
        let counted = Structure::of([(Presence::Online, &young), (Presence::OnSite, &Profile::default())]);
        assert_eq!((counted.total, counted.presence["online"], counted.age_band["18_34"]), (2, 1, 1));
        assert!(counted.occupation.is_empty());
    }
}
