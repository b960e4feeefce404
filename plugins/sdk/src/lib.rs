//! Writes a city's rules in Rust: implement [`Policy`], leave out what the standard rules already say, and [`export!`] it.
//!
//! The types are those of the host's own rule evaluator, so a verdict computed by [`voting::evaluate`] is the verdict that the host computes.

pub mod conditions;
mod convert;
#[cfg(not(target_family = "wasm"))]
pub mod fixtures;

pub use serde;
pub use serde_json;
pub use yishi_domain::{LocalText, describe, escalation, standard, topics, voting};

use serde::de::DeserializeOwned;
use yishi_domain::{
    describe::Descriptor,
    escalation::{Answer, Case},
    topics::{Category, Scored, TopicText},
    voting::{Subject, Tally, Verdict, VotingRule},
};

#[doc(hidden)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../wit/yishi-policy@0.1.0",
        world: "policy",
        pub_export_macro: true,
        default_bindings_module: "yishi_plugin_sdk::bindings",
    });
}

#[doc(hidden)]
pub use convert::Exported;

/// Why there is no answer: a stable code and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// Stable code, such as `subject.no_floor_area`.
    pub code: String,
    /// A sentence.
    pub message: String,
}

impl PolicyError {
    /// Refuses with a code and a sentence.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

/// A city's rules. `config` is JSON text that the host has checked against the descriptor's schema.
pub trait Policy {
    /// Describes the rule set.
    fn describe() -> Descriptor;

    /// The rule that a ballot will run by.
    fn rule(_config: &str, subject: &Subject) -> Result<VotingRule, PolicyError> {
        Ok(standard::rule(subject))
    }

    /// The verdict on a tally: the rule's own terms, with reasons in words.
    fn verdict(_config: &str, rule: &VotingRule, tally: &Tally) -> Result<Verdict, PolicyError> {
        let verdict =
            voting::evaluate(rule, tally).map_err(|error| PolicyError::new("tally.unsound", error.to_string()))?;
        Ok(Verdict { reasons: standard::reasons(&verdict.checks), ..verdict })
    }

    /// The categories of topics.
    fn categories(_config: &str) -> Vec<Category> {
        standard::categories()
    }

    /// Categories for a topic, best first.
    fn classify(_config: &str, topic: &TopicText) -> Vec<Scored> {
        standard::classify(topic)
    }

    /// What to do about a late, unanswered or unsatisfying case.
    fn assess(_config: &str, case: &Case) -> Result<Answer, PolicyError> {
        Ok(standard::assess(case))
    }
}

/// Reads a configuration, which the host has checked against the schema before.
pub fn configuration<T: DeserializeOwned>(config: &str) -> Result<T, PolicyError> {
    serde_json::from_str(config).map_err(|error| PolicyError::new("configuration.unsound", error.to_string()))
}

/// Describes a rule set by its package: name and version of `Cargo.toml`, the schema of `configuration.schema.json` beside it.
#[macro_export]
macro_rules! descriptor {
    (locales: $locales:expr, interfaces: $interfaces:expr, laws: $laws:expr $(,)?) => {
        $crate::describe::Descriptor {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
            locales: $crate::owned($locales),
            configuration_schema: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/configuration.schema.json"))
                .into(),
            interfaces: $crate::owned($interfaces),
            laws: $crate::owned($laws),
        }
    };
}

#[doc(hidden)]
pub fn owned<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).into()
}

/// Makes a type that implements [`Policy`] the component's rules.
#[macro_export]
macro_rules! export {
    ($policy:ident) => {
        #[cfg(target_family = "wasm")]
        mod component {
            type Component = $crate::Exported<super::$policy>;
            $crate::bindings::export!(Component with_types_in $crate::bindings);
        }
    };
}
