//! The files in which money and what pools hold come in and go out, with the columns of each.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::workflow::coded;

coded! {
    /// What a file tells, a line each.
    MoneyFile {
        /// Entries of the books: what came in, moved, was set aside and spent, and what undid any of it.
        Entries = "entries",
        /// What pools hold besides money.
        Provisions = "provisions",
        /// What was drawn from pools, and whether it was given back.
        Draws = "draws",
        /// Crowdfundings.
        Campaigns = "campaigns",
        /// Pledges to crowdfundings.
        Pledges = "pledges",
    }
}

impl MoneyFile {
    /// The columns, in order. Each line is known by its `reference`.
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Entries => &[
                "reference",
                "keeper",
                "fund",
                "unit",
                "kind",
                "amount_fen",
                "note",
                "reverses",
                "to_keeper",
                "to_fund",
                "to_unit",
                "resolution",
                "item",
                "spent_on",
                "voucher",
                "scan",
            ],
            Self::Provisions => &["reference", "unit", "kind", "name", "measure", "quantity"],
            Self::Draws => &["reference", "provision", "resolution", "item", "quantity", "returned"],
            Self::Campaigns => &["reference", "keeper", "fund", "unit", "title", "goal_fen", "ends_at", "state"],
            Self::Pledges => &["reference", "campaign", "member", "amount_fen"],
        }
    }
}
