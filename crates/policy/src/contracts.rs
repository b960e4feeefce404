//! The versions of the contract that this host speaks, side by side. The names of what a component exports say which one it is of.

mod functions;
mod v1_0;
#[cfg(test)]
mod v1_1;

use wasmtime::{
    Engine, Store,
    component::{Component, Instance, InstancePre},
};
use yishi_domain::{
    describe::Descriptor,
    escalation::{Answer, Case},
    topics::{Category, Scored, TopicText},
    voting::{Subject, Tally, Verdict, VotingRule},
};

use crate::{AdmissionRefusal, PolicyFailure, calls::State, failures::clip};

/// The newest version of the contract.
pub const NEWEST: &str = v1_0::VERSION;

/// What came of a call: an answer in the domain's terms, or why it is none; or an error of the engine.
pub type Called<T> = wasmtime::Result<Result<T, PolicyFailure>>;

/// The functions that a component exports, by the version of the contract that it is of.
pub enum Exports {
    V1_0(v1_0::Exports),
    #[cfg(test)]
    V1_1(v1_1::Exports),
}

/// Hands a call to the version.
macro_rules! each {
    ($exports:expr, $it:ident => $call:expr) => {
        match $exports {
            Exports::V1_0($it) => $call,
            #[cfg(test)]
            Exports::V1_1($it) => $call,
        }
    };
}

impl Exports {
    /// Finds what a component exports, or refuses one that is of no version that this host speaks.
    pub fn find(engine: &Engine, component: &Component, pre: &InstancePre<State>) -> Result<Self, AdmissionRefusal> {
        let ty = component.component_type();
        let names: Vec<_> = ty.exports(engine).map(|(name, _)| name.to_owned()).collect();
        let found = match names.iter().find_map(|name| name.strip_prefix("yishi:policy/describe@")) {
            Some(v1_0::VERSION) => v1_0::Exports::find(pre, &names).map(Self::V1_0),
            #[cfg(test)]
            Some(v1_1::VERSION) => v1_1::Exports::find(pre, &names).map(Self::V1_1),
            Some(other) => {
                let text = format!("it is of contract {other}; this host speaks {NEWEST}");
                return Err(AdmissionRefusal::new("component.unknown_contract", text));
            }
            None => Err(wasmtime::format_err!("it does not export `yishi:policy/describe@{NEWEST}`")),
        };
        found.map_err(|error| wrong_contract(&error, &names))
    }

    /// The version of the contract.
    pub const fn version(&self) -> &'static str {
        match self {
            Self::V1_0(_) => v1_0::VERSION,
            #[cfg(test)]
            Self::V1_1(_) => v1_1::VERSION,
        }
    }

    /// The interfaces that a rule set may leave out and this one does not.
    pub fn interfaces(&self) -> Vec<&'static str> {
        each!(self, it => it.interfaces())
    }

    /// Tells whether it answers questions of an interface itself.
    pub fn answers(&self, interface: &str) -> bool {
        self.interfaces().contains(&interface)
    }

    /// Asks for its description, and checks that every function is there with its types.
    pub fn describe(&self, store: &mut Store<State>, instance: &Instance) -> Called<Descriptor> {
        each!(self, it => it.describe(store, instance))
    }

    pub fn rule(&self, store: &mut Store<State>, on: &Instance, config: &str, subject: &Subject) -> Called<VotingRule> {
        each!(self, it => it.rule(store, on, config, subject))
    }

    pub fn decide(
        &self,
        store: &mut Store<State>,
        on: &Instance,
        config: &str,
        rule: &VotingRule,
        tally: &Tally,
    ) -> Called<Verdict> {
        each!(self, it => it.decide(store, on, config, rule, tally))
    }

    pub fn categories(&self, store: &mut Store<State>, on: &Instance, config: &str) -> Called<Vec<Category>> {
        each!(self, it => it.categories(store, on, config))
    }

    pub fn classify(
        &self,
        store: &mut Store<State>,
        on: &Instance,
        config: &str,
        text: &TopicText,
    ) -> Called<Vec<Scored>> {
        each!(self, it => it.classify(store, on, config, text))
    }

    pub fn assess(&self, store: &mut Store<State>, on: &Instance, config: &str, case: &Case) -> Called<Answer> {
        each!(self, it => it.assess(store, on, config, case))
    }
}

/// Says in what a component is not of the contract.
fn wrong_contract(error: &wasmtime::Error, exports: &[String]) -> AdmissionRefusal {
    let text = clip(format!("{error:#}; it exports: {}", exports.join(", ")));
    AdmissionRefusal::new("component.wrong_contract", text)
}

#[cfg(test)]
mod tests;
