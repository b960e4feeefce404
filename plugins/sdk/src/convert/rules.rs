//! Rules, both ways.

use yishi_domain::voting as ours;

use super::{Ours, amount, error, fraction_out, voting, wit};
use crate::PolicyError;

pub fn rule_out(it: ours::VotingRule) -> voting::VotingRule {
    let round = |it: ours::Round| voting::Round { code: it.code, electorate: Ours(it.electorate).into() };
    voting::VotingRule {
        method: method_out(it.method),
        conditions: it.conditions.into_iter().map(condition_out).collect(),
        selection: it.selection.map(selection_out),
        secrecy: Ours(it.secrecy).into(),
        change_of_vote: it.change_of_vote,
        mandates_per_proxy: it.mandates_per_proxy,
        notice_hours: it.notice_hours,
        window_hours: it.window_hours,
        extension: it.extension.map(|it| voting::Extension { hours: it.hours, times: it.times }),
        publication_hours: it.publication_hours,
        rounds: it.rounds.into_iter().map(round).collect(),
        round: it.round,
        laws: it.laws,
        custom: it.custom,
        extensions: Vec::new(),
    }
}

pub fn rule_in(it: voting::VotingRule) -> Result<ours::VotingRule, wit::PolicyError> {
    let round = |it: voting::Round| -> Result<_, wit::PolicyError> {
        Ok(ours::Round { code: it.code, electorate: Ours::try_from(it.electorate)?.0 })
    };
    Ok(ours::VotingRule {
        method: method_in(it.method)?,
        conditions: it.conditions.into_iter().map(condition_in).collect::<Result<_, _>>()?,
        selection: it.selection.map(selection_in).transpose()?,
        secrecy: Ours::try_from(it.secrecy)?.0,
        change_of_vote: it.change_of_vote,
        mandates_per_proxy: it.mandates_per_proxy,
        notice_hours: it.notice_hours,
        window_hours: it.window_hours,
        extension: it.extension.map(|it| ours::Extension { hours: it.hours, times: it.times }),
        publication_hours: it.publication_hours,
        rounds: it.rounds.into_iter().map(round).collect::<Result<_, _>>()?,
        round: it.round,
        laws: it.laws,
        custom: it.custom,
    })
}

fn method_out(it: ours::Method) -> voting::Method {
    match it {
        ours::Method::YesNo => voting::Method::YesNo,
        ours::Method::Approval(most) => voting::Method::Approval(most),
        ours::Method::Cumulative(points) => voting::Method::Cumulative(points),
        ours::Method::Ranked(most) => voting::Method::Ranked(most),
    }
}

fn method_in(it: voting::Method) -> Result<ours::Method, wit::PolicyError> {
    match it {
        voting::Method::YesNo => Ok(ours::Method::YesNo),
        voting::Method::Approval(most) => Ok(ours::Method::Approval(most)),
        voting::Method::Cumulative(points) => Ok(ours::Method::Cumulative(points)),
        voting::Method::Ranked(most) => Ok(ours::Method::Ranked(most)),
        voting::Method::Other(name) => Err(unknown(name)),
    }
}

fn selection_out(it: ours::Selection) -> voting::Selection {
    let procedure = match it.procedure {
        ours::Procedure::MostVotes(seats) => voting::Procedure::MostVotes(seats),
        ours::Procedure::Schulze(seats) => voting::Procedure::Schulze(seats),
        ours::Procedure::InstantRunoff => voting::Procedure::InstantRunoff,
        ours::Procedure::GreedySkip(budget) => voting::Procedure::GreedySkip(budget.to_string()),
        ours::Procedure::GreedyStop(budget) => voting::Procedure::GreedyStop(budget.to_string()),
        ours::Procedure::EqualShares(it) => voting::Procedure::EqualShares(voting::EqualShares {
            budget: it.budget.to_string(),
            utility: Ours(it.utility).into(),
            completion: Ours(it.completion).into(),
        }),
    };
    voting::Selection { measure: Ours(it.measure).into(), procedure, tie: Ours(it.tie).into() }
}

fn selection_in(it: voting::Selection) -> Result<ours::Selection, wit::PolicyError> {
    let procedure = match it.procedure {
        voting::Procedure::MostVotes(seats) => ours::Procedure::MostVotes(seats),
        voting::Procedure::Schulze(seats) => ours::Procedure::Schulze(seats),
        voting::Procedure::InstantRunoff => ours::Procedure::InstantRunoff,
        voting::Procedure::GreedySkip(budget) => ours::Procedure::GreedySkip(amount(&budget)?),
        voting::Procedure::GreedyStop(budget) => ours::Procedure::GreedyStop(amount(&budget)?),
        voting::Procedure::EqualShares(it) => ours::Procedure::EqualShares(ours::EqualShares {
            budget: amount(&it.budget)?,
            utility: Ours::from(it.utility).0,
            completion: Ours::from(it.completion).0,
        }),
        voting::Procedure::Other(name) => return Err(unknown(name)),
    };
    Ok(ours::Selection { measure: Ours::try_from(it.measure)?.0, procedure, tie: Ours::try_from(it.tie)?.0 })
}

fn unknown(case: String) -> wit::PolicyError {
    error(PolicyError::new("contract.unknown_case", case))
}

fn condition_out(it: ours::Condition) -> voting::Condition {
    voting::Condition {
        code: it.code,
        kind: Ours(it.kind).into(),
        measure: Ours(it.measure).into(),
        counted: Ours(it.counted).into(),
        of: Ours(it.of).into(),
        at_least: fraction_out(it.at_least),
        strict: it.strict,
    }
}

fn condition_in(it: voting::Condition) -> Result<ours::Condition, wit::PolicyError> {
    Ok(ours::Condition {
        code: it.code,
        kind: Ours::from(it.kind).0,
        measure: Ours::try_from(it.measure)?.0,
        counted: Ours::from(it.counted).0,
        of: Ours::from(it.of).0,
        at_least: ours::Fraction::new(it.at_least.numerator, it.at_least.denominator),
        strict: it.strict,
    })
}
