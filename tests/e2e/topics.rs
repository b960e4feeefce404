//! Topics: who raises them and how, who answers them, and who sees them.

use serde_json::{Value, json};
use yishi_tests::{
    cases::created,
    communities::{Community, HOME},
};

#[tokio::test]
async fn a_resident_raises_online_for_themselves_and_a_coordinator_enters_all_else() {
    let community = Community::gathered(2).await;
    let topic = |channel: &str, behalf: Value, unit: &str| json!({"unit": unit, "title": "路灯", "body": "不亮。", "channel": channel, "on_behalf_of": behalf});
    let (home, neighbour) = (community.city.unit(HOME).await, json!(community.residents[1].id));
    let raise = async |topic: Value| community.resident(0).post("/topics", topic).await;
    let enter = async |topic: Value| community.coordinator().post("/topics", topic).await;
    for channel in ["suggestion_box", "home_visit", "hotline", "government_site", "meeting"] {
        raise(topic(channel, Value::Null, home)).await.refused(403, "session.forbidden");
        created(enter(topic(channel, neighbour.clone(), home)).await);
    }
    raise(topic("online", neighbour.clone(), home)).await.refused(403, "session.forbidden");
    let street = community.city.unit("330106002").await;
    raise(topic("online", Value::Null, street)).await.refused(403, "session.forbidden");
    enter(topic("hotline", Value::Null, street)).await.refused(403, "session.forbidden");
    let nobody = json!("00000000-0000-7000-8000-000000000001");
    assert_eq!(
        enter(topic("hotline", nobody.clone(), home)).await.refused(422, "member.unknown")["field"],
        "on_behalf_of"
    );
    let nowhere = topic("online", Value::Null, nobody.as_str().expect("text"));
    assert_eq!(raise(nowhere).await.refused(422, "unit.unknown")["field"], "unit");
    let mut blank = topic("online", Value::Null, home);
    blank["title"] = json!("   ");
    assert_eq!(raise(blank).await.refused(422, "topic.bad_title")["field"], "title");

    let theirs = created(enter(topic("home_visit", neighbour, home)).await);
    let shown = community.resident(1).get(&format!("/topics/{theirs}")).await.expect(200);
    assert_eq!((&shown["channel"], &shown["category"]), (&json!("home_visit"), &json!("facilities")), "it is theirs");
    let taken_back = community.resident(1).post(&format!("/topics/{theirs}/withdrawal"), Value::Null).await;
    assert_eq!(taken_back.expect(200)["stage"], "withdrawn");
}

#[tokio::test]
async fn what_was_not_accepted_is_seen_by_its_author_and_by_staff_alone() {
    let community = Community::gathered(2).await;
    let topic = community.raised().await;
    let list = async |who: &yishi_tests::clients::Client, query: &str| {
        let page = who.get(&format!("/topics{query}")).await.expect(200);
        page["items"].as_array().map(Vec::len)
    };
    let (author, other) = (community.resident(0), community.resident(1));
    let (staff, under) = (community.coordinator(), format!("?unit={}", community.city.unit(HOME).await));
    for part in ["", "/meetings", "/ballots", "/resolutions", "/escalations"] {
        author.get(&format!("/topics/{topic}{part}")).await.expect(200);
        staff.get(&format!("/topics/{topic}{part}")).await.expect(200);
        other.get(&format!("/topics/{topic}{part}")).await.refused(404, "topic.unknown");
    }
    assert_eq!(list(&other, &under).await, Some(0));
    assert_eq!(list(&other, "?stage=submitted").await, Some(0));
    assert_eq!(list(&staff, "?stage=submitted").await, Some(0), "a community's coordinator is no staff of the city");
    assert_eq!(list(&staff, &under).await, Some(1));
    assert_eq!(list(&community.boss().await, "?stage=submitted").await, Some(1));

    staff.post(&format!("/topics/{topic}/acceptance"), json!({})).await.expect(200);
    for part in ["", "/meetings", "/ballots", "/resolutions", "/escalations"] {
        other.get(&format!("/topics/{topic}{part}")).await.expect(200);
    }
    assert_eq!(list(&other, "").await, Some(1));
    author.post(&format!("/topics/{topic}/withdrawal"), Value::Null).await.expect(200);
    other.get(&format!("/topics/{topic}")).await.refused(404, "topic.unknown");
    assert_eq!(list(&other, "").await, Some(0));
}

#[tokio::test]
async fn every_submission_is_answered_and_a_rejection_says_why() {
    let community = Community::gathered(2).await;
    let topic = community.raised().await;
    let step = |step: &str| format!("/topics/{topic}/{step}");
    let reject = async |reason: &str| community.coordinator().post(&step("rejection"), json!({"reason": reason})).await;
    assert_eq!(reject("").await.refused(422, "request.bad_field")["field"], "reason");
    assert_eq!(reject("  ").await.refused(422, "topic.no_reason")["field"], "reason");
    community.coordinator().post(&step("rejection"), json!({})).await.refused(422, "request.bad_field");
    let unknown = json!({"category": "colours"});
    let problem =
        community.coordinator().post(&step("acceptance"), unknown).await.refused(422, "topic.unknown_category");
    assert!(problem["fix"].as_str().is_some_and(|it| it.contains("facilities")), "{problem}");
    community.resident(0).post(&step("acceptance"), json!({})).await.refused(403, "session.forbidden");
    community.resident(1).post(&step("withdrawal"), Value::Null).await.refused(404, "topic.unknown");
    reject("不属于本社区事务。").await.expect(200);
    let shown = community.resident(0).get(&format!("/topics/{topic}")).await.expect(200);
    assert_eq!((&shown["stage"], &shown["reason"]), (&json!("rejected"), &json!("不属于本社区事务。")));
    let problem = community.resident(0).post(&step("withdrawal"), Value::Null).await.refused(409, "topic.wrong_stage");
    assert_eq!(problem["fix"], "rejected is final");
}

#[tokio::test]
async fn a_topic_is_merged_into_another_one_that_was_accepted() {
    let community = Community::gathered(1).await;
    let (pool, fresh) = (community.accepted().await, community.raised().await);
    let rejected = community.raised().await;
    let reason = json!({"reason": "重复。"});
    community.coordinator().post(&format!("/topics/{rejected}/rejection"), reason).await.expect(200);
    let merge = async |from: &str, into: &str| {
        community.coordinator().post(&format!("/topics/{from}/merger"), json!({"into": into})).await
    };
    for target in [&fresh, &rejected] {
        assert_eq!(merge(&fresh, target).await.refused(422, "topic.bad_target")["field"], "into");
    }
    assert_eq!(merge(&pool, &pool).await.refused(422, "topic.bad_target")["field"], "into");
    assert_eq!(merge(&pool, &fresh).await.refused(422, "topic.bad_target")["field"], "into");
    let nobody = merge(&fresh, "00000000-0000-7000-8000-000000000001").await;
    assert_eq!(nobody.refused(422, "topic.unknown")["field"], "into");
    assert_eq!(merge(&fresh, &pool).await.expect(200)["stage"], "merged");
    let shown = community.resident(0).get(&format!("/topics/{fresh}")).await.expect(200);
    assert_eq!(shown["merged_into"], pool.as_str(), "its author sees where it went");
    merge(&pool, &fresh).await.refused(422, "topic.bad_target");
}

#[tokio::test]
async fn a_coordinator_of_another_district_does_nothing_here() {
    let community = Community::gathered(1).await;
    let [elsewhere] = community.city.members(["钱进"], "330102").await;
    community.city.grant(&elsewhere, "330102", "coordinator").await;
    community.city.grant(&elsewhere, "330102", "officer").await;
    let elsewhere = community.city.by(&elsewhere);
    let forbidden =
        async |path: String, body: Value| drop(elsewhere.post(&path, body).await.refused(403, "session.forbidden"));
    elsewhere.post("/topics", community.topic().await).await.refused(403, "session.forbidden");
    let topic = community.raised().await;
    elsewhere.get(&format!("/topics/{topic}")).await.refused(404, "topic.unknown");
    forbidden(format!("/topics/{topic}/acceptance"), json!({})).await;
    forbidden(format!("/topics/{topic}/rejection"), json!({"reason": "不行。"})).await;
    community.coordinator().post(&format!("/topics/{topic}/acceptance"), json!({})).await.expect(200);
    let meeting = json!({"place": "别处", "starts_at": "2099-01-01T00:00:00Z"});
    forbidden(format!("/topics/{topic}/meetings"), meeting).await;
    community.deliberate(&topic).await;
    let ballot = json!({"question": "同意吗？", "electorate": "residents", "roll": community.roll()});
    forbidden(format!("/topics/{topic}/ballots"), ballot).await;
    let ballot = created(community.open(&topic).await);
    forbidden(format!("/ballots/{ballot}/batches"), community.batch(0..1)).await;
    community.vote_all(&ballot, "in_favour").await;
    forbidden(format!("/ballots/{ballot}/closing"), Value::Null).await;
    community.end(&ballot, "closing").await.expect(200);
    forbidden(format!("/ballots/{ballot}/count"), Value::Null).await;
    let ended = community.end(&ballot, "count").await.expect(200);
    let resolution = ended["resolution"].as_str().expect("adopted");
    forbidden(format!("/resolutions/{resolution}/lists"), community.lists(24).await).await;
    community.assign(resolution, 24).await.expect(200);
    forbidden(format!("/resolutions/{resolution}/completion"), json!({"evidence": "完成。"})).await;
}
