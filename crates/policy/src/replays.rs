//! Replays: an earlier call made again from its receipt, to see whether it comes to the same.

use serde::Deserialize;
use serde_json::Value;
use yishi_domain::{
    escalation::Case,
    voting::{Subject, Tally, VotingRule},
};

use crate::{Caller, Component, PolicyFailure, Receipt};

/// The input of a receipt.
#[derive(Deserialize)]
#[serde(tag = "function", rename_all = "snake_case")]
enum Input {
    Rule { subject: Subject },
    Decide { rule: VotingRule, tally: Tally },
    Categories {},
    Assess { case: Case },
}

impl Caller {
    /// Makes the call of a receipt's input again, with the same fuel; [`Receipt::agrees_with`] then compares the two.
    ///
    /// The input of a classification is not kept, so a classification cannot be replayed.
    pub async fn replay(
        &self,
        component: impl Into<Component>,
        config: &Value,
        input: &str,
    ) -> Result<Receipt, PolicyFailure> {
        let input = serde_json::from_str(input).map_err(|error| PolicyFailure::Unreplayable(error.to_string()))?;
        let receipt = match input {
            Input::Rule { subject } => self.rule(component, config, &subject).await?.receipt,
            Input::Decide { rule, tally } => self.verdict(component, config, &rule, &tally).await?.receipt,
            Input::Categories {} => self.categories(component, config).await?.receipt,
            Input::Assess { case } => self.assess_by(component, config, &case).await?.receipt,
        };
        receipt.ok_or_else(|| PolicyFailure::Unreplayable("the answer has no receipt".into()))
    }
}
