//! Whoever changes anything in a bundle and writes it again as it should be written is found out: each leaf, each proof, each input counts.

mod log;

use std::sync::LazyLock;

use log::Story;
use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};
use yishi_record::{
    bundles::{self, Bundle},
    verifications::verify,
};

static SOUND: LazyLock<Bundle> = LazyLock::new(|| bundles::read(&Story::default().bundle()).expect("sound"));
static KEY: LazyLock<String> = LazyLock::new(|| log::key().verifier_key());

/// Every value within a value, itself included, by its JSON pointer (RFC 6901).
fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Object(members) => members.iter().for_each(|(name, it)| pointers(it, &format!("{at}/{name}"), into)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, it)| pointers(it, &format!("{at}/{i}"), into)),
        _ => {}
    }
}

/// Another value than the given one, like it where that is easily done.
fn another(value: &Value, seed: u64) -> Value {
    match value {
        Value::Number(number) => json!(number.as_u64().map_or(seed, |it| it ^ (1 + seed % 7))),
        Value::String(text) => json!(format!("{text}{}", seed % 10)),
        Value::Bool(it) => json!(!it),
        Value::Array(items) if !items.is_empty() => json!(items[1..]),
        Value::Object(members) if !members.is_empty() => {
            let left_out = members.keys().nth(seed as usize % members.len()).cloned();
            members
                .iter()
                .filter(|(name, _)| Some(*name) != left_out.as_ref())
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect()
        }
        _ => json!(seed),
    }
}

fn change(value: &mut Value, which: Index, seed: u64) -> String {
    let mut all = Vec::new();
    pointers(value, "", &mut all);
    let pointer = which.get(&all).clone();
    let place = value.pointer_mut(&pointer).expect("there");
    *place = another(place, seed);
    pointer
}

fn code(bundle: &Bundle) -> Option<&'static str> {
    let bytes = bundles::write(bundle).expect("within the caps");
    verify(&bytes, Some(&KEY)).err().map(|it| it.code())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_is_changed_in_a_leaf_it_is_not_in_the_record(leaf: Index, which: Index, seed: u64) {
        let (mut bundle, leaf) = (SOUND.clone(), leaf.index(SOUND.leaves.len()));
        let pointer = change(&mut bundle.leaves[leaf].leaf, which, seed >> 12);
        prop_assert_eq!(code(&bundle), Some("leaf.not_included"), "{} of leaf {}", pointer, leaf);
    }

    #[test]
    fn a_proof_of_which_a_bit_is_changed_proves_nothing(leaf: Index, at: Index, bit in 0..8u32) {
        let (mut bundle, leaf) = (SOUND.clone(), leaf.index(SOUND.leaves.len()));
        let proof = &mut bundle.leaves[leaf].proof.0;
        let at = at.index(proof.len());
        proof[at] ^= 1 << bit;
        prop_assert_eq!(code(&bundle), Some("leaf.not_included"));
    }

    #[test]
    fn whatever_is_changed_in_what_decided_is_noticed(which: Index, at: Index, seed: u64, configured: bool) {
        let mut bundle = SOUND.clone();
        match configured {
            true => drop(change(bundle.configuration.as_mut().expect("a configuration"), which, seed >> 12)),
            false => {
                let component = &mut bundle.component.as_mut().expect("a component").0;
                let at = at.index(component.len());
                component[at] ^= 1 << (seed % 8);
            }
        }
        prop_assert!(matches!(code(&bundle), Some("bundle.inconsistent" | "rules.incomplete")), "{:?}", code(&bundle));
    }

    #[test]
    fn a_size_root_or_time_that_the_log_did_not_sign_is_refused(at: Index, bit in 0..7u32) {
        let mut bundle = SOUND.clone();
        let text = bundle.checkpoint.split_once("\n\n").expect("a note").0.len();
        let mut bytes = bundle.checkpoint.into_bytes();
        bytes[at.index(text)] ^= 1 << bit;
        bundle.checkpoint = String::from_utf8(bytes).expect("ASCII stays ASCII");
        let found = code(&bundle);
        prop_assert!(found.is_some_and(|it| it.starts_with("checkpoint.")), "{:?}", found);
    }
}
