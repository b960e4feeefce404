//! Working days: a city keeps its holidays as data, and what is due in working days is due by them.

use serde_json::json;
use yishi_tests::communities::{Community, HOME, text};

#[tokio::test]
async fn a_call_in_working_days_is_due_after_the_holidays_that_the_city_keeps() {
    let community = Community::gathered(1).await;
    let boss = community.boss().await;
    let due = async |from: &str, days: u16| {
        let asked = boss.get(&format!("/working-days?days={days}&from={from}")).await;
        text(&asked.expect(200)["due_at"])
    };
    // Tuesday, 30 September 2025 at nine in the morning.
    let tuesday = "2025-09-30T01:00:00Z";
    assert_eq!(due(tuesday, 1).await, "2025-10-01T16:00:00Z", "Wednesday, before anybody says otherwise");
    let off = (1..=8).map(|it| json!({"day": format!("2025-10-{it:02}"), "working": false, "name": "国庆节、中秋节"}));
    let days: Vec<_> = off.chain([json!({"day": "2025-10-11", "working": true, "name": "国庆节调休"})]).collect();
    let year = json!({"days": days});
    community.coordinator().put("/working-days/2025", year.clone()).await.refused(403, "session.forbidden");
    let put = async || boss.put("/working-days/2025", year.clone()).await.expect(204);
    tokio::join!(put(), put(), put(), put());
    assert_eq!(boss.get("/working-days/2025").await.expect(200), year);
    assert_eq!(due(tuesday, 1).await, "2025-10-09T16:00:00Z");
    assert_eq!(due(tuesday, 3).await, "2025-10-11T16:00:00Z", "work is made up on Saturday");
    let wrong = boss.put("/working-days/2026", year.clone()).await.refused(422, "working_days.bad_day");
    assert_eq!(wrong["field"], "days[0].day");
    boss.get("/working-days/1066").await.refused(404, "working_days.unknown_year");

    let topic = community.accepted().await;
    let home = community.city.unit(HOME).await.to_owned();
    let call = |more: serde_json::Value| {
        let mut call = json!({"units": [home], "matter": "占道停车需现场执法。"});
        call.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        call
    };
    let path = format!("/topics/{topic}/calls");
    let both = call(json!({"hours": 48, "working_days": 3}));
    community.coordinator().post(&path, both).await.refused(422, "call.bad_deadline");
    let made = community.coordinator().post(&path, call(json!({"working_days": 3}))).await.expect(201);
    let made = community.read(&format!("/calls/{}", text(&made["ids"][0]))).await;
    let called = text(&made["called_at"]);
    assert_eq!(text(&made["due_at"]), due(&called, 3).await);
    assert!(text(&made["due_at"]).ends_with("T16:00:00Z"), "the end of a day in the city's zone: {made}");
}
