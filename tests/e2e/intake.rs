//! Intake (議題徵集): by every channel, for those who cannot come, supported, commented on, merged, found again and answered.

use serde_json::{Value, json};
use yishi_tests::{
    cases::created,
    clients::Client,
    communities::{Community, HOME, text},
};

const CHANNELS: [&str; 6] = ["online", "suggestion_box", "home_visit", "hotline", "government_site", "meeting"];

async fn accept(community: &Community, topic: &str) {
    community.coordinator().post(&format!("/topics/{topic}/acceptance"), json!({})).await.expect(200);
}

async fn found(community: &Community, query: &str) -> Vec<Value> {
    let page = public(community).get(&format!("/topics?{query}")).await.expect(200);
    page["items"].as_array().expect("items").clone()
}

fn public(community: &Community) -> Client {
    community.city.public()
}

#[tokio::test]
async fn one_lift_is_asked_for_by_every_channel_and_everybody_is_answered() {
    let community = Community::gathered(4).await;
    let home = community.city.unit(HOME).await;
    let place = json!({"latitude": 30_274_150, "longitude": 120_155_150});
    let topic = |channel: &str, behalf: Value| {
        json!({
            "unit": home, "channel": channel, "title": "3号楼加装电梯 (lift)", "on_behalf_of": behalf, "place": place,
            "body": "七层楼没有电梯，老人下楼难。The building has seven floors and no lifts.",
        })
    };
    // 24 of 100 older people are shut out by what is online alone: five of six channels need no device.
    let old = json!(community.residents[3].id);
    let mut raised = vec![created(community.resident(0).post("/topics", topic("online", Value::Null)).await)];
    for channel in &CHANNELS[1..] {
        raised.push(created(community.coordinator().post("/topics", topic(channel, old.clone())).await));
    }
    let target = raised[0].clone();
    accept(&community, &target).await;
    let shown = community.resident(1).get(&format!("/topics/{target}")).await.expect(200);
    assert_eq!(shown["place"], place);

    let at = |part: &str| format!("/topics/{target}/{part}");
    for i in [1, 2] {
        community.resident(i).call("PUT", &at("support")).await.expect(204);
        community.resident(i).call("PUT", &at("support")).await.expect(204);
    }
    community.resident(2).call("DELETE", &at("support")).await.expect(204);
    community.officer().call("PUT", &at("support")).await.refused(403, "session.forbidden");
    community.officer().call("PUT", &at("following")).await.expect(204);
    let said = json!({"text": "我们楼也一样。"});
    let comment = created(community.resident(1).post(&at("comments"), said).await);
    let reply = json!({"text": "没用的，别做梦。", "parent": comment});
    let rude = created(community.resident(2).post(&at("comments"), reply).await);
    let hide = json!({"reason": "与议题无关。"});
    community
        .resident(0)
        .post(&format!("/comments/{rude}/hiding"), hide.clone())
        .await
        .refused(403, "session.forbidden");
    community.coordinator().post(&format!("/comments/{rude}/hiding"), hide).await.expect(204);
    let page = community.resident(0).get(&at("comments")).await.expect(200);
    assert_eq!(
        (&page["items"][1]["parent"], &page["items"][1]["hidden_reason"]),
        (&json!(comment), &json!("与议题无关。"))
    );
    assert!(page["items"][1]["text"].is_null() && page["items"][0]["text"] == "我们楼也一样。", "{page}");

    for duplicate in &raised[1..] {
        let merger = json!({"into": target});
        community.coordinator().post(&format!("/topics/{duplicate}/merger"), merger).await.expect(200);
    }
    for query in ["text=加装电梯", "text=lift", "text=LIFTS%20电梯", "text=老人&order=priority", "order=supporters"]
    {
        let topics = found(&community, query).await;
        assert_eq!(topics.len(), 1, "{query}");
        assert_eq!((&topics[0]["topic"]["id"], &topics[0]["supporters"]), (&json!(target), &json!(2)), "{query}");
    }
    // 10 × 2 supporters + 2 × 2 commenters + 50 for a major matter, on the day on which it was raised.
    assert_eq!(found(&community, "order=priority").await[0]["priority"], 74);
    assert!(found(&community, "text=路灯").await.is_empty());
    public(&community).get("/topics?text=%3F").await.refused(422, "topic.bad_search");

    let answer = json!({"text": "已列入今年加装计划。"});
    created(community.coordinator().post(&at("answers"), answer.clone()).await);
    for who in [community.resident(0), community.resident(1), community.resident(3), community.officer()] {
        let notices = who.get("/notices").await.expect(200);
        let told = notices["items"].as_array().expect("items").iter().any(|it| it["kind"] == "topic.answered");
        assert!(told, "{notices}");
    }
    let answers = community.resident(2).get(&at("answers")).await.expect(200);
    assert_eq!((&answers[0]["text"], &answers[0]["told"]), (&json!("已列入今年加装计划。"), &json!(4)));
    community.shown("topic.answered", 1).await;
    let history = community.resident(2).get(&at("history")).await.expect(200);
    let many = |kind: &str| history.as_array().expect("events").iter().filter(|it| it["kind"] == kind).count();
    assert_eq!((many("topic.raised"), many("topic.merged"), many("comment.written")), (6, 5, 2), "{history}");
}

#[tokio::test]
async fn a_topic_about_two_things_is_split_and_its_supporters_stay_with_both() {
    let community = Community::gathered(2).await;
    let topic = community.accepted().await;
    community.resident(1).call("PUT", &format!("/topics/{topic}/support")).await.expect(204);
    let parts = json!({"parts": [{"title": "更换门禁", "body": "单元门锁坏了。"}]});
    community
        .resident(0)
        .post(&format!("/topics/{topic}/splits"), parts.clone())
        .await
        .refused(403, "session.forbidden");
    let part = created(community.coordinator().post(&format!("/topics/{topic}/splits"), parts).await);
    let topics = found(&community, "text=门禁").await;
    assert_eq!((&topics[0]["topic"]["id"], &topics[0]["topic"]["split_from"]), (&json!(part), &json!(topic)));
    assert_eq!(topics[0]["supporters"], 1);
    let page = public(&community).get("/topics?limit=1").await.expect(200);
    assert_eq!(page["items"][0]["topic"]["id"], json!(part), "the latest first");
    let next = public(&community).get(&format!("/topics?limit=1&cursor={}", text(&page["next"]))).await.expect(200);
    assert_eq!((&next["items"][0]["topic"]["id"], &next["next"]), (&json!(topic), &Value::Null));
}

#[tokio::test]
async fn whoever_holds_a_mandate_raises_for_somebody_who_cannot() {
    let community = Community::gathered(2).await;
    let mut topic = community.topic().await;
    topic["on_behalf_of"] = json!(community.residents[1].id);
    community.resident(0).post("/topics", topic.clone()).await.refused(403, "session.forbidden");
    let ends_at = yishi_tests::instants::after(&community.city.advance_clock(1).await, 60 * 24 * 30);
    let mandate =
        json!({"proxy": community.residents[0].id, "principal": community.residents[1].id, "ends_at": ends_at});
    created(community.coordinator().post("/mandates", mandate).await);
    let raised = created(community.resident(0).post("/topics", topic).await);
    let seen = community.resident(1).get(&format!("/topics/{raised}")).await.expect(200);
    assert_eq!(seen["stage"], "submitted", "it is theirs");
    let event = community.shown("topic.raised", 1).await.remove(0);
    assert!(event["body"]["mandate"].is_string() && event["body"]["represented"] == true, "{event}");
}
