//! A decision is bundled, verified offline, and refused however it is tampered with.

mod log;

use std::sync::LazyLock;

use chrono::TimeDelta;
use log::{Log, Story};
use proptest::prelude::*;
use serde_json::json;
use yishi_domain::{
    Digest,
    receipts::Receipt,
    voting::{Outcome, Tally},
};
use yishi_record::{
    bundles::{self, Bundle, BundleError, Bytes},
    checkpoints::Key,
    commitments::digest,
    facts::{BallotDecided, BallotOpened},
    verifications::{Trust, verify},
};

static SOUND: LazyLock<Vec<u8>> = LazyLock::new(|| Story::default().bundle());

/// Verifies with the log's own key pinned, and gives the outcome or the code of the refusal.
fn check(bytes: &[u8]) -> Result<Outcome, &'static str> {
    verify(bytes, Some(&log::key().verifier_key())).map(|it| it.decided.outcome).map_err(|it| it.code())
}

/// Verifies what a change makes of a sound bundle, written again in its canonical form.
fn changed(change: impl FnOnce(&mut Bundle)) -> Result<Outcome, &'static str> {
    let mut bundle = bundles::read(&Story::default().bundle()).expect("a sound bundle");
    change(&mut bundle);
    check(&bundles::write(&bundle).expect("within the caps"))
}

/// Verifies a log that was honestly signed over a dishonest story.
fn told(change: impl FnOnce(&mut Story)) -> Result<Outcome, &'static str> {
    let mut story = Story::default();
    change(&mut story);
    check(&story.bundle())
}

fn votes(bundle: &Bundle) -> Vec<usize> {
    (0..bundle.leaves.len()).filter(|i| bundle.leaves[*i].leaf["kind"] == "vote.cast").collect()
}

fn receipt(body: &mut BallotDecided) -> &mut Receipt {
    body.receipt.as_mut().expect("a component decided")
}

#[test]
fn an_honest_decision_is_verified_step_by_step() {
    let bytes = Story::default().bundle();
    let report = verify(&bytes, Some(&log::key().verifier_key())).expect("sound");
    assert_eq!(report.trust, Trust::Anchored);
    assert_eq!((report.origin.as_str(), report.tenant.as_str()), (log::ORIGIN, log::TENANT));
    assert_eq!(report.decided.outcome, Outcome::Passed);
    let rules = report.rules.expect("what decided");
    assert_eq!((rules.component.as_slice(), &rules.configuration), (log::COMPONENT, &log::configuration()));
    assert_eq!(Some(rules.receipt), report.decided.receipt);
    assert_eq!(
        report.steps.iter().map(|step| step.code).collect::<Vec<_>>(),
        [
            "bundle.canonical",
            "checkpoint.anchored",
            "leaves.included",
            "votes.complete",
            "tally.recounted",
            "verdict.evaluated",
            "receipt.consistent",
            "component.matches",
            "configuration.matches",
        ]
    );
}

#[test]
fn without_a_pinned_key_it_says_unanchored() {
    let report = verify(&Story::default().bundle(), None).expect("sound in itself");
    assert_eq!(report.trust, Trust::Unanchored);
    assert!(report.steps.iter().any(|step| step.code == "checkpoint.unanchored"));
}

#[test]
fn another_key_or_a_key_of_another_name_is_refused() {
    let bytes = Story::default().bundle();
    for other in [Key::new(log::ORIGIN, [8; 32]), Key::new("example.org/3302", log::SECRET)] {
        let key = other.expect("a sound name").verifier_key();
        assert_eq!(verify(&bytes, Some(&key)).map_err(|it| it.code()).err(), Some("checkpoint.unsigned"));
    }
    assert_eq!(verify(&bytes, Some("nonsense")).map_err(|it| it.code()).err(), Some("checkpoint.bad_key"));
}

#[test]
fn a_vote_left_out_is_missed() {
    for i in votes(&bundles::read(&Story::default().bundle()).expect("sound")) {
        assert_eq!(changed(|it| drop(it.leaves.remove(i))), Err("votes.count"));
    }
}

#[test]
fn a_vote_twice_or_out_of_order_is_refused() {
    let twice = changed(|it| {
        let vote = it.leaves[votes(it)[0]].clone();
        it.leaves.insert(votes(it)[0], vote);
    });
    assert_eq!(twice, Err("leaf.out_of_order"));
    let swapped = changed(|it| {
        let at = votes(it);
        it.leaves.swap(at[0], at[1]);
    });
    assert_eq!(swapped, Err("leaf.out_of_order"));
    let relabelled = changed(|it| {
        let at = votes(it);
        it.leaves.swap(at[0], at[1]);
        let (first, second) = (it.leaves[at[0]].position, it.leaves[at[1]].position);
        (it.leaves[at[0]].position, it.leaves[at[1]].position) = (second, first);
    });
    assert_eq!(relabelled, Err("leaf.not_included"));
}

#[test]
fn a_changed_vote_is_not_in_the_record() {
    let result = changed(|it| {
        let at = votes(it)[0];
        it.leaves[at].leaf["body"]["choice"] = "against".into();
    });
    assert_eq!(result, Err("leaf.not_included"));
}

#[test]
fn a_ballot_needs_its_opening_count_and_decision() {
    for kind in ["ballot.opened", "ballot.counted", "ballot.decided"] {
        assert_eq!(changed(|it| it.leaves.retain(|leaf| leaf.leaf["kind"] != kind)), Err("ballot.incomplete"));
    }
    assert_eq!(changed(|it| it.ballot = yishi_domain::BallotId(uuid::Uuid::nil())), Err("ballot.incomplete"));
}

#[test]
fn another_component_or_configuration_than_the_one_that_decided_is_refused() {
    assert_eq!(changed(|it| it.configuration = Some(json!({"strict": false}))), Err("bundle.inconsistent"));
    assert_eq!(changed(|it| it.component = Some(Bytes(b"another".to_vec()))), Err("bundle.inconsistent"));
}

#[test]
fn a_log_that_lies_about_its_own_votes_is_refused() {
    assert_eq!(told(|it| it.tally = |tally| tally.counts[0].in_favour -= 1), Err("tally.mismatch"));
    assert_eq!(told(|it| it.tally = |tally| tally.counts[0].eligible += 1), Err("tally.mismatch"));
    assert_eq!(told(|it| it.tally = |tally: &mut Tally| tally.counts.truncate(1)), Err("tally.mismatch"));
    assert_eq!(told(|it| it.counted = |body| body.count += 1), Err("votes.count"));
    assert_eq!(told(|it| it.counted = |body| body.votes_root = Digest([0; 32])), Err("votes.root"));
    assert_eq!(told(|it| it.votes[1].0 = it.votes[0].0.clone()), Err("votes.duplicate"));
    assert_eq!(told(|it| it.votes[0].2 = None), Err("votes.uncountable"));
    assert_eq!(told(|it| it.late_vote = true), Err("leaf.out_of_order"));
}

#[test]
fn a_log_that_lies_about_its_verdict_is_refused() {
    assert_eq!(told(|it| it.verdict = |verdict| verdict.outcome = Outcome::Failed), Err("verdict.mismatch"));
    assert_eq!(told(|it| it.verdict = |verdict| verdict.checks[0].counted += 1), Err("verdict.mismatch"));
    assert_eq!(told(|it| it.decided = |body| body.outcome = Outcome::Failed), Err("bundle.inconsistent"));
    assert_eq!(told(|it| it.decided = |body| receipt(body).component = digest(b"another")), Err("bundle.inconsistent"));
    assert_eq!(told(|it| it.decided = |body| receipt(body).configuration = digest(b"{}")), Err("bundle.inconsistent"));
    for (from, to) in [
        ("\"strict\":true", "\"strict\":false"),
        ("\"against\":1", "\"against\":2"),
        ("decide", "rule"),
        ("{", "{ "),
        ("}", ""),
    ] {
        let story = Story { input: Some((from, to)), ..Story::default() };
        assert_eq!(check(&story.bundle()), Err("bundle.inconsistent"), "{from} -> {to}");
    }
    assert_eq!(told(|it| it.decided = |body| receipt(body).output = "{}".into()), Err("bundle.inconsistent"));
}

#[test]
fn a_rule_asked_for_another_roll_than_the_ballots_is_refused() {
    assert_eq!(told(|it| it.opened = |body| body.subject.eligible_heads += 1), Err("bundle.inconsistent"));
    assert_eq!(told(|it| it.opened = |body| body.subject.eligible_floor_area = None), Err("bundle.inconsistent"));
    assert_eq!(told(|it| it.opened = |body| body.component = Some(digest(b"another"))), Err("bundle.inconsistent"));
    assert_eq!(told(|it| it.opened = |body| body.rule.conditions[0].strict = false), Err("verdict.mismatch"));
}

#[test]
fn without_a_component_the_standard_rules_are_evaluated() {
    let story = Story { standard: true, ..Story::default() };
    let report = verify(&story.bundle(), Some(&log::key().verifier_key())).expect("sound");
    assert_eq!((report.decided.outcome, report.rules), (Outcome::Passed, None));
    let last: Vec<_> = report.steps.iter().rev().take(2).map(|step| step.code).collect();
    assert_eq!(last, ["rules.standard", "verdict.evaluated"]);
    let text = String::from_utf8(story.bundle()).expect("JSON");
    assert!(text.contains(r#""component":null,"configuration":null"#), "what is absent is said to be");
    assert_eq!(check(text.replace(r#""component":null,"#, "").as_bytes()), Err("bundle.malformed"));

    let standard = |change: fn(&mut Story)| {
        told(|it| {
            it.standard = true;
            change(it);
        })
    };
    assert_eq!(standard(|it| it.verdict = |verdict| verdict.outcome = Outcome::Failed), Err("verdict.mismatch"));
    assert_eq!(standard(|it| it.verdict = |verdict| verdict.checks[0].of += 1), Err("verdict.mismatch"));
    assert_eq!(standard(|it| it.custom = Some("two rounds".into())), Err("rules.undecidable"));
}

#[test]
fn a_component_its_configuration_and_its_receipt_come_together_or_not_at_all() {
    assert_eq!(changed(|it| it.component = None), Err("rules.incomplete"));
    assert_eq!(changed(|it| it.configuration = None), Err("rules.incomplete"));
    assert_eq!(told(|it| it.opened = |body| body.component = None), Err("rules.incomplete"));
    assert_eq!(told(|it| it.opened = |body| body.configuration = None), Err("rules.incomplete"));
    assert_eq!(told(|it| it.decided = |body| body.receipt = None), Err("rules.incomplete"));
    let left_out = |it: &mut Bundle| (it.component, it.configuration) = (None, None);
    assert_eq!(changed(left_out), Err("rules.incomplete"));
    let mut story = Story { standard: true, ..Story::default() };
    story.opened = |body| body.component = Some(digest(log::COMPONENT));
    assert_eq!(check(&story.bundle()), Err("rules.incomplete"));
}

#[test]
fn a_vote_cast_here_before_the_opening_or_after_the_close_is_refused() {
    let early = |story: &mut Story| story.opened = |body| body.opens_at += TimeDelta::seconds(10);
    let late = |story: &mut Story| story.opened = |body| body.closes_at = body.opens_at + TimeDelta::seconds(12);
    assert_eq!(told(early), Err("votes.outside_window"));
    assert_eq!(told(late), Err("votes.outside_window"));
    let by_paper = |change: fn(&mut Story)| {
        told(|it| {
            change(it);
            it.channel = "paper";
        })
    };
    assert_eq!([by_paper(early), by_paper(late)], [Ok(Outcome::Passed); 2], "paper may be entered later");
    // The first vote's leaf is of the fifth second, the last one's of the seventeenth.
    let exactly = |body: &mut BallotOpened| (body.opens_at, body.closes_at) = (log::second(5), log::second(17));
    assert_eq!(told(|it| it.opened = exactly), Ok(Outcome::Passed), "both ends are within");
}

#[test]
fn where_the_rule_is_custom_the_rule_sets_verdict_stands() {
    let custom = |story: &mut Story| {
        story.custom = Some("two rounds".into());
        story.verdict = |verdict| verdict.outcome = Outcome::Failed;
    };
    assert_eq!(told(custom), Ok(Outcome::Failed));
}

#[test]
fn leaves_of_another_tenant_are_refused() {
    assert_eq!(told(|it| it.tenant = "3302"), Err("leaf.other_tenant"));
}

#[test]
fn only_the_canonical_form_is_read() {
    let bytes = Story::default().bundle();
    let text = String::from_utf8(bytes.clone()).expect("JSON");
    let pretty = serde_json::to_string_pretty(&bundles::read(&bytes).expect("sound")).expect("JSON");
    let body = text.strip_prefix('{').expect("an object");
    for (other, code) in [
        (pretty, "bundle.not_canonical"),
        (format!("{text}\n"), "bundle.not_canonical"),
        (format!("{{ {body}"), "bundle.not_canonical"),
        (text.replace("\"v\":1}", "\"v\":1.0}"), "bundle.malformed"),
        (text.replace("\"channel\":\"online\"", "\"channel\":\"\\u006fnline\""), "bundle.not_canonical"),
        (format!("{{\"v\":1,{body}"), "bundle.malformed"),
        (format!("{{\"extra\":1,{body}"), "bundle.malformed"),
        (text.clone() + "{}", "bundle.malformed"),
        (String::new(), "bundle.malformed"),
        ("[".repeat(100_000), "bundle.malformed"),
    ] {
        assert_eq!(check(other.as_bytes()), Err(code), "{}", &other[..other.len().min(60)]);
    }
}

#[test]
fn caps_and_inexact_numbers_hold_when_writing_too() {
    let mut bundle = bundles::read(&Story::default().bundle()).expect("sound");
    bundle.leaves[0].leaf["body"] = json!({"n": 9_007_199_254_740_993_u64});
    assert_eq!(bundles::write(&bundle), Err(BundleError::Inexact("9007199254740993".into())));
    bundle.leaves[0].leaf["body"] = json!([[0.5]]);
    assert_eq!(bundles::write(&bundle), Err(BundleError::Inexact("0.5".into())));
    bundle.leaves[0].leaf["body"] = serde_json::Value::Null;
    bundle.component = Some(Bytes(vec![0; bundles::MAX_COMPONENT + 1]));
    let cap = bundles::MAX_COMPONENT;
    assert_eq!(bundles::write(&bundle), Err(BundleError::TooLarge { what: "component", cap }));
    assert_eq!(check(&vec![b' '; bundles::MAX_BYTES + 1]), Err("bundle.too_large"));
}

#[test]
fn an_event_without_position_or_beyond_the_checkpoint_is_not_bundled() {
    let log = Log::new(&Story::default());
    let mut events = log.case();
    events[0].position = None;
    let id = events[0].id;
    assert_eq!(log.try_bundle(&events), Err(BundleError::Unsequenced(id)));
    events[0].position = Some(log.size());
    assert!(matches!(log.try_bundle(&events), Err(BundleError::Unproved { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn any_flipped_bit_is_refused(at: prop::sample::Index, bit in 0..8u32) {
        let mut bytes = SOUND.clone();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(check(&bytes).is_err(), "byte {at}");
    }

    #[test]
    fn any_shorter_bundle_is_refused(at: prop::sample::Index) {
        prop_assert!(check(&SOUND[..at.index(SOUND.len())]).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_number_of_votes_among_any_other_events_is_verified(votes in 0..40usize, noise in 0..5usize, in_favour in 0..40usize) {
        let mut story = Story { noise, ..Story::default() };
        story.votes = (0..votes).map(|i| (format!("unit-{i}"), i < in_favour, Some(7_000))).collect();
        let expected = if in_favour.min(votes) * 2 > votes { Outcome::Passed } else { Outcome::Failed };
        prop_assert_eq!(check(&story.bundle()), Ok(expected));
    }
}
