//! Idempotency keys: an answer is kept with the change that it tells of, or not at all.

use uuid::Uuid;
use yishi_domain::{Actor, Ctx, Digest, Event, IdempotencyKey, MemberId, TenantId};
use yishi_store::{Db, StoreError, events, idempotency, tenants, testing};

async fn tenant(db: &Db, n: u128) -> TenantId {
    let id = TenantId(Uuid::from_u128(n));
    let mut tx = db.platform().await.expect("begin");
    let tenant = tenants::Tenant {
        id,
        slug: format!("city-{n}"),
        code: n.to_string(),
        name: format!("City {n}"),
        mode: "production".into(),
        zone: "Asia/Shanghai".into(),
        clock_offset_ms: 0,
        created_at: testing::ctx(id, Actor::System("test"), 0).now,
    };
    tenants::insert(&mut tx, &tenant).await.expect("insert");
    tx.commit().await.expect("commit");
    id
}

fn key(key: &str) -> IdempotencyKey {
    IdempotencyKey { key: key.into(), operation: "raise_topic", request: Digest([7; 32]) }
}

fn ctx(tenant: TenantId, member: u128, seed: u64) -> Ctx {
    let actor = Actor::Member(MemberId(Uuid::from_u128(member)));
    Ctx { once: Some(key("k")), ..testing::ctx(tenant, actor, seed) }
}

fn event(ctx: &Ctx) -> Event {
    let body = serde_json::json!({});
    Event { id: ctx.new_id(), kind: "letter.revived", subject: ctx.tenant.uuid(), body, openings: vec![] }
}

async fn kept(db: &Db, ctx: &Ctx) -> Option<serde_json::Value> {
    let mut tx = db.read(ctx).await.expect("begin");
    let found = idempotency::find(&mut tx, &ctx.actor.principal(), &key("k")).await.expect("read");
    found.map(|(request, answer)| {
        assert_eq!(request, Some(Digest([7; 32])));
        answer
    })
}

#[tokio::test]
async fn an_answer_is_kept_only_with_a_commit_and_for_its_tenant_and_principal() {
    let (db, _) = testing::database().await;
    let (a, b) = (tenant(&db, 1).await, tenant(&db, 2).await);
    let mine = ctx(a, 1, 1);
    drop(db.write(&mine).await.expect("begin"));
    assert_eq!(kept(&db, &mine).await, None, "a dropped act is not answered");
    let tx = db.write(&mine).await.expect("the key is free again");
    assert_eq!(tx.commit([event(&mine)], "done").await.expect("commit"), "done");
    assert_eq!(kept(&db, &mine).await, Some("done".into()));
    assert_eq!(kept(&db, &ctx(a, 2, 2)).await, None, "another member's key");
    assert_eq!(kept(&db, &ctx(b, 1, 3)).await, None, "another tenant's key");
}

#[tokio::test]
async fn an_event_that_is_not_committed_keeps_no_answer() {
    let (db, _) = testing::database().await;
    let mine = ctx(tenant(&db, 1).await, 1, 1);
    let tx = db.write(&mine).await.expect("begin");
    let inexact = Event { body: serde_json::json!({"n": 0.5}), ..event(&mine) };
    tx.commit([inexact], "done").await.expect_err("the record cannot hold it");
    assert_eq!(kept(&db, &mine).await, None);
    let mut tx = db.read(&mine).await.expect("begin");
    assert_eq!(events::of_subject(&mut tx, mine.tenant.uuid()).await.expect("read"), []);
}

#[tokio::test]
async fn a_key_is_held_by_one_act_at_a_time_and_by_none_once_it_is_answered() {
    let (db, _) = testing::database().await;
    let tenant = tenant(&db, 1).await;
    let (first, second) = (ctx(tenant, 1, 1), ctx(tenant, 1, 2));
    let tx = db.write(&first).await.expect("begin");
    assert!(matches!(db.write(&second).await.expect_err("it is held"), StoreError::InFlight));
    db.write(&ctx(tenant, 2, 3)).await.expect("another member holds their own");
    db.write(&second.without_key()).await.expect("an act without a key waits for none");
    tx.commit([event(&first)], ()).await.expect("commit");
    assert!(matches!(db.write(&second).await.expect_err("it is answered"), StoreError::InFlight));
}
