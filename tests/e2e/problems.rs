//! Requests that cannot be answered as asked: each is a problem with a stable code, over a real connection.

use serde_json::json;
use yishi_tests::cities::City;

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn what_cannot_be_understood_is_a_problem_that_says_why() {
    let city = City::founded().await;
    let boss = city.by(city.administrator().await);
    boss.get("/nothing/here").await.refused(404, "request.unknown_route");
    for (method, path, allowed) in
        [("DELETE", "/units", "GET"), ("GET", "/members", "POST"), ("PUT", "/sandbox/clock", "POST")]
    {
        let answer = boss.call(method, path).await;
        assert_eq!(answer.header("allow"), allowed, "{path}");
        answer.refused(405, "request.wrong_method");
    }
    boss.post_bytes("/members", "application/json", "{\"members\": [").await.refused(400, "request.bad_json");
    boss.post_bytes("/members", "application/json", "\u{feff}{}").await.refused(400, "request.bad_json");
    boss.post_bytes("/members", "application/json", b"\xff\xfe".as_slice()).await.refused(400, "request.bad_json");
    boss.post_bytes("/members", "text/plain", "hello").await.refused(415, "request.wrong_content_type");
    let person = json!({"name": "李强", "unit": city.unit("330106").await});
    let problem = boss.post("/members", json!({"members": [person], "colour": 1})).await;
    assert_eq!(problem.refused(422, "request.unknown_field")["field"], "colour");
    let problem = boss.post("/sandbox/clock", json!({"hours": 0})).await;
    assert_eq!(problem.refused(422, "request.bad_field")["field"], "hours");
    boss.post("/sandbox/clock", json!({"hours": "many"})).await.refused(422, "request.bad_field");
    boss.post("/sandbox/clock", json!({})).await.refused(422, "request.bad_field");
    boss.get("/units?limit=0").await.refused(400, "request.bad_parameter");
    boss.get("/units?cursor=!").await.refused(422, "request.bad_cursor");
    boss.get("/units/7").await.refused(400, "request.bad_path");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_and_the_caller_hears_why() {
    let city = City::founded().await;
    let boss = city.by(city.administrator().await);
    for size in [MIB + 1, 24 * MIB] {
        let body = vec![b' '; size];
        boss.post_bytes("/members", "application/json", body).await.refused(413, "request.too_large");
    }
    let operator = city.site().operator().await;
    let body = vec![b'\n'; 8 * MIB + 1];
    operator.post_bytes("/platform/divisions", "text/csv", body).await.refused(413, "request.too_large");
    boss.get("/units").await.expect(200);
}

#[tokio::test]
async fn a_name_of_any_script_goes_in_and_one_that_no_database_holds_is_refused() {
    let city = City::founded().await;
    let boss = city.by(city.administrator().await);
    let unit = city.unit("330106002051").await;
    let named = |name: &str| json!({"members": [{"name": name, "unit": unit}]});
    for name in ["欧阳 娜娜", "Ådne O’Brien", "𠮷田", "阿依古丽·买买提"] {
        boss.post("/members", named(name)).await.expect(201);
    }
    assert_eq!(boss.post("/members", named("   ")).await.refused(422, "member.bad_name")["field"], "members[0].name");
    boss.post("/members", named(&"王".repeat(101))).await.refused(422, "request.bad_field");
    boss.post("/members", named("李\u{0}强")).await.refused(422, "request.bad_text");
    boss.get("/units?cursor=AA").await.refused(422, "request.bad_text");
}
