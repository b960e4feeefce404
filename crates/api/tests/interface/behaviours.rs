//! The interface over a real database: tokens, roles, problems, pages.

use std::time::Duration;

use poem::http::StatusCode;
use serde_json::json;
use yishi_domain::{Actor, Event, RequestId};
use yishi_store::units;

use crate::servers::{LIST, answer, refused, server};

#[tokio::test]
async fn a_token_is_needed_and_must_be_good_and_of_the_tenant() {
    let server = server().await;
    let answer_without = answer(server.client.get("/v1/3301/units").send().await).await;
    assert_eq!(refused(answer_without), (401, "session.no_token".into()));
    let nonsense = server.client.get("/v1/3301/units").header("authorization", "Bearer nonsense").send().await;
    nonsense.assert_header("www-authenticate", "Bearer");
    nonsense.assert_content_type("application/problem+json");
    assert_eq!(refused(answer(nonsense).await), (401, "session.bad_token".into()));
    let token = server.administrator("3301").await;
    let (status, page) = server.get("/v1/3301/units", &token).await;
    assert_eq!((status, page["items"].as_array().map(Vec::len)), (StatusCode::OK, Some(4)));
    assert_eq!(refused(server.get("/v1/3302/units", &token).await), (404, "tenant.unknown".into()));
    assert_eq!(refused(server.get("/v1/9999/units", &token).await), (404, "tenant.unknown".into()));
    assert_eq!(refused(server.get("/platform/tenants", &token).await), (403, "session.forbidden".into()));
    assert_eq!(refused(server.get("/v1/3301/units", &server.operator()).await), (403, "session.forbidden".into()));
    let stranger = server.member("3301", "00000000-0000-7000-8000-000000000001");
    assert_eq!(refused(server.get("/v1/3301/units", &stranger).await), (401, "session.unknown_member".into()));
}

#[tokio::test]
async fn another_tenants_unit_is_not_found() {
    let server = server().await;
    let (ours, theirs) = (server.administrator("3301").await, server.administrator("3302").await);
    let (_, page) = server.get("/v1/3302/units?level=district", &theirs).await;
    let unit = page["items"][0]["id"].as_str().expect("a unit");
    assert_eq!(server.get(&format!("/v1/3302/units/{unit}"), &theirs).await.1["code"], "330203");
    assert_eq!(refused(server.get(&format!("/v1/3301/units/{unit}"), &ours).await), (404, "unit.unknown".into()));
}

#[tokio::test]
async fn a_role_reaches_what_lies_under_its_unit_and_nothing_else() {
    let server = server().await;
    let boss = server.administrator("3301").await;
    let (_, page) = server.get("/v1/3301/units?level=district", &boss).await;
    let [there, here] = [0, 1].map(|i| page["items"][i]["id"].as_str().expect("a unit").to_owned());
    let (_, under) = server.get(&format!("/v1/3301/units?parent={here}"), &boss).await;
    assert_eq!(under["items"][0]["code"], "330106001");
    let street = under["items"][0]["id"].clone();
    let person = json!({"members": [{"name": "李强", "unit": here}]});
    let (_, created) = server.post("/v1/3301/members", &boss, &person).await;
    let member = created["ids"][0].as_str().expect("an id");
    let token = server.member("3301", member);
    let in_street = json!({"members": [{"name": "赵敏", "unit": street}]});
    assert_eq!(
        refused(server.post("/v1/3301/members", &token, &in_street).await),
        (403, "session.forbidden".into()),
        "no role yet"
    );
    let grant = json!({"member": member, "unit": here, "role": "coordinator"});
    assert_eq!(server.post("/v1/3301/grants", &boss, &grant).await.0, StatusCode::CREATED);
    assert_eq!(refused(server.post("/v1/3301/grants", &boss, &grant).await), (409, "grant.held".into()));
    assert_eq!(refused(server.post("/v1/3301/grants", &token, &grant).await), (403, "session.forbidden".into()));
    assert_eq!(server.post("/v1/3301/members", &token, &in_street).await.0, StatusCode::CREATED, "under its unit");
    let elsewhere = json!({"members": [{"name": "赵敏", "unit": there}]});
    assert_eq!(
        refused(server.post("/v1/3301/members", &token, &elsewhere).await),
        (403, "session.forbidden".into()),
        "beside its unit"
    );
}

#[tokio::test]
async fn a_department_that_is_added_while_its_unit_moves_lies_where_the_unit_goes() {
    let server = server().await;
    let boss = server.administrator("3301").await;
    let tenant = server.app.tenant("3301").await.expect("read").expect("onboarded");
    let ctx = server.app.ctx_in(Some(&tenant), Actor::System("test"), RequestId(uuid::Uuid::nil()));
    let mut tx = server.app.db.write(&ctx).await.expect("begin");
    let mut unit = async |code| units::find_by_code(&mut tx, code).await.expect("read").expect("it is there");
    let (street, district) = (unit("330106001").await, unit("330102").await);
    let moving = async {
        units::hold_tree(&mut tx).await.expect("held");
        units::put_under(&mut tx, &street, &district, false, ctx.now).await.expect("moved");
        tokio::time::sleep(Duration::from_millis(500)).await;
        let body = json!({"from": street.parent_id, "to": district.id});
        let moved = Event { id: ctx.new_id(), kind: "unit.moved", subject: street.id.uuid(), body, openings: vec![] };
        tx.commit([moved], ()).await.expect("commit");
    };
    let adding = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let department = json!({"code": "d-1", "name": "城建科"});
        server.post(&format!("/v1/3301/units/{}/departments", street.id), &boss, &department).await
    };
    let ((), (status, made)) = tokio::join!(moving, adding);
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let path = format!("/v1/3301/units/{}", made["ids"][0].as_str().expect("an id"));
    assert_eq!(server.get(&path, &boss).await.1["path"], "3301/330102/330106001/d-1/");
}

#[tokio::test]
async fn what_cannot_be_understood_is_a_problem_that_says_why() {
    let server = server().await;
    let boss = server.administrator("3301").await;
    assert_eq!(refused(server.get("/nothing/here", &boss).await), (404, "request.unknown_route".into()));
    let deleted = server.client.delete("/v1/3301/units").header("authorization", &boss).send().await;
    deleted.assert_header("allow", "GET");
    assert_eq!(refused(answer(deleted).await), (405, "request.wrong_method".into()));
    let send = async |content_type: &str, body: String| {
        let request = server.client.post("/v1/3301/members").header("authorization", &boss);
        answer(request.content_type(content_type).body(body).send().await).await
    };
    assert_eq!(refused(send("application/json", "{\"members\": [".into()).await), (400, "request.bad_json".into()));
    assert_eq!(refused(send("text/plain", "hello".into()).await), (415, "request.wrong_content_type".into()));
    let unknown = send(
        "application/json",
        json!({"members": [{"name": "李强", "unit": uuid::Uuid::nil()}], "colour": 1}).to_string(),
    )
    .await;
    assert_eq!(unknown.1["field"], "colour");
    assert_eq!(refused(unknown), (422, "request.unknown_field".into()));
    let missing = send("application/json", json!({"members": [{"name": "李强"}]}).to_string()).await;
    assert_eq!(refused(missing.clone()), (422, "request.bad_field".into()), "{}", missing.1);
    let empty = send("application/json", json!({"members": []}).to_string()).await;
    assert_eq!(empty.1["field"], "members");
    assert_eq!(refused(empty), (422, "request.bad_field".into()));
    let large = send("application/json", format!("\"{}\"", "x".repeat(1024 * 1024))).await;
    assert_eq!(refused(large), (413, "request.too_large".into()));
    let page = server.get("/v1/3301/units?limit=0", &boss).await;
    assert_eq!(page.1["field"], "limit");
    assert_eq!(refused(page), (400, "request.bad_parameter".into()));
    assert_eq!(refused(server.get("/v1/3301/units?cursor=!", &boss).await), (422, "request.bad_cursor".into()));
    assert_eq!(refused(server.get("/v1/3301/units/7", &boss).await), (400, "request.bad_path".into()));
}

#[tokio::test]
async fn a_stranger_learns_nothing_before_being_admitted() {
    let server = server().await;
    let broken = server.client.post("/v1/3301/members").content_type("application/json").body("{").send().await;
    assert_eq!(refused(answer(broken).await), (401, "session.no_token".into()));
}

#[tokio::test]
async fn a_faulty_division_list_names_each_fault_and_changes_nothing() {
    let server = server().await;
    let send = async |list: &str| {
        let request = server.client.post("/platform/divisions").header("authorization", server.operator());
        answer(request.content_type("text/csv").body(list.to_owned()).send().await).await
    };
    let faulty = send("code,level,name,parent_code\n44,province,粤,\n4401,city,广州市,45\n44x,city,深圳市,44\n").await;
    let codes: Vec<_> = faulty.1["faults"].as_array().expect("faults").iter().map(|it| it["code"].clone()).collect();
    assert_eq!(codes, ["divisions.bad_code", "divisions.unknown_parent"]);
    assert_eq!(refused(faulty), (422, "request.faults".into()));
    let (_, page) = server.get("/platform/tenants", &server.operator()).await;
    assert_eq!(page["items"].as_array().map(Vec::len), Some(2));
    let (status, again) = send(LIST).await;
    assert_eq!((status, &again["tenants"][0]["created"]), (StatusCode::OK, &json!(0)), "a second run changes nothing");
}

#[tokio::test]
async fn a_list_is_read_page_by_page_and_an_unchanged_answer_is_not_sent_twice() {
    let server = server().await;
    let boss = server.administrator("3301").await;
    let mut codes = Vec::new();
    let mut path = "/v1/3301/units?limit=3".to_owned();
    loop {
        let (_, page) = server.get(&path, &boss).await;
        codes.extend(page["items"].as_array().expect("items").iter().map(|it| it["code"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/3301/units?limit=3&cursor={next}");
    }
    assert_eq!(codes, ["3301", "330102", "330106", "330106001"]);
    let first = server.client.get("/v1/3301/units").header("authorization", &boss).send().await;
    let tag = first.0.headers()["etag"].to_str().expect("a tag").to_owned();
    let request = server.client.get("/v1/3301/units").header("authorization", &boss).header("if-none-match", &tag);
    let second = request.send().await;
    second.assert_status(StatusCode::NOT_MODIFIED);
    second.assert_text("").await;
}

#[tokio::test]
async fn the_request_id_is_the_callers_or_a_new_one() {
    let server = server().await;
    let id = "0199d2a1-7c00-7abc-8def-0123456789ab";
    let kept = server.client.get("/healthz").header("x-request-id", id).send().await;
    kept.assert_header("x-request-id", id);
    let made = server.client.get("/healthz").header("x-request-id", "no uuid, so not taken over").send().await;
    assert_eq!(made.0.headers()["x-request-id"].len(), 36);
    server.client.get("/readyz").send().await.assert_status_is_ok();
}

#[tokio::test]
async fn what_happened_is_in_the_record_and_can_be_proven_without_a_token() {
    let server = server().await;
    let boss = server.administrator("3301").await;
    let empty = answer(server.client.get("/public/3301/record/checkpoint").send().await).await;
    assert_eq!(refused(empty), (404, "record.empty".into()));
    server.app.sequence_all().await.expect("sequenced");
    let (_, events) = server.get("/v1/3301/events", &boss).await;
    let kinds: Vec<_> = events["items"].as_array().expect("events").iter().map(|it| it["kind"].clone()).collect();
    assert_eq!(kinds, ["tenant.onboarded", "member.added", "grant.given"]);
    let (_, keys) = answer(server.client.get("/public/3301/record/keys").send().await).await;
    let note = server.client.get("/public/3301/record/checkpoint").send().await;
    note.assert_content_type("text/plain; charset=utf-8");
    note.assert_header("cache-control", "no-cache");
    let note = note.0.into_body().into_string().await.expect("text");
    let key = keys["keys"][0]["key"].as_str().expect("a key");
    let (log, size) = (key.split('+').next().expect("a name"), note.lines().nth(1));
    assert_eq!((note.lines().next(), size, log), (Some(log), Some("3"), "yishi.test/3301"));
    let (status, proof) = answer(server.client.get("/public/3301/record/proofs/1").send().await).await;
    assert_eq!((status, proof["hashes"].as_array().map(Vec::len)), (StatusCode::OK, Some(2)));
    assert!(!proof["leaf"].as_str().expect("a leaf").contains("王芳"), "a name is only committed to");
    let beyond = answer(server.client.get("/public/3301/record/proofs/3").send().await).await;
    assert_eq!(refused(beyond), (404, "record.unknown_position".into()));
}

#[tokio::test]
async fn a_sandboxs_clock_moves_forward_and_a_tokens_does_not() {
    let server = server().await;
    let boss = server.administrator("3301").await;
    let (status, clock) = server.post("/v1/3301/sandbox/clock", &boss, &json!({"hours": 48})).await;
    assert_eq!((status, &clock["now"]), (StatusCode::OK, &json!("2026-01-03T00:00:00Z")));
    assert_eq!(server.get("/v1/3301/units", &boss).await.0, StatusCode::OK, "tokens go by the wall clock");
    let too_far = server.post("/v1/3301/sandbox/clock", &boss, &json!({"hours": 961})).await;
    assert_eq!(refused(too_far), (422, "request.bad_field".into()));
}

#[tokio::test]
async fn anybody_reads_the_public_board() {
    let server = server().await;
    server.administrator("3301").await;
    server.app.sequence_all().await.expect("sequenced");
    let board = server.client.get("/public/3301").send().await;
    board.assert_status_is_ok();
    board.assert_content_type("text/html; charset=utf-8");
    let page = board.0.into_body().into_string().await.expect("text");
    assert!(page.contains("杭州市 · 议事公开栏") && page.contains("登记成员") && page.contains("演练"), "{page}");
    assert!(!page.contains("王芳"), "a member's name is not public");
    let none = server.client.get("/public/9999").send().await;
    none.assert_status(StatusCode::NOT_FOUND);
    none.assert_content_type("text/html; charset=utf-8");
}
