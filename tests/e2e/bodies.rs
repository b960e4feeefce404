//! Standing councils: what sits is noted, and what misses its month is found, with the cause; and hours at which people can come.

use serde_json::{Value, json};
use yishi_tests::{
    cases::created,
    communities::{Community, HOME},
    instants,
};

/// More than a month, in hours.
const MONTH: u32 = 32 * 24;

#[tokio::test]
async fn a_council_that_misses_its_month_is_reminded_and_found_out() {
    let community = Community::gathered(2).await;
    let (unit, boss) = (community.city.unit(HOME).await, community.boss().await);
    community.city.grant(&community.witness, HOME, "supervisor").await;
    let council = json!({
        "unit": unit, "kind": "couriers", "name": "骑手议事会", "members": [community.residents[0].id],
    });
    community.resident(0).post("/bodies", council.clone()).await.refused(403, "session.forbidden");
    let body = created(boss.post("/bodies", council).await);
    let path = format!("/bodies/{body}");
    assert_eq!(community.read(&path).await["months"], 1, "below a city each month");
    let city = json!({"unit": community.city.unit("3301").await, "kind": "council", "name": "市议事会", "members": [community.residents[0].id]});
    let city = created(boss.post("/bodies", city).await);
    assert_eq!(community.read(&format!("/bodies/{city}")).await["months"], 3, "a city's each quarter");
    let change = json!({"added": [community.residents[1].id], "removed": [community.residents[0].id]});
    boss.post(&format!("{path}/members"), change).await.expect(204);
    assert_eq!(community.read(&path).await["members"], json!([community.residents[1].id]));

    // Nobody convenes it: its members are reminded a week before the month ends, and then it is found.
    community.city.advance_clock(MONTH).await;
    let told = community.resident(1).get("/notices").await.expect(200);
    assert_eq!((&told["items"][0]["kind"], told["items"].as_array().map(Vec::len)), (&json!("body.reminded"), Some(1)));
    assert_eq!(community.resident(0).get("/notices").await.expect(200)["unread"], 0, "who has left is not told");
    let found = community.city.by(&community.witness).get("/notices").await.expect(200);
    assert_eq!(
        (&found["items"][0]["kind"], &found["items"][0]["facts"]["cause"]),
        (&json!("body.missed"), &json!("no_meeting"))
    );
    let missed = community.shown("body.missed", 1).await;
    assert_eq!((&missed[0]["body"]["period"], &missed[0]["body"]["cause"]), (&json!(1), &json!("no_meeting")));

    // It sits in the next month, on a topic of its unit.
    let topic = community.accepted().await;
    let now = community.city.advance_clock(1).await;
    let mut meeting = json!({"place": "驿站", "starts_at": instants::after(&now, 60), "body": topic});
    let meetings = format!("/topics/{topic}/meetings");
    assert_eq!(
        community.coordinator().post(&meetings, meeting.clone()).await.refused(422, "body.unknown")["field"],
        "body"
    );
    meeting["body"] = json!(body);
    let id = created(community.coordinator().post(&meetings, meeting).await);
    community.city.advance_clock(2).await;
    let present = json!({"attendances": [
        {"member": community.residents[1].id, "presence": "on_site", "occupation": "gig_worker"},
        {"member": community.residents[0].id, "presence": "on_site", "occupation": "retired"},
    ]});
    community.coordinator().post(&format!("/meetings/{id}/attendances"), present).await.expect(200);
    community.city.advance_clock(MONTH).await;
    let sittings = community.read(&format!("{path}/sittings")).await;
    let came: Vec<_> =
        sittings["items"].as_array().expect("a list").iter().map(|it| (&it["meetings"], &it["missed_for"])).collect();
    assert_eq!(came, [(&json!(0), &json!("no_meeting")), (&json!(1), &Value::Null)]);
    assert_eq!(community.shown("body.sat", 1).await[0]["body"]["period"], 2);

    // The hour at which it sat is proposed for couriers from now on.
    let times =
        community.coordinator().get(&format!("/meeting-times?unit={unit}&by=occupation&groups=gig_worker")).await;
    let times = times.expect(200);
    assert_eq!(times[0]["groups"], json!([{"group": "gig_worker", "came": 1, "meetings": 1}]), "{times}");
}
