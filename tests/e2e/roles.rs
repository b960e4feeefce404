//! Roles: what a member may do, and how far it reaches; and the clock that an administrator moves.

use serde_json::json;
use yishi_tests::cities::City;

#[tokio::test]
async fn a_coordinator_of_a_district_adds_members_in_it_and_nowhere_else() {
    let (city, other) = (City::founded().await, City::founded().await);
    let coordinator = city.member("李强", "330106").await;
    let add = async |unit: &str| {
        let person = json!({"members": [{"name": "赵敏", "unit": unit}]});
        city.by(&coordinator).post("/members", person).await
    };
    let (street, elsewhere) = (city.unit("330106002").await, city.unit("330102001").await);
    add(street).await.refused(403, "session.forbidden");
    city.grant(&coordinator, "330106", "coordinator").await;
    add(street).await.expect(201);
    add(city.unit("330106").await).await.expect(201);
    add(elsewhere).await.refused(403, "session.forbidden");
    add(city.unit("3301").await).await.refused(403, "session.forbidden");
    assert_eq!(add(other.unit("330106").await).await.refused(422, "unit.unknown")["field"], "members[0].unit");

    let grant = json!({"member": coordinator.id, "unit": street, "role": "supervisor"});
    city.by(&coordinator).post("/grants", grant.clone()).await.refused(403, "session.forbidden");
    let boss = city.by(city.administrator().await);
    boss.post("/grants", grant.clone()).await.expect(201);
    boss.post("/grants", grant).await.refused(409, "grant.held");
    let theirs = other.member("周杰", "330106").await;
    let grant = json!({"member": theirs.id, "unit": street, "role": "supervisor"});
    assert_eq!(boss.post("/grants", grant).await.refused(422, "grant.unknown_member")["field"], "member");
}

#[tokio::test]
async fn an_administrator_moves_a_sandboxs_clock_and_the_record_tells_it() {
    let city = City::founded().await;
    let resident = city.member("李强", "330106002051").await;
    city.by(&resident).post("/sandbox/clock", json!({"hours": 24})).await.refused(403, "session.forbidden");
    let (first, second) = (city.advance_clock(24).await, city.advance_clock(24).await);
    assert!(first < second, "{first} comes before {second}");
    city.by(&resident).get("/units").await.expect(200);
    let record = city.record(6).await;
    let kinds = ["tenant.onboarded", "member.added", "grant.given", "member.added", "clock.advanced", "clock.advanced"];
    assert_eq!(record.kinds(), kinds);
    let moved = &record.events[5];
    assert!(moved["at"].as_str() > moved["recorded_at"].as_str(), "the city's clock is ahead: {moved}");
}

#[tokio::test]
async fn everybody_reads_the_public_board_and_nobody_a_name_on_it() {
    let city = City::founded().await;
    let neighbour = city.member("欧阳娜娜", "330106002051").await;
    let record = city.record(4).await;
    let board = city.public().get("").await;
    assert_eq!((board.status, board.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(board.text.contains("杭州市") && board.text.contains("登记成员"), "{}", board.text);
    let everything = format!("{}{:?}", board.text, record.events);
    assert!(!everything.contains(&neighbour.name), "a name is only committed to");
    city.public().get("/record/proofs/4").await.refused(404, "record.unknown_position");
    city.site().client().get("/public/0000/record/checkpoint").await.refused(404, "tenant.unknown");
}
