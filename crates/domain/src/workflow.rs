//! The five-step case as a table: which step leads from which stage to which, and whose it is.
//!
//! What is not in [`MOVES`] is refused, so no stage can be skipped.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    Refusal,
    access::Role,
    machines::{self, Move},
};

macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
        }

        impl $name {
            /// All of them, in order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable code.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.code())
            }
        }

        impl FromStr for $name {
            type Err = $crate::workflow::UnknownCode;

            fn from_str(code: &str) -> Result<Self, $crate::workflow::UnknownCode> {
                Self::ALL.iter().copied().find(|it| it.code() == code).ok_or_else(|| $crate::workflow::UnknownCode(code.into()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::workflow::UnknownCode;

            fn try_from(code: String) -> Result<Self, $crate::workflow::UnknownCode> {
                code.parse()
            }
        }
    };
}
pub(crate) use coded;

/// A code that names nothing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a known code")]
pub struct UnknownCode(pub String);

coded! {
    /// Where a case stands.
    Stage {
        /// Raised, waiting for screening.
        Submitted = "submitted",
        /// In the topic pool.
        Accepted = "accepted",
        /// Refused with a reason.
        Rejected = "rejected",
        /// Taken into another topic.
        Merged = "merged",
        /// Taken back by whoever raised it.
        Withdrawn = "withdrawn",
        /// Under deliberation.
        Deliberating = "deliberating",
        /// Deliberated, with minutes.
        Deliberated = "deliberated",
        /// A ballot is announced, open, or being counted.
        Deciding = "deciding",
        /// Passed; waits for its three lists.
        Decided = "decided",
        /// The ballot did not pass.
        NotAdopted = "not_adopted",
        /// Being carried out.
        Executing = "executing",
        /// Carried out; residents rate it.
        Done = "done",
        /// Rated, and at rest.
        Closed = "closed",
    }
}

coded! {
    /// A step of the workflow.
    Step {
        /// Accepts a topic into the pool.
        Accept = "accept",
        /// Rejects a topic with a reason.
        Reject = "reject",
        /// Merges a topic into another.
        Merge = "merge",
        /// Withdraws a topic.
        Withdraw = "withdraw",
        /// Convenes a meeting.
        Convene = "convene",
        /// Files the minutes of the meeting.
        FileMinutes = "file_minutes",
        /// Announces a ballot with its rule.
        Announce = "announce",
        /// Records a verdict of passed.
        Pass = "pass",
        /// Records a verdict that leads to another round.
        Advance = "advance",
        /// Records a verdict of failed, or without quorum.
        Fail = "fail",
        /// Annuls the ballot with a reason.
        Annul = "annul",
        /// Files the three lists.
        Assign = "assign",
        /// Reports completion.
        Complete = "complete",
        /// Closes after a satisfying survey.
        Close = "close",
        /// Reopens deliberation.
        Reopen = "reopen",
    }
}

/// Every move there is.
pub const MOVES: &[Move<Stage, Step>] = &[
    Move(Stage::Submitted, Step::Accept, Stage::Accepted, Some(Role::Coordinator)),
    Move(Stage::Submitted, Step::Reject, Stage::Rejected, Some(Role::Coordinator)),
    Move(Stage::Submitted, Step::Merge, Stage::Merged, Some(Role::Coordinator)),
    Move(Stage::Submitted, Step::Withdraw, Stage::Withdrawn, Some(Role::Resident)),
    Move(Stage::Accepted, Step::Merge, Stage::Merged, Some(Role::Coordinator)),
    Move(Stage::Accepted, Step::Withdraw, Stage::Withdrawn, Some(Role::Resident)),
    Move(Stage::Accepted, Step::Convene, Stage::Deliberating, Some(Role::Coordinator)),
    Move(Stage::Deliberating, Step::Convene, Stage::Deliberating, Some(Role::Coordinator)),
    Move(Stage::Deliberating, Step::FileMinutes, Stage::Deliberated, Some(Role::Coordinator)),
    Move(Stage::Deliberated, Step::Convene, Stage::Deliberating, Some(Role::Coordinator)),
    Move(Stage::Deliberated, Step::Announce, Stage::Deciding, Some(Role::Coordinator)),
    Move(Stage::Deciding, Step::Pass, Stage::Decided, None),
    Move(Stage::Deciding, Step::Advance, Stage::Deliberated, None),
    Move(Stage::Deciding, Step::Fail, Stage::NotAdopted, None),
    Move(Stage::Deciding, Step::Annul, Stage::Deliberated, Some(Role::Administrator)),
    Move(Stage::NotAdopted, Step::Convene, Stage::Deliberating, Some(Role::Coordinator)),
    Move(Stage::Decided, Step::Reopen, Stage::Deliberating, None),
    Move(Stage::Decided, Step::Assign, Stage::Executing, Some(Role::Coordinator)),
    Move(Stage::Executing, Step::Complete, Stage::Done, Some(Role::Officer)),
    Move(Stage::Done, Step::Close, Stage::Closed, None),
    Move(Stage::Executing, Step::Reopen, Stage::Deliberating, None),
    Move(Stage::Done, Step::Reopen, Stage::Deliberating, None),
];

/// The stages in which a case ends.
pub const FINAL: &[Stage] = &[Stage::Rejected, Stage::Merged, Stage::Withdrawn, Stage::Closed];

/// The stage after a step, or a refusal that names the steps that are open.
pub fn after(stage: Stage, step: Step) -> Result<Stage, Refusal> {
    machines::after(MOVES, "topic.wrong_stage", stage, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn final_stages_do_not_move_and_all_others_do() {
        for stage in Stage::ALL {
            let moves = MOVES.iter().any(|m| m.0 == *stage);
            assert_eq!(moves, !FINAL.contains(stage), "{stage}");
        }
    }

    #[test]
    fn a_skipped_stage_is_refused_with_the_open_steps() {
        let refusal = after(Stage::Submitted, Step::Announce).expect_err("nothing was deliberated");
        assert_eq!(refusal.code, "topic.wrong_stage");
        assert_eq!(
            refusal.fix.as_deref(),
            Some("from submitted these steps are open: accept, reject, merge, withdraw")
        );
    }

    #[test]
    fn codes_read_back() {
        for stage in Stage::ALL {
            assert_eq!(stage.code().parse(), Ok(*stage));
            assert_eq!(serde_json::to_value(stage).expect("plain"), stage.code());
        }
        assert!("decidedly".parse::<Stage>().is_err());
    }
}
