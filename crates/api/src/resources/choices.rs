//! What a voting unit says, as it is sent.

use std::collections::BTreeMap;

use poem_openapi::Enum;
use yishi_domain::{Refusal, voting};

use crate::problems::Problem;

/// What a voting unit says, where it names no option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum Word {
    /// In favour.
    InFavour,
    /// Against.
    Against,
    /// Takes part, and decides nothing.
    Abstained,
    /// On paper: it says nothing.
    Blank,
    /// On paper: it cannot be read, or says what it may not.
    Spoiled,
}

/// The ways to say something, of which one is there.
#[derive(Debug)]
pub(crate) struct Said {
    pub choice: Option<Word>,
    pub approved: Option<Vec<String>>,
    pub points: Option<BTreeMap<String, u32>>,
    pub ranked: Option<Vec<String>>,
}

impl Said {
    /// What is said; nothing where no way is there.
    pub fn read(self, field: &str) -> Result<Option<voting::Choice>, Problem> {
        let Self { choice, approved, points, ranked } = self;
        let word = choice.map(|it| match it {
            Word::InFavour => voting::Choice::InFavour,
            Word::Against => voting::Choice::Against,
            Word::Abstained => voting::Choice::Abstained,
            Word::Blank => voting::Choice::Blank,
            Word::Spoiled => voting::Choice::Spoiled,
        });
        let all = [
            word,
            approved.map(voting::Choice::Approved),
            points.map(voting::Choice::Points),
            ranked.map(voting::Choice::Ranked),
        ];
        let mut said = all.into_iter().flatten();
        match (said.next(), said.next()) {
            (said, None) => Ok(said),
            _ => {
                let text = "it says more than one of `choice`, `approved`, `points` and `ranked`";
                Err(Refusal::invalid("vote.bad_choice", field, text)
                    .with_fix("send the one of the ballot's method")
                    .into())
            }
        }
    }

    /// What is said, where something must be.
    pub fn require(self, field: &str) -> Result<voting::Choice, Problem> {
        self.read(field)?.ok_or_else(|| {
            let text = "say something: `choice`, `approved`, `points` or `ranked`, by the ballot's method";
            Refusal::invalid("vote.bad_choice", field, text).into()
        })
    }
}
