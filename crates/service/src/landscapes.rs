//! Groups of opinion that appear where people agree and disagree with statements, as Polis shows them.
//!
//! After Small, Bjorkegren, Erkkilä, Shaw and Megill (2021), "Polis: Scaling deliberation by mapping high dimensional opinion spaces": the matrix
//! of votes is projected on its two principal components, the projections are grouped by k-means, and the number of groups is the one with
//! the best silhouette. Whatever comes out is a display and decides nothing, so that it may be reckoned with floats, outside the domain: by additions,
//! multiplications, divisions and roots alone, which IEEE 754 defines to the last bit, so that the same votes and seed show the same groups.

mod clusters;
mod components;
mod findings;

use yishi_domain::opinions::Stance;

pub use findings::{Common, Telling};

/// Whoever voted on fewer statements is in no group, unless there are fewer.
pub const LEAST_VOTES: usize = 7;

/// How many groups there are at most.
pub const MOST_GROUPS: usize = 5;

/// A participant's votes: the statement, counted from zero, and the stance, at most one a statement.
pub type Row = Vec<(usize, Stance)>;

/// What the votes show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landscape {
    /// Where each participant lies, in thousandths; none for those who voted on too few statements.
    pub points: Vec<Option<[i64; 2]>>,
    /// The group of each participant, counted from zero, the largest first.
    pub groups: Vec<Option<usize>>,
    /// How many belong to each group.
    pub sizes: Vec<u64>,
    /// The mean silhouette of the groups, from -1000 to 1000; the closer to 1000 the more apart they are.
    pub silhouette_per_mille: i64,
    /// For each group the statements that set it apart from all others.
    pub telling: Vec<Vec<Telling>>,
    /// The statements that all groups share a stance on.
    pub common: Vec<Common>,
}

/// Finds the groups among participants who voted on statements; the seed fixes where k-means begins.
pub fn landscape(rows: &[Row], statements: usize, seed: u64) -> Landscape {
    let least = LEAST_VOTES.min(statements).max(1);
    let counted: Vec<usize> = (0..rows.len()).filter(|i| rows[*i].len() >= least).collect();
    let votes: Vec<&Row> = counted.iter().map(|i| &rows[*i]).collect();
    let points = components::project(&votes, statements);
    let found = clusters::find(&points, MOST_GROUPS, seed);
    let mut landscape = Landscape {
        points: vec![None; rows.len()],
        groups: vec![None; rows.len()],
        sizes: found.sizes.clone(),
        silhouette_per_mille: (found.silhouette * 1_000.0).round() as i64,
        telling: Vec::new(),
        common: Vec::new(),
    };
    for (place, i) in counted.iter().enumerate() {
        landscape.points[*i] = Some(points[place].map(|it| (it * 1_000.0).round() as i64));
        landscape.groups[*i] = Some(found.of[place]);
    }
    let counts = findings::count(&votes, &found.of, found.sizes.len(), statements);
    landscape.telling = findings::telling(&counts);
    landscape.common = findings::common(&counts);
    landscape
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two camps that disagree on ten statements and agree on two, with one voter who said too little.
    fn camps() -> Vec<Row> {
        let camp = |side: bool, i: usize| -> Row {
            let stance = |s: usize| match (s >= 10, (s + i).is_multiple_of(7), side ^ s.is_multiple_of(2)) {
                (true, ..) => Stance::Agree,
                (_, true, _) => Stance::Pass,
                (.., true) => Stance::Agree,
                (.., false) => Stance::Disagree,
            };
            (0..12).map(|s| (s, stance(s))).collect()
        };
        let mut rows: Vec<Row> = (0..20).map(|i| camp(true, i)).chain((0..12).map(|i| camp(false, i))).collect();
        rows.push(vec![(0, Stance::Agree)]);
        rows
    }

    #[test]
    fn two_camps_are_two_groups_with_what_sets_them_apart_and_what_they_share() {
        let shown = landscape(&camps(), 12, 1);
        assert_eq!(shown.sizes, [20, 12]);
        assert!(
            shown.groups[..20].iter().all(|it| *it == Some(0)) && shown.groups[20..32].iter().all(|it| *it == Some(1))
        );
        assert_eq!((shown.groups[32], shown.points[32]), (None, None), "one vote says too little");
        assert!(shown.silhouette_per_mille > 700, "{}", shown.silhouette_per_mille);
        assert!(shown.telling.iter().all(|it| it.iter().all(|it| it.statement < 10) && !it.is_empty()));
        let common: Vec<_> = shown.common.iter().map(|it| (it.statement, it.stance)).collect();
        assert_eq!(common, [(10, Stance::Agree), (11, Stance::Agree)]);
    }

    #[test]
    fn the_same_votes_and_seed_show_the_same_and_without_votes_there_are_no_groups() {
        assert_eq!(landscape(&camps(), 12, 9), landscape(&camps(), 12, 9));
        let empty = landscape(&[], 3, 1);
        assert!(empty.sizes.is_empty() && empty.common.is_empty());
        let alike = vec![vec![(0, Stance::Agree)]; 3];
        assert_eq!(landscape(&alike, 1, 1).sizes, [3], "who says the same is one group");
    }
}
