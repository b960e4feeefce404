//! Procedural compliance: which steps a case must show by its form and its weight, and which event proves each.
//!
//! Nothing of it is kept: it follows from the events of the case. A case that was reopened is judged by its last round.

use serde::{Deserialize, Serialize};

use crate::{
    StoredEvent,
    topics::{Form, Significance},
};

/// A step that cases must show.
#[derive(Debug)]
pub struct Required {
    /// Its stable code.
    pub code: &'static str,
    /// The events that prove it.
    pub proved_by: &'static [&'static str],
    /// The events before which it must have happened; once one is there the step is pending no more.
    pub before: &'static [&'static str],
    /// Whether it must come before those, or with them.
    pub order: Order,
    /// Which cases must show it.
    pub of: Of,
    /// What takes the proof away, where an event of its kind can say so.
    pub spoiled: Option<fn(&StoredEvent) -> bool>,
}

/// How a step lies to the events that end its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// It comes first.
    First,
    /// It may be the same event.
    With,
}

/// The cases that must show a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// All.
    Every,
    /// Those that weigh more (重大事項).
    Major,
    /// Those in which several departments meet.
    JointMeeting,
}

/// Every step, in the order of the case.
pub const STEPS: &[Required] = &[
    Required {
        code: "screened_in_time",
        proved_by: &["topic.accepted", "topic.rejected", "topic.merged"],
        before: &["case.escalated", "meeting.convened", "topic.rejected", "topic.merged"],
        order: Order::With,
        of: Of::Every,
        spoiled: None,
    },
    step("meeting_convened", &["meeting.convened"], &["minutes.filed"], Of::Every),
    step("attendance_recorded", &["attendance.recorded"], &["minutes.filed"], Of::Every),
    step("departments_called", &["call.opened"], &["ballot.opened"], Of::JointMeeting),
    step("minutes_adopted", &["minutes.adopted"], &["ballot.opened"], Of::Every),
    step("rule_published", &["ballot.opened"], &["ballot.closed", "ballot.counted"], Of::Every),
    step("votes_counted", &["ballot.counted"], &["ballot.decided"], Of::Every),
    step("reasons_published", &["ballot.decided"], &["resolution.adopted", "resolution.assigned"], Of::Every),
    step("lists_filed", &["resolution.assigned"], &["resolution.completed"], Of::Every),
    step("supervised", &["finding.noted"], &["resolution.completed"], Of::Major),
    Required {
        code: "carried_out_in_time",
        proved_by: &["resolution.completed"],
        before: &["resolution.completed"],
        order: Order::With,
        of: Of::Every,
        spoiled: Some(|event| event.body["late"] == true),
    },
    Required {
        code: "rated_by_residents",
        proved_by: &["survey.closed"],
        before: &["survey.closed"],
        order: Order::With,
        of: Of::Every,
        spoiled: Some(|event| event.body["ratings"] == 0),
    },
];

const fn step(
    code: &'static str,
    proved_by: &'static [&'static str],
    before: &'static [&'static str],
    of: Of,
) -> Required {
    Required { code, proved_by, before, order: Order::First, of, spoiled: None }
}

/// The kinds of events from which compliance follows.
pub fn kinds() -> Vec<&'static str> {
    let all = STEPS.iter().flat_map(|it| it.proved_by.iter().chain(it.before));
    let mut kinds: Vec<_> = all.copied().chain(["topic.reopened"]).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// How a case stands to a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// An event proves it.
    Met,
    /// There is time for it.
    Pending,
    /// It was left out, or came too late.
    Unmet,
}

/// A step as a case shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The step's code.
    pub code: &'static str,
    /// How the case stands to it.
    pub standing: Standing,
    /// The event that proves it, or by which it was too late.
    pub event: Option<StoredEvent>,
}

/// How a case stands to each step that it must show, from its events in order.
pub fn assess(significance: Significance, form: Form, events: &[StoredEvent]) -> Vec<Shown> {
    let reopened = events.iter().rposition(|event| event.kind == "topic.reopened").map_or(0, |i| i + 1);
    let owed = |step: &&Required| match step.of {
        Of::Every => true,
        Of::Major => significance == Significance::Major,
        Of::JointMeeting => form == Form::JointMeeting,
    };
    let shown = |step: &Required| {
        // A case is screened once, and deliberated anew in every round.
        let round = if step.proved_by.contains(&"topic.accepted") { events } else { &events[reopened..] };
        let first = |kinds: &[&str]| round.iter().position(|event| kinds.contains(&event.kind.as_str()));
        let (proof, end) = (first(step.proved_by), first(step.before));
        let in_time = match (proof, end) {
            (Some(proof), Some(end)) if step.order == Order::First => proof < end,
            (Some(proof), Some(end)) => proof <= end,
            (Some(_), None) => true,
            (None, _) => false,
        };
        let sound = proof.is_some_and(|i| !step.spoiled.is_some_and(|spoils| spoils(&round[i])));
        let standing = match (in_time && sound, end) {
            (true, _) => Standing::Met,
            (false, None) => Standing::Pending,
            (false, Some(_)) => Standing::Unmet,
        };
        let event = if standing == Standing::Met { proof } else { end };
        Shown { code: step.code, standing, event: event.map(|i| round[i].clone()) }
    };
    STEPS.iter().filter(owed).map(shown).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn event(kind: &str, body: Value) -> StoredEvent {
        let at = chrono::DateTime::from_timestamp(0, 0).expect("an instant");
        StoredEvent {
            id: crate::EventId(uuid::Uuid::nil()),
            kind: kind.into(),
            subject: uuid::Uuid::nil(),
            actor: "member".into(),
            at,
            recorded_at: at,
            body,
            position: None,
        }
    }

    fn unmet(significance: Significance, form: Form, kinds: &[&str]) -> Vec<&'static str> {
        let events: Vec<_> = kinds.iter().map(|kind| event(kind, json!({"ratings": 3, "late": false}))).collect();
        let shown = assess(significance, form, &events).into_iter();
        shown.filter(|it| it.standing == Standing::Unmet).map(|it| it.code).collect()
    }

    const WHOLE: &[&str] = &[
        "topic.accepted",
        "meeting.convened",
        "attendance.recorded",
        "minutes.filed",
        "minutes.adopted",
        "ballot.opened",
        "ballot.closed",
        "ballot.counted",
        "ballot.decided",
        "resolution.adopted",
        "resolution.assigned",
        "resolution.completed",
        "survey.closed",
    ];

    #[test]
    fn what_a_case_must_show_follows_from_its_weight_and_its_form() {
        assert!(unmet(Significance::General, Form::OpenDebate, WHOLE).is_empty());
        assert_eq!(unmet(Significance::Major, Form::OpenDebate, WHOLE), ["supervised"]);
        assert_eq!(unmet(Significance::General, Form::JointMeeting, WHOLE), ["departments_called"]);
    }

    #[test]
    fn minutes_that_nobody_adopted_prove_nothing() {
        let kinds: Vec<_> = WHOLE.iter().copied().filter(|kind| *kind != "minutes.adopted").collect();
        assert_eq!(unmet(Significance::General, Form::OpenDebate, &kinds), ["minutes_adopted"]);
    }

    #[test]
    fn a_step_that_came_after_its_time_is_unmet_and_one_whose_time_has_not_come_is_not() {
        let late = ["case.escalated", "topic.accepted", "meeting.convened", "minutes.filed", "attendance.recorded"];
        let codes = unmet(Significance::General, Form::OpenDebate, &late);
        assert_eq!(codes, ["screened_in_time", "attendance_recorded"]);
        assert!(unmet(Significance::Major, Form::JointMeeting, &[]).is_empty());
    }

    #[test]
    fn late_completion_and_an_empty_survey_prove_nothing() {
        let events =
            [event("resolution.completed", json!({"late": true})), event("survey.closed", json!({"ratings": 0}))];
        let shown = assess(Significance::General, Form::OpenDebate, &events);
        let standing = |code| shown.iter().find(|it| it.code == code).map(|it| it.standing);
        assert_eq!(standing("carried_out_in_time"), Some(Standing::Unmet));
        assert_eq!(standing("rated_by_residents"), Some(Standing::Unmet));
    }

    #[test]
    fn a_reopened_case_is_judged_by_its_last_round() {
        let mut kinds: Vec<_> = WHOLE.to_vec();
        kinds.extend(["topic.reopened", "meeting.convened", "minutes.filed"]);
        assert_eq!(unmet(Significance::General, Form::OpenDebate, &kinds), ["attendance_recorded"]);
    }
}
