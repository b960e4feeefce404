//! Callers that go away while the database begins what they asked for.

use uuid::Uuid;
use yishi_domain::{Actor, TenantId, UnitId};
use yishi_store::{testing, units};

#[tokio::test]
async fn nobody_is_given_a_transaction_that_somebody_else_left_behind() {
    let (db, _urls) = testing::database().await;
    let ctx = testing::ctx(TenantId(Uuid::from_u128(1)), Actor::System("test"), 1);
    db.read(&ctx).await.expect("a connection is there");
    for patience in (0..40).cycle().take(2_000) {
        tokio::select! {
            biased;
            begun = db.read(&ctx) => drop(begun.expect("begin")),
            () = yields(patience) => {}
        }
    }
    let unit = units::Unit {
        id: UnitId(Uuid::from_u128(1)),
        code: "1".into(),
        level: "city".into(),
        name: "杭州市".into(),
        parent_id: None,
        path: "1/".into(),
        merged_into: None,
    };
    // All at once, so that every connection is asked.
    let mut writers = Vec::new();
    for _ in 0..32 {
        writers.push(db.write(&ctx).await.expect("begin"));
    }
    for mut tx in writers {
        let error = units::upsert(&mut tx, std::slice::from_ref(&unit)).await.expect_err("there is no such tenant");
        assert!(error.to_string().contains("foreign key"), "{error}");
    }
}

async fn yields(times: u32) {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
}
