//! The same rule in Rego, by an interpreter in this process.

use anyhow::Result;
use regorus::{Engine, Value};
use yishi_domain::voting::Verdict;

use super::{Peer, Session};
use crate::questions::Question;

const POLICY: &str = include_str!("threshold.rego");
const RULE: &str = "data.threshold.verdict";

/// An engine that is prepared once and cloned for each call, and a policy that is compiled once.
pub fn peers() -> Result<Vec<Peer>> {
    let mut engine = Engine::new();
    engine.add_policy("threshold.rego".into(), POLICY.into())?;
    let compiled = engine.clone().compile_with_entrypoint(&RULE.into())?;
    // What an engine prepares at its first evaluation goes along with each clone.
    let mut prepared = engine;
    prepared.set_input(Value::from_json_str("{\"rule\": {\"conditions\": []}, \"tally\": {\"counts\": []}}")?);
    prepared.eval_rule(RULE.into())?;
    let cloned = move || -> Result<Session> {
        let prepared = prepared.clone();
        Ok(Box::new(move |question| {
            let mut engine = prepared.clone();
            engine.set_input(input(question)?);
            verdict(&engine.eval_rule(RULE.into())?)
        }))
    };
    let evaluated = move || -> Result<Session> {
        let compiled = compiled.clone();
        Ok(Box::new(move |question| verdict(&compiled.eval_with_input(input(question)?)?)))
    };
    Ok(vec![Peer::new("regorus", cloned), Peer::new("regorus_compiled", evaluated)])
}

fn input(question: &Question) -> Result<Value> {
    Value::from_json_str(&serde_json::to_string(question)?)
}

fn verdict(value: &Value) -> Result<Verdict> {
    Ok(serde_json::from_str(&value.to_json_str()?)?)
}
