//! A case as whoever raised it sees it: an order that is placed, dispatched, accepted, done and rated (點單-派單-接單-評單).
//!
//! It is a view of the topic, the calls to it and its resolution, and has no state of its own.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    calls::{Call, Reply},
    items::Item,
    workflow::{Stage, coded},
};

coded! {
    /// Where an order stands.
    OrderState {
        /// Placed, and with nobody yet (點單).
        Placed = "placed",
        /// Given to units that have not taken it on (派單).
        Dispatched = "dispatched",
        /// A unit has taken it on (接單).
        Accepted = "accepted",
        /// Done, and rated by residents (評單).
        Done = "done",
        /// Rated, and at rest.
        Rated = "rated",
        /// It ended without being done.
        Ended = "ended",
    }
}

/// Where the order of a case stands.
pub fn state(stage: Stage, calls: &[Call], items: &[Item]) -> OrderState {
    let taken =
        |call: &Call| call.called.iter().filter_map(|it| it.answer.as_ref()).any(|it| it.reply != Reply::Declined);
    match stage {
        Stage::Rejected | Stage::Merged | Stage::Withdrawn => OrderState::Ended,
        Stage::Closed => OrderState::Rated,
        Stage::Done => OrderState::Done,
        // Whoever is named in the three lists, or leads an item, has it.
        Stage::Executing => OrderState::Accepted,
        _ if calls.iter().any(taken) || !items.is_empty() => OrderState::Accepted,
        _ if !calls.is_empty() => OrderState::Dispatched,
        _ => OrderState::Placed,
    }
}
