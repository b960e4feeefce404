//! What one voting unit says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::voting::{ChoiceOption, Method};

/// What one voting unit says.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// In favour.
    InFavour,
    /// Against.
    Against,
    /// Abstained: takes part, decides neither way.
    Abstained,
    /// A paper that says nothing.
    Blank,
    /// A paper that cannot be read, or says what it may not.
    Spoiled,
    /// Approves of these options, by code, in order of code.
    Approved(Vec<String>),
    /// Gives these options, by code, so many points.
    Points(BTreeMap<String, u32>),
    /// Puts these options in order, by code, the best first.
    Ranked(Vec<String>),
}

/// Why a choice is none in a ballot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// The ballot is cast by another method.
    #[error("the ballot is cast by another method: {0:?}")]
    OtherMethod(Method),
    /// No option has this code.
    #[error("the ballot has no option `{0}`")]
    UnknownOption(String),
    /// An option is named twice.
    #[error("option `{0}` is named twice")]
    Twice(String),
    /// Too much, or nothing at all.
    #[error("{found} {what}; 1 to {most} are allowed")]
    Number {
        /// Options or points.
        what: &'static str,
        /// How many there are.
        found: u64,
        /// How many there may be.
        most: u32,
    },
}

impl Choice {
    /// The options that it names, each with its points or one.
    pub fn marks(&self) -> Vec<(&str, u32)> {
        match self {
            Self::Approved(codes) | Self::Ranked(codes) => codes.iter().map(|code| (code.as_str(), 1)).collect(),
            Self::Points(points) => points.iter().map(|(code, points)| (code.as_str(), *points)).collect(),
            Self::InFavour | Self::Against | Self::Abstained | Self::Blank | Self::Spoiled => Vec::new(),
        }
    }
}

/// Tells whether a paper wanted something else than what came out: the other word, or none of the options that were chosen.
///
/// Whoever abstained, or said nothing that can be read, did not.
pub fn dissents(choice: &Choice, passed: bool, chosen: &[&str]) -> bool {
    match choice {
        Choice::InFavour => !passed,
        Choice::Against => passed,
        Choice::Abstained | Choice::Blank | Choice::Spoiled => false,
        Choice::Approved(_) | Choice::Ranked(_) | Choice::Points(_) => {
            choice.marks().iter().all(|(code, points)| *points == 0 || !chosen.contains(code))
        }
    }
}

/// Admits a choice to a ballot, in its one written form, or says why it is none there.
///
/// Whoever wants to decide nothing abstains: a choice among options names at least one.
pub fn admit(choice: Choice, method: Method, options: &[ChoiceOption]) -> Result<Choice, ChoiceError> {
    let number = |what, found: u64, most: u32| match (1..=u64::from(most)).contains(&found) {
        true => Ok(()),
        false => Err(ChoiceError::Number { what, found, most }),
    };
    let admitted = match (choice, method) {
        (it @ (Choice::Abstained | Choice::Blank | Choice::Spoiled), _) => it,
        (it @ (Choice::InFavour | Choice::Against), Method::YesNo) => it,
        (Choice::Approved(mut codes), Method::Approval(most)) => {
            codes.sort();
            number("options", codes.len() as u64, most)?;
            Choice::Approved(codes)
        }
        (Choice::Ranked(codes), Method::Ranked(most)) => {
            number("options", codes.len() as u64, most)?;
            Choice::Ranked(codes)
        }
        (Choice::Points(mut points), Method::Cumulative(most)) => {
            points.retain(|_, points| *points > 0);
            number("points", points.values().map(|it| u64::from(*it)).sum(), most)?;
            Choice::Points(points)
        }
        (_, method) => return Err(ChoiceError::OtherMethod(method)),
    };
    let mut seen = std::collections::HashSet::new();
    for (code, _) in admitted.marks() {
        if !options.iter().any(|option| option.code == code) {
            return Err(ChoiceError::UnknownOption(code.to_owned()));
        }
        if !seen.insert(code) {
            return Err(ChoiceError::Twice(code.to_owned()));
        }
    }
    Ok(admitted)
}
