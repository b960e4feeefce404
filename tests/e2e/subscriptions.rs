//! What people subscribe to: the calendar of meetings and the feed of disclosures, read by parsers that others wrote.

use calcard::icalendar::{ICalendar, ICalendarProperty};
use serde_json::json;
use yishi_tests::{
    communities::{Community, HOME, text},
    instants,
};

#[tokio::test]
async fn a_calendar_has_the_meetings_of_a_community() {
    let community = Community::gathered(2).await;
    let topic = community.accepted().await;
    let now = community.city.advance_clock(1).await;
    let place = "社区议事厅，二楼; 东侧";
    let starts_at = instants::after(&now, 24 * 60);
    let meeting = json!({"place": place, "starts_at": starts_at});
    let meeting = community.coordinator().post(&format!("/topics/{topic}/meetings"), meeting).await.expect(201);
    let calendar = community.city.public().get("/meetings.ics").await;
    let parsed = ICalendar::parse(&calendar.text).expect("a sound calendar");
    let events: Vec<_> = parsed.components.iter().filter(|it| it.component_type.is_event()).collect();
    let [event] = events[..] else { panic!("one meeting: {}", calendar.text) };
    let value = |name| event.property(&name).and_then(|it| it.values.first()).expect("a property with a value");
    assert!(event.uid().is_some_and(|it| it.starts_with(&text(&meeting["ids"][0]))), "{}", calendar.text);
    assert_eq!(value(ICalendarProperty::Summary).as_text(), Some("小区路灯不亮"));
    assert_eq!(value(ICalendarProperty::Location).as_text(), Some(place));
    let starts = value(ICalendarProperty::Dtstart).as_partial_date_time().and_then(|it| it.to_timestamp());
    assert_eq!(starts, Some(instants::read(&starts_at).timestamp()), "{}", calendar.text);
    assert!(calendar.text.lines().all(|line| line.len() <= 75), "folded (RFC 5545, section 3.1)");

    let of_unit = |unit: &str| format!("/meetings.ics?unit={unit}");
    let here = community.city.public().get(&of_unit(community.city.unit(HOME).await)).await;
    assert!(here.text.contains("小区路灯不亮"));
    let unknown = community.city.public().get(&of_unit("00000000-0000-7000-8000-000000000001")).await;
    unknown.refused(404, "unit.unknown");
}

#[tokio::test]
async fn a_feed_discloses_topics_meetings_and_results() {
    let community = Community::gathered(2).await;
    let adopted = community.adopted().await;
    community.told(&adopted.topic, "resolution.adopted").await;
    let feed = community.city.public().get("/disclosures.atom").await;
    let parsed = feed_rs::parser::parse(feed.text.as_bytes()).expect("a feed");
    let titles: Vec<_> =
        parsed.entries.iter().filter_map(|it| it.title.as_ref()).map(|it| it.content.as_str()).collect();
    for said in ["议题入库：小区路灯不亮", "公布表决结果：小区路灯不亮", "形成决议：小区路灯不亮"]
    {
        assert!(titles.contains(&said), "{said} in {titles:?}");
    }
    assert!(!feed.text.contains("vote.cast") && !feed.text.contains("登记成员"), "nothing but what is disclosed");
    assert!(parsed.entries.windows(2).all(|it| it[0].updated >= it[1].updated), "the newest first");
    let proof = &parsed.entries[0].links[0].href;
    let proof = proof.strip_prefix(&format!("/public/{}", community.city.slug())).expect("its own");
    community.city.public().get(proof).await.expect(200);
}
