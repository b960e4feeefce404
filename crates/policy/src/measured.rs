//! A rule set that is loaded, asked on the very thread of who asks: what of a call is its own time.

use std::sync::Arc;

use wasmtime::Engine;
use yishi_domain::voting::{Tally, Verdict, VotingRule};

use crate::{
    AdmissionRefusal, Caller, Component, PolicyFailure, answers,
    calls::{Budget, call},
    hosts::Loaded,
};

/// A rule set that is loaded.
#[derive(Clone)]
pub struct Ready {
    engine: Engine,
    loaded: Arc<Loaded>,
}

impl Caller {
    /// Loads a component, compiling it where nothing is kept of it.
    pub async fn ready(&self, component: impl Into<Component>) -> Result<Ready, AdmissionRefusal> {
        let loaded = self.host.load(&component.into()).await?;
        Ok(Ready { engine: self.host.0.engine.clone(), loaded })
    }
}

impl Ready {
    /// Asks for the verdict on a tally in a fresh instance and checks it: no waiting for a place, no receipt.
    pub fn verdict(&self, config: &str, rule: &VotingRule, tally: &Tally) -> Result<Verdict, PolicyFailure> {
        let Loaded { rules, exports, tier, .. } = &*self.loaded;
        let budget = Budget::new(tier.limits(), 0);
        let decide = |store: &mut _, on: &_| exports.decide(store, on, config, rule, tally);
        let (verdict, _) = call(&self.engine, rules, budget, decide);
        verdict.and_then(|verdict| answers::verdict(&verdict, rule, tally).map(|()| verdict))
    }
}
