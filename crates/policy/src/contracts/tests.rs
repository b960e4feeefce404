//! A component of 1.0.0, kept as it was built when that version was frozen, beside one of a contract to come: both are answered for.

// What makes guests is shared with the corpus, which uses more of it.
#[path = "../../tests/corpus/guests.rs"]
#[expect(dead_code, reason = "the corpus uses the rest")]
mod guests;
#[path = "../../tests/corpus/lowering.rs"]
mod lowering;
#[path = "../../tests/corpus/samples.rs"]
#[expect(dead_code, reason = "the corpus uses the rest")]
mod samples;

use serde_json::{from_value, json};
use wasmtime::component::Linker;
use yishi_domain::voting::{Count, Measure, Outcome, Subject};

use super::*;
use crate::{
    calls::{Budget, call},
    engines,
    limits::Tier,
};

const FROZEN: &[u8] = include_bytes!("../../tests/frozen/honest-1.0.0.wasm");

const NEXT: &str = include_str!("../../tests/wit/yishi-policy@1.1.0/policy.wit");

fn next() -> guests::Guest {
    guests::Guest::honest().contract(|_| NEXT.into())
}

/// A component in an engine, with what it exports.
fn load(engine: &Engine, bytes: &[u8]) -> (InstancePre<State>, Result<Exports, AdmissionRefusal>) {
    let component = Component::new(engine, bytes).expect("it compiles");
    let pre = Linker::new(engine).instantiate_pre(&component).expect("it imports nothing");
    let exports = Exports::find(engine, &component, &pre);
    (pre, exports)
}

#[test]
fn a_frozen_component_answers_beside_one_of_the_next_contract() {
    let engine = engines::engine().expect("an engine");
    let subject = Subject::of("other", 10);
    let rule: VotingRule = from_value(json!({
        "method": "yes_no", "secrecy": "open", "notice_hours": 0, "window_hours": 24, "laws": [], "custom": null,
        "conditions": [{
            "code": "majority", "kind": "majority", "measure": "heads", "counted": "in_favour", "of": "participating",
            "at_least": {"numerator": 1, "denominator": 2}, "strict": true,
        }],
    }))
    .expect("a rule");
    let tally = Tally::of(vec![Count { in_favour: 6, against: 2, abstained: 1, ..Count::of(Measure::Heads, 10) }]);
    for (bytes, version) in [(FROZEN, "1.0.0"), (&next().component(), "1.1.0")] {
        let (pre, exports) = load(&engine, bytes);
        let exports = exports.unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!((exports.version(), exports.interfaces()), (version, vec!["topics", "voting", "escalation"]));
        let budget = || Budget::new(Tier::Native.limits(), 0);
        let described = call(&pre, budget(), |store, on| exports.describe(store, on)).0.expect("described");
        assert_eq!(described.name, "honest");
        let given = call(&pre, budget(), |store, on| exports.rule(store, on, "{}", &subject)).0.expect("a rule");
        assert_eq!(given, rule, "{version}");
        let decided = call(&pre, budget(), |store, on| exports.decide(store, on, "{}", &rule, &tally)).0;
        assert_eq!(decided.expect("a verdict").outcome, Outcome::Passed, "{version}");
    }
}

#[test]
fn a_verdict_of_the_next_contract_is_of_another_type_under_this_one() {
    let engine = engines::engine().expect("an engine");
    // The next contract under the name of this one.
    let disguised = guests::Guest::honest().contract(|_| NEXT.replace("@1.1.0;", "@1.0.0;")).component();
    let (pre, exports) = load(&engine, &disguised);
    let exports = exports.unwrap_or_else(|refusal| panic!("{refusal}"));
    let budget = Budget::new(Tier::Native.limits(), 0);
    let refused = call(&pre, budget, |store, on| exports.describe(store, on)).0.expect_err("another type");
    assert!(matches!(&refused, PolicyFailure::NotAdmitted(it) if it.code == "component.wrong_contract"), "{refused}");
}

#[test]
fn a_component_of_an_unknown_contract_is_refused_with_the_version_that_is_spoken() {
    let engine = engines::engine().expect("an engine");
    let later = guests::Guest::honest().contract(|_| NEXT.replace("@1.1.0;", "@2.0.0;")).component();
    let refusal = load(&engine, &later).1.err().expect("nobody speaks it");
    assert_eq!(refusal.code, "component.unknown_contract");
    assert!(refusal.text.contains("2.0.0") && refusal.text.contains(NEWEST), "{refusal}");
}
