//! A case as reports see it: folded from its events, one after the other, and what it counts as.

mod open;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Mark, Measure};
use crate::{
    EventId, StoredEvent, UnitId,
    compliance::{Standing, assess},
    meetings::Structure,
    topics::{Form, Significance},
};

pub use open::{Column, TABLES, Table};

/// The kinds of events that change what a case counts as.
pub const KINDS: &[&str] = &[
    "topic.raised",
    "topic.split",
    "topic.accepted",
    "topic.rejected",
    "topic.merged",
    "meeting.convened",
    "attendance.recorded",
    "minutes.filed",
    "minutes.adopted",
    "call.opened",
    "finding.noted",
    "ballot.opened",
    "ballot.closed",
    "ballot.counted",
    "ballot.decided",
    "resolution.adopted",
    "resolution.assigned",
    "resolution.set_aside",
    "resolution.completed",
    "survey.closed",
    "case.escalated",
    "topic.reopened",
    "topic.closed",
];

/// What is known of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseFacts {
    /// The unit that it belongs to; none before it was raised.
    pub unit: Option<UnitId>,
    channel: String,
    category: String,
    form: Option<Form>,
    significance: Option<Significance>,
    submitted: Option<NaiveDate>,
    accepted: Option<NaiveDate>,
    answered: Option<NaiveDate>,
    answered_late: bool,
    minuted: Option<NaiveDate>,
    first_decided: Option<NaiveDate>,
    decided: Option<NaiveDate>,
    closed: Option<NaiveDate>,
    meetings: BTreeMap<Uuid, MeetingFacts>,
    resolutions: BTreeMap<Uuid, ResolutionFacts>,
    surveys: Vec<(NaiveDate, i64, i64)>,
    escalations: Vec<(NaiveDate, String)>,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct MeetingFacts {
    on: NaiveDate,
    form: String,
    minuted: bool,
    present: Structure,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct ResolutionFacts {
    adopted: Option<NaiveDate>,
    due: Option<NaiveDate>,
    done: Option<NaiveDate>,
    late: bool,
    set_aside: bool,
}

/// An event as compliance looks at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Step(String, Value);

impl CaseFacts {
    /// Adds what an event tells; `day_of` gives the day on which an instant lies in the tenant's zone.
    pub fn add(&mut self, event: &StoredEvent, day_of: &impl Fn(DateTime<Utc>) -> NaiveDate) {
        let (body, day) = (&event.body, day_of(event.at));
        let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
        let id = |field: &str| body[field].as_str().and_then(|it| it.parse::<Uuid>().ok());
        let instant_day = |value: &Value| value.as_str().and_then(|it| it.parse().ok()).map(day_of);
        match event.kind.as_str() {
            "topic.raised" => {
                self.unit = id("unit").map(UnitId);
                (self.channel, self.category, self.submitted) = (text("channel"), text("category"), Some(day));
            }
            "topic.split" => {
                self.unit = id("unit").map(UnitId);
                (self.channel, self.category, self.accepted) = (text("channel"), text("category"), Some(day));
                self.significance = serde_json::from_value(body["significance"].clone()).ok();
                self.form = serde_json::from_value(body["form"].clone()).ok();
            }
            "topic.accepted" => {
                self.category = text("category");
                self.significance = serde_json::from_value(body["significance"].clone()).ok();
                self.form = serde_json::from_value(body["form"].clone()).ok();
                (self.accepted, self.answered) = (Some(day), Some(day));
            }
            "topic.rejected" | "topic.merged" => {
                // A topic that was accepted is answered already when it is merged.
                self.answered.get_or_insert(day);
            }
            "meeting.convened" => {
                let on = instant_day(&body["starts_at"]).unwrap_or(day);
                let facts = MeetingFacts { on, form: text("form"), minuted: false, present: Structure::default() };
                self.meetings.extend(id("meeting").map(|id| (id, facts)));
            }
            "attendance.recorded" => {
                if let (Some(meeting), Ok(present)) =
                    (id("meeting").and_then(|id| self.meetings.get_mut(&id)), Structure::deserialize(&body["present"]))
                {
                    meeting.present = present;
                }
            }
            "minutes.adopted" => {
                self.minuted.get_or_insert(day);
                if let Some(meeting) = id("meeting").and_then(|id| self.meetings.get_mut(&id)) {
                    meeting.minuted = true;
                }
            }
            "ballot.decided" if body["outcome"] != "next_round" => {
                self.first_decided.get_or_insert(day);
                self.decided = Some(day);
            }
            "resolution.adopted" => self.resolution(id("resolution"), |it| it.adopted = Some(day)),
            "resolution.assigned" => {
                let due = instant_day(&body["lists"]["deadlines"]["due_at"]);
                self.resolution(id("resolution"), |it| it.due = due);
            }
            "resolution.set_aside" => self.resolution(id("resolution"), |it| it.set_aside = true),
            "resolution.completed" => {
                let late = body["late"] == true;
                self.resolution(id("resolution"), |it| (it.done, it.late) = (Some(day), it.late || late));
            }
            "survey.closed" => {
                let ratings = body["ratings"].as_i64().unwrap_or_default();
                if ratings > 0 {
                    // Before the sum was told, only the mean was, in thousandths of the scale.
                    let mean = body["satisfaction_per_mille"].as_i64().unwrap_or_default();
                    let sum = body["sum"].as_i64().unwrap_or(mean * ratings / 10);
                    self.surveys.push((day, ratings, sum));
                }
            }
            "case.escalated" => {
                self.escalations.push((day, text("level")));
                if body["asked"]["kind"] == "overdue" {
                    // An action item or a call may be overdue before its resolution is.
                    let is_due = |due: Option<NaiveDate>| due.is_some_and(|due| due <= day);
                    let open = self.resolutions.values_mut().filter(|it| it.done.is_none() && is_due(it.due));
                    open.for_each(|it| it.late = true);
                } else if self.answered.is_none() {
                    self.answered_late = true;
                }
            }
            "topic.closed" => self.closed = Some(day),
            _ => {}
        }
        let told = |field: &str| json!({field: body[field]});
        let told = match event.kind.as_str() {
            "resolution.completed" => told("late"),
            "survey.closed" => told("ratings"),
            _ => Value::Null,
        };
        self.steps.push(Step(event.kind.clone(), told));
    }

    /// The day of one of its meetings.
    pub fn meets_on(&self, meeting: Uuid) -> Option<NaiveDate> {
        self.meetings.get(&meeting).map(|it| it.on)
    }

    fn resolution(&mut self, id: Option<Uuid>, change: impl FnOnce(&mut ResolutionFacts)) {
        if let Some(id) = id {
            change(self.resolutions.entry(id).or_default());
        }
    }

    /// Whether no step that it must show was left out or came too late.
    fn is_compliant(&self) -> bool {
        let instant = DateTime::<Utc>::UNIX_EPOCH;
        let event = |Step(kind, body): &Step| StoredEvent {
            id: EventId(Uuid::nil()),
            kind: kind.clone(),
            subject: Uuid::nil(),
            actor: String::new(),
            at: instant,
            recorded_at: instant,
            body: body.clone(),
            position: None,
        };
        let events: Vec<_> = self.steps.iter().map(event).collect();
        let significance = self.significance.unwrap_or(Significance::General);
        let shown = assess(significance, self.form.unwrap_or(Form::OpenDebate), &events);
        shown.iter().all(|it| it.standing != Standing::Unmet)
    }

    /// What it counts as.
    pub fn marks(&self) -> BTreeMap<Mark, i64> {
        let mut marks = Marks::default();
        if let Some(day) = self.submitted {
            marks.one(Measure::TopicsSubmitted, day, &self.channel);
            marks.one(Measure::TopicsByCategory, day, &self.category);
            if self.channel == "online" {
                marks.one(Measure::OnlineActs, day, "topics");
            }
            let done = || self.resolutions.values().filter(|it| !it.set_aside && it.done.is_some());
            for (measure, holds) in [
                (Measure::TopicsAdopted, self.accepted.is_some()),
                (Measure::TopicsAnswered, self.answered.is_some()),
                (Measure::TopicsAnsweredInTime, self.answered.is_some() && !self.answered_late),
                (Measure::FunnelDeliberated, self.minuted.is_some()),
                (Measure::FunnelDecided, self.decided.is_some()),
                (Measure::FunnelCarriedOut, done().next().is_some()),
                (Measure::FunnelRated, !self.surveys.is_empty()),
            ] {
                if holds {
                    marks.one(measure, day, &self.channel);
                }
            }
        }
        if let Some(day) = self.decided {
            marks.one(Measure::CasesDecided, day, &self.category);
            if self.is_compliant() {
                marks.one(Measure::CasesCompliant, day, &self.category);
            }
        }
        for it in self.resolutions.values().filter(|it| !it.set_aside) {
            if let Some(due) = it.due {
                marks.one(Measure::ResolutionsDue, due, &self.category);
                if it.done.is_some() {
                    marks.one(Measure::ResolutionsCarriedOut, due, &self.category);
                }
                if it.late {
                    marks.one(Measure::ResolutionsOverdue, due, &self.category);
                }
            }
            marks.days(Measure::DaysToDone, it.adopted, it.done);
        }
        for (day, ratings, sum) in &self.surveys {
            marks.add(Measure::SurveyRatings, *day, "", *ratings);
            marks.add(Measure::SurveyScores, *day, "", *sum);
        }
        for it in self.meetings.values().filter(|it| it.present.total > 0) {
            marks.one(Measure::MeetingsHeld, it.on, &it.form);
            if it.minuted {
                marks.one(Measure::MeetingsMinuted, it.on, &it.form);
            }
            for (measure, groups) in [
                (Measure::Attendances, &it.present.presence),
                (Measure::AttendancesByAge, &it.present.age_band),
                (Measure::AttendancesBySex, &it.present.sex),
                (Measure::AttendancesByOccupation, &it.present.occupation),
            ] {
                for (group, number) in groups {
                    marks.add(measure, it.on, group, i64::try_from(*number).unwrap_or(i64::MAX));
                }
            }
        }
        for (day, level) in &self.escalations {
            marks.one(Measure::Escalations, *day, level);
        }
        marks.days(Measure::DaysToAnswer, self.submitted, self.answered);
        marks.days(Measure::DaysToMinutes, self.accepted, self.minuted);
        marks.days(Measure::DaysToDecision, self.submitted, self.first_decided);
        marks.days(Measure::DaysToClose, self.submitted, self.closed);
        marks.0
    }
}

#[derive(Default)]
struct Marks(BTreeMap<Mark, i64>);

impl Marks {
    fn add(&mut self, measure: Measure, day: NaiveDate, group: &str, value: i64) {
        if value != 0 {
            *self.0.entry(Mark { measure, day, group: group.to_owned() }).or_default() += value;
        }
    }

    fn one(&mut self, measure: Measure, day: NaiveDate, group: &str) {
        self.add(measure, day, group, 1);
    }

    /// One on the last of two days, in the group of the days in between; these sort as they count.
    fn days(&mut self, measure: Measure, from: Option<NaiveDate>, to: Option<NaiveDate>) {
        if let (Some(from), Some(to)) = (from, to) {
            self.one(measure, to, &format!("{:05}", (to - from).num_days().clamp(0, 99_999)));
        }
    }
}
