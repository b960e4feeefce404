//! A tenant's record as anybody can check it.

use std::time::{Duration, Instant};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use yishi_record::{checkpoints, trees};

use crate::clients::Client;

/// How long the sequencer may take to catch up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A record that holds: signed, without a gap, its events proven.
#[derive(Clone, Debug)]
pub struct Record {
    /// The events, by position.
    pub events: Vec<Value>,
    /// The key that signs it.
    pub key: String,
}

impl Record {
    /// How many events it has.
    pub fn size(&self) -> u64 {
        self.events.len() as u64
    }

    /// The kinds of its events, in order.
    pub fn kinds(&self) -> Vec<&str> {
        self.events.iter().map(|event| event["kind"].as_str().expect("a kind")).collect()
    }
}

/// How long a record that is complete stays as it is; the sequencer rests for half a second at most.
const SETTLED: Duration = Duration::from_millis(1_500);

/// Reads a record once its newest checkpoint covers so many events and grows no more, and checks it.
pub async fn read(public: &Client, member: &Client, at_least: u64) -> Record {
    let begun = Instant::now();
    let (mut last, mut since) = (0, Instant::now());
    let (size, key) = loop {
        let answer = public.get("/record/checkpoint").await;
        let empty = answer.status == 404;
        let size = match empty {
            true => u64::from(answer.clone().refused(404, "record.empty").is_null()),
            false => checkpoints::read(&answer.text).expect("a checkpoint").size,
        };
        if size != last {
            (last, since) = (size, Instant::now());
        }
        if !empty && size >= at_least && since.elapsed() >= SETTLED {
            let keys = public.get("/record/keys").await.expect(200);
            let key = text(&keys["keys"][0]["key"]).to_owned();
            checkpoints::verify(&answer.text, &key).expect("the checkpoint is signed");
            break (size, key);
        }
        assert!(begun.elapsed() < PATIENCE, "the record has {size} events and not {at_least}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let events = events(member).await;
    assert!(events.len() as u64 >= size, "the checkpoint covers no more than there is");
    for (position, event) in (0..).zip(&events) {
        assert_eq!(event["position"], position, "positions go on without a gap or a double");
    }
    for position in [0, size / 2, size - 1] {
        let leaf = prove(public, &key, position).await;
        assert_eq!(leaf["event"], events[usize::try_from(position).expect("a small record")]["id"], "{leaf}");
    }
    Record { events, key }
}

/// Every event that has its position.
async fn events(member: &Client) -> Vec<Value> {
    let mut events = Vec::new();
    let mut path = "/events?limit=1000".to_owned();
    loop {
        let page = member.get(&path).await.expect(200);
        events.extend(page["items"].as_array().expect("a list").iter().cloned());
        let Some(next) = page["next"].as_str() else { return events };
        path = format!("/events?limit=1000&cursor={next}");
    }
}

/// Checks the proof that the event at a position is in the record, and gives its leaf.
async fn prove(public: &Client, key: &str, position: u64) -> Value {
    let proof = public.get(&format!("/record/proofs/{position}")).await.expect(200);
    let checkpoint = checkpoints::verify(text(&proof["checkpoint"]), key).expect("the checkpoint is signed");
    assert_eq!((&proof["position"], &proof["size"]), (&position.into(), &checkpoint.size.into()));
    let hash = |value: &Value| STANDARD.decode(text(value)).ok()?.try_into().ok();
    let hashes: Option<Vec<trees::Hash>> = proof["hashes"].as_array().expect("hashes").iter().map(hash).collect();
    let hashes = hashes.expect("each hash has 32 bytes in base64");
    let leaf = text(&proof["leaf"]);
    let digest = trees::leaf_hash(leaf.as_bytes());
    trees::check_inclusion(&hashes, checkpoint.size, checkpoint.root, position, digest).expect("the proof holds");
    serde_json::from_str(leaf).expect("a leaf is JSON")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}
