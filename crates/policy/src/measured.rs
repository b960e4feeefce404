//! A rule set that is loaded, asked on the very thread of who asks: what of a call is its own time.

use std::sync::Arc;

use yishi_domain::voting::{Tally, Verdict, VotingRule};

use crate::{AdmissionRefusal, Caller, Component, PolicyFailure, PolicyHost, answers, calls::Budget, hosts::Loaded};

/// A rule set that is loaded.
#[derive(Clone)]
pub struct Ready {
    host: PolicyHost,
    loaded: Arc<Loaded>,
}

impl Caller {
    /// Loads a component, compiling it where nothing is kept of it.
    pub async fn ready(&self, component: impl Into<Component>) -> Result<Ready, AdmissionRefusal> {
        let loaded = self.host.load(&component.into()).await?;
        Ok(Ready { host: self.host.clone(), loaded })
    }
}

impl Ready {
    /// Asks for the verdict on a tally in a fresh instance and checks it: no waiting for a place, no receipt.
    pub fn verdict(&self, config: &str, rule: &VotingRule, tally: &Tally) -> Result<Verdict, PolicyFailure> {
        let budget = Budget::new(self.loaded.tier.limits(), 0);
        let (verdict, _) =
            self.host.call(&self.loaded, budget, |exports, store, on| exports.decide(store, on, config, rule, tally));
        verdict.and_then(|verdict| answers::verdict(&verdict, rule, tally).map(|()| verdict))
    }
}
