//! Facts of a unit: counts by groups, such as its residents by age band, sex and occupation, or its buildings and facilities by kind.
//!
//! A fact holds from a day on, until one of a later day; the cells of one fact are tables side by side, whose dimensions do not overlap, so that
//! nothing is counted twice: either residents by age band and sex together, or by each of the two apart.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use crate::{Refusal, workflow::coded};

/// The fact that says who lives in a unit.
pub const POPULATION: &str = "population";

/// The largest number of a cell, so that sums over a province stay exact in every JSON reader.
pub const MOST: u64 = 1_000_000_000_000;

coded! {
    /// A band of ages in whole years; named by its lower bound, each bound one by which targets for participation are stated.
    AgeBand {
        /// 0 to 17.
        Under18 = "under18",
        /// 18 to 35.
        From18 = "from18",
        /// 36 to 45.
        From36 = "from36",
        /// 46 to 59.
        From46 = "from46",
        /// 60 and over.
        From60 = "from60",
    }
}

coded! {
    /// A sex.
    Sex {
        /// Female.
        Female = "female",
        /// Male.
        Male = "male",
    }
}

coded! {
    /// What somebody lives by.
    Occupation {
        /// Is employed.
        Employee = "employee",
        /// Works from order to order, as couriers and drivers do.
        GigWorker = "gig_worker",
        /// Works on their own account.
        SelfEmployed = "self_employed",
        /// Farms.
        Farmer = "farmer",
        /// Learns.
        Student = "student",
        /// Is retired.
        Retired = "retired",
        /// Anything else.
        Other = "other",
    }
}

impl AgeBand {
    /// The band of an age in whole years.
    pub const fn of(age: u32) -> Self {
        match age {
            0..=17 => Self::Under18,
            18..=35 => Self::From18,
            36..=45 => Self::From36,
            46..=59 => Self::From46,
            _ => Self::From60,
        }
    }
}

/// A count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// What is counted: a value for each dimension that it is broken down by; none for the whole.
    pub groups: BTreeMap<String, String>,
    /// How many.
    pub number: u64,
}

/// Who lives in a unit; a dimension that was not counted is empty, and one that was may fall short of the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Population {
    /// All of them.
    pub residents: u64,
    /// By age band.
    pub by_age_band: BTreeMap<AgeBand, u64>,
    /// By sex.
    pub by_sex: BTreeMap<Sex, u64>,
    /// By occupation.
    pub by_occupation: BTreeMap<Occupation, u64>,
}

impl Population {
    /// Reads the cells of a population fact that was checked.
    pub fn of(cells: &[Cell]) -> Self {
        let mut tables: BTreeMap<Vec<&str>, u64> = BTreeMap::new();
        for cell in cells {
            *tables.entry(cell.groups.keys().map(String::as_str).collect()).or_default() += cell.number;
        }
        Self {
            residents: tables.get(&Vec::new()).or(tables.values().max()).copied().unwrap_or_default(),
            by_age_band: along(cells, "age_band"),
            by_sex: along(cells, "sex"),
            by_occupation: along(cells, "occupation"),
        }
    }

    /// Adds those of another unit.
    pub fn add(&mut self, other: &Self) {
        self.residents += other.residents;
        add(&mut self.by_age_band, &other.by_age_band);
        add(&mut self.by_sex, &other.by_sex);
        add(&mut self.by_occupation, &other.by_occupation);
    }
}

fn along<K: Ord + FromStr>(cells: &[Cell], dimension: &str) -> BTreeMap<K, u64> {
    let mut sums = BTreeMap::new();
    for cell in cells {
        if let Some(key) = cell.groups.get(dimension).and_then(|code| code.parse().ok()) {
            *sums.entry(key).or_default() += cell.number;
        }
    }
    sums
}

fn add<K: Ord + Copy>(sums: &mut BTreeMap<K, u64>, others: &BTreeMap<K, u64>) {
    for (key, number) in others {
        *sums.entry(*key).or_default() += number;
    }
}

/// Whether a text names a fact or a dimension: a small letter, then up to 39 small letters, digits and underscores.
pub fn is_name(text: &str) -> bool {
    let rest = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_';
    text.len() <= 40 && text.starts_with(|it: char| it.is_ascii_lowercase()) && text.chars().all(rest)
}

/// What is wrong with the cells of a fact: the number of the cell, and what a field of it has wrong.
pub fn faults(name: &str, cells: &[Cell]) -> Vec<(usize, Refusal)> {
    let mut faults = Vec::new();
    let (mut seen, mut tables) = (BTreeSet::new(), BTreeMap::<&str, BTreeSet<&String>>::new());
    for (i, cell) in cells.iter().enumerate() {
        let mut wrong = |code, field: &str, text: String| faults.push((i, Refusal::invalid(code, field, text)));
        if cell.number > MOST {
            wrong("fact.bad_number", "number", format!("give at most {MOST}"));
        }
        for (dimension, value) in &cell.groups {
            if !is_name(dimension) {
                let text = "a dimension has up to 40 small letters, digits and underscores".to_owned();
                wrong("fact.bad_dimension", dimension, text);
            } else if value.trim().is_empty() || value.chars().count() > 80 {
                wrong("fact.bad_group", dimension, "give 1 to 80 characters, or leave the dimension out".into());
            } else if let Some(known) = known(name, dimension, value) {
                wrong("fact.unknown_group", dimension, format!("`{value}` is not one of {known}"));
            }
        }
        if !seen.insert(&cell.groups) {
            wrong("fact.counted_twice", "number", "another cell of this fact counts the same group".into());
        }
        let table: BTreeSet<_> = cell.groups.keys().collect();
        for dimension in cell.groups.keys() {
            if tables.entry(dimension).or_insert_with(|| table.clone()) != &table {
                let text = "other cells of this fact break it down together with other dimensions".to_owned();
                wrong("fact.overlapping", dimension, text);
            }
        }
    }
    faults
}

/// The codes that the population knows where a value is none of them.
fn known(name: &str, dimension: &str, value: &str) -> Option<String> {
    fn listed<T: fmt::Display>(all: &[T], value: &str) -> Option<String> {
        let codes: Vec<_> = all.iter().map(T::to_string).collect();
        (!codes.iter().any(|code| code == value)).then(|| codes.join(", "))
    }
    match (name, dimension) {
        (POPULATION, "age_band") => listed(AgeBand::ALL, value),
        (POPULATION, "sex") => listed(Sex::ALL, value),
        (POPULATION, "occupation") => listed(Occupation::ALL, value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(groups: &[(&str, &str)], number: u64) -> Cell {
        Cell { groups: groups.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(), number }
    }

    #[test]
    fn tables_side_by_side_are_each_summed_along_their_dimensions() {
        let cells = [
            cell(&[("age_band", "from18"), ("sex", "female")], 300),
            cell(&[("age_band", "from60"), ("sex", "female")], 200),
            cell(&[("age_band", "from60"), ("sex", "male")], 150),
            cell(&[("occupation", "retired")], 340),
        ];
        assert_eq!(faults(POPULATION, &cells), []);
        let population = Population::of(&cells);
        assert_eq!(population.residents, 650);
        assert_eq!(population.by_age_band, BTreeMap::from([(AgeBand::From18, 300), (AgeBand::From60, 350)]));
        assert_eq!(population.by_sex, BTreeMap::from([(Sex::Female, 500), (Sex::Male, 150)]));
        assert_eq!(population.by_occupation, BTreeMap::from([(Occupation::Retired, 340)]));
        let mut both = Population::of(&[cell(&[], 1_000), cell(&[("sex", "male")], 480)]);
        both.add(&population);
        assert_eq!((both.residents, both.by_sex[&Sex::Male]), (1_650, 630));
    }

    #[test]
    fn what_would_be_counted_twice_is_refused_where_it_stands() {
        let cells = [
            cell(&[("age_band", "from18"), ("sex", "female")], 1),
            cell(&[("age_band", "from18")], 1),
            cell(&[("kind", "lift")], 1),
            cell(&[("kind", "lift")], MOST + 1),
            cell(&[("sex", "unknown"), ("age_band", "from60")], 1),
        ];
        let found: Vec<_> = faults(POPULATION, &cells).into_iter().map(|(i, it)| (i, it.code)).collect();
        let expected =
            [(1, "fact.overlapping"), (3, "fact.bad_number"), (3, "fact.counted_twice"), (4, "fact.unknown_group")];
        assert_eq!(found, expected);
    }

    #[test]
    fn each_age_has_its_band() {
        let bands: Vec<_> = [17, 18, 35, 36, 45, 46, 59, 60, 101].map(AgeBand::of).map(AgeBand::code).into();
        assert_eq!(bands, ["under18", "from18", "from18", "from36", "from36", "from46", "from46", "from60", "from60"]);
    }
}
