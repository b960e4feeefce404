//! The sequencer under concurrent commits, and the proofs that come of it.

use serde_json::json;
use uuid::Uuid;
use yishi_domain::{Actor, Ctx, Event, TenantId};
use yishi_record::{checkpoints, keys, leaves, trees};
use yishi_service::{
    keys::Signing,
    proving::{prove_consistency, prove_inclusion},
    sequencing::{SequenceError, resign, sequence},
};
use yishi_store::{Db, events, records, tenants, testing};

const SLUG: &str = "3301";

fn ctx(tenant: TenantId, seed: u64) -> Ctx {
    testing::ctx(tenant, Actor::System("test"), seed)
}

fn signing() -> Signing {
    Signing::new("example.org", vec![[3; 32]], vec![])
}

fn key() -> checkpoints::Key {
    keys::derive(&[3; 32], "example.org/3301", 1).expect("a sound name")
}

async fn tenant(db: &Db) -> TenantId {
    let id = TenantId(Uuid::from_u128(1));
    let mut tx = db.platform().await.expect("begin");
    let tenant = tenants::Tenant {
        id,
        slug: SLUG.into(),
        code: SLUG.into(),
        name: "City".into(),
        mode: "production".into(),
        zone: "Asia/Shanghai".into(),
        clock_offset_ms: 0,
        created_at: ctx(id, 0).wall,
    };
    tenants::insert(&mut tx, &tenant).await.expect("insert");
    tx.commit().await.expect("commit");
    id
}

async fn commit_one(db: &Db, ctx: &Ctx, n: u64) {
    let tx = db.write(ctx).await.expect("begin");
    let event = Event {
        id: ctx.new_id(),
        kind: "webhook.replayed",
        subject: Uuid::from_u128(u128::from(n)),
        body: json!({"from": n}),
        openings: vec![],
    };
    tx.commit([event], ()).await.expect("commit");
}

/// Sequences until every one of so many events has its position.
async fn sequence_all(db: &Db, tenant: TenantId, total: u64) {
    let context = ctx(tenant, 999);
    loop {
        sequence(db, &context, SLUG, &signing()).await.expect("sequenced");
        let mut tx = db.read(&context).await.expect("begin");
        if records::size(&mut tx).await.expect("read") == total {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_commits_and_two_sequencers_leave_no_gap_and_no_double() {
    let (db, _) = testing::database().await;
    let tenant = tenant(&db).await;
    let (writers, each) = (8, 25);
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..writers {
        let db = db.clone();
        tasks.spawn(async move {
            let context = ctx(tenant, writer);
            for n in 0..each {
                commit_one(&db, &context, writer * each + n).await;
            }
        });
    }
    for _ in 0..2 {
        let db = db.clone();
        tasks.spawn(async move { sequence_all(&db, tenant, writers * each).await });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("no panic");
    }

    let context = ctx(tenant, 1_000);
    let mut tx = db.read(&context).await.expect("begin");
    let all = events::from_position(&mut tx, 0, u16::MAX).await.expect("read");
    let positions: Vec<_> = all.iter().filter_map(|event| event.position).collect();
    assert_eq!(positions, (0..writers * each).collect::<Vec<_>>());
    let mut numbers: Vec<_> = all.iter().filter_map(|event| event.body["from"].as_u64()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..writers * each).collect::<Vec<_>>(), "each event once");

    let (size, _, note) = records::latest_checkpoint(&mut tx).await.expect("read").expect("signed");
    let checkpoint = checkpoints::verify(&note, &key().verifier_key()).expect("its own key");
    let hashes: Vec<_> = all.iter().map(|event| leaves::leaf_hash(SLUG, event)).collect();
    assert_eq!((size, checkpoint.size), (200, 200));
    assert_eq!(checkpoint.root, trees::root_of(&hashes), "the root over what a reader reads");
    drop(tx);

    for position in [0, 1, 127, 128, 199] {
        let proof = prove_inclusion(&db, &context, size, position).await.expect("proved");
        let leaf = hashes[usize::try_from(position).expect("small")];
        trees::check_inclusion(&proof, size, checkpoint.root, position, leaf).expect("it holds");
    }
    let proof = prove_consistency(&db, &context, size, 77).await.expect("proved");
    trees::check_consistency(&proof, size, checkpoint.root, 77, trees::root_of(&hashes[..77])).expect("it holds");
}

#[tokio::test]
async fn nothing_pending_signs_nothing_and_a_proof_beyond_the_record_is_refused() {
    let (db, _) = testing::database().await;
    let tenant = tenant(&db).await;
    let context = ctx(tenant, 1);
    assert_eq!(sequence(&db, &context, SLUG, &signing()).await.expect("nothing to do"), 0);
    let mut tx = db.read(&context).await.expect("begin");
    assert_eq!(records::latest_checkpoint(&mut tx).await.expect("read"), None);
    drop(tx);
    commit_one(&db, &context, 1).await;
    assert_eq!(sequence(&db, &context, SLUG, &signing()).await.expect("one"), 1);
    let error = prove_inclusion(&db, &context, 2, 1).await.expect_err("there is one event");
    assert!(matches!(error, SequenceError::Tree(trees::TreeError::Proof)), "{error}");
}

#[tokio::test]
async fn a_record_that_has_not_grown_for_a_day_is_signed_again_once() {
    let (db, _) = testing::database().await;
    let tenant = tenant(&db).await;
    let at = |hours: i64| {
        let context = ctx(tenant, 7);
        Ctx { wall: context.wall + chrono::TimeDelta::hours(hours), ..context }
    };
    assert!(!resign(&db, &at(48), SLUG, &signing()).await.expect("nothing to sign"));
    commit_one(&db, &at(0), 1).await;
    sequence(&db, &at(0), SLUG, &signing()).await.expect("sequenced");
    let newest = async || {
        let mut tx = db.read(&at(0)).await.expect("begin");
        records::latest_checkpoint(&mut tx).await.expect("read").expect("signed").2
    };
    let first = newest().await;
    assert!(!resign(&db, &at(23), SLUG, &signing()).await.expect("too early"));
    assert!(resign(&db, &at(24), SLUG, &signing()).await.expect("a day later"));
    assert!(!resign(&db, &at(25), SLUG, &signing()).await.expect("it is fresh"));
    let [before, after] =
        [first, newest().await].map(|it| checkpoints::verify(&it, &key().verifier_key()).expect("its own"));
    assert_eq!((before.size, before.root), (after.size, after.root));
    assert_eq!((after.time - before.time).num_hours(), 24);
}
