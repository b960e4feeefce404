//! Every bit of a bundle counts: whichever is flipped, whatever is cut off, left out, moved or exchanged, it is refused, and says where.

mod log;

use std::{
    ops::Range,
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use log::Story;
use yishi_record::{
    bundles::{self, Bundle},
    refusals::Refused,
    verifications::verify,
};

/// The smallest decision with a vote, by the standard rules: each bit costs a verification.
static SOUND: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let votes = vec![("1".into(), true, Some(1))];
    Story { votes, noise: 0, standard: true, ..Story::default() }.bundle()
});
static KEY: LazyLock<String> = LazyLock::new(|| log::key().verifier_key());

fn refused(bytes: &[u8], what: &str) -> Refused {
    match verify(bytes, Some(&KEY)) {
        Ok(_) => panic!("{what} was accepted"),
        Err(refused) => refused,
    }
}

fn read() -> Bundle {
    bundles::read(&SOUND).expect("sound")
}

/// Does something with each number below an end, on as many threads as there are processors.
fn each(end: usize, act: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(i) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|i| *i < end) {
                    act(i);
                }
            });
        }
    });
}

/// Where each leaf stands among the bundle's bytes, with its position and proof.
fn spans() -> Vec<(u64, Range<usize>)> {
    let mut from = 0;
    let span = |leaf: &bundles::Included| {
        let text = serde_json_canonicalizer::to_string(leaf).expect("JSON");
        let found = SOUND[from..].windows(text.len()).position(|it| it == text.as_bytes()).expect("in the bundle");
        let span = from + found..from + found + text.len();
        from = span.end;
        (leaf.position, span)
    };
    read().leaves.iter().map(span).collect()
}

#[test]
fn every_flipped_bit_is_refused_and_its_place_is_named() {
    assert!(verify(&SOUND, Some(&KEY)).is_ok());
    let spans = spans();
    each(8 * SOUND.len(), |bit| {
        let (at, mut bytes) = (bit / 8, SOUND.clone());
        bytes[at] ^= 1 << (bit % 8);
        let refused = refused(&bytes, &format!("bit {} of byte {at}", bit % 8));
        let place = refused.place();
        assert!(refused.to_string().len() > 10 && !place.is_empty(), "byte {at}: {refused:?}");
        let Some((position, span)) = spans.iter().find(|(_, span)| span.contains(&at)) else { return };
        let named = match place.strip_prefix("byte ").map(|it| it.parse::<usize>().expect("a number")) {
            // What is no JSON any more is noticed where it stands or later, what is in another order where the order changes.
            Some(byte) => byte >= span.start,
            None => place == format!("the leaf at position {position}"),
        };
        // A flipped position is an order or a place in the tree that the leaf does not have.
        assert!(named || place.starts_with("the leaf at position "), "byte {at} is in {position}: {place}");
    });
}

#[test]
fn every_shorter_bundle_is_refused() {
    each(SOUND.len(), |end| drop(refused(&SOUND[..end], &format!("a bundle cut at byte {end}"))));
}

#[test]
fn no_part_can_be_left_out_doubled_moved_or_exchanged() {
    let with = |what: &str, change: &dyn Fn(&mut Bundle)| {
        let mut bundle = read();
        change(&mut bundle);
        let bytes = bundles::write(&bundle).expect("within the caps");
        assert_ne!(bytes, *SOUND, "{what} changes something");
        refused(&bytes, what).place()
    };
    let number = read().leaves.len();
    for i in 0..number {
        with(&format!("leaf {i} left out"), &|it| drop(it.leaves.remove(i)));
        let doubled = with(&format!("leaf {i} doubled"), &|it| it.leaves.insert(i, it.leaves[i].clone()));
        assert_eq!(doubled, format!("the leaf at position {}", read().leaves[i].position));
        for j in i + 1..number {
            with(&format!("leaves {i} and {j} swapped"), &|it| it.leaves.swap(i, j));
            with(&format!("the contents of leaves {i} and {j} swapped"), &|it| {
                let [one, other] = it.leaves.get_disjoint_mut([i, j]).expect("two leaves");
                std::mem::swap(&mut one.leaf, &mut other.leaf);
            });
            with(&format!("the proofs of leaves {i} and {j} swapped"), &|it| {
                let [one, other] = it.leaves.get_disjoint_mut([i, j]).expect("two leaves");
                std::mem::swap(&mut one.proof, &mut other.proof);
            });
            with(&format!("the positions of leaves {i} and {j} swapped"), &|it| {
                let [one, other] = it.leaves.get_disjoint_mut([i, j]).expect("two leaves");
                std::mem::swap(&mut one.position, &mut other.position);
            });
        }
    }
    let parts: Vec<_> = read().leaves.iter().map(|it| it.proof.0.len() / 32).collect();
    for (i, hashes) in parts.into_iter().enumerate() {
        for hash in 0..hashes {
            with(&format!("hash {hash} of leaf {i} left out"), &|it| {
                drop(it.leaves[i].proof.0.drain(32 * hash..32 * hash + 32))
            });
            with(&format!("hash {hash} of leaf {i} doubled"), &|it| {
                let more = it.leaves[i].proof.0[32 * hash..32 * hash + 32].to_vec();
                it.leaves[i].proof.0.splice(32 * hash..32 * hash, more);
            });
        }
    }
}

#[test]
fn parts_of_two_sound_bundles_are_not_exchanged() {
    let others = vec![("1".into(), false, Some(1))];
    let other = Story { votes: others, noise: 0, standard: true, ..Story::default() }.bundle();
    assert!(verify(&other, Some(&KEY)).is_ok());
    let other = bundles::read(&other).expect("sound");
    for i in 0..other.leaves.len() {
        let mut mixed = read();
        if mixed.leaves[i] == other.leaves[i] {
            continue;
        }
        mixed.leaves[i] = other.leaves[i].clone();
        refused(&bundles::write(&mixed).expect("within the caps"), &format!("leaf {i} of another record"));
    }
    let mixed = Bundle { checkpoint: other.checkpoint, ..read() };
    let place = refused(&bundles::write(&mixed).expect("within the caps"), "the checkpoint of another record").place();
    assert_eq!(place, format!("the leaf at position {}", read().leaves[0].position));
}
