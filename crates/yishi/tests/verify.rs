//! `yishi verify`, run as a program: what it says of sound and of forged decisions, and how it exits.

mod decisions;

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use decisions::{Decision, HONEST, key};
use serde_json::Value;
use yishi_record::{bundles, commitments::canonical};

/// What the program said, and its exit code.
struct Said {
    code: Option<i32>,
    output: String,
    error: String,
}

/// Runs `yishi verify -` on a bundle, in an empty folder that has to stay empty.
fn verify(bundle: &[u8], arguments: &[&str]) -> Said {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = Command::new(env!("CARGO_BIN_EXE_yishi"))
        .args(["verify", "-"])
        .args(arguments)
        .current_dir(folder.path())
        .env_remove("YISHI_DATA_DIR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    child.stdin.take().expect("its input").write_all(bundle).expect("written");
    let output = child.wait_with_output().expect("an end");
    assert_eq!(folder.path().read_dir().expect("the folder").count(), 0, "it keeps nothing");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Said { code: output.status.code(), output: text(output.stdout), error: text(output.stderr) }
}

/// Verifies with the record's key pinned.
fn pinned(bundle: &[u8]) -> Said {
    verify(bundle, &["--checkpoint-key", &key(7).verifier_key()])
}

/// Verifies what a record tells that was honestly signed over a dishonest decision; gives the code of the refusal.
fn refusal(decision: &Decision) -> String {
    let said = pinned(&decision.bundle());
    assert_eq!(said.code, Some(1), "{}", said.output);
    assert!(!said.output.contains("verified"), "{}", said.output);
    let reason = said.error.lines().find_map(|line| line.strip_prefix("yishi: refused: ")).expect("a reason");
    reason.split(": ").next().expect("a code").to_owned()
}

fn forged(change: impl FnOnce(&mut Decision)) -> Decision {
    let mut decision = HONEST.clone();
    change(&mut decision);
    if let Some(receipt) = &mut decision.decided.receipt {
        // The record agrees with itself: only running the rules again can tell.
        let verdict = serde_json::to_value(&decision.decided.verdict).expect("JSON");
        receipt.output = String::from_utf8(canonical(&verdict)).expect("text");
    }
    decision
}

#[test]
fn a_sound_decision_is_verified_under_its_key_and_its_rules_are_run_again() {
    let said = pinned(&HONEST.bundle());
    assert_eq!(said.code, Some(0), "{}{}", said.output, said.error);
    for line in ["ok  checkpoint.anchored", "ok  rule.asked_again", "ok  rules.replayed", "passed: ballot", "verified:"]
    {
        assert!(said.output.contains(line), "{line}: {}", said.output);
    }
    assert!(said.output.contains("majority_heads         8 of 10, more than 1/2"), "{}", said.output);
    assert!(!said.output.contains("unanchored"), "{}", said.output);
}

#[test]
fn without_a_key_it_says_unanchored() {
    let said = verify(&HONEST.bundle(), &[]);
    assert_eq!(said.code, Some(3), "{}{}", said.output, said.error);
    assert!(said.output.contains("\nunanchored: "), "{}", said.output);
    assert!(said.output.contains("ok  rules.replayed"), "{}", said.output);
    assert!(!said.output.contains("\nverified"), "{}", said.output);
}

#[test]
fn another_key_or_none_that_can_be_read_is_refused() {
    for (key, code) in [(key(8).verifier_key(), "checkpoint.unsigned"), ("nonsense".into(), "checkpoint.bad_key")] {
        let said = verify(&HONEST.bundle(), &["--checkpoint-key", &key]);
        assert_eq!(said.code, Some(1));
        assert!(said.error.contains(code), "{}", said.error);
    }
}

#[test]
fn a_bundle_whose_vote_was_left_out_is_refused() {
    let mut bundle = bundles::read(&HONEST.bundle()).expect("a sound bundle");
    let vote = bundle.leaves.iter().position(|it| it.leaf["kind"] == "vote.cast").expect("a vote");
    bundle.leaves.remove(vote);
    let said = pinned(&bundles::write(&bundle).expect("within the caps"));
    assert_eq!(said.code, Some(1));
    assert!(said.error.contains("votes.count"), "{}", said.error);
}

#[test]
fn an_answer_that_the_component_does_not_give_is_caught_by_running_it() {
    let reasons = forged(|it| it.decided.verdict.reasons[0].text.push_str(", said the mayor"));
    assert_eq!(refusal(&reasons), "replay.output");
}

#[test]
fn fuel_that_the_call_does_not_take_is_caught_by_running_it() {
    let fuel = forged(|it| it.decided.receipt.as_mut().expect("a receipt").fuel += 1);
    assert_eq!(refusal(&fuel), "replay.fuel");
}

#[test]
fn a_rule_that_is_not_the_components_own_is_caught_by_asking_for_it() {
    let lowered = Decision::by_component(|rule| rule.conditions[0].at_least.numerator -= 1);
    assert_eq!(refusal(&lowered), "rule.not_the_components");
}

#[test]
fn under_another_engine_only_the_output_is_compared_and_that_is_said() {
    let older = forged(|it| {
        let receipt = it.decided.receipt.as_mut().expect("a receipt");
        (receipt.host, receipt.fuel) = ("wasmtime 36.0.0".into(), 1);
    });
    let said = pinned(&older.bundle());
    assert_eq!(said.code, Some(0), "{}", said.error);
    assert!(said.output.contains("fuel is not compared: wasmtime 36.0.0"), "{}", said.output);
}

#[test]
fn a_decision_by_the_standard_rules_is_verified_without_a_component() {
    let decision = Decision::by_standard_rules();
    let said = pinned(&decision.bundle());
    assert_eq!(said.code, Some(0), "{}", said.error);
    assert!(said.output.contains("ok  rules.standard") && !said.output.contains("rules.replayed"), "{}", said.output);
    let mut forged = decision;
    forged.decided.verdict.checks[0].counted += 1;
    assert_eq!(refusal(&forged), "verdict.mismatch");
}

#[test]
fn as_json_it_says_the_same() {
    let bundle = Decision::by_standard_rules().bundle();
    let json = |said: &Said| serde_json::from_str::<Value>(&said.output).expect("JSON");
    let said = verify(&bundle, &["--json"]);
    assert_eq!((said.code, &json(&said)["result"]), (Some(3), &"unanchored".into()));
    let found = json(&verify(&bundle, &["--json", "--checkpoint-key", &key(7).verifier_key()]));
    assert_eq!((&found["result"], &found["reason"]), (&"verified".into(), &Value::Null));
    assert_eq!(found["report"]["decided"]["outcome"], "passed");
    let said = verify(b"{}", &["--json"]);
    assert_eq!((said.code, &json(&said)["reason"]["code"]), (Some(1), &"bundle.malformed".into()));
}

#[test]
fn what_a_record_says_cannot_pass_for_the_programs_own_words() {
    let mut decision = Decision::by_standard_rules();
    decision.opened.rule.conditions[0].code = "\u{1b}[2J\nverified".into();
    decision.decided.verdict.checks[0].code = "\u{1b}[2J\nverified".into();
    let said = verify(&decision.bundle(), &[]);
    assert_eq!(said.code, Some(3), "{}", said.error);
    assert!(!said.output.contains('\u{1b}') && !said.output.contains("\nverified"), "{}", said.output);
}

#[test]
fn without_a_bundle_it_is_used_wrongly() {
    let output = Command::new(env!("CARGO_BIN_EXE_yishi")).arg("verify").output().expect("the program");
    assert_eq!(output.status.code(), Some(2));
    let output =
        Command::new(env!("CARGO_BIN_EXE_yishi")).args(["verify", "/nowhere/b.json"]).output().expect("the program");
    assert_eq!(output.status.code(), Some(1));
}
