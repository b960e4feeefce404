//! A vote as it is sent, alone or as a paper of a batch.

use std::collections::BTreeMap;

use poem_openapi::{Object, types::Example};

use crate::resources::choices::{Said, Word};

/// A vote.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct VoteInput {
    /// The voting unit for which it is cast.
    #[oai(validator(min_length = 1, max_length = 100))]
    pub voting_unit: String,
    /// What it says, where it names no option.
    #[oai(skip_serializing_if_is_none)]
    pub choice: Option<Word>,
    /// The options that it approves of, by code, where the method is approval.
    #[oai(skip_serializing_if_is_none, validator(max_items = 500))]
    pub approved: Option<Vec<String>>,
    /// The points that it gives to options by their codes, where the method is cumulative.
    #[oai(skip_serializing_if_is_none)]
    pub points: Option<BTreeMap<String, u32>>,
    /// The options in its order, by code, the best first, where the method is ranked.
    #[oai(skip_serializing_if_is_none, validator(max_items = 500))]
    pub ranked: Option<Vec<String>>,
    /// Why, in the voter's words, where they cast it themselves in an open ballot. Those who wanted something else than what came out are heard
    /// with the verdict, without their names.
    #[oai(skip_serializing_if_is_none, validator(min_length = 1, max_length = 500))]
    pub reason: Option<String>,
}

impl VoteInput {
    /// The voting unit, what it says, and why.
    pub(crate) fn parts(self) -> (String, Said, Option<String>) {
        let Self { voting_unit, choice, approved, points, ranked, reason } = self;
        (voting_unit, Said { choice, approved, points, ranked }, reason)
    }
}

impl Example for VoteInput {
    fn example() -> Self {
        let choice = Some(Word::InFavour);
        Self { voting_unit: "3-2-201".into(), choice, approved: None, points: None, ranked: None, reason: None }
    }
}
