//! Elections and recalls of the committee's members, by those who are registered for the election.
//!
//! An election is valid when more than half of them vote. Elected is who has the votes of more than half of those voting, and the most; there are
//! more candidates than seats, and the vote is secret. Seats left over are filled by a supplementary election, in which the most votes suffice if
//! they are at least a third of those cast (article 15). A recall needs the votes of more than half, and more than half of those in favour
//! (article 16).

use serde::Deserialize;
use yishi_plugin_sdk::{
    PolicyError,
    conditions::{Share, choice, majority, quorum, rule, threshold},
    voting::{
        Condition, Electorate, Fraction, Measure, Method, Procedure, Secrecy, Selection, Subject, Tie, VotingRule,
    },
};

/// The shares of the two articles, and what is elected.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Elections {
    quorum: Fraction,
    majority: Fraction,
    supplementary_share: Fraction,
    recall_majority: Fraction,
    /// How many are elected in one ballot.
    seats: u32,
}

impl Default for Elections {
    fn default() -> Self {
        Self {
            quorum: Fraction::new(1, 2),
            majority: Fraction::new(1, 2),
            supplementary_share: Fraction::new(1, 3),
            recall_majority: Fraction::new(1, 2),
            seats: 1,
        }
    }
}

impl Elections {
    /// The rule of an election or a recall; none for other matters.
    pub(crate) fn rule(&self, subject: &Subject) -> Option<Result<VotingRule, PolicyError>> {
        let support = || threshold(Measure::Heads).of_participating();
        let rule = match subject.matter.as_deref()? {
            "election" => self.election(subject, support().exceeding(self.majority), self.seats),
            "supplementary_election" => self.election(subject, support().reaching(self.supplementary_share), 0),
            "recall" => self.recall(subject),
            _ => return None,
        };
        Some(registered(subject).and(rule).map(|rule| VotingRule { secrecy: Secrecy::Secret, ..rule }))
    }

    /// `outnumbered` is what the candidates must be more than.
    fn election(&self, subject: &Subject, elected: Condition, outnumbered: u32) -> Result<VotingRule, PolicyError> {
        if subject.options.len() <= outnumbered as usize {
            let text = format!("name more than {outnumbered} candidates as the ballot's options");
            return Err(PolicyError::new("subject.too_few_candidates", text));
        }
        let conditions = [voting().exceeding(self.quorum), elected];
        let rule = choice(Method::Approval(self.seats), Procedure::MostVotes(self.seats), conditions);
        // Between candidates with the same votes the law has no order: they stand again.
        Ok(VotingRule { selection: rule.selection.map(|it| Selection { tie: Tie::NoneChosen, ..it }), ..rule })
    }

    fn recall(&self, subject: &Subject) -> Result<VotingRule, PolicyError> {
        if !subject.options.is_empty() {
            return Err(PolicyError::new("subject.options", "one member is recalled in a ballot, by yes or no"));
        }
        let passes = majority(Measure::Heads).of_participating().exceeding(self.recall_majority);
        Ok(rule([voting().exceeding(self.quorum), passes]))
    }
}

fn voting() -> Share {
    quorum(Measure::Heads).of_eligible()
}

fn registered(subject: &Subject) -> Result<(), PolicyError> {
    let text = "members are elected and recalled by the villagers who are registered for it (residents)";
    match subject.electorate {
        Electorate::Residents => Ok(()),
        _ => Err(PolicyError::new("subject.wrong_electorate", text)),
    }
}
