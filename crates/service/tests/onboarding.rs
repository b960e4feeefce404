//! Onboarding Zhejiang from its real division list.

use std::sync::atomic::{AtomicU64, Ordering};

use yishi_domain::{Actor, Ctx, TenantId};
use yishi_service::onboarding::{Mode, OnboardError, onboard, read_list};
use yishi_store::{events, tenants, testing, units};

const ZHEJIANG: &[u8] = include_bytes!("../../../tests/data/divisions/zhejiang.csv");

fn contexts() -> impl Fn(TenantId) -> Ctx + Sync {
    let seed = AtomicU64::new(1);
    move |tenant| testing::ctx(tenant, Actor::Operator("province".into()), seed.fetch_add(1, Ordering::Relaxed))
}

#[tokio::test]
async fn zhejiang_is_onboarded_once_and_a_second_run_changes_nothing() {
    let (db, _) = testing::database().await;
    let contexts = contexts();
    let list = || read_list(ZHEJIANG).expect("a sound list");
    let mut told = 0;
    let first = onboard(&db, &contexts, list(), Mode::Sandbox, |_| told += 1).await.expect("onboarded");
    assert_eq!((first.len(), told), (11, 11));
    // 90 districts, 1,387 streets and 25,547 communities under 11 cities.
    assert_eq!(first.iter().map(|it| it.total).sum::<usize>(), 11 + 90 + 1_387 + 25_547);
    assert!(first.iter().all(|it| it.created == it.total && it.renamed == 0));

    let second = onboard(&db, &contexts, list(), Mode::Sandbox, |_| ()).await.expect("onboarded again");
    assert!(second.iter().all(|it| it.created == 0 && it.renamed == 0));

    let mut platform = db.platform().await.expect("begin");
    let hangzhou = tenants::find_by_code(&mut platform, "3301").await.expect("read").expect("there");
    assert_eq!((hangzhou.name.as_str(), hangzhou.mode.as_str()), ("杭州市", "sandbox"));
    let ctx = contexts(hangzhou.id);
    let mut tx = db.write(&ctx).await.expect("begin");
    let all = units::all(&mut tx).await.expect("read");
    assert_eq!(all.len(), first.iter().find(|it| it.tenant == "3301").expect("there").total);
    assert!(all.iter().all(|unit| unit.path.starts_with("3301/") && unit.path.ends_with(&format!("{}/", unit.code))));
    assert_eq!(all.iter().filter(|unit| unit.parent_id.is_none()).count(), 1);
    let pending = yishi_store::records::pending(&mut tx, 10).await.expect("read");
    assert_eq!(pending.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>(), ["tenant.onboarded"]);
    assert_eq!(events::from_position(&mut tx, 0, 10).await.expect("read"), [], "no event has a position yet");
}

#[tokio::test]
async fn a_renamed_division_is_renamed_and_nothing_else() {
    let (db, _) = testing::database().await;
    let contexts = contexts();
    let small = |name: &str| {
        let text = format!(
            "code,level,name,parent_code\n33,province,浙江省,\n3301,city,杭州市,33\n330102,district,{name},3301\n"
        );
        read_list(text.as_bytes()).expect("a sound list")
    };
    onboard(&db, &contexts, small("上城区"), Mode::Production, |_| ()).await.expect("onboarded");
    let again = onboard(&db, &contexts, small("下城区"), Mode::Production, |_| ()).await.expect("onboarded");
    assert_eq!((again[0].created, again[0].renamed, again[0].total), (0, 1, 2));
}

#[test]
fn a_bad_list_is_refused_with_its_lines() {
    let text = "code,level,name,parent_code\n33,province,浙江省,\n3301,town,杭州市,33\n3302,city\n";
    let Err(OnboardError::List(faults)) = read_list(text.as_bytes()) else { panic!("two lines are wrong") };
    let lines: Vec<_> = faults.iter().filter_map(|fault| fault.field.as_deref()).collect();
    assert_eq!(lines, ["line 3", "line 4"]);
}
