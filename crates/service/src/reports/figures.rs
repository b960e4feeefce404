//! Figures: an indicator in a unit over a period, with its numerator and its denominator, from sums that were read.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use uuid::Uuid;
use yishi_domain::{
    UnitId, facts,
    reports::{Breakdown, Indicator, Measure, Period, Target, Way},
};
use yishi_store::{TenantTx, reports as stored};

use crate::failures::Failure;

/// A fraction as it is shown: nothing is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// Its numerator.
    pub numerator: i64,
    /// Its denominator; none where the figure is a number.
    pub denominator: Option<i64>,
}

/// The share of a group among residents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Population {
    /// How many of the group live there.
    pub residents: u64,
    /// Of how many whose group is known.
    pub of: u64,
}

/// Where a figure stands among those of units of the same level under the same unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranked {
    /// Its place, from 1; those that are as good share one.
    pub place: u64,
    /// How many of them have a figure.
    pub of: u64,
    /// The figure of the unit above.
    pub above: Value,
}

/// A figure.
#[derive(Clone, Debug)]
pub struct Figure {
    /// The indicator.
    pub indicator: &'static Indicator,
    /// The group that it is of; none for the whole.
    pub group: Option<String>,
    /// What it comes to.
    pub value: Value,
    /// How many cases a number of days is made from.
    pub cases: Option<i64>,
    /// The group's share among residents.
    pub population: Option<Population>,
    /// What the plan's phase asks for in such a period, and whether it is reached; not where there is nothing to measure.
    pub target: Option<(Target, Option<bool>)>,
    /// The same in the period before.
    pub previous: Option<Value>,
    /// Where it stands among its siblings.
    pub ranked: Option<Ranked>,
}

impl Value {
    /// Thousandths, rounded down; none where there is nothing to divide by.
    pub fn per_mille(self) -> Option<i64> {
        match self.denominator {
            None | Some(..=0) => None,
            Some(denominator) => {
                i64::try_from((i128::from(self.numerator) * 1_000).div_euclid(denominator.into())).ok()
            }
        }
    }

    fn fraction(self) -> Option<(i128, i128)> {
        let denominator = self.denominator.unwrap_or(1);
        (denominator > 0).then(|| (self.numerator.into(), denominator.into()))
    }

    /// Whether it is more than another one.
    pub(super) fn exceeds(self, other: Self) -> bool {
        let fractions = self.fraction().zip(other.fraction());
        fractions.is_some_and(|((a, b), (c, d))| a * d > c * b)
    }

    pub(super) fn is_known(self) -> bool {
        self.fraction().is_some()
    }

    pub(crate) fn reaches(self, target: Target) -> Option<bool> {
        let asked = Self { numerator: target.numerator, denominator: Some(target.denominator) };
        self.is_known().then(|| if target.at_most { !self.exceeds(asked) } else { !asked.exceeds(self) })
    }
}

/// What was read of some units for some indicators.
pub(crate) struct Read {
    sums: HashMap<(UnitId, Measure), BTreeMap<String, i64>>,
    people: HashMap<UnitId, i64>,
    residents: HashMap<UnitId, facts::Population>,
    communities: HashMap<UnitId, i64>,
    active: HashMap<(UnitId, Measure), i64>,
}

impl Read {
    pub async fn of(
        tx: &mut TenantTx,
        units: &[Uuid],
        indicators: &[&'static Indicator],
        period: Period,
    ) -> Result<Self, Failure> {
        let (mut sums, mut stocks, mut active) = (BTreeSet::new(), BTreeSet::new(), HashMap::new());
        let (mut with_people, mut with_residents, mut with_communities) = (false, false, false);
        for it in indicators {
            let (plain, stock) = it.measures();
            sums.extend(plain);
            stocks.extend(stock);
            match it.way {
                Way::Participants => (with_people, with_residents) = (true, true),
                Way::PerResident(_) | Way::Structure(_, Some(_)) => with_residents = true,
                Way::PerCommunityYear(_) | Way::StockPerCommunity(_) => with_communities = true,
                Way::Communities(measure) => {
                    with_communities = true;
                    for (unit, number) in stored::active(tx, units, measure, &period.parts()).await? {
                        active.insert((unit, measure), number);
                    }
                }
                _ => {}
            }
        }
        let list = |set: BTreeSet<Measure>| set.into_iter().collect::<Vec<_>>();
        let mut read = stored::sums(tx, units, &list(sums), &period.parts()).await?;
        read.extend(stored::sums(tx, units, &list(stocks), &period.parts_since_ever()).await?);
        let mut sums: HashMap<_, BTreeMap<_, _>> = HashMap::new();
        for it in read {
            sums.entry((it.unit, it.measure)).or_default().insert(it.dimension, it.value);
        }
        let people = match (with_people, period.is_of_months()) {
            (false, _) => HashMap::new(),
            (true, true) => stored::different(tx, units, period).await?,
            (true, false) => stored::persons(tx, units, period).await?,
        };
        let residents = if with_residents { stored::residents(tx, units, period).await? } else { HashMap::new() };
        let communities = if with_communities { stored::communities(tx, units).await? } else { HashMap::new() };
        Ok(Self { sums, people, residents, communities, active })
    }

    fn sum(&self, unit: UnitId, measure: Measure, group: Option<&str>) -> i64 {
        let groups = self.sums.get(&(unit, measure));
        match group {
            None => groups.map_or(0, |it| it.values().sum()),
            Some(group) => groups.and_then(|it| it.get(group)).copied().unwrap_or(0),
        }
    }

    /// The groups of an indicator that count anything in a unit; those of a structure in any case, of others where they are asked for.
    fn groups(&self, unit: UnitId, it: &Indicator, grouped: bool) -> Vec<String> {
        let (mut measures, stocks) = it.measures();
        measures.extend(stocks);
        let shown = match it.way {
            Way::Structure(..) => true,
            // What money was spent on and where it came from are different groups, of which none is a part of another.
            Way::Quantile(..) | Way::Ratio(Measure::SpentFen, _) => false,
            _ => grouped,
        };
        if !shown {
            return Vec::new();
        }
        let known = measures.iter().filter_map(|measure| self.sums.get(&(unit, *measure)));
        let mut groups: BTreeSet<_> = known.flat_map(|it| it.keys()).filter(|it| !it.is_empty()).cloned().collect();
        if let Way::Structure(_, Some(by)) = it.way {
            // A group of which nobody came is missed the most.
            groups.extend(self.residents.get(&unit).map(|it| by_code(it, by)).unwrap_or_default().into_keys());
        }
        groups.into_iter().collect()
    }

    fn value(&self, unit: UnitId, it: &Indicator, group: Option<&str>) -> (Value, Option<i64>) {
        let communities = || self.communities.get(&unit).copied().unwrap_or(0);
        let residents = || self.residents.get(&unit).map_or(0, |it| i64::try_from(it.residents).unwrap_or(i64::MAX));
        let sum = |measure| self.sum(unit, measure, group);
        let (numerator, denominator) = match it.way {
            Way::Sum(measure) | Way::Stock(measure) => (sum(measure), None),
            Way::PerCommunityYear(measure) | Way::StockPerCommunity(measure) => (sum(measure), Some(communities())),
            Way::Ratio(numerator, denominator) => (sum(numerator), Some(sum(denominator))),
            Way::PerResident(measure) => (sum(measure), Some(residents())),
            Way::Participants => (self.people.get(&unit).copied().unwrap_or(0), Some(residents())),
            Way::Structure(measure, _) => (sum(measure), Some(self.sum(unit, measure, None))),
            Way::Communities(measure) => (self.active.get(&(unit, measure)).copied().unwrap_or(0), Some(communities())),
            Way::Quantile(measure, per_mille) => return self.quantile(unit, measure, per_mille),
        };
        (Value { numerator, denominator }, None)
    }

    /// The least number of days that so many of a thousand cases do not exceed, and how many cases there are.
    fn quantile(&self, unit: UnitId, measure: Measure, per_mille: u32) -> (Value, Option<i64>) {
        let cases = self.sum(unit, measure, None);
        let asked = i128::from(cases) * i128::from(per_mille);
        let mut counted = 0_i128;
        let days = self.sums.get(&(unit, measure)).into_iter().flatten().find(|(_, number)| {
            counted += i128::from(**number) * 1_000;
            counted >= asked
        });
        let days = days.and_then(|(days, _)| days.parse().ok());
        // Without cases there is nothing to tell, which is not nothing.
        let denominator = if days.is_some() { None } else { Some(0) };
        (Value { numerator: days.unwrap_or(0), denominator }, Some(cases))
    }

    /// The figures of a unit.
    pub fn figures(&self, unit: UnitId, it: &'static Indicator, period: Period, grouped: bool) -> Vec<Figure> {
        let whole = !matches!(it.way, Way::Structure(..));
        let groups = self.groups(unit, it, grouped).into_iter().map(Some);
        let target = period.phase().and_then(|phase| it.targets[phase]).map(|target| scaled(it, target, period));
        let figure = |group: Option<String>| {
            let (value, cases) = self.value(unit, it, group.as_deref());
            let population = match (it.way, &group) {
                (Way::Structure(_, Some(by)), Some(group)) => self.share(unit, by, group),
                _ => None,
            };
            let target = target.filter(|_| group.is_none()).map(|target| (target, value.reaches(target)));
            Figure { indicator: it, group, value, cases, population, target, previous: None, ranked: None }
        };
        whole.then_some(None).into_iter().chain(groups).map(figure).collect()
    }

    fn share(&self, unit: UnitId, by: Breakdown, group: &str) -> Option<Population> {
        let groups = by_code(self.residents.get(&unit)?, by);
        let of = groups.values().sum();
        (of > 0).then(|| Population { residents: groups.get(group).copied().unwrap_or(0), of })
    }
}

/// What a year's target comes to in a period; by months where it is made of them, and else by days.
pub(super) fn scaled(it: &Indicator, target: Target, period: Period) -> Target {
    let yearly = matches!(it.way, Way::PerCommunityYear(_) | Way::PerResident(_)) || it.id == "evaluations";
    if !yearly {
        return target;
    }
    let (part, year) = match period.months() {
        Some(months) => (months, 12),
        None => (period.days(), 365),
    };
    Target { numerator: target.numerator * part, denominator: target.denominator * year, ..target }
}

fn by_code(it: &facts::Population, by: Breakdown) -> BTreeMap<String, u64> {
    fn codes<K: ToString>(numbers: &BTreeMap<K, u64>) -> BTreeMap<String, u64> {
        numbers.iter().map(|(group, number)| (group.to_string(), *number)).collect()
    }
    match by {
        Breakdown::Age => codes(&it.by_age_band),
        Breakdown::Sex => codes(&it.by_sex),
        Breakdown::Occupation => codes(&it.by_occupation),
    }
}
