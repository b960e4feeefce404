//! Rules that a city writes down as configuration, without a program: a list of rules, each with what it is for.
//!
//! The first that fits a ballot is its rule; where none fits the standard rule stands. A budget is always the ballot's own.

use serde::Deserialize;
use yishi_plugin_sdk::{
    Policy, PolicyError, configuration,
    describe::Descriptor,
    descriptor, export, standard,
    topics::Significance,
    voting::{Electorate, EqualShares, Procedure, Selection, Subject, VotingRule},
};

/// The rule set.
pub struct RuleBook;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Config {
    rules: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default, rename = "for")]
    fits: Fits,
    rule: VotingRule,
}

/// What a rule is for; what is left out fits everything.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Fits {
    categories: Vec<String>,
    matters: Vec<String>,
    electorates: Vec<Electorate>,
    significance: Option<Significance>,
    round: Option<u32>,
    options: Option<bool>,
}

impl Fits {
    fn fits(&self, subject: &Subject) -> bool {
        let among = |list: &[String], it: Option<&String>| list.is_empty() || it.is_some_and(|it| list.contains(it));
        among(&self.categories, Some(&subject.category))
            && among(&self.matters, subject.matter.as_ref())
            && (self.electorates.is_empty() || self.electorates.contains(&subject.electorate))
            && self.significance.is_none_or(|it| it == subject.significance)
            && self.round.is_none_or(|it| it == subject.round)
            && self.options.is_none_or(|it| it != subject.options.is_empty())
    }
}

impl Policy for RuleBook {
    fn describe() -> Descriptor {
        descriptor! { locales: ["zh-CN", "en"], laws: [] }
    }

    fn rule(config: &str, subject: &Subject) -> Result<VotingRule, PolicyError> {
        let Config { rules } = configuration(config)?;
        let entry = rules.into_iter().find(|it| it.fits.fits(subject));
        let Some(Entry { rule, .. }) = entry else { return Ok(standard::rule(subject)) };
        let selection = rule.selection.map(|it| within(it, subject)).transpose()?;
        Ok(VotingRule { selection, round: subject.round, ..rule })
    }
}

/// The selection with the ballot's own budget.
fn within(selection: Selection, subject: &Subject) -> Result<Selection, PolicyError> {
    let procedure = match (selection.procedure, subject.budget) {
        (Procedure::GreedySkip(_), Some(budget)) => Procedure::GreedySkip(budget),
        (Procedure::GreedyStop(_), Some(budget)) => Procedure::GreedyStop(budget),
        (Procedure::EqualShares(shares), Some(budget)) => Procedure::EqualShares(EqualShares { budget, ..shares }),
        (it, _) if it.budget().is_none() => it,
        _ => return Err(PolicyError::new("subject.no_budget", "this rule spends a budget, and the ballot has none")),
    };
    Ok(Selection { procedure, ..selection })
}

export!(RuleBook: voting);
