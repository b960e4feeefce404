//! Action items: what a resolution is carried out by, each with one unit that answers for it.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    Digest, ItemId, Refusal, ResolutionId, TopicId, UnitId,
    access::Role,
    machines::{self, Move},
    resolutions::Milestone,
    workflow::coded,
};

coded! {
    /// Where an action item stands.
    ItemState {
        /// Its unit carries it out.
        Underway = "underway",
        /// Its unit has offered it to another, which has not answered.
        Offered = "offered",
        /// It was split into parts, which stand in its place.
        Split = "split",
        /// It is carried out.
        Done = "done",
        /// Its topic is deliberated again.
        Dropped = "dropped",
    }
}

coded! {
    /// A step of an action item.
    ItemStep {
        /// Reports progress with evidence.
        Report = "report",
        /// Asks for more time, with a reason.
        AskExtension = "ask_extension",
        /// Grants or refuses more time.
        DecideExtension = "decide_extension",
        /// Offers it to another unit.
        Offer = "offer",
        /// Takes over what is offered.
        TakeOver = "take_over",
        /// Declines what is offered.
        Decline = "decline",
        /// Splits it into parts.
        Split = "split",
        /// Reports that it is done.
        Complete = "complete",
        /// Gives it up, since its topic is deliberated again.
        Drop = "drop",
    }
}

/// Every move of an action item.
pub const MOVES: &[Move<ItemState, ItemStep>] = &[
    Move(ItemState::Underway, ItemStep::Report, ItemState::Underway, Some(Role::Officer)),
    Move(ItemState::Underway, ItemStep::AskExtension, ItemState::Underway, Some(Role::Officer)),
    Move(ItemState::Underway, ItemStep::DecideExtension, ItemState::Underway, Some(Role::Coordinator)),
    Move(ItemState::Underway, ItemStep::Offer, ItemState::Offered, Some(Role::Officer)),
    Move(ItemState::Underway, ItemStep::Split, ItemState::Split, Some(Role::Coordinator)),
    Move(ItemState::Underway, ItemStep::Complete, ItemState::Done, Some(Role::Officer)),
    Move(ItemState::Underway, ItemStep::Drop, ItemState::Dropped, None),
    Move(ItemState::Offered, ItemStep::TakeOver, ItemState::Underway, Some(Role::Officer)),
    Move(ItemState::Offered, ItemStep::Decline, ItemState::Underway, Some(Role::Officer)),
    Move(ItemState::Offered, ItemStep::Drop, ItemState::Dropped, None),
];

/// The state after a step, or a refusal that names the steps that are open.
pub fn after(state: ItemState, step: ItemStep) -> Result<ItemState, Refusal> {
    machines::after(MOVES, "item.wrong_state", state, step)
}

/// An action item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its identifier.
    pub id: ItemId,
    /// The resolution that it is part of.
    pub resolution: ResolutionId,
    /// The topic of the case.
    pub topic: TopicId,
    /// What it was split from.
    pub parent: Option<ItemId>,
    /// The unit that answers for it.
    pub unit: UnitId,
    /// Where it stands.
    pub state: ItemState,
    /// By when it is due.
    pub due_at: DateTime<Utc>,
    /// Since when it is late.
    pub late_at: Option<DateTime<Utc>>,
    /// When it was done.
    pub done_at: Option<DateTime<Utc>>,
    /// Counts its changes, from one.
    pub version: u64,
    /// What else is known of it.
    pub facts: Facts,
}

/// What is planned of an action item, and what is being asked about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// What is to be done.
    pub title: String,
    /// The units that help.
    pub cooperating_units: Vec<UnitId>,
    /// The post that answers for it first.
    pub first_responsible_post: String,
    /// What is reached on the way, in order of time.
    pub milestones: Vec<Milestone>,
    /// When each milestone was reached, in their order.
    pub reached: Vec<Option<DateTime<Utc>>>,
    /// To whom it is offered.
    pub offer: Option<Offer>,
    /// The time that is asked for.
    pub extension: Option<Extension>,
}

/// An offer to hand an item over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The unit that should take it over.
    pub unit: UnitId,
    /// Why.
    pub reason: String,
}

/// More time that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// Until when.
    pub due_at: DateTime<Utc>,
    /// Why.
    pub reason: String,
}

/// An item to add, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewItem {
    /// What is to be done.
    pub title: String,
    /// The unit that answers for it.
    pub unit: UnitId,
    /// The units that help.
    pub cooperating_units: Vec<UnitId>,
    /// The post that answers for it first.
    pub first_responsible_post: String,
    /// By when it is due.
    pub due_at: DateTime<Utc>,
    /// What is reached on the way, in order of time.
    pub milestones: Vec<Milestone>,
}

/// A report of progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What was done.
    pub text: String,
    /// The digests of what shows it.
    pub evidence: Vec<Digest>,
    /// The milestone that was reached, by its place from zero.
    pub milestone: Option<usize>,
}

/// Refuses a plan that leaves something open, or goes beyond the time that its resolution or whole has.
pub fn validate(new: &NewItem, now: DateTime<Utc>, until: DateTime<Utc>) -> Result<(), Refusal> {
    let missing = |field: &str, what: &str| Refusal::invalid("item.incomplete", field, what);
    if new.title.trim().is_empty() || new.title.chars().count() > 200 {
        return Err(missing("title", "say in 1 to 200 characters what is to be done"));
    }
    if new.first_responsible_post.trim().is_empty() {
        return Err(missing("first_responsible_post", "name the post that answers for it first"));
    }
    if new.due_at <= now || new.due_at > until {
        let text = format!("the due date must lie ahead, and not after {}", until.to_rfc3339());
        return Err(missing("due_at", &text));
    }
    let mut last = now;
    for (i, milestone) in new.milestones.iter().enumerate() {
        if milestone.due_at < last || milestone.due_at > new.due_at {
            let text = "milestones must be in order of time and not after the due date";
            return Err(missing(&format!("milestones[{i}].due_at"), text));
        }
        last = milestone.due_at;
    }
    Ok(())
}

/// When those who answer for something are warned: a day before it is due, or at half of a time that is shorter than two days.
pub fn warned_at(from: DateTime<Utc>, due_at: DateTime<Utc>) -> DateTime<Utc> {
    due_at - Duration::hours(24).min((due_at - from) / 2)
}

impl Item {
    /// A new item of a resolution.
    pub fn new(id: ItemId, resolution: ResolutionId, topic: TopicId, parent: Option<ItemId>, new: NewItem) -> Self {
        let NewItem { title, unit, cooperating_units, first_responsible_post, due_at, milestones } = new;
        let reached = vec![None; milestones.len()];
        let facts = Facts {
            title,
            cooperating_units,
            first_responsible_post,
            milestones,
            reached,
            offer: None,
            extension: None,
        };
        Self {
            id,
            resolution,
            topic,
            parent,
            unit,
            state: ItemState::Underway,
            due_at,
            late_at: None,
            done_at: None,
            version: 1,
            facts,
        }
    }

    /// Takes a step of the table.
    pub fn step(&mut self, step: ItemStep) -> Result<(), Refusal> {
        self.state = after(self.state, step)?;
        Ok(())
    }

    /// Notes what a report tells.
    pub fn report(&mut self, report: &Report, now: DateTime<Utc>) -> Result<(), Refusal> {
        self.step(ItemStep::Report)?;
        if let Some(i) = report.milestone {
            let unknown = || {
                let text = format!("it has {} milestones, counted from 0", self.facts.milestones.len());
                Refusal::invalid("item.unknown_milestone", "milestone", text)
            };
            let known = self.facts.reached.len();
            if i >= known {
                return Err(unknown());
            }
            self.facts.reached[i].get_or_insert(now);
        }
        Ok(())
    }

    /// Asks for more time.
    pub fn ask_extension(&mut self, due_at: DateTime<Utc>, reason: String) -> Result<(), Refusal> {
        self.step(ItemStep::AskExtension)?;
        if due_at <= self.due_at {
            let text = format!("it is due at {} already", self.due_at.to_rfc3339());
            return Err(Refusal::invalid("item.no_extension", "due_at", text).with_fix("ask for a later date"));
        }
        self.facts.extension = Some(Extension { due_at, reason });
        Ok(())
    }

    /// Grants or refuses the time that was asked for.
    pub fn decide_extension(&mut self, granted: bool) -> Result<(), Refusal> {
        self.step(ItemStep::DecideExtension)?;
        let asked = self.facts.extension.take();
        let asked = asked.ok_or_else(|| Refusal::conflict("item.no_extension", "no more time was asked for"))?;
        if granted {
            self.due_at = asked.due_at;
            self.late_at = None;
        }
        Ok(())
    }

    /// Offers it to another unit.
    pub fn offer(&mut self, unit: UnitId, reason: String) -> Result<(), Refusal> {
        self.step(ItemStep::Offer)?;
        if unit == self.unit {
            return Err(Refusal::invalid("item.own_unit", "unit", "the unit answers for it already"));
        }
        self.facts.offer = Some(Offer { unit, reason });
        Ok(())
    }

    /// Answers an offer: the item changes its unit, or stays.
    pub fn answer_offer(&mut self, accepted: bool) -> Result<(), Refusal> {
        self.step(if accepted { ItemStep::TakeOver } else { ItemStep::Decline })?;
        if let Some(offer) = self.facts.offer.take().filter(|_| accepted) {
            self.unit = offer.unit;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_767_225_600 + hour * 3600, 0).expect("an instant")
    }

    fn new() -> NewItem {
        NewItem {
            title: "划定车位".into(),
            unit: UnitId(uuid::Uuid::from_u128(1)),
            cooperating_units: vec![],
            first_responsible_post: "街道办主任".into(),
            due_at: at(100),
            milestones: vec![Milestone { name: "划线".into(), due_at: at(50) }],
        }
    }

    fn item() -> Item {
        let nil = uuid::Uuid::nil();
        Item::new(ItemId(nil), ResolutionId(nil), TopicId(nil), None, new())
    }

    #[test]
    fn a_plan_names_who_answers_and_keeps_to_the_time_of_the_whole() {
        assert_eq!(validate(&new(), at(0), at(100)), Ok(()));
        let field = |new: NewItem| validate(&new, at(0), at(100)).expect_err("open").field.expect("a field");
        assert_eq!(field(NewItem { due_at: at(101), ..new() }), "due_at");
        assert_eq!(field(NewItem { first_responsible_post: " ".into(), ..new() }), "first_responsible_post");
        let late = vec![Milestone { name: "划线".into(), due_at: at(101) }];
        assert_eq!(field(NewItem { milestones: late, ..new() }), "milestones[0].due_at");
    }

    #[test]
    fn a_warning_comes_a_day_ahead_or_at_half_of_a_short_time() {
        assert_eq!(warned_at(at(0), at(100)), at(76));
        assert_eq!(warned_at(at(0), at(24)), at(12));
    }

    #[test]
    fn more_time_is_asked_for_and_granted_and_takes_the_lateness_away() {
        let mut item = Item { late_at: Some(at(100)), ..item() };
        assert_eq!(item.decide_extension(true).expect_err("nothing asked").code, "item.no_extension");
        assert_eq!(item.ask_extension(at(100), "缺资金".into()).expect_err("no later").code, "item.no_extension");
        item.ask_extension(at(200), "缺资金".into()).expect("asked");
        item.decide_extension(true).expect("granted");
        assert_eq!((item.due_at, item.late_at), (at(200), None));
    }

    #[test]
    fn another_unit_answers_for_it_only_once_it_has_taken_it_over() {
        let (ours, theirs) = (UnitId(uuid::Uuid::from_u128(1)), UnitId(uuid::Uuid::from_u128(2)));
        let mut item = item();
        assert_eq!(item.offer(ours, "x".into()).expect_err("its own").code, "item.own_unit");
        item.state = ItemState::Underway;
        item.offer(theirs, "职责调整".into()).expect("offered");
        assert_eq!(item.unit, ours);
        item.answer_offer(false).expect("declined");
        assert_eq!((item.unit, item.state), (ours, ItemState::Underway));
        item.offer(theirs, "职责调整".into()).expect("offered");
        item.answer_offer(true).expect("taken over");
        assert_eq!((item.unit, item.state), (theirs, ItemState::Underway));
    }
}
