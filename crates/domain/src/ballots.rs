//! Ballots: the roll of voting units, and the states through which a ballot goes.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fmt,
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use crate::{
    MemberId, Refusal,
    voting::{Choice, ChoiceOption, MAX_INTEGER, contests::MOST_OPTIONS},
    workflow::coded,
};

/// How many voting units a roll has at most, in however many requests it comes.
pub const MOST_VOTING_UNITS: usize = 100_000;

coded! {
    /// Where a ballot stands.
    BallotState {
        /// Announced with its rule; takes votes from its opening to its closing instant.
        Open = "open",
        /// Takes no more votes online; paper is entered and reconciled.
        Closing = "closing",
        /// Counted: the votes are committed to, the tally is public.
        Counted = "counted",
        /// The rules gave their verdict.
        Decided = "decided",
        /// Counted, and the rules cannot answer yet; they are asked again.
        AwaitingVerdict = "awaiting_verdict",
        /// Ended without a verdict, for a reason.
        Annulled = "annulled",
    }
}

/// A voting unit of a roll: a person, a household, or an exclusive part of a building.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VotingUnit {
    /// Its name, unique in the roll, such as `3-2-201`.
    pub name: String,
    /// How many heads it counts.
    pub heads: u64,
    /// Its exclusive floor area in hundredths of a square metre, where the ballot counts areas.
    pub floor_area: Option<u64>,
    /// Who may act for it; nobody where it votes on paper alone.
    pub agents: Vec<MemberId>,
}

/// What a roll comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RollTotals {
    /// All heads.
    pub heads: u64,
    /// The whole floor area in hundredths of a square metre, where every voting unit states one.
    pub floor_area: Option<u64>,
}

/// Adds a roll up, or refuses it: empty or too long, a name twice, figures beyond what can be counted.
pub fn total(roll: &[VotingUnit]) -> Result<RollTotals, Refusal> {
    if roll.is_empty() || roll.len() > MOST_VOTING_UNITS {
        let text = format!("a roll has 1 to {MOST_VOTING_UNITS} voting units");
        return Err(Refusal::invalid("ballot.bad_roll", "roll", text));
    }
    let mut names = HashSet::new();
    let (mut heads, mut areas, mut stated) = (0u64, 0u64, 0usize);
    for (i, unit) in roll.iter().enumerate() {
        let bad = |member: &str, text: &str| Refusal::invalid("ballot.bad_roll", format!("roll[{i}].{member}"), text);
        if unit.name.trim().is_empty() || unit.name.chars().count() > 100 {
            return Err(bad("voting_unit", "a voting unit's name has 1 to 100 characters"));
        }
        if !names.insert(unit.name.as_str()) {
            return Err(bad("voting_unit", "this voting unit stands in the roll already"));
        }
        heads =
            heads.checked_add(unit.heads).filter(|it| *it <= MAX_INTEGER).ok_or_else(|| bad("heads", "too many"))?;
        if let Some(area) = unit.floor_area {
            stated += 1;
            areas = areas
                .checked_add(area)
                .filter(|it| *it <= MAX_INTEGER)
                .ok_or_else(|| bad("floor_area", "too large"))?;
        }
    }
    if stated != 0 && stated != roll.len() {
        let text =
            format!("{stated} of {} voting units state their floor area: state it for all or for none", roll.len());
        return Err(Refusal::invalid("ballot.bad_roll", "roll", text));
    }
    Ok(RollTotals { heads, floor_area: (stated > 0).then_some(areas) })
}

/// What whoever emptied a paper box counted by hand, against which the entry is reconciled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlTotals {
    /// All papers.
    pub papers: u64,
    /// In favour.
    pub in_favour: u64,
    /// Against.
    pub against: u64,
    /// Abstained.
    pub abstained: u64,
    /// Papers that say nothing.
    #[serde(default)]
    pub blank: u64,
    /// Papers that cannot be read, or say what they may not.
    #[serde(default)]
    pub spoiled: u64,
    /// For each option by its code: the papers that name it, or its points.
    #[serde(default)]
    pub options: BTreeMap<String, u64>,
}

/// Refuses an entry that does not come to its control totals.
pub fn reconcile(control: &ControlTotals, entered: &[Choice]) -> Result<(), Refusal> {
    let of = |choice| entered.iter().filter(|it| **it == choice).count() as u64;
    let mut marked = BTreeMap::<_, u64>::new();
    for (option, points) in entered.iter().flat_map(Choice::marks) {
        *marked.entry(option).or_default() += u64::from(points);
    }
    let mut compared = vec![
        ("papers".to_owned(), control.papers, entered.len() as u64),
        ("in_favour".to_owned(), control.in_favour, of(Choice::InFavour)),
        ("against".to_owned(), control.against, of(Choice::Against)),
        ("abstained".to_owned(), control.abstained, of(Choice::Abstained)),
        ("blank".to_owned(), control.blank, of(Choice::Blank)),
        ("spoiled".to_owned(), control.spoiled, of(Choice::Spoiled)),
    ];
    let codes: BTreeSet<_> = control.options.keys().map(String::as_str).chain(marked.keys().copied()).collect();
    compared.extend(codes.into_iter().map(|code| {
        let counted = control.options.get(code).copied().unwrap_or(0);
        (format!("options.{code}"), counted, marked.get(code).copied().unwrap_or(0))
    }));
    for (field, counted, found) in compared {
        if counted != found {
            let text = format!("{counted} counted by hand, {found} entered");
            return Err(Refusal::invalid("batch.not_reconciled", format!("control.{field}"), text)
                .with_fix("count the papers again and compare them with the entry, line by line"));
        }
    }
    Ok(())
}

/// Refuses options that cannot be chosen among: too many, a code twice or malformed, costs that are stated for some alone, or beyond what can
/// be counted.
pub fn check_options(options: &[ChoiceOption], budget: Option<u64>) -> Result<(), Refusal> {
    // A single project competes for its budget with nothing else, and may still not be wanted.
    let fewest = if budget.is_some() { 1 } else { 2 };
    if (1..fewest).contains(&options.len()) || options.len() > MOST_OPTIONS {
        let text = format!("a choice is among {fewest} to {MOST_OPTIONS} options");
        return Err(Refusal::invalid("ballot.bad_options", "options", text));
    }
    let mut codes = HashSet::new();
    for (i, option) in options.iter().enumerate() {
        let bad =
            |member: &str, text: &str| Refusal::invalid("ballot.bad_options", format!("options[{i}].{member}"), text);
        let sound = option.code.chars().all(|it| it.is_ascii_alphanumeric() || "-_.".contains(it));
        if !(1..=50).contains(&option.code.len()) || !sound {
            return Err(bad("code", "a code has 1 to 50 of letters, digits, `-_.`"));
        }
        if !codes.insert(option.code.as_str()) {
            return Err(bad("code", "this code stands in the list already"));
        }
        match (option.cost, budget) {
            (None, Some(_)) => return Err(bad("cost", "where a budget is spent, every option states what it costs")),
            (Some(_), None) => return Err(bad("cost", "costs are stated where the ballot has a budget")),
            (Some(cost), _) if cost > MAX_INTEGER => return Err(bad("cost", "too large")),
            _ => {}
        }
    }
    match budget {
        Some(budget) if options.is_empty() || budget > MAX_INTEGER => Err(Refusal::invalid(
            "ballot.bad_options",
            "budget",
            "a budget is spent on options, and is at most 2^53 - 1 fen",
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(name: &str, floor_area: Option<u64>) -> VotingUnit {
        VotingUnit { name: name.into(), heads: 1, floor_area, agents: vec![] }
    }

    #[test]
    fn a_roll_adds_up_and_states_areas_for_all_or_none() {
        let areas = [unit("101", Some(8_050)), unit("102", Some(10_000))];
        assert_eq!(total(&areas), Ok(RollTotals { heads: 2, floor_area: Some(18_050) }));
        assert_eq!(total(&[unit("101", None)]), Ok(RollTotals { heads: 1, floor_area: None }));
        let code = |roll: &[VotingUnit]| total(roll).expect_err("unsound").field.expect("a field");
        assert_eq!(code(&[unit("101", Some(1)), unit("102", None)]), "roll");
        assert_eq!(code(&[unit("101", None), unit("101", None)]), "roll[1].voting_unit");
        assert_eq!(code(&[]), "roll");
        assert_eq!(code(&[unit("1", Some(MAX_INTEGER)), unit("2", Some(1))]), "roll[1].floor_area");
    }

    #[test]
    fn paper_must_come_to_what_was_counted_by_hand() {
        let control = ControlTotals { papers: 3, in_favour: 2, against: 1, ..ControlTotals::default() };
        let entered = [Choice::InFavour, Choice::Against, Choice::InFavour];
        assert_eq!(reconcile(&control, &entered), Ok(()));
        assert_eq!(reconcile(&control, &entered[..2]).expect_err("short").field.as_deref(), Some("control.papers"));
        let swapped = [Choice::InFavour, Choice::Against, Choice::Against];
        assert_eq!(reconcile(&control, &swapped).expect_err("swapped").field.as_deref(), Some("control.in_favour"));
    }

    #[test]
    fn paper_with_options_is_reconciled_option_by_option() {
        let options = [("a".to_owned(), 2), ("b".to_owned(), 1)].into();
        let control = ControlTotals { papers: 3, spoiled: 1, options, ..ControlTotals::default() };
        let approved = |codes: &[&str]| Choice::Approved(codes.iter().map(|it| (*it).to_owned()).collect());
        assert_eq!(reconcile(&control, &[approved(&["a", "b"]), Choice::Spoiled, approved(&["a"])]), Ok(()));
        let field = |entered: &[_]| reconcile(&control, entered).expect_err("not reconciled").field.expect("a field");
        assert_eq!(field(&[approved(&["a"]), Choice::Spoiled, approved(&["a"])]), "control.options.b");
        assert_eq!(field(&[approved(&["a", "b"]), Choice::Spoiled, approved(&["a", "c"])]), "control.options.c");
    }

    #[test]
    fn options_have_codes_of_their_own_and_costs_where_a_budget_is_spent() {
        let option = |code: &str, cost| ChoiceOption { code: code.into(), cost };
        let field = |options: &[_], budget| check_options(options, budget).map_err(|it| it.field.expect("a field"));
        assert_eq!(field(&[], None), Ok(()));
        assert_eq!(field(&[option("a", Some(1)), option("b", Some(2))], Some(3)), Ok(()));
        assert_eq!(field(&[option("a", None)], None), Err("options".into()));
        assert_eq!(field(&[option("a", None), option("a", None)], None), Err("options[1].code".into()));
        assert_eq!(field(&[option("a", Some(1)), option("b", None)], Some(3)), Err("options[1].cost".into()));
        assert_eq!(field(&[option("a", None), option("b", Some(1))], None), Err("options[1].cost".into()));
        assert_eq!(field(&[], Some(3)), Err("budget".into()));
        assert_eq!(field(&[option("a", Some(1))], Some(3)), Ok(()), "a budget may be asked for by one project alone");
    }
}
