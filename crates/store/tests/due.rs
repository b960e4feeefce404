//! Which tenants have work: only those in which it waits, by their own clocks.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;
use yishi_domain::{Actor, Ctx, Event, TenantId, TimerId, timers::TimerKind};
use yishi_store::{
    Db, announcements,
    due::{self, Work},
    records, reports, tenants, testing,
    timers::{self, Timer},
    webhooks,
};

const ALL: [Work; 8] = [
    Work::Sequencing,
    Work::Resigning,
    Work::Projecting,
    Work::Announcing,
    Work::Timers,
    Work::Letters,
    Work::Deliveries,
    Work::Replays,
];

fn ctx(tenant: TenantId) -> Ctx {
    testing::ctx(tenant, Actor::System("test"), tenant.uuid().as_u64_pair().1)
}

async fn tenant(db: &Db, n: u128, ahead: Duration) -> TenantId {
    let id = TenantId(Uuid::from_u128(n));
    let mut tx = db.platform().await.expect("begin");
    let tenant = tenants::Tenant {
        id,
        slug: format!("city-{n}"),
        code: n.to_string(),
        name: format!("City {n}"),
        mode: "sandbox".into(),
        zone: "Asia/Shanghai".into(),
        clock_offset_ms: ahead.num_milliseconds(),
        created_at: ctx(id).wall,
    };
    tenants::insert(&mut tx, &tenant).await.expect("insert");
    tx.commit().await.expect("commit");
    id
}

fn event(ctx: &Ctx) -> Event {
    Event {
        id: ctx.new_id(),
        kind: "webhook.replayed",
        subject: Uuid::from_u128(7),
        body: serde_json::json!({"from": 0}),
        openings: vec![],
    }
}

/// The kinds of work that a tenant alone has at an instant.
async fn waiting(db: &Db, tenant: TenantId, at: DateTime<Utc>) -> Vec<Work> {
    let mut waiting = Vec::new();
    for work in ALL {
        let found = due::tenants(&mut db.platform().await.expect("begin"), work, at).await.expect("asked");
        match found.as_slice() {
            [] => {}
            [only] => {
                assert_eq!(only.id, tenant, "{work:?} waits elsewhere");
                waiting.push(work);
            }
            several => panic!("{work:?} waits in {several:?}"),
        }
    }
    waiting
}

#[tokio::test]
async fn work_is_found_in_the_tenant_in_which_it_waits_and_nowhere_else() {
    let (db, _) = testing::database().await;
    let ahead = Duration::hours(5);
    let (busy, _quiet) = (tenant(&db, 1, ahead).await, tenant(&db, 2, ahead).await);
    let ctx = ctx(busy);
    let now = ctx.wall;
    assert_eq!(waiting(&db, busy, now).await, [], "nothing has happened");

    // A timer that is due six hours later by a clock that is five hours ahead.
    let mut tx = db.write(&ctx).await.expect("begin");
    let due_at = now + Duration::hours(6);
    let timer = Timer { id: TimerId(ctx.new_id()), kind: TimerKind::ItemDue, subject: Uuid::from_u128(9), due_at };
    timers::insert(&mut tx, &timer).await.expect("set");
    let told = event(&ctx);
    let id = told.id;
    tx.commit([told], ()).await.expect("commit");
    assert_eq!(waiting(&db, busy, now).await, [Work::Sequencing]);
    assert_eq!(waiting(&db, busy, now + Duration::hours(1)).await, [Work::Sequencing, Work::Timers]);

    // Its event gets its position, under a signed checkpoint.
    let mut tx = db.record(&ctx).await.expect("begin");
    records::extend(&mut tx, 0, &[id], &[(0, [1; 32])]).await.expect("extended");
    records::insert_checkpoint(&mut tx, 1, now, "a note").await.expect("signed");
    tx.commit().await.expect("commit");
    let grown = [Work::Projecting, Work::Announcing];
    assert_eq!(waiting(&db, busy, now - Duration::microseconds(1)).await, grown, "signed later than this");
    assert_eq!(waiting(&db, busy, now).await, [&[Work::Resigning][..], &grown].concat());

    // Reports have counted it, and somebody was told of it.
    let mut tx = db.record(&ctx).await.expect("begin");
    reports::position(&mut tx).await.expect("begun");
    reports::save_position(&mut tx, 1).await.expect("counted");
    announcements::claim(&mut tx).await.expect("claimed");
    announcements::advance(&mut tx, 1).await.expect("told");
    tx.commit().await.expect("commit");
    assert_eq!(waiting(&db, busy, now).await, [Work::Resigning]);

    // A webhook that has not taken it over, and one that has.
    let mut tx = db.write(&ctx).await.expect("begin");
    for position in [0, 1] {
        let webhook = webhooks::Webhook {
            id: ctx.new_id(),
            url: "https://hooks.example/".into(),
            kinds: vec![],
            unit_id: None,
            position,
            secret: 1,
            number: 1,
            previous_until: None,
            disabled_at: None,
            why: None,
            created_at: now,
        };
        webhooks::insert(&mut tx, &webhook).await.expect("made");
    }
    let more = event(&ctx);
    tx.commit([more], ()).await.expect("commit");
    assert_eq!(waiting(&db, busy, now).await, [Work::Sequencing, Work::Resigning, Work::Deliveries]);
}
