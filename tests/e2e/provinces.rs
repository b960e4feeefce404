//! The province: every city by its figures, none by its cases, and a log of who looked.

use serde_json::{Value, json};
use yishi_tests::communities::Community;

#[tokio::test]
async fn operators_see_each_city_as_a_whole_without_small_numbers_of_people_and_each_look_is_logged() {
    let community = Community::gathered(3).await;
    let (_, ballot) = community.opened().await;
    community.vote_all(&ballot, "in_favour").await;
    community.counted().await;
    let operator = community.city.site().operator().await;
    let period = community.years().await;
    let path = format!("/platform/reports?period={period}&indicators=topics,participation_rate,vote_channels,coverage");
    let report = operator.get(&path).await.expect(200);
    assert_eq!(report["least_people"], 10);
    let cities = report["cities"].as_array().expect("cities");
    let mine = cities.iter().find(|it| it["tenant"] == community.city.slug()).expect("every city is there");
    let figure = |id: &str| {
        let figures = mine["figures"].as_array().expect("figures");
        figures.iter().find(|it| it["indicator"] == id).cloned().unwrap_or_else(|| panic!("no {id} in {mine}"))
    };
    assert_eq!(figure("topics")["value"]["numerator"], 1, "{mine}");
    assert_eq!(
        (&figure("participation_rate")["suppressed"], &figure("participation_rate")["value"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(
        (&figure("vote_channels")["suppressed"], &figure("vote_channels")["value"]),
        (&json!(true), &Value::Null)
    );
    let communities = mine["units"]["community"].as_i64().expect("communities");
    assert_eq!((&mine["coverage"]["numerator"], &mine["coverage"]["denominator"]), (&json!(1), &json!(communities)));
    assert!(mine["stage"].is_string(), "one of {communities} is more than the pilot asks for: {mine}");
    assert_eq!((&mine["tier"], &mine["rules"]), (&json!("native"), &Value::Null), "the standard rules hold");
    for (city, topic) in cities.iter().map(|it| (it, it.to_string())) {
        assert!(!topic.contains("小区路灯"), "no case is told of: {city}");
    }

    let mut next = String::new();
    let mut looks = Vec::new();
    loop {
        let page = operator.get(&format!("/platform/log?limit=1000{next}")).await.expect(200);
        looks.extend(page["items"].as_array().expect("a list").clone());
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    let told = looks
        .iter()
        .rfind(|it| it["body"]["indicators"] == json!(["topics", "participation_rate", "vote_channels", "coverage"]));
    let told = told.unwrap_or_else(|| panic!("the look is not logged: {looks:?}"));
    assert_eq!((&told["kind"], &told["body"]["from"]), (&json!("province.looked_at"), &json!(&period[..10])));
    assert!(told["body"]["tenants"].as_array().is_some_and(|it| it.contains(&json!(community.city.slug()))), "{told}");
    community.boss().await.get("/indicators").await.expect(200);
    let member = community.city.site().client().with_token(&community.coordinator.token);
    member.get("/platform/reports").await.refused(403, "session.forbidden");
    operator.get("/platform/reports?period=soon").await.refused(422, "report.bad_period");
    operator.get("/platform/reports?period=2026-02-10..2026-05-19").await.refused(422, "report.bad_period");
}
