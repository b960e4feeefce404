//! Votes as they are sent: one by one, and in batches of paper.

use std::collections::BTreeMap;

use poem_openapi::{Object, types::Example};
use uuid::Uuid;
use yishi_domain::{MeetingId, MemberId, ballots as rolls};
use yishi_service::voting::NewBatch;

use crate::{
    problems::Problem,
    resources::{
        EXAMPLE,
        choices::{Said, Word},
    },
};

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
}

/// Papers of a secret ballot that say the same.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct AlikePapers {
    /// How many they are.
    pub number: u64,
    /// What they say, where they name no option.
    #[oai(skip_serializing_if_is_none)]
    pub choice: Option<Word>,
    /// The options that they approve of, by code.
    #[oai(skip_serializing_if_is_none, validator(max_items = 500))]
    pub approved: Option<Vec<String>>,
    /// The points that they give to options by their codes.
    #[oai(skip_serializing_if_is_none)]
    pub points: Option<BTreeMap<String, u32>>,
    /// The options in their order, by code, the best first.
    #[oai(skip_serializing_if_is_none, validator(max_items = 500))]
    pub ranked: Option<Vec<String>>,
}

/// A batch of paper votes.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct BatchInput {
    /// Where the box stood.
    #[oai(validator(min_length = 1, max_length = 200))]
    pub station: String,
    /// Who saw it being counted; somebody else than who enters it.
    pub witness: Uuid,
    /// Where the scans are, or the recording of raised hands.
    #[oai(validator(min_length = 1, max_length = 500))]
    pub scan_reference: String,
    /// The meeting at which hands were raised, where the batch is of these and not of paper.
    #[oai(skip_serializing_if_is_none)]
    pub meeting: Option<Uuid>,
    /// What was counted by hand, against which the entry is reconciled.
    pub control: ControlTotals,
    /// Each paper; in a secret ballot its voting unit alone.
    #[oai(validator(min_items = 1, max_items = 1000))]
    pub papers: Vec<VoteInput>,
    /// What the papers of a secret ballot say.
    #[oai(default, validator(max_items = 1000))]
    pub contents: Vec<AlikePapers>,
}

/// What was counted by hand. What is left out is none.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct ControlTotals {
    /// All papers.
    pub papers: u64,
    /// In favour.
    #[oai(default)]
    pub in_favour: u64,
    /// Against.
    #[oai(default)]
    pub against: u64,
    /// Abstained.
    #[oai(default)]
    pub abstained: u64,
    /// Papers that say nothing.
    #[oai(default)]
    pub blank: u64,
    /// Papers that cannot be read, or say what they may not.
    #[oai(default)]
    pub spoiled: u64,
    /// For each option by its code: the papers that name it, or its points.
    #[oai(default)]
    pub options: BTreeMap<String, u64>,
}

impl VoteInput {
    /// The voting unit, and what it says.
    pub(crate) fn parts(self) -> (String, Said) {
        let Self { voting_unit, choice, approved, points, ranked } = self;
        (voting_unit, Said { choice, approved, points, ranked })
    }
}

impl BatchInput {
    /// The batch; a paper that says nothing has none of the ways to say something.
    pub(crate) fn read(self) -> Result<NewBatch, Problem> {
        let paper = |(i, paper): (usize, VoteInput)| {
            let (voting_unit, said) = paper.parts();
            Ok((voting_unit, said.read(&format!("papers[{i}]"))?))
        };
        let alike = |(i, it): (usize, AlikePapers)| {
            let AlikePapers { number, choice, approved, points, ranked } = it;
            Ok((Said { choice, approved, points, ranked }.require(&format!("contents[{i}]"))?, number))
        };
        let ControlTotals { papers, in_favour, against, abstained, blank, spoiled, options } = self.control;
        Ok(NewBatch {
            station: self.station,
            witness: MemberId(self.witness),
            scan_reference: self.scan_reference,
            meeting: self.meeting.map(MeetingId),
            control: rolls::ControlTotals { papers, in_favour, against, abstained, blank, spoiled, options },
            papers: self.papers.into_iter().enumerate().map(paper).collect::<Result<_, Problem>>()?,
            contents: self.contents.into_iter().enumerate().map(alike).collect::<Result<_, Problem>>()?,
        })
    }
}

impl Example for VoteInput {
    fn example() -> Self {
        let choice = Some(Word::InFavour);
        Self { voting_unit: "3-2-201".into(), choice, approved: None, points: None, ranked: None }
    }
}

impl Example for BatchInput {
    fn example() -> Self {
        Self {
            station: "3号楼大堂".into(),
            witness: EXAMPLE,
            scan_reference: "scans/2026/0117-1.pdf".into(),
            meeting: None,
            control: ControlTotals {
                papers: 1,
                in_favour: 1,
                against: 0,
                abstained: 0,
                blank: 0,
                spoiled: 0,
                options: BTreeMap::new(),
            },
            papers: vec![VoteInput::example()],
            contents: Vec::new(),
        }
    }
}
