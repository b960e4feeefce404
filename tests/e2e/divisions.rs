//! Onboarding a province from its division list.

use serde_json::{Value, json};
use yishi_tests::{cities::City, servers::Server, servers::Setup};

const ZHEJIANG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/divisions/zhejiang.csv");

#[tokio::test]
async fn a_whole_province_is_onboarded_in_one_request_and_a_second_one_changes_nothing() {
    let list = std::fs::read(ZHEJIANG).expect("the list is checked in");
    let server = Setup::fresh().start().await;
    let operator = server.site().operator().await;
    let first = operator.post_bytes("/platform/divisions", "text/csv", list.clone()).await.expect(200);
    let cities = first["tenants"].as_array().expect("a list");
    assert_eq!((cities.len(), sum(&first, "created"), sum(&first, "total")), (11, 27_035, 27_035));
    let second = operator.post_bytes("/platform/divisions", "text/csv", list).await.expect(200);
    assert_eq!((sum(&second, "created"), sum(&second, "renamed"), sum(&second, "total")), (0, 0, 27_035));

    let appointed = operator.post("/platform/tenants/3301/administrators", json!({"name": "王芳"})).await.expect(201);
    let id = appointed["ids"][0].as_str().expect("an id");
    let boss = server.site().client().with_token(&server.site().token(&["--tenant", "3301", "--member", id]).await);
    let page = boss.get("/v1/3301/units?level=district").await.expect(200);
    assert_eq!(page["items"].as_array().map(Vec::len), Some(13), "Hangzhou's districts");
    boss.post("/v1/3301/sandbox/clock", json!({"hours": 1})).await.refused(409, "clock.production");
}

#[tokio::test]
async fn a_unit_that_is_renamed_and_moved_keeps_its_identity_and_a_faulty_list_changes_nothing() {
    let city = City::founded().await;
    let street = city.unit("330106002").await.to_owned();
    let code = city.slug();
    let list = |name: &str, parent: &str| {
        format!(
            "code,level,name,parent_code\n99,province,省,\n{code},city,杭州市,99\n{code}06002,street,{name},{parent}\n"
        )
    };
    let operator = city.site().operator().await;
    let send = async |list: String| operator.post_bytes("/platform/divisions", "text/csv", list).await;
    let problem = send(list("新名街道", "9977")).await.refused(422, "request.faults");
    assert_eq!(problem["faults"][0]["code"], "divisions.unknown_parent", "{problem}");
    assert_eq!(problem["faults"][0]["field"], "line 4, parent_code", "{problem}");
    let boss = city.administrator().await;
    let unit = city.by(boss).get(&format!("/units/{street}")).await.expect(200);
    assert_eq!(unit["name"], "北山街道");

    let renaming = list("新名街道", code).replace(&format!("{code}06002"), &city.code("330106002"));
    let done = send(renaming).await.expect(200);
    let done = &done["tenants"][0];
    assert_eq!((&done["created"], &done["renamed"], &done["moved"]), (&json!(0), &json!(1), &json!(1)), "{done}");
    let unit = city.by(boss).get(&format!("/units/{street}")).await.expect(200);
    assert_eq!(unit["name"], "新名街道");
    let path = format!("{code}/{}/", city.code("330106002"));
    assert_eq!((&unit["path"], &unit["parent"]), (&json!(path), &json!(city.unit("3301").await)), "{unit}");
}

#[tokio::test]
async fn every_tenant_is_listed_once_page_by_page() {
    let cities = [City::founded().await, City::founded().await, City::founded().await];
    let operator = Server::shared().await.site().operator().await;
    let mut slugs: Vec<String> = Vec::new();
    let mut path = "/platform/tenants?limit=2".to_owned();
    loop {
        let page = operator.get(&path).await.expect(200);
        let items = page["items"].as_array().expect("a list");
        slugs.extend(items.iter().map(|it| it["slug"].as_str().expect("a slug").to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/platform/tenants?limit=2&cursor={next}");
    }
    assert!(slugs.is_sorted_by(|a, b| a < b), "in order and once each: {slugs:?}");
    assert!(cities.iter().all(|city| slugs.iter().any(|slug| slug == city.slug())), "{slugs:?}");
}

fn sum(applied: &Value, field: &str) -> u64 {
    applied["tenants"].as_array().expect("a list").iter().filter_map(|city| city[field].as_u64()).sum()
}
