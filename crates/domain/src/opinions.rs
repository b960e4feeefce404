//! What people say to statements on a topic.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::workflow::coded;

coded! {
    /// What somebody says to a statement.
    Stance {
        /// Agrees.
        Agree = "agree",
        /// Disagrees.
        Disagree = "disagree",
        /// Neither.
        Pass = "pass",
    }
}

impl Stance {
    /// As a number: 1, -1 or 0.
    pub const fn sign(self) -> i8 {
        match self {
            Self::Agree => 1,
            Self::Disagree => -1,
            Self::Pass => 0,
        }
    }
}
