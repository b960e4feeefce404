//! A decision is run again on whatever machine: the same component gives the same bytes however it is compiled. Fuel is counted on the
//! WebAssembly instructions, so it does not hang on the optimiser either.

use std::{path::PathBuf, sync::Arc};

use serde_json::{Value, json};
use yishi_domain::{
    receipts::Receipt,
    topics::Significance,
    voting::{Count, Electorate, Measure, Subject, Tally},
};
use yishi_policy::{
    Caller, HostOptions, PolicyHost,
    limits::Tier,
    variants::{Variant, choose},
};

/// Rule sets with a configuration that they take, and who votes by them.
fn rule_sets() -> [(&'static str, Value, Electorate); 4] {
    let majority = json!({
        "code": "majority", "kind": "majority", "measure": "heads", "counted": "in_favour", "of": "participating",
        "at_least": {"numerator": 2, "denominator": 3}, "strict": true,
    });
    let rule = json!({
        "method": "yes_no", "secrecy": "open", "notice_hours": 0, "window_hours": 48, "laws": [], "custom": null,
        "conditions": [majority],
    });
    [
        ("standard", json!({"notice_hours": 24, "window_hours": 48}), Electorate::Owners),
        ("civil-code-278", json!({"window_hours": 48}), Electorate::Owners),
        ("rule-book", json!({"rules": [{"rule": rule}]}), Electorate::Owners),
        ("villagers-committee", json!({}), Electorate::Residents),
    ]
}

fn component(name: &str) -> Arc<[u8]> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../../target/plugins/{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|_| panic!("{name} is missing: run `cargo xtask plugins`")).into()
}

fn subject(electorate: Electorate) -> Subject {
    Subject {
        significance: Significance::Major,
        matter: Some("property_service".into()),
        electorate,
        eligible_floor_area: Some(400_000),
        ..Subject::of("property", 40)
    }
}

/// Votes of so many in favour and against, of 40 with 100 square metres each.
fn tally(in_favour: u64, against: u64) -> Tally {
    let count = |measure, each: u64| Count {
        in_favour: in_favour * each,
        against: against * each,
        ..Count::of(measure, 40 * each)
    };
    Tally::of(vec![count(Measure::Heads, 1), count(Measure::FloorArea, 10_000)])
}

/// What rule sets answer under a variant: every receipt, in one order.
async fn answers(variant: Variant, argument: &str) -> Vec<(String, Receipt)> {
    let folder = tempfile::tempdir().expect("a folder");
    let compiler = vec![env!("CARGO_BIN_EXE_yishi-portable").into(), argument.into()];
    choose(variant);
    let options = HostOptions { artefacts: folder.path().to_owned(), key: [1; 32], compiler, widest: Tier::Native };
    let host: Caller = PolicyHost::new(&options).expect("an engine").unmetered();
    let mut answers = Vec::new();
    for (name, configuration, electorate) in rule_sets() {
        let bytes = component(name);
        let rule = host.rule(Arc::clone(&bytes), &configuration, &subject(electorate)).await;
        let rule = rule.unwrap_or_else(|failure| panic!("{name}, {argument}: {failure}"));
        answers.extend(rule.receipt.map(|it| (format!("{name}: rule"), it)));
        for (in_favour, against) in [(0, 0), (8, 2), (13, 13), (20, 7), (27, 13), (40, 0)] {
            let tally = tally(in_favour, against);
            let verdict = host.verdict(Arc::clone(&bytes), &configuration, &rule.value, &tally).await;
            let verdict = verdict.unwrap_or_else(|failure| panic!("{name}, {argument}: {failure}"));
            answers.extend(verdict.receipt.map(|it| (format!("{name}: {in_favour} to {against}"), it)));
        }
    }
    answers
}

#[test]
fn the_answer_is_the_same_however_it_is_compiled_and_costs_the_same_fuel() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let earnest = answers(Variant::Optimised, "optimised").await;
        assert!(earnest.len() > 20, "{} calls were answered by a component", earnest.len());
        for (variant, argument) in [(Variant::Unoptimised, "unoptimised"), (Variant::Interpreted, "interpreted")] {
            let other = answers(variant, argument).await;
            assert_eq!(other.len(), earnest.len());
            for ((call, one), (_, other)) in earnest.iter().zip(&other) {
                assert_eq!(one.input, other.input, "{call}, {argument}");
                assert_eq!(one.output, other.output, "{call}, {argument}");
                assert_eq!(one.fuel, other.fuel, "{call}, {argument}");
            }
        }
    });
}
