//! What sets a group apart, and what all share.
//!
//! Small et al. (2021), sections 3.3 and 3.4: a statement is telling of a group where the group's share of a stance exceeds one half and the
//! others' share, both by a test of proportions at 90%; a statement is common where the product of the groups' shares is large. Shares have one
//! more of each kind (Laplace), so that a group in which few voted is not sure of anything.

use yishi_domain::opinions::Stance;

use super::Row;

/// How many statements are told of a group, and of all, at most.
const MOST: usize = 5;

/// The quantile of the normal distribution at which a test counts, one-sided at 90%.
const SURE: f64 = 1.281_6;

/// A statement that sets a group apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling {
    /// The statement, counted from zero.
    pub statement: usize,
    /// The group's stance: it agrees or disagrees.
    pub stance: Stance,
    /// How many of the group take that stance.
    pub counted: u64,
    /// How many of the group voted on it.
    pub of: u64,
    /// How many of the others take that stance.
    pub others_counted: u64,
    /// How many of the others voted on it.
    pub others_of: u64,
}

/// A statement on which all groups take the same stance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Common {
    /// The statement, counted from zero.
    pub statement: usize,
    /// The stance.
    pub stance: Stance,
    /// How many take that stance.
    pub counted: u64,
    /// How many voted on it.
    pub of: u64,
}

/// Of a group and a statement: how many agree, how many disagree, how many voted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    agree: u64,
    disagree: u64,
    voted: u64,
}

impl Count {
    fn of(self, stance: Stance) -> u64 {
        match stance {
            Stance::Agree => self.agree,
            Stance::Disagree => self.disagree,
            Stance::Pass => self.voted - self.agree - self.disagree,
        }
    }

    fn share(self, stance: Stance) -> f64 {
        (self.of(stance) as f64 + 1.0) / (self.voted as f64 + 2.0)
    }

    fn plus(self, other: Self) -> Self {
        Self {
            agree: self.agree + other.agree,
            disagree: self.disagree + other.disagree,
            voted: self.voted + other.voted,
        }
    }
}

/// Counts each group's votes, statement by statement.
pub(super) fn count(rows: &[&Row], groups: &[usize], number: usize, statements: usize) -> Vec<Vec<Count>> {
    let mut counts = vec![vec![Count::default(); statements]; number];
    for (row, group) in rows.iter().zip(groups) {
        for (statement, stance) in row.iter() {
            let one = Count {
                agree: u64::from(*stance == Stance::Agree),
                disagree: u64::from(*stance == Stance::Disagree),
                voted: 1,
            };
            counts[*group][*statement] = counts[*group][*statement].plus(one);
        }
    }
    counts
}

/// The statements that are telling of each group, the most telling first; none where there is one group.
pub(super) fn telling(counts: &[Vec<Count>]) -> Vec<Vec<Telling>> {
    let of = |group: usize| {
        let mut found = Vec::new();
        for statement in 0..counts[group].len() {
            let own = counts[group][statement];
            let others = (0..counts.len()).filter(|it| *it != group).map(|it| counts[it][statement]);
            let others = others.fold(Count::default(), Count::plus);
            for stance in [Stance::Agree, Stance::Disagree] {
                let (alone, apart) = (above_half(own, stance), above_others(own, others, stance));
                if counts.len() > 1 && alone > SURE && apart > SURE {
                    let weight = own.share(stance) * alone * apart * own.share(stance) / others.share(stance);
                    let (counted, others_counted) = (own.of(stance), others.of(stance));
                    found.push((
                        weight,
                        Telling { statement, stance, counted, of: own.voted, others_counted, others_of: others.voted },
                    ));
                }
            }
        }
        first(found)
    };
    (0..counts.len()).map(of).collect()
}

/// The statements on which more than half of every group take the same stance, by the product of the groups' shares.
pub(super) fn common(counts: &[Vec<Count>]) -> Vec<Common> {
    let mut found = Vec::new();
    for statement in 0..counts.first().map_or(0, Vec::len) {
        let all = counts.iter().map(|group| group[statement]).fold(Count::default(), Count::plus);
        for stance in [Stance::Agree, Stance::Disagree] {
            let shares = counts.iter().map(|group| group[statement].share(stance));
            if above_half(all, stance) > SURE && shares.clone().all(|share| share > 0.5) {
                let (counted, of) = (all.of(stance), all.voted);
                found.push((shares.product(), Common { statement, stance, counted, of }));
            }
        }
    }
    first(found)
}

fn first<T>(mut found: Vec<(f64, T)>) -> Vec<T> {
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().take(MOST).map(|it| it.1).collect()
}

/// How sure it is that more than half take a stance: the statistic of a test of one proportion.
fn above_half(count: Count, stance: Stance) -> f64 {
    let number = count.voted as f64 + 2.0;
    2.0 * number.sqrt() * (count.share(stance) - 0.5)
}

/// How sure it is that a group takes a stance more often than the others: the statistic of a test of two proportions.
fn above_others(own: Count, others: Count, stance: Stance) -> f64 {
    let (n, m) = (own.voted as f64 + 2.0, others.voted as f64 + 2.0);
    let (p, q) = (own.share(stance), others.share(stance));
    let pooled = (p * n + q * m) / (n + m);
    let spread = (pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)).sqrt();
    if spread > 0.0 { (p - q) / spread } else { 0.0 }
}
