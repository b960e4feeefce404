//! The floors that benchmarks compare with.

use sqlx::{Connection, PgConnection};
use uuid::Uuid;
use yishi_domain::{Actor, Event, TenantId, UnitId};
use yishi_store::{floors, tenants, testing, units};

#[tokio::test]
async fn the_same_rows_are_copied_under_the_same_keys_and_nothing_is_left() {
    let (db, urls) = testing::database().await;
    let id = TenantId(Uuid::from_u128(1));
    let ctx = testing::ctx(id, Actor::System("test"), 1);
    let mut platform = db.platform().await.expect("begin");
    let tenant = tenants::Tenant {
        id,
        slug: "a".into(),
        code: "a".into(),
        name: "A".into(),
        mode: "production".into(),
        zone: "Asia/Shanghai".into(),
        clock_offset_ms: 0,
        created_at: ctx.now,
    };
    tenants::insert(&mut platform, &tenant).await.expect("insert");
    platform.commit().await.expect("commit");
    let unit = |n: u128, parent: Option<u128>| units::Unit {
        id: UnitId(Uuid::from_u128(n)),
        code: n.to_string(),
        level: "city".into(),
        name: "杭州市".into(),
        parent_id: parent.map(Uuid::from_u128),
        path: format!("{n}/"),
        merged_into: None,
    };
    let mut tx = db.write(&ctx).await.expect("begin");
    units::upsert(&mut tx, &[unit(1, None), unit(2, Some(1))]).await.expect("upsert");
    let event = Event {
        id: ctx.new_id(),
        kind: "letter.revived",
        subject: id.uuid(),
        body: serde_json::json!({}),
        openings: vec![],
    };
    tx.commit([event], ()).await.expect("commit");

    assert_eq!(floors::copy_units(&urls.owner).await.expect("copied").rows, 2);
    assert_eq!(floors::copy_units(&urls.owner).await.expect("copied again").rows, 2, "the table was dropped");

    // A row that points nowhere is refused by the copy too, so its foreign keys are checked.
    let mut owner = PgConnection::connect(&urls.owner).await.expect("connects");
    for statement in [
        "SET session_replication_role = replica",
        "UPDATE units SET parent_id = '00000000-0000-0000-0000-000000000009' WHERE code = '2'",
    ] {
        sqlx::query(statement).execute(&mut owner).await.expect(statement);
    }
    let error = floors::copy_units(&urls.owner).await.expect_err("no such parent");
    assert!(error.to_string().contains("foreign key"), "{error}");
}
