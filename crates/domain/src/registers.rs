//! The register of who may vote in which capacity, and the roll that is drawn from it for a ballot.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::{MemberId, Refusal, ballots::VotingUnit, voting::Electorate, workflow::coded};

coded! {
    /// In which capacity somebody votes.
    Capacity {
        /// Lives there.
        Resident = "resident",
        /// Speaks for a household.
        HouseholdRepresentative = "household_representative",
        /// Owns an exclusive part of a building, or a share of one.
        Owner = "owner",
        /// Is a member of the party branch.
        PartyMember = "party_member",
        /// Is a member of the council or committee.
        CouncilMember = "council_member",
        /// Represents villagers.
        VillagerRepresentative = "villager_representative",
        /// Represents others.
        Representative = "representative",
    }
}

impl Capacity {
    /// The capacity in which an electorate votes.
    pub const fn of(electorate: Electorate) -> Self {
        match electorate {
            Electorate::Residents => Self::Resident,
            Electorate::Households => Self::HouseholdRepresentative,
            Electorate::Owners => Self::Owner,
            Electorate::PartyMembers => Self::PartyMember,
            Electorate::CouncilMembers => Self::CouncilMember,
            Electorate::VillagerRepresentatives => Self::VillagerRepresentative,
            Electorate::Representatives => Self::Representative,
        }
    }
}

/// An entry of the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who votes.
    pub member: MemberId,
    /// The code of the unit where.
    pub unit: String,
    /// The voting unit there: a number for a person or a household, an exclusive part of a building.
    pub voting_unit: String,
    /// The whole exclusive floor area of the part, in hundredths of a square metre, of owners.
    pub floor_area: Option<u64>,
    /// When the member was born, where that is known.
    pub born_on: Option<NaiveDate>,
}

/// Draws the roll of an electorate: one voting unit for each name in the register, with everybody who is entered for it.
///
/// Parts of a building that belong to the same owners are one voting unit, which counts one head and the area of all of them, as the Supreme
/// People's Court counts owners (最高人民法院关于审理建筑物区分所有权纠纷案件适用法律若干问题的解释, article 9). Whoever has not reached
/// the minimum age on the day is left out.
pub fn draw(
    electorate: Electorate,
    entries: &[Entry],
    minimum_age: Option<u8>,
    day: NaiveDate,
) -> Result<Vec<VotingUnit>, Refusal> {
    let several = entries.iter().map(|it| it.unit.as_str()).collect::<BTreeSet<_>>().len() > 1;
    let mut parts: BTreeMap<String, (BTreeSet<MemberId>, Option<u64>)> = BTreeMap::new();
    for entry in entries {
        let name = if several { format!("{}/{}", entry.unit, entry.voting_unit) } else { entry.voting_unit.clone() };
        if let Some(age) = minimum_age {
            let text = || format!("the register does not know when somebody of `{name}` was born");
            let born = entry.born_on.ok_or_else(|| {
                Refusal::invalid("register.no_birth_date", "register.minimum_age", text())
                    .with_fix("add their date of birth, or ask for no minimum age")
            })?;
            if age_on(born, day) < i32::from(age) {
                continue;
            }
        }
        let area = entry.floor_area.filter(|_| electorate == Electorate::Owners);
        let (agents, stated) = parts.entry(name.clone()).or_insert_with(|| (BTreeSet::new(), area));
        if *stated != area {
            let text = format!("the owners of `{name}` are entered with different floor areas");
            return Err(Refusal::invalid("register.areas_differ", "register", text).with_fix("enter the same for each"));
        }
        agents.insert(entry.member);
    }
    Ok(match electorate {
        Electorate::Owners => by_owners(parts),
        _ => parts.into_iter().map(|(name, (agents, floor_area))| unit(name, agents, floor_area)).collect(),
    })
}

/// The parts of the same owners together.
fn by_owners(parts: BTreeMap<String, (BTreeSet<MemberId>, Option<u64>)>) -> Vec<VotingUnit> {
    let mut owned: BTreeMap<BTreeSet<MemberId>, (Vec<String>, Option<u64>)> = BTreeMap::new();
    for (name, (owners, area)) in parts {
        let (names, sum) = owned.entry(owners).or_insert_with(|| (Vec::new(), Some(0)));
        names.push(name);
        *sum = sum.zip(area).map(|(sum, area)| sum.saturating_add(area));
    }
    let mut roll: Vec<_> =
        owned.into_iter().map(|(owners, (names, area))| unit(joined(&names), owners, area)).collect();
    roll.sort_by(|a, b| a.name.cmp(&b.name));
    roll
}

fn unit(name: String, agents: BTreeSet<MemberId>, floor_area: Option<u64>) -> VotingUnit {
    VotingUnit { name, heads: 1, floor_area, agents: agents.into_iter().collect() }
}

/// One name for several parts, within what a voting unit's name may have.
fn joined(names: &[String]) -> String {
    let whole = names.join("+");
    match (whole.chars().count(), names) {
        (..=100, _) | (_, []) => whole,
        (_, [first, rest @ ..]) => format!("{first}+{} more", rest.len()),
    }
}

/// Whole years; whoever was born on 29 February is a year older on 1 March of other years.
fn age_on(born: NaiveDate, day: NaiveDate) -> i32 {
    day.year() - born.year() - i32::from((day.month(), day.day()) < (born.month(), born.day()))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn entry(member: u128, voting_unit: &str, floor_area: Option<u64>) -> Entry {
        let member = MemberId(Uuid::from_u128(member));
        Entry { member, unit: "330106002051".into(), voting_unit: voting_unit.into(), floor_area, born_on: None }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn drawn(electorate: Electorate, entries: &[Entry]) -> Vec<(String, u64, Option<u64>, usize)> {
        let roll = draw(electorate, entries, None, day("2026-11-25")).expect("sound");
        roll.into_iter().map(|it| (it.name, it.heads, it.floor_area, it.agents.len())).collect()
    }

    #[test]
    fn the_flats_of_one_owner_are_one_voting_unit_and_so_is_a_flat_of_two() {
        let entries = [
            entry(1, "101", Some(8_000)),
            entry(1, "102", Some(9_000)),
            entry(2, "201", Some(7_000)),
            entry(3, "201", Some(7_000)),
            entry(2, "202", Some(5_000)),
        ];
        let expected = [("101+102", 17_000, 1), ("201", 7_000, 2), ("202", 5_000, 1)];
        let expected = expected.map(|(name, area, agents)| (name.to_owned(), 1, Some(area), agents));
        assert_eq!(drawn(Electorate::Owners, &entries), expected);
        let mut differ = entries.to_vec();
        differ[3].floor_area = Some(7_001);
        let refused = draw(Electorate::Owners, &differ, None, day("2026-11-25")).expect_err("differ");
        assert_eq!(refused.code, "register.areas_differ");
    }

    #[test]
    fn a_household_has_one_vote_whoever_speaks_for_it() {
        let entries = [entry(1, "3-201", None), entry(2, "3-201", None), entry(3, "3-202", None)];
        let expected = [("3-201".to_owned(), 1, None, 2), ("3-202".to_owned(), 1, None, 1)];
        assert_eq!(drawn(Electorate::Households, &entries), expected);
    }

    #[test]
    fn names_of_several_units_are_kept_apart() {
        let mut other = entry(2, "1", None);
        other.unit = "330106002052".into();
        let names: Vec<_> =
            drawn(Electorate::Residents, &[entry(1, "1", None), other]).into_iter().map(|it| it.0).collect();
        assert_eq!(names, ["330106002051/1", "330106002052/1"]);
    }

    #[test]
    fn whoever_is_too_young_on_the_day_is_left_out() {
        let mut young = entry(1, "1", None);
        young.born_on = Some(day("2008-11-26"));
        let mut old = entry(2, "2", None);
        old.born_on = Some(day("2008-11-25"));
        let roll = draw(Electorate::Residents, &[young.clone(), old], Some(18), day("2026-11-25")).expect("sound");
        assert_eq!(roll.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["2"]);
        young.born_on = None;
        let refused = draw(Electorate::Residents, &[young], Some(18), day("2026-11-25")).expect_err("unknown");
        assert_eq!(refused.code, "register.no_birth_date");
        assert_eq!(age_on(day("2008-02-29"), day("2026-02-28")), 17);
        assert_eq!(age_on(day("2008-02-29"), day("2026-03-01")), 18);
    }

    #[test]
    fn a_name_for_many_flats_stays_within_its_limit() {
        let entries: Vec<_> = (0..30).map(|i| entry(1, &format!("building-7-{i:03}"), Some(1))).collect();
        assert_eq!(drawn(Electorate::Owners, &entries), [("building-7-000+29 more".to_owned(), 1, Some(30), 1)]);
    }
}
