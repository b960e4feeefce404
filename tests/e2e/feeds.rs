//! The change feed: what happened comes in order, as soon as it has its position, by asking, by waiting and by following.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use yishi_tests::communities::{Community, HOME, text};

#[tokio::test]
async fn whoever_reads_on_where_they_stopped_hears_of_everything_once() {
    let community = Community::gathered(1).await;
    let boss = community.boss().await;
    let mut topics = Vec::new();
    let (mut read_to, mut heard) = (None, Vec::new());
    for round in 0..40 {
        if round < 5 {
            topics.push(community.raised().await);
        }
        let after = read_to.map_or(String::new(), |it: u64| format!("&after={it}"));
        let feed = boss.get(&format!("/events?kinds=topic.raised&wait=1{after}")).await.expect(200);
        read_to = feed["read_to"].as_u64().or(read_to);
        heard.extend(feed["items"].as_array().expect("a list").iter().map(|it| text(&it["subject"])));
        if heard.len() == 5 && round >= 5 {
            break;
        }
    }
    assert_eq!(heard, topics, "each once, in the order in which they were raised");
    let last = read_to.expect("something was read");
    let begun = Instant::now();
    let raised = community.raised();
    let path = format!("/events?kinds=topic.*&wait=30&after={last}");
    let (topic, feed) = tokio::join!(raised, boss.get(&path));
    assert_eq!(feed.expect(200)["items"][0]["subject"], topic);
    assert!(
        begun.elapsed() < Duration::from_secs(29),
        "it was answered when something happened, not when the time was over"
    );
}

#[tokio::test]
async fn a_feed_of_a_unit_tells_what_lies_under_it() {
    let community = Community::gathered(1).await;
    let boss = community.boss().await;
    let topic = community.raised().await;
    community.told(&topic, "topic.raised").await;
    let count = async |unit: &str| {
        let unit = community.city.unit(unit).await;
        let feed = boss.get(&format!("/events?kinds=topic.raised&unit={unit}")).await.expect(200);
        feed["items"].as_array().expect("a list").len()
    };
    assert_eq!((count(HOME).await, count("330106").await, count("330102").await), (1, 1, 0));
    boss.get("/events?kinds=topics").await.refused(422, "event.bad_kind");
}

#[tokio::test]
async fn whoever_follows_is_sent_what_happens_and_takes_it_up_again() {
    let community = Community::gathered(1).await;
    let boss = community.boss().await;
    let first = community.raised().await;
    let followed = boss.follow("/events/stream?kinds=topic.raised", None, 2);
    let second = async {
        community.told(&first, "topic.raised").await;
        community.raised().await
    };
    let (sent, second) = tokio::join!(followed, second);
    let subjects: Vec<Value> = sent.iter().map(|it| it.data["subject"].clone()).collect();
    assert_eq!(subjects, [json!(first), json!(second)]);
    assert!(
        sent.iter()
            .all(|it| it.event == "topic.raised" && it.data["position"] == it.id.parse::<u64>().expect("a position")),
        "{sent:?}"
    );
    let again = boss.follow("/events/stream?kinds=topic.raised", Some(&sent[0].id), 1).await;
    assert_eq!(again[0].data, sent[1].data);
}
