//! Supervision (監督委員會): checks, findings and questions that must be answered by a date.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    EscalationId, FindingId, ItemId, Refusal, TopicId, UnitId,
    access::Role,
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
}

/// Refuses a question without a date that lies ahead, and a check that asks for an answer.
pub fn validate(kind: FindingKind, answer_by: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<(), Refusal> {
    let wrong = |what: &str| Err(Refusal::invalid("finding.bad_date", "answer_by", what));
    match (kind, answer_by) {
        (FindingKind::Check, Some(_)) => wrong("what is in order asks for no answer"),
        (FindingKind::Question, None) => wrong("say by when it must be answered"),
        (_, Some(by)) if by <= now => wrong("the date must lie ahead"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_has_a_date_and_a_check_has_none() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).expect("an instant");
        let code = |kind, by| validate(kind, by, at(10)).map_err(|it| it.code);
        assert_eq!(code(FindingKind::Question, Some(at(11))), Ok(()));
        assert_eq!(code(FindingKind::Question, Some(at(10))), Err("finding.bad_date"));
        assert_eq!(code(FindingKind::Question, None), Err("finding.bad_date"));
        assert_eq!(code(FindingKind::Finding, None), Ok(()));
        assert_eq!(code(FindingKind::Check, Some(at(11))), Err("finding.bad_date"));
    }
}
