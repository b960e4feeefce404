//! Who lives in each unit, from which day on: by its own fact, or added up from the highest units below that have one.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use yishi_domain::{UnitId, facts::Population};
use yishi_store::facts::Fact;

/// What is known of every unit that has a fact or lies above one, at each day on which that changes.
pub fn known(facts: &[Fact], above: &HashMap<UnitId, Vec<UnitId>>) -> Vec<(UnitId, NaiveDate, Population)> {
    let mut under: HashMap<UnitId, Vec<&Fact>> = HashMap::new();
    for fact in facts {
        for unit in above.get(&fact.unit).into_iter().flatten() {
            under.entry(*unit).or_default().push(fact);
        }
    }
    let mut known = Vec::new();
    for (unit, facts) in under {
        let days: BTreeSet<_> = facts.iter().map(|it| it.valid_from).collect();
        known.extend(days.into_iter().map(|day| (unit, day, on(&facts, day))));
    }
    known
}

fn on(facts: &[&Fact], day: NaiveDate) -> Population {
    let mut latest: HashMap<UnitId, &Fact> = HashMap::new();
    for fact in facts.iter().filter(|it| it.valid_from <= day) {
        let newer = |it: &&Fact| (it.valid_from, it.id) < (fact.valid_from, fact.id);
        latest.entry(fact.unit).and_modify(|it| *it = if newer(&&**it) { fact } else { *it }).or_insert(fact);
    }
    let mut latest: Vec<_> = latest.into_values().collect();
    latest.sort_by(|a, b| a.path.cmp(&b.path));
    let (mut whole, mut last) = (Population::default(), None::<&str>);
    // Sorted by their paths, units come after those that they lie under.
    for fact in latest {
        if !last.is_some_and(|above| fact.path.starts_with(above)) {
            whole.add(&Population::of(&fact.cells));
            last = Some(&fact.path);
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use yishi_domain::{FactId, facts::Cell};

    use super::*;

    fn fact(id: u128, unit: u128, path: &str, day: &str, number: u64) -> Fact {
        Fact {
            id: FactId(Uuid::from_u128(id)),
            unit: UnitId(Uuid::from_u128(unit)),
            path: path.into(),
            name: "population".into(),
            valid_from: day.parse().expect("a day"),
            source: String::new(),
            cells: vec![Cell { groups: std::collections::BTreeMap::new(), number }],
            recorded_at: chrono::DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_units_own_fact_stands_before_those_under_it_and_the_later_version_before_the_earlier() {
        let unit = |id| UnitId(Uuid::from_u128(id));
        let above = HashMap::from([
            (unit(1), vec![unit(1)]),
            (unit(2), vec![unit(1), unit(2)]),
            (unit(3), vec![unit(1), unit(3)]),
        ]);
        let facts = [
            fact(1, 2, "c/a/", "2025-01-01", 100),
            fact(2, 3, "c/b/", "2025-01-01", 50),
            fact(3, 2, "c/a/", "2025-01-01", 110),
            fact(4, 2, "c/a/", "2026-01-01", 120),
            fact(5, 1, "c/", "2027-01-01", 1_000),
        ];
        let mut found: Vec<_> =
            known(&facts, &above).into_iter().map(|(at, day, it)| (at, day.to_string(), it.residents)).collect();
        found.sort();
        let city: Vec<_> = found.iter().filter(|it| it.0 == unit(1)).map(|it| (it.1.as_str(), it.2)).collect();
        assert_eq!(city, [("2025-01-01", 160), ("2026-01-01", 170), ("2027-01-01", 1_000)]);
        assert_eq!(found.iter().filter(|it| it.0 == unit(2)).map(|it| it.2).collect::<Vec<_>>(), [110, 120]);
    }
}
