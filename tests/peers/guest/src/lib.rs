//! The rule of the benchmark as an Extism plugin: JSON in, JSON out, by the same evaluator.

use extism_pdk::{FnResult, Json, plugin_fn};
use serde::Deserialize;
use yishi_domain::{
    standard,
    voting::{Tally, Verdict, VotingRule},
};

/// What is asked.
#[derive(Deserialize)]
pub struct Asked {
    rule: VotingRule,
    tally: Tally,
}

/// Decides a tally.
#[plugin_fn]
pub fn decide(Json(Asked { rule, tally }): Json<Asked>) -> FnResult<Json<Verdict>> {
    Ok(Json(standard::verdict(&rule, &tally)?))
}
