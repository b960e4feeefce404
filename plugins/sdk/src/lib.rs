//! Writes a city's rules in Rust: implement [`Policy`], leave out what the standard rules already say, and [`export!`] it.
//!
//! The types are those of the host's own rule evaluator, so a verdict computed by [`voting::evaluate`] is the verdict that the host computes.

pub mod conditions;
mod convert;
#[cfg(not(target_family = "wasm"))]
pub mod fixtures;
#[cfg(target_family = "wasm")]
mod memory;

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

/// The contract's types and exports, one module an interface, so that a rule set exports those alone that it answers.
#[doc(hidden)]
pub mod bindings {
    pub mod describe {
        wit_bindgen::generate!({
            path: "../wit/yishi-policy@1.0.0",
            world: "describing",
            pub_export_macro: true,
            default_bindings_module: "yishi_plugin_sdk::bindings::describe",
        });
    }

    pub mod topics {
        wit_bindgen::generate!({
            path: "../wit/yishi-policy@1.0.0",
            world: "sorting",
            with: { "yishi:policy/types@1.0.0": crate::bindings::describe::yishi::policy::types },
            pub_export_macro: true,
            default_bindings_module: "yishi_plugin_sdk::bindings::topics",
        });
    }

    pub mod voting {
        wit_bindgen::generate!({
            path: "../wit/yishi-policy@1.0.0",
            world: "deciding",
            with: { "yishi:policy/types@1.0.0": crate::bindings::describe::yishi::policy::types },
            pub_export_macro: true,
            default_bindings_module: "yishi_plugin_sdk::bindings::voting",
        });
    }

    pub mod escalation {
        wit_bindgen::generate!({
            path: "../wit/yishi-policy@1.0.0",
            world: "escalating",
            with: { "yishi:policy/types@1.0.0": crate::bindings::describe::yishi::policy::types },
            pub_export_macro: true,
            default_bindings_module: "yishi_plugin_sdk::bindings::escalation",
        });
    }
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

/// A city's rules: whichever of the functions it answers itself. `config` is JSON text that the host has checked against the descriptor's schema.
pub trait Policy {
    /// Describes the rule set.
    fn describe() -> Descriptor;

    /// The rule that a ballot will run by.
    fn rule(_config: &str, subject: &Subject) -> Result<VotingRule, PolicyError> {
        Ok(standard::rule(subject))
    }

    /// The verdict on a tally: the rule's own terms, with reasons in words.
    fn verdict(_config: &str, rule: &VotingRule, tally: &Tally) -> Result<Verdict, PolicyError> {
        standard::verdict(rule, tally).map_err(|error| PolicyError::new("tally.unsound", error.to_string()))
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
///
/// [`export!`] adds the interfaces.
#[macro_export]
macro_rules! descriptor {
    (locales: $locales:expr, laws: $laws:expr $(,)?) => {
        $crate::describe::Descriptor {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
            locales: $crate::owned($locales),
            configuration_schema: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/configuration.schema.json"))
                .into(),
            interfaces: Vec::new(),
            laws: $crate::owned($laws),
        }
    };
}

#[doc(hidden)]
pub fn owned<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).into()
}

/// The interfaces that a rule set answers itself; [`export!`] says them.
pub trait Interfaces {
    /// Of `topics`, `voting` and `escalation`.
    const INTERFACES: &'static [&'static str];
}

/// Makes a type that implements [`Policy`] the component's rules, for the interfaces that it answers itself: any of `topics`, `voting`,
/// `escalation`. For the others the standard rules stand.
#[macro_export]
macro_rules! export {
    ($policy:ident: $($interface:ident),+ $(,)?) => {
        impl $crate::Interfaces for $policy {
            const INTERFACES: &'static [&'static str] = &[$(stringify!($interface)),+];
        }

        #[cfg(target_family = "wasm")]
        mod component {
            type Component = $crate::Exported<super::$policy>;
            $crate::bindings::describe::export!(Component with_types_in $crate::bindings::describe);
            $($crate::bindings::$interface::export!(Component with_types_in $crate::bindings::$interface);)+
        }
    };
}
