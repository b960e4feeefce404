//! Running the rules of a decision again, from what its bundle carries.

use std::sync::Arc;

use anyhow::{Result, bail};
use yishi_domain::receipts::Receipt;
use yishi_policy::PolicyFailure;
use yishi_record::{
    facts::BallotOpened,
    verifications::{Rules, Step},
};

use crate::{
    outputs::Reason,
    workbenches::{Workbench, patiently},
};

/// Asks the component again for the ballot's rule and for its verdict; adds the steps that hold, and names what does not.
///
/// Fails where this machine could not run it, which says nothing of the bundle.
pub async fn rerun(rules: Rules, opened: &BallotOpened, steps: &mut Vec<Step>) -> Result<Result<(), Reason>> {
    let Rules { component, configuration, receipt } = rules;
    let (bench, component) = (Workbench::new()?, Arc::<[u8]>::from(component));
    let asked = patiently(async || bench.host.rule(Arc::clone(&component), &configuration, &opened.subject).await);
    match asked.await {
        Ok(answer) if answer.value == opened.rule => {
            let fuel = answer.receipt.map_or(0, |it| it.fuel);
            let detail = format!("the component's own for the subject, {fuel} fuel");
            steps.push(Step { code: "rule.asked_again", detail });
        }
        Ok(_) => {
            let detail = "the component gives another rule for the subject than the published one".into();
            return Ok(Err(Reason { code: "rule.not_the_components", detail }));
        }
        Err(failure) => return told(failure),
    }
    let replay = async || bench.host.replay(Arc::clone(&component), &configuration, &receipt.input).await;
    match patiently(replay).await {
        Ok(again) => Ok(compare(&receipt, &again).map(|detail| steps.push(Step { code: "rules.replayed", detail }))),
        Err(failure) => told(failure),
    }
}

fn told(failure: PolicyFailure) -> Result<Result<(), Reason>> {
    if failure.is_retryable() {
        bail!("the rules could not be run again on this machine, which says nothing of the bundle: {failure}");
    }
    Ok(Err(failure.into()))
}

/// Says what agrees, or what does not.
fn compare(recorded: &Receipt, again: &Receipt) -> Result<String, Reason> {
    let Receipt { fuel, host, cost_table, .. } = recorded;
    let differs = |code, detail: String| Err(Reason { code, detail });
    if recorded.output != again.output {
        return differs("replay.output", format!("the component answers {}", again.output));
    }
    if recorded.agrees_with(again) {
        return Ok(match (host, cost_table) == (&again.host, &again.cost_table) {
            true => format!("the same output, {fuel} fuel as recorded, {host}"),
            false => format!(
                "the same output; fuel is not compared: {host} with cost table {cost_table} decided, this is {} with {}",
                again.host, again.cost_table
            ),
        });
    }
    if recorded.input != again.input {
        return differs("replay.input", "the recorded input has members that the call does not take".into());
    }
    if recorded.contract != again.contract {
        let text = format!("contract {} was recorded, and {} is what ran", recorded.contract, again.contract);
        return differs("replay.contract", text);
    }
    differs("replay.fuel", format!("{fuel} fuel was recorded, and {} is what it takes", again.fuel))
}

#[cfg(test)]
mod tests {
    use yishi_domain::Digest;

    use super::*;

    fn receipt() -> Receipt {
        Receipt {
            component: Digest([1; 32]),
            contract: "1.0.0".into(),
            cost_table: "yishi-1".into(),
            configuration: Digest([2; 32]),
            input: "{}".into(),
            output: "{}".into(),
            fuel: 7,
            host: "wasmtime 48.0.8".into(),
        }
    }

    fn against(recorded: Receipt) -> Result<String, &'static str> {
        compare(&recorded, &receipt()).map_err(|reason| reason.code)
    }

    #[test]
    fn whatever_differs_is_named() {
        assert!(against(receipt()).is_ok_and(|it| it.contains("7 fuel as recorded")));
        assert_eq!(against(Receipt { output: "[]".into(), ..receipt() }), Err("replay.output"));
        assert_eq!(against(Receipt { input: "[]".into(), ..receipt() }), Err("replay.input"));
        assert_eq!(against(Receipt { contract: "0.2.0".into(), ..receipt() }), Err("replay.contract"));
        assert_eq!(against(Receipt { fuel: 8, ..receipt() }), Err("replay.fuel"));
    }

    #[test]
    fn fuel_is_not_compared_across_engines_and_that_is_said() {
        for other in [
            Receipt { fuel: 8, host: "wasmtime 47.0.0".into(), ..receipt() },
            Receipt { fuel: 8, cost_table: "yishi-0".into(), ..receipt() },
        ] {
            assert!(against(other).is_ok_and(|it| it.contains("fuel is not compared")));
        }
        let other = Receipt { output: "[]".into(), host: "wasmtime 47.0.0".into(), ..receipt() };
        assert_eq!(against(other), Err("replay.output"));
    }
}
