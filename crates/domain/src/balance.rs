//! Whether those who take part are like those who live there: compared by figures, with a published threshold.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How far a group's share of those who take part may lie below its share of the population: by half of it.
///
/// With it a group of 30% of a unit is missed where it is less than 15% of those who take part.
pub const LEAST_SHARE: (u64, u64) = (1, 2);

/// How many must have taken part, of whom the dimension is known, before anything is said of their shares.
pub const LEAST_PRESENT: u64 = 5;

/// A group that is missed: its figures among those who take part and in the population.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The dimension: `age_band`, `sex` or `occupation`.
    pub dimension: String,
    /// The group's code.
    pub group: String,
    /// How many of the group take part.
    pub present: u64,
    /// Of how many who take part and of whom the dimension is known.
    pub present_of: u64,
    /// How many of the group live there.
    pub residents: u64,
    /// Of how many whose dimension was counted.
    pub residents_of: u64,
}

/// The groups of a dimension that are missed, in order of their codes; none where too few are known.
pub fn missing(dimension: &str, present: &BTreeMap<String, u64>, residents: &BTreeMap<String, u64>) -> Vec<Missing> {
    let (present_of, residents_of) = (present.values().sum::<u64>(), residents.values().sum::<u64>());
    if present_of < LEAST_PRESENT || residents_of == 0 {
        return Vec::new();
    }
    let figures = residents.iter().map(|(group, number)| Missing {
        dimension: dimension.to_owned(),
        group: group.clone(),
        present: present.get(group).copied().unwrap_or_default(),
        present_of,
        residents: *number,
        residents_of,
    });
    figures.filter(Missing::is_missed).collect()
}

impl Missing {
    /// present / present_of < threshold × residents / residents_of, by cross-multiplication; a seat less than one is nobody's.
    fn is_missed(&self) -> bool {
        let wide = |it: u64| u128::from(it);
        let fair = wide(self.present_of) * wide(self.residents);
        let due = fair >= wide(self.residents_of);
        let (numerator, denominator) = (wide(LEAST_SHARE.0), wide(LEAST_SHARE.1));
        due && wide(self.present) * wide(self.residents_of) * denominator < fair * numerator
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, u64)]) -> BTreeMap<String, u64> {
        pairs.iter().map(|(code, number)| ((*code).to_owned(), *number)).collect()
    }

    #[test]
    fn a_group_below_half_of_its_share_is_missed_with_its_figures() {
        let residents = map(&[("from18", 300), ("from36", 300), ("from60", 400)]);
        let found = missing("age_band", &map(&[("from60", 9), ("from18", 1)]), &residents);
        let groups: Vec<_> =
            found.iter().map(|it| (it.group.as_str(), it.present, it.present_of, it.residents)).collect();
        assert_eq!(groups, [("from18", 1, 10, 300), ("from36", 0, 10, 300)]);
        assert!(missing("age_band", &map(&[("from60", 4), ("from18", 3), ("from36", 3)]), &residents).is_empty());
    }

    #[test]
    fn few_people_and_groups_too_small_for_a_seat_say_nothing() {
        let residents = map(&[("employee", 980), ("farmer", 20)]);
        assert!(missing("occupation", &map(&[("employee", 4)]), &map(&[("employee", 1), ("farmer", 1)])).is_empty());
        assert!(missing("occupation", &map(&[("employee", 10)]), &residents).is_empty(), "a fifth of a seat");
        assert_eq!(missing("occupation", &map(&[("employee", 50)]), &residents).len(), 1, "one seat of fifty");
        assert!(missing("sex", &map(&[("female", 9)]), &BTreeMap::new()).is_empty(), "nobody was counted");
    }
}
