//! Counting: from what voters say to the tally, options chosen by the rule's own terms included.
//!
//! Sums are exact integers; where a procedure divides, fractions are exact as well. The order in which votes come decides nothing.

mod order;
mod pairwise;
mod runoff;
mod scores;
mod shares;

use std::collections::BTreeMap;

use crate::voting::{
    Choice, ChoiceOption, ConditionKind, Count, MAX_INTEGER, Measure, Method, Procedure, Profile, Selection, Standing,
    Tally, VotingRule,
    evaluation::{reaches, whole},
};

/// How many options a ballot has at most.
pub const MOST_OPTIONS: usize = 500;

/// What one voting unit says, with what it weighs.
#[derive(Clone, Copy, Debug)]
pub struct Paper<'a> {
    /// What it says.
    pub choice: &'a Choice,
    /// How many heads it counts.
    pub heads: u64,
    /// Its floor area in hundredths of a square metre, where it states one.
    pub floor_area: Option<u64>,
}

/// Votes that cannot be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CountError {
    /// Floor area is counted and a vote states none.
    #[error("a vote states no floor area")]
    NoFloorArea,
    /// The sum is beyond what can be counted.
    #[error("the votes come to more than can be counted")]
    TooMany,
    /// A vote names an option that the ballot does not have.
    #[error("a vote names an option that the ballot does not have")]
    UnknownOption,
}

/// Alike papers: the options that they name by place, each with its points.
type Marks = Vec<(usize, u32)>;

/// What the papers of a ballot say on its options.
struct Contest<'a> {
    options: &'a [ChoiceOption],
    /// Alike papers together, with what they weigh.
    papers: Vec<(Marks, u64)>,
    /// What supports an option.
    support: Vec<u64>,
    /// By what options are ordered.
    score: Vec<u64>,
    /// Whether an option may be chosen: somebody supports it, and it reaches every threshold.
    open: Vec<bool>,
}

/// Counts papers, by each measure of the roll.
pub fn count<'a>(
    rule: &VotingRule,
    options: &[ChoiceOption],
    eligible: &[(Measure, u64)],
    papers: impl Iterator<Item = Paper<'a>>,
) -> Result<Tally, CountError> {
    let mut counts: Vec<_> = eligible.iter().map(|(measure, total)| Count::of(*measure, *total)).collect();
    let places: BTreeMap<_, _> = options.iter().enumerate().map(|(i, it)| (it.code.as_str(), i)).collect();
    let mut alike = BTreeMap::<Marks, u64>::new();
    for paper in papers {
        for count in &mut counts {
            let weight = weight(&paper, count.measure)?;
            let sum = match paper.choice {
                Choice::Against => &mut count.against,
                Choice::Abstained => &mut count.abstained,
                Choice::Blank => &mut count.blank,
                Choice::Spoiled => &mut count.spoiled,
                Choice::InFavour | Choice::Approved(_) | Choice::Points(_) | Choice::Ranked(_) => &mut count.in_favour,
            };
            add(sum, weight)?;
        }
        let Some(selection) = rule.selection else { continue };
        let marks = paper.choice.marks().into_iter().map(|(code, points)| Some((*places.get(code)?, points)));
        let marks = marks.collect::<Option<Marks>>().ok_or(CountError::UnknownOption)?;
        if !marks.is_empty() {
            add(alike.entry(marks).or_default(), weight(&paper, selection.measure)?)?;
        }
    }
    let Some(selection) = rule.selection else { return Ok(Tally::of(counts)) };
    let contest = Contest::of(rule, selection, options, &counts, alike.into_iter().collect())?;
    let chosen = contest.choose(selection);
    let standing = |(i, option): (usize, &ChoiceOption)| Standing {
        code: option.code.clone(),
        support: contest.support[i],
        score: contest.score[i],
        chosen: chosen.contains(&i),
    };
    let standings = options.iter().enumerate().map(standing).collect();
    let shown = rule.custom.is_some() && contest.papers.len() <= Profile::MOST_PAPERS;
    Ok(Tally { counts, standings, profile: shown.then(|| contest.profile(rule.method)) })
}

impl<'a> Contest<'a> {
    fn of(
        rule: &VotingRule,
        selection: Selection,
        options: &'a [ChoiceOption],
        counts: &[Count],
        papers: Vec<(Marks, u64)>,
    ) -> Result<Self, CountError> {
        let (mut support, mut score) = (vec![0u64; options.len()], vec![0u64; options.len()]);
        for (marks, weight) in &papers {
            let supported = if matches!(rule.method, Method::Ranked(_)) { &marks[..1] } else { &marks[..] };
            for (option, points) in supported {
                add(&mut support[*option], *weight)?;
                add(&mut score[*option], weight.checked_mul(u64::from(*points)).ok_or(CountError::TooMany)?)?;
            }
        }
        let count = counts.iter().find(|it| it.measure == selection.measure);
        let thresholds = rule.conditions.iter().filter(|it| it.kind == ConditionKind::Threshold);
        let thresholds: Vec<_> = thresholds.map(|it| (it, count.map_or(0, |count| whole(it.of, count)))).collect();
        // In a ranking an option may be everybody's second, and nobody's first.
        let supported = |i: usize| match rule.method {
            Method::Ranked(_) => papers.iter().any(|(marks, _)| marks.iter().any(|(option, _)| *option == i)),
            _ => support[i] > 0,
        };
        let open = (0..options.len())
            .map(|i| supported(i) && thresholds.iter().all(|(it, of)| reaches(support[i], *of, it.at_least, it.strict)))
            .collect();
        Ok(Self { options, papers, support, score, open })
    }

    /// The places of the options that are chosen.
    fn choose(&self, Selection { procedure, tie, .. }: Selection) -> Vec<usize> {
        match procedure {
            Procedure::MostVotes(seats) => self.most_votes(seats as usize, tie),
            Procedure::Schulze(seats) => self.schulze(seats as usize, tie),
            Procedure::InstantRunoff => self.instant_runoff(tie).into_iter().collect(),
            Procedure::GreedySkip(budget) => self.greedy(budget, tie, scores::Beyond::PassOver),
            Procedure::GreedyStop(budget) => self.greedy(budget, tie, scores::Beyond::Stop),
            Procedure::EqualShares(shares) => self.equal_shares(shares, tie),
        }
    }

    fn cost(&self, option: usize) -> u64 {
        self.options[option].cost.unwrap_or(0)
    }

    fn profile(&self, method: Method) -> Profile {
        let mut profile = Profile::default();
        let place = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
        for (marks, weight) in &self.papers {
            profile.lengths.push(place(marks.len()));
            profile.options.extend(marks.iter().map(|(option, _)| place(*option)));
            if matches!(method, Method::Cumulative(_)) {
                profile.points.extend(marks.iter().map(|(_, points)| *points));
            }
            profile.weights.push(*weight);
        }
        profile
    }
}

fn weight(paper: &Paper<'_>, measure: Measure) -> Result<u64, CountError> {
    match measure {
        Measure::Heads => Ok(paper.heads),
        Measure::FloorArea => paper.floor_area.ok_or(CountError::NoFloorArea),
    }
}

fn add(sum: &mut u64, weight: u64) -> Result<(), CountError> {
    *sum = sum.checked_add(weight).filter(|it| *it <= MAX_INTEGER).ok_or(CountError::TooMany)?;
    Ok(())
}

#[cfg(test)]
mod tests;
