//! Supervision (監督委員會): checks, findings and questions that must be answered by a date.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    EscalationId, FindingId, ItemId, Refusal, TopicId, UnitId,
    access::Role,
    escalation::CaseKind,
    machines::{self, Move},
    workflow::coded,
};

coded! {
    /// Where a finding stands.
    FindingState {
        /// It waits for an answer.
        Open = "open",
        /// It was not answered in time.
        Overdue = "overdue",
        /// It is answered.
        Answered = "answered",
        /// The committee has closed it.
        Closed = "closed",
    }
}

coded! {
    /// A step of a finding.
    FindingStep {
        /// The unit that it concerns answers.
        Answer = "answer",
        /// The time to answer is over.
        Lapse = "lapse",
        /// The committee asks again.
        AskAgain = "ask_again",
        /// The committee closes it.
        Close = "close",
    }
}

coded! {
    /// What the committee notes.
    FindingKind {
        /// Something was looked at and is in order.
        Check = "check",
        /// Something is not in order.
        Finding = "finding",
        /// Something is asked.
        Question = "question",
    }
}

coded! {
    /// Which duty was not kept, where something is not in order (責任追究).
    Ground {
        /// What was resolved was not carried out by its date.
        OverdueItem = "overdue_item",
        /// A call to a department, or a question of the committee, was not answered in time.
        UnansweredCall = "unanswered_call",
        /// A step that the case must show was left out or taken too late.
        MissingStep = "missing_step",
        /// Residents are not satisfied with what was done.
        UnsatisfyingResult = "unsatisfying_result",
        /// Something else, as its words say.
        Other = "other",
    }
}

coded! {
    /// What follows for the unit where a finding is closed.
    Measure {
        /// Nothing.
        None = "none",
        /// It is reminded (提醒).
        Reminder = "reminder",
        /// Whoever leads it is talked to (约谈).
        Talk = "talk",
        /// It has to put things right (责令整改).
        Correction = "correction",
        /// It is criticised before others (通报批评).
        Criticism = "criticism",
        /// Something else, as the outcome says.
        Other = "other",
    }
}

/// How long a unit has to answer what the rules found.
pub const TIME_TO_ANSWER: Duration = Duration::days(7);

/// Every move of a finding.
pub const MOVES: &[Move<FindingState, FindingStep>] = &[
    Move(FindingState::Open, FindingStep::Answer, FindingState::Answered, Some(Role::Officer)),
    Move(FindingState::Open, FindingStep::Lapse, FindingState::Overdue, None),
    Move(FindingState::Open, FindingStep::Close, FindingState::Closed, Some(Role::Supervisor)),
    Move(FindingState::Overdue, FindingStep::Answer, FindingState::Answered, Some(Role::Officer)),
    Move(FindingState::Overdue, FindingStep::Close, FindingState::Closed, Some(Role::Supervisor)),
    Move(FindingState::Answered, FindingStep::AskAgain, FindingState::Open, Some(Role::Supervisor)),
    Move(FindingState::Answered, FindingStep::Close, FindingState::Closed, Some(Role::Supervisor)),
];

/// The state after a step, or a refusal that names the steps that are open.
pub fn after(state: FindingState, step: FindingStep) -> Result<FindingState, Refusal> {
    machines::after(MOVES, "finding.wrong_state", state, step)
}

/// What the committee, or the rules, noted about a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Its identifier.
    pub id: FindingId,
    /// The case.
    pub topic: TopicId,
    /// The action item that it is about, where it is about one.
    pub item: Option<ItemId>,
    /// The unit that it concerns.
    pub unit: UnitId,
    /// The escalation by which the rules opened it; none where the committee did.
    pub escalation: Option<EscalationId>,
    /// What it is.
    pub kind: FindingKind,
    /// Which duty was not kept; none where it is a check or a question, and of findings that were noted before grounds were.
    pub ground: Option<Ground>,
    /// In words.
    pub text: String,
    /// By when it must be answered.
    pub answer_by: Option<DateTime<Utc>>,
    /// Where it stands.
    pub state: FindingState,
    /// The last answer.
    pub answer: Option<String>,
    /// What it was closed with.
    pub outcome: Option<String>,
    /// What follows for the unit, once it is closed.
    pub measure: Option<Measure>,
    /// When it was noted.
    pub noted_at: DateTime<Utc>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// Counts its changes, from one.
    pub version: u64,
}

impl Finding {
    /// Takes a step of the table.
    pub fn step(&mut self, step: FindingStep) -> Result<(), Refusal> {
        self.state = after(self.state, step)?;
        Ok(())
    }

    /// Refuses a measure against a unit that was not heard: it has neither answered what was asked last, nor let the time for it pass.
    pub fn require_heard(&self, measure: Measure, now: DateTime<Utc>) -> Result<(), Refusal> {
        if measure == Measure::None {
            return Ok(());
        }
        if self.kind != FindingKind::Finding {
            let text = "a measure follows from a finding alone";
            return Err(Refusal::invalid("finding.no_measure", "measure", text));
        }
        let over = self.answer_by.is_some_and(|by| now > by);
        if self.state != FindingState::Open || over {
            return Ok(());
        }
        let refusal = Refusal::conflict("finding.not_heard", "the unit has not answered, and may still do so");
        Err(refusal
            .with_fix("wait for its answer or until the date by which it must answer, or close it without a measure"))
    }
}

impl Ground {
    /// The ground of what the rules find when they are asked about a case.
    pub const fn of_case(kind: CaseKind) -> Self {
        match kind {
            CaseKind::Overdue => Self::OverdueItem,
            CaseKind::Unanswered => Self::UnansweredCall,
            CaseKind::Unsatisfied => Self::UnsatisfyingResult,
            CaseKind::Objection => Self::Other,
        }
    }
}

/// Refuses a question or a finding without a date that lies ahead, and a check that asks for an answer; a finding alone has a ground.
pub fn validate(
    kind: FindingKind,
    ground: Option<Ground>,
    answer_by: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    let wrong_ground = |what: &str| Err(Refusal::invalid("finding.bad_ground", "ground", what));
    let wrong_date = |what: &str| Err(Refusal::invalid("finding.bad_date", "answer_by", what));
    match (kind, ground) {
        (FindingKind::Finding, None) => return wrong_ground("say which duty was not kept"),
        (FindingKind::Check | FindingKind::Question, Some(_)) => return wrong_ground("a finding alone has a ground"),
        _ => {}
    }
    match (kind, answer_by) {
        (FindingKind::Check, Some(_)) => wrong_date("what is in order asks for no answer"),
        (FindingKind::Question | FindingKind::Finding, None) => wrong_date("say by when it must be answered"),
        (_, Some(by)) if by <= now => wrong_date("the date must lie ahead"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("an instant")
    }

    #[test]
    fn what_asks_for_an_answer_has_a_date_and_a_finding_alone_has_a_ground() {
        let code = |kind, ground, by| validate(kind, ground, by, at(10)).map_err(|it| it.code);
        let (later, ground) = (Some(at(11)), Some(Ground::MissingStep));
        assert_eq!(code(FindingKind::Question, None, later), Ok(()));
        assert_eq!(code(FindingKind::Question, None, Some(at(10))), Err("finding.bad_date"));
        assert_eq!(code(FindingKind::Question, None, None), Err("finding.bad_date"));
        assert_eq!(code(FindingKind::Question, ground, later), Err("finding.bad_ground"));
        assert_eq!(code(FindingKind::Finding, ground, later), Ok(()));
        assert_eq!(code(FindingKind::Finding, ground, None), Err("finding.bad_date"));
        assert_eq!(code(FindingKind::Finding, None, later), Err("finding.bad_ground"));
        assert_eq!(code(FindingKind::Check, None, None), Ok(()));
        assert_eq!(code(FindingKind::Check, None, later), Err("finding.bad_date"));
    }

    #[test]
    fn no_measure_is_taken_before_the_unit_was_heard_or_let_its_time_pass() {
        let nobody = uuid::Uuid::nil();
        let mut finding = Finding {
            id: FindingId(nobody),
            topic: TopicId(nobody),
            item: None,
            unit: UnitId(nobody),
            escalation: None,
            kind: FindingKind::Finding,
            ground: Some(Ground::OverdueItem),
            text: String::new(),
            answer_by: Some(at(10)),
            state: FindingState::Open,
            answer: None,
            outcome: None,
            measure: None,
            noted_at: at(0),
            closed_at: None,
            version: 1,
        };
        let code = |finding: &Finding, measure, now| finding.require_heard(measure, at(now)).map_err(|it| it.code);
        assert_eq!(code(&finding, Measure::Reminder, 10), Err("finding.not_heard"));
        assert_eq!(code(&finding, Measure::None, 10), Ok(()));
        assert_eq!(code(&finding, Measure::Reminder, 11), Ok(()));
        finding.step(FindingStep::Answer).expect("it is open");
        assert_eq!(code(&finding, Measure::Criticism, 5), Ok(()));
        finding.step(FindingStep::AskAgain).expect("it is answered");
        assert_eq!(code(&finding, Measure::Criticism, 5), Err("finding.not_heard"), "it is asked again");
        finding.kind = FindingKind::Question;
        assert_eq!(code(&finding, Measure::Talk, 11), Err("finding.no_measure"));
    }
}
