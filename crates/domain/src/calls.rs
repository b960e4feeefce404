//! Whistle calls (議事吹哨、部門報到): a unit calls others to a case, and each answers within so many hours.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    CallId, EscalationId, Refusal, TopicId, UnitId,
    access::Role,
    machines::{self, Move},
    workflow::coded,
};

/// Hours to answer a call, where nothing else is said.
pub const ANSWER_HOURS: u32 = 48;

coded! {
    /// Where a call stands.
    CallState {
        /// Some of those who were called have not answered, and there is time.
        Open = "open",
        /// Some of those who were called did not answer in time.
        Unanswered = "unanswered",
        /// All have answered.
        Answered = "answered",
        /// What they were called for is settled.
        Closed = "closed",
    }
}

coded! {
    /// A step of a call.
    CallStep {
        /// One of those who were called answers, or says more.
        Answer = "answer",
        /// The last answer has come.
        Settle = "settle",
        /// The time is over.
        Lapse = "lapse",
        /// What they were called for is settled.
        Close = "close",
    }
}

coded! {
    /// What a called unit answers.
    Reply {
        /// It takes the matter on.
        Accepted = "accepted",
        /// It has reported on site (報到).
        OnSite = "on_site",
        /// It declines, with a reason.
        Declined = "declined",
    }
}

/// Every move of a call.
pub const MOVES: &[Move<CallState, CallStep>] = &[
    Move(CallState::Open, CallStep::Answer, CallState::Open, Some(Role::Officer)),
    Move(CallState::Open, CallStep::Settle, CallState::Answered, None),
    Move(CallState::Open, CallStep::Lapse, CallState::Unanswered, None),
    Move(CallState::Unanswered, CallStep::Answer, CallState::Unanswered, Some(Role::Officer)),
    Move(CallState::Unanswered, CallStep::Settle, CallState::Answered, None),
    Move(CallState::Answered, CallStep::Answer, CallState::Answered, Some(Role::Officer)),
    Move(CallState::Answered, CallStep::Close, CallState::Closed, Some(Role::Coordinator)),
];

/// The state after a step, or a refusal that names the steps that are open.
pub fn after(state: CallState, step: CallStep) -> Result<CallState, Refusal> {
    machines::after(MOVES, "call.wrong_state", state, step)
}

/// A call to a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Its identifier.
    pub id: CallId,
    /// The case.
    pub topic: TopicId,
    /// The escalation by which the rules called; none where a coordinator did.
    pub escalation: Option<EscalationId>,
    /// What they are called for.
    pub matter: String,
    /// The one that leads.
    pub lead: Option<UnitId>,
    /// When it was made.
    pub called_at: DateTime<Utc>,
    /// By when each must answer.
    pub due_at: DateTime<Utc>,
    /// Where it stands.
    pub state: CallState,
    /// Counts its changes, from one.
    pub version: u64,
    /// Those who are called, in order.
    pub called: Vec<Called>,
}

/// One that is called, and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Called {
    /// The unit.
    pub unit: UnitId,
    /// Its answer, once there is one.
    pub answer: Option<Answered>,
}

/// The answer of a called unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// What it says.
    pub reply: Reply,
    /// In words; the reason where it declines.
    pub text: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

impl Call {
    /// Those who have not answered.
    pub fn missing(&self) -> Vec<UnitId> {
        self.called.iter().filter(|it| it.answer.is_none()).map(|it| it.unit).collect()
    }

    /// Takes a step of the table.
    pub fn step(&mut self, step: CallStep) -> Result<(), Refusal> {
        self.state = after(self.state, step)?;
        Ok(())
    }

    /// Notes the answer of a called unit; where the one that leads declines, the next one that has not declined leads.
    pub fn answer(&mut self, unit: UnitId, answer: Answered) -> Result<(), Refusal> {
        if answer.reply == Reply::Declined && answer.text.as_deref().is_none_or(|text| text.trim().is_empty()) {
            return Err(Refusal::invalid("call.no_reason", "text", "say why you decline"));
        }
        self.step(CallStep::Answer)?;
        let called = self.called.iter_mut().find(|it| it.unit == unit);
        let called = called.ok_or_else(|| Refusal::invalid("call.not_called", "unit", "this unit is not called"))?;
        let first = called.answer.is_none();
        let declined = called.answer.as_ref().is_some_and(|it| it.reply == Reply::Declined);
        if declined && answer.reply != Reply::Accepted {
            return Err(Refusal::conflict("call.declined", "this unit has declined")
                .with_fix("answer `accepted` to take the matter on after all"));
        }
        called.answer = Some(answer);
        let stands = |it: &&Called| it.answer.as_ref().is_none_or(|answer| answer.reply != Reply::Declined);
        let leads = |lead: UnitId| self.called.iter().filter(stands).any(|it| it.unit == lead);
        if !self.lead.is_some_and(leads) {
            self.lead = self.called.iter().find(stands).map(|it| it.unit);
        }
        if first && self.missing().is_empty() {
            self.step(CallStep::Settle)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(n: u128) -> UnitId {
        UnitId(uuid::Uuid::from_u128(n))
    }

    fn call() -> Call {
        let nil = uuid::Uuid::nil();
        let at = DateTime::from_timestamp(0, 0).expect("an instant");
        Call {
            id: CallId(nil),
            topic: TopicId(nil),
            escalation: None,
            matter: "占道停车".into(),
            lead: Some(unit(1)),
            called_at: at,
            due_at: at,
            state: CallState::Open,
            version: 1,
            called: [1, 2].map(|n| Called { unit: unit(n), answer: None }).into(),
        }
    }

    fn says(reply: Reply, text: Option<&str>) -> Answered {
        Answered { reply, text: text.map(Into::into), at: DateTime::from_timestamp(1, 0).expect("an instant") }
    }

    #[test]
    fn a_call_is_answered_when_all_have_answered_and_always_has_one_lead_while_anybody_stands() {
        let mut call = call();
        assert_eq!(call.answer(unit(1), says(Reply::Declined, None)).expect_err("no reason").code, "call.no_reason");
        assert_eq!(call.answer(unit(3), says(Reply::Accepted, None)).expect_err("a stranger").code, "call.not_called");
        call.answer(unit(1), says(Reply::Declined, Some("不属本部门职责"))).expect("declined");
        assert_eq!((call.state, call.lead), (CallState::Open, Some(unit(2))));
        call.answer(unit(2), says(Reply::Declined, Some("无执法权"))).expect("declined");
        assert_eq!((call.state, call.lead), (CallState::Answered, None));
        call.answer(unit(2), says(Reply::Accepted, None)).expect("after all");
        assert_eq!((call.state, call.lead), (CallState::Answered, Some(unit(2))));
    }

    #[test]
    fn who_answers_too_late_still_answers() {
        let mut call = Call { state: CallState::Unanswered, ..call() };
        call.answer(unit(1), says(Reply::OnSite, None)).expect("late");
        assert_eq!((call.state, call.missing()), (CallState::Unanswered, vec![unit(2)]));
        call.answer(unit(2), says(Reply::Accepted, None)).expect("late");
        assert_eq!(call.state, CallState::Answered);
    }
}
