//! Livelihood projects by vote (民生实事票决): many proposals, each voter picks up to so many, and the first within a budget or a number win.

use serde::Deserialize;
use yishi_plugin_sdk::{
    Policy, PolicyError,
    conditions::{choice, quorum, threshold},
    configuration,
    describe::Descriptor,
    descriptor, export,
    voting::{
        Completion, EqualShares, Fraction, Measure, Method, Procedure, Secrecy, Selection, Subject, Tie, Utility,
        VotingRule,
    },
};

/// The rule set.
pub struct LivelihoodVote;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Config {
    /// How many projects a voter may pick.
    picks: u32,
    /// How many win where no budget is spent.
    seats: u32,
    /// How a budget is spent.
    spending: Spending,
    quorum: Fraction,
    /// The share of those voting that a project needs to win at all.
    threshold: Option<Fraction>,
    secret: bool,
    notice_hours: u32,
    window_hours: u32,
    publication_hours: u32,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Spending {
    /// By votes, passing over what no longer fits.
    ByVotes,
    /// By equal shares of the voters, the rest by votes.
    EqualShares,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            picks: 3,
            seats: 10,
            spending: Spending::ByVotes,
            quorum: Fraction::new(1, 2),
            threshold: None,
            secret: false,
            notice_hours: 72,
            window_hours: 168,
            publication_hours: 120,
        }
    }
}

impl Policy for LivelihoodVote {
    fn describe() -> Descriptor {
        descriptor! { locales: ["zh-CN", "en"], laws: [] }
    }

    fn rule(config: &str, subject: &Subject) -> Result<VotingRule, PolicyError> {
        let config: Config = configuration(config)?;
        if subject.options.is_empty() {
            return Err(PolicyError::new(
                "subject.no_options",
                "name the projects to choose among as the ballot's options",
            ));
        }
        let procedure = match (subject.budget, config.spending) {
            (None, _) => Procedure::MostVotes(config.seats),
            (Some(budget), Spending::ByVotes) => Procedure::GreedySkip(budget),
            (Some(budget), Spending::EqualShares) => {
                Procedure::EqualShares(EqualShares { budget, utility: Utility::Cost, completion: Completion::ByScores })
            }
        };
        let taking_part = quorum(Measure::Heads).of_eligible().reaching(config.quorum);
        let supported = config.threshold.map(|share| threshold(Measure::Heads).of_participating().reaching(share));
        let rule = choice(Method::Approval(config.picks), procedure, [taking_part].into_iter().chain(supported));
        Ok(VotingRule {
            // Of projects with the same votes the cheaper one leaves more for others.
            selection: rule.selection.map(|it| Selection { tie: Tie::CheaperFirst, ..it }),
            secrecy: if config.secret { Secrecy::Secret } else { Secrecy::Open },
            notice_hours: config.notice_hours,
            window_hours: config.window_hours,
            publication_hours: config.publication_hours,
            ..rule
        })
    }
}

export!(LivelihoodVote: voting);
