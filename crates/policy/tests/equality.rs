//! The standard rules are one evaluator, used natively and compiled to WebAssembly: whatever they are asked, both say the same.

use std::{cell::RefCell, ffi::OsString, sync::Arc};

use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::json;
use yishi_domain::{
    escalation::{Case, CaseKind, Level},
    standard,
    topics::{Significance, TopicText},
    voting::{ChoiceOption, Count, Electorate, MAX_INTEGER, Measure, Outcome, Standing, Subject, Tally, evaluate},
};
use yishi_policy::{Caller, HostOptions, PolicyHost, limits::Tier};

const CASES: u32 = 256;

struct Bench {
    host: Caller,
    standard: Arc<[u8]>,
    runtime: tokio::runtime::Runtime,
    _folder: Folder,
}

struct Folder(std::path::PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

impl Bench {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("yishi-equality-{name}-{}", std::process::id()));
        let compiler = vec![OsString::from(env!("CARGO_BIN_EXE_compile-component"))];
        let options = HostOptions { artefacts: folder.clone(), key: [1; 32], compiler, widest: Tier::Native };
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/plugins/standard.wasm");
        Self {
            host: PolicyHost::new(&options).expect("an engine").unmetered(),
            standard: std::fs::read(path).expect("run `cargo xtask plugins`").into(),
            runtime: tokio::runtime::Runtime::new().expect("a runtime"),
            _folder: Folder(folder),
        }
    }

    /// Runs a check on so many inputs.
    fn holds<S: Strategy>(&self, inputs: S, check: impl AsyncFn(S::Value) -> Result<(), TestCaseError>) {
        let mut runner = TestRunner::new(ProptestConfig { cases: CASES, ..ProptestConfig::default() });
        let ran = runner.run(&inputs, |input| self.runtime.block_on(check(input)));
        ran.unwrap_or_else(|error| panic!("{error}"));
    }
}

/// A subject in the only round that the standard rules know.
fn any_subject() -> impl Strategy<Value = Subject> {
    let electorates = [
        Electorate::Residents,
        Electorate::Households,
        Electorate::Owners,
        Electorate::PartyMembers,
        Electorate::CouncilMembers,
        Electorate::VillagerRepresentatives,
        Electorate::Representatives,
    ];
    let options = prop::collection::vec(prop::option::of(0..=MAX_INTEGER), 2..6);
    let options = options.prop_map(|costs| {
        let option = |(i, cost)| ChoiceOption { code: format!("o{i}"), cost };
        costs.into_iter().enumerate().map(option).collect()
    });
    (
        prop::bool::ANY,
        prop::sample::select(electorates.to_vec()),
        0..=MAX_INTEGER,
        prop::option::of(0..=MAX_INTEGER),
        prop::option::of(options),
        prop::option::of(0..=MAX_INTEGER),
        prop::option::of("[a-z_]{1,20}"),
    )
        .prop_map(|(major, electorate, heads, eligible_floor_area, options, budget, matter)| {
            let significance = if major { Significance::Major } else { Significance::General };
            let options: Vec<ChoiceOption> = options.unwrap_or_default();
            let budget = budget.filter(|_| !options.is_empty());
            Subject {
                significance,
                matter,
                electorate,
                eligible_floor_area,
                options,
                budget,
                ..Subject::of("other", heads)
            }
        })
}

/// A count of a roll, small ones among them so that shares are met exactly. Staying away and being in favour weigh most, so that quorums and
/// majorities are missed about as often as not.
fn any_count(measure: Measure) -> impl Strategy<Value = Count> {
    let roll = prop_oneof![0..=12u64, 0..=MAX_INTEGER];
    let parts = (0..=4_000u64, prop::array::uniform4(0..=1_000u64), 0..=8_000u64);
    (roll, parts).prop_map(move |(eligible, (in_favour, others, away))| {
        let whole = u128::from((in_favour + others.iter().sum::<u64>() + away).max(1));
        let (mut upto, mut before) = (0, 0);
        let mut part = |share: u64| {
            upto += share;
            let at = u64::try_from(u128::from(eligible) * u128::from(upto) / whole).expect("at most the roll");
            at - std::mem::replace(&mut before, at)
        };
        let in_favour = part(in_favour);
        let [against, abstained, blank, spoiled] = others.map(part);
        Count { in_favour, against, abstained, blank, spoiled, ..Count::of(measure, eligible) }
    })
}

/// Counts by heads, and by floor area as well or not, and which options are chosen.
fn any_tally() -> impl Strategy<Value = (Vec<Count>, Vec<bool>)> {
    let area = prop::option::of(any_count(Measure::FloorArea));
    let counts = (any_count(Measure::Heads), area).prop_map(|(heads, area)| [heads].into_iter().chain(area).collect());
    (counts, prop::collection::vec(prop::bool::ANY, 6))
}

#[test]
fn rules_and_verdicts_are_the_same() {
    let bench = Bench::new("verdicts");
    let config = json!({});
    let outcomes = RefCell::new(Vec::new());
    bench.holds((any_subject(), any_tally()), async |(subject, (counts, chosen))| {
        let rule = bench.host.rule(Arc::clone(&bench.standard), &config, &subject).await;
        let rule = rule.map_err(|failure| TestCaseError::fail(failure.to_string()))?;
        prop_assert!(rule.receipt.is_some(), "the component answered");
        prop_assert_eq!(&rule.value, &standard::rule(&subject));
        let standing = |(option, chosen): (&ChoiceOption, &bool)| Standing {
            code: option.code.clone(),
            support: counts[0].in_favour,
            score: counts[0].in_favour,
            chosen: *chosen,
        };
        let standings = subject.options.iter().zip(&chosen).map(standing).collect();
        let tally = Tally { counts: counts.clone(), standings, profile: None };
        let verdict = bench.host.verdict(Arc::clone(&bench.standard), &config, &rule.value, &tally).await;
        let verdict = verdict.map_err(|failure| TestCaseError::fail(failure.to_string()))?;
        prop_assert!(verdict.receipt.is_some(), "the component answered");
        let native = standard::verdict(&rule.value, &tally).expect("sound");
        prop_assert_eq!(&verdict.value, &native);
        outcomes.borrow_mut().push(native.outcome);
        let terms = evaluate(&rule.value, &tally).expect("sound");
        prop_assert_eq!((terms.outcome, terms.checks, terms.winners), (native.outcome, native.checks, native.winners));
        Ok(())
    });
    let outcomes = outcomes.into_inner();
    for outcome in [Outcome::Passed, Outcome::Failed, Outcome::NoQuorum] {
        assert!(outcomes.contains(&outcome), "{outcome:?} was never compared");
    }
}

#[test]
fn classifications_are_the_same() {
    let bench = Bench::new("classifications");
    let words = ["路灯", "电梯", "物业", "停车", "噪音", "老人", "垃圾", "消防", "春节", "图书"];
    let text = prop::collection::vec(prop::sample::select(words.to_vec()), 0..12).prop_map(|it| it.concat());
    bench.holds((text.clone(), text), async |(title, body)| {
        let topic = TopicText { title, body };
        let scored = bench.host.classify(Arc::clone(&bench.standard), &json!({}), &topic).await;
        prop_assert!(scored.receipt.is_some(), "the component answered: {:?}", scored.fallback);
        prop_assert_eq!(scored.value, standard::classify(&topic));
        Ok(())
    });
}

#[test]
fn answers_to_cases_are_the_same() {
    let bench = Bench::new("answers");
    let kinds = [CaseKind::Overdue, CaseKind::Unanswered, CaseKind::Unsatisfied, CaseKind::Objection];
    let levels = prop::sample::select(Level::ALL[1..].to_vec());
    let cases = (prop::sample::select(kinds.to_vec()), levels, 0..10_000u32, 0..5u32, prop::option::of(0..=1_000u32));
    bench.holds(cases, async |(kind, level, hours_late, earlier, satisfaction_per_mille)| {
        let path = Level::ALL[1..].iter().rev().copied().filter(|it| *it < level).collect();
        let case = Case { stage: "executing".into(), kind, hours_late, level, earlier, path, satisfaction_per_mille };
        let answer = bench.host.assess(Arc::clone(&bench.standard), &json!({}), &case).await;
        prop_assert!(answer.receipt.is_some(), "the component answered: {:?}", answer.fallback);
        prop_assert_eq!(answer.value, standard::assess(&case));
        Ok(())
    });
}
