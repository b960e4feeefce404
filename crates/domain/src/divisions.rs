//! The division list of a province: the units from which tenants are made.
//!
//! Codes are the national statistical codes of the National Bureau of Statistics (統計用區劃代碼).

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::{Refusal, escalation::Level};

/// One line of a division list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Division {
    /// The code, unique in the list.
    pub code: String,
    /// The level.
    pub level: Level,
    /// The name.
    pub name: String,
    /// The code of the division above; empty for the province.
    pub parent_code: String,
}

/// A city with everything under it, parents before children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct City {
    /// The city itself.
    pub root: Division,
    /// Everything under it, each with its path from the city down: codes, each followed by `/`.
    pub under: Vec<(Division, String)>,
}

/// Splits a province's list into its cities, or lists what is wrong with it: at most 20 faults, each with its line (the header is line 1).
pub fn split_cities(list: Vec<Division>) -> Result<Vec<City>, Vec<Refusal>> {
    let mut faults = Vec::new();
    let mut line_of: HashMap<&str, usize> = HashMap::with_capacity(list.len());
    for (i, division) in list.iter().enumerate() {
        if division.code.is_empty() || !division.code.bytes().all(|b| b.is_ascii_digit()) {
            faults.push(fault(i, "code", "divisions.bad_code", format!("`{}` is not a code of digits", division.code)));
        }
        if division.name.trim().is_empty() {
            faults.push(fault(i, "name", "divisions.no_name", "the name is empty".into()));
        }
        if let Some(first) = line_of.insert(&division.code, i) {
            let text = format!("{} stands already on line {}", division.code, first + 2);
            faults.push(fault(i, "code", "divisions.duplicate_code", text));
        }
    }
    for (i, division) in list.iter().enumerate() {
        match line_of.get(division.parent_code.as_str()) {
            _ if division.level == Level::Province => {}
            None => {
                let text = format!("no division has the code `{}`", division.parent_code);
                faults.push(fault(i, "parent_code", "divisions.unknown_parent", text));
            }
            Some(parent) if list[*parent].level >= division.level => {
                let text = format!("{} is not above {}", division.parent_code, division.code);
                faults.push(fault(i, "parent_code", "divisions.wrong_level", text));
            }
            Some(_) => {}
        }
    }
    if !faults.is_empty() {
        faults.truncate(20);
        return Err(faults);
    }
    drop(line_of);
    Ok(group(list))
}

fn group(mut list: Vec<Division>) -> Vec<City> {
    list.sort_by(|a, b| (a.level, &a.code).cmp(&(b.level, &b.code)));
    let mut cities: Vec<City> = Vec::new();
    let mut place: HashMap<String, (usize, String)> = HashMap::with_capacity(list.len());
    for division in list {
        if division.level == Level::City {
            place.insert(division.code.clone(), (cities.len(), format!("{}/", division.code)));
            cities.push(City { root: division, under: Vec::new() });
        } else if let Some((city, above)) = place.get(&division.parent_code).cloned() {
            let path = format!("{above}{}/", division.code);
            place.insert(division.code.clone(), (city, path.clone()));
            cities[city].under.push((division, path));
        }
    }
    cities
}

fn fault(index: usize, column: &str, code: &'static str, text: String) -> Refusal {
    Refusal::invalid(code, format!("line {}, {column}", index + 2), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn division(code: &str, level: Level, parent: &str) -> Division {
        Division { code: code.into(), level, name: code.into(), parent_code: parent.into() }
    }

    #[test]
    fn a_level_may_be_missing_and_order_does_not_matter() {
        let list = vec![
            division("4419001", Level::Street, "4419"),
            division("44", Level::Province, ""),
            division("4419001002", Level::Community, "4419001"),
            division("4419", Level::City, "44"),
        ];
        let cities = split_cities(list).expect("a sound list");
        assert_eq!(cities.len(), 1);
        let paths: Vec<_> = cities[0].under.iter().map(|(_, path)| path.as_str()).collect();
        assert_eq!(paths, ["4419/4419001/", "4419/4419001/4419001002/"]);
    }

    #[test]
    fn faults_are_named_with_their_lines() {
        let list = vec![
            division("33", Level::Province, ""),
            division("3301", Level::City, "33"),
            division("3301", Level::City, "33"),
            division("330102", Level::District, "9"),
            division("33x", Level::City, "3301"),
        ];
        let codes: Vec<_> = split_cities(list)
            .expect_err("four faults")
            .into_iter()
            .map(|r| (r.code, r.field.expect("a field")))
            .collect();
        assert_eq!(
            codes,
            [
                ("divisions.duplicate_code", "line 4, code".to_owned()),
                ("divisions.bad_code", "line 6, code".to_owned()),
                ("divisions.unknown_parent", "line 5, parent_code".to_owned()),
                ("divisions.wrong_level", "line 6, parent_code".to_owned()),
            ]
        );
    }
}
