//! Reports that come by themselves, on the morning after what they tell of.

use serde_json::{Value, json};
use yishi_tests::{
    cases::created,
    clients::Client,
    communities::{Community, HOME, text},
};

async fn ready(by: &Client) -> Vec<Value> {
    let notices = by.get("/notices?limit=100").await.expect(200)["items"].as_array().expect("notices").clone();
    notices.into_iter().filter(|it| it["kind"] == "report.ready").map(|it| it["facts"].clone()).collect()
}

#[tokio::test]
async fn reports_come_in_the_morning_after_their_period_until_they_are_ended() {
    let community = Community::gathered(1).await;
    let (by, other) = (community.coordinator(), community.resident(0));
    let home = community.city.unit(HOME).await.to_owned();
    let begin = async |body: Value| by.post("/report-schedules", body).await;
    begin(json!({"report": "quarter", "cadence": "monthly"})).await.refused(422, "schedule.bad_cadence");
    let unknown = json!({"report": "figures", "cadence": "monthly", "indicators": ["topics", "no_such"]});
    let unknown = begin(unknown).await.refused(422, "report.unknown_indicator");
    assert_eq!(unknown["field"], "indicators[1]");
    let sheet = created(begin(json!({"report": "sheet", "cadence": "monthly", "unit": home})).await);
    let figures = json!({"report": "figures", "cadence": "monthly", "indicators": ["topics"]});
    let figures = created(begin(figures).await);
    created(begin(json!({"report": "quarter", "cadence": "quarterly"})).await);
    let mine = by.get("/report-schedules").await.expect(200);
    assert_eq!(mine.as_array().expect("what comes").len(), 3, "{mine}");
    assert_eq!(other.get("/report-schedules").await.expect(200), json!([]));
    other.call("DELETE", &format!("/report-schedules/{sheet}")).await.refused(404, "schedule.unknown");

    // Within 35 days a month ends, and within 100 a quarter; each is told of once, with the place where it is got.
    for _ in 0..3 {
        community.city.advance_clock(24 * 35).await;
    }
    let came = ready(&by).await;
    let of = |report: &str| came.iter().filter(|it| it["report"] == report).cloned().collect::<Vec<_>>();
    let (sheets, rows, quarters) = (of("sheet"), of("figures"), of("quarter"));
    assert!((3..=4).contains(&sheets.len()) && rows.len() == sheets.len(), "{came:?}");
    assert!((1..=2).contains(&quarters.len()), "{came:?}");
    let mut periods: Vec<_> = sheets.iter().map(|it| text(&it["period"])).collect();
    periods.dedup();
    assert_eq!(periods.len(), sheets.len(), "each month once: {periods:?}");
    for it in [&sheets[0], &rows[0], &quarters[0]] {
        let path = text(&it["path"]);
        let own = path.strip_prefix(&format!("/v1/{}", community.city.slug())).expect("a path of this city").to_owned();
        let own = if it["report"] == "figures" { own } else { format!("{own}&format=csv") };
        let (status, _, bytes) = by.bytes(&own, &[]).await;
        let file = String::from_utf8_lossy(&bytes).into_owned();
        assert!(status == 200 && !file.is_empty(), "{path}: {file}");
    }
    assert!(ready(&other).await.is_empty());

    // What is ended comes no more.
    by.call("DELETE", &format!("/report-schedules/{figures}")).await.expect(204);
    community.city.advance_clock(24 * 35).await;
    let now = ready(&by).await;
    let count = |report: &str| now.iter().filter(|it| it["report"] == report).count();
    assert_eq!(count("figures"), rows.len());
    assert!(count("sheet") > sheets.len());
}
