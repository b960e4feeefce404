//! Feedback: how a case comes to rest, and who may rate it.

use serde_json::json;
use yishi_tests::{
    cases::SURVEY,
    communities::{Community, HOME},
};

#[tokio::test]
async fn a_satisfying_survey_closes_the_case() {
    let community = Community::gathered(2).await;
    let adopted = community.done().await;
    community.rate(0, &adopted.resolution, 80).await.expect(204);
    community.rate(1, &adopted.resolution, 40).await.expect(204);
    community.city.advance_clock(SURVEY - 1).await;
    assert_eq!(community.stage(&adopted.topic).await, "done", "the survey is still open");
    community.city.advance_clock(1).await;
    assert_eq!(community.stage(&adopted.topic).await, "closed", "600 of 1000 is enough");
    let shown = community.read(&format!("/resolutions/{}", adopted.resolution)).await;
    assert_eq!(shown["satisfaction_per_mille"], 600);
    assert_eq!(community.told(&adopted.topic, "topic.closed").await.last().map(String::as_str), Some("topic.closed"));
    community.rate(0, &adopted.resolution, 80).await.refused(409, "survey.not_open");
}

#[tokio::test]
async fn a_survey_that_nobody_answers_closes_the_case_too() {
    let community = Community::gathered(1).await;
    let adopted = community.done().await;
    community.city.advance_clock(SURVEY + 1).await;
    assert_eq!(community.stage(&adopted.topic).await, "closed");
    let shown = community.read(&format!("/resolutions/{}", adopted.resolution)).await;
    assert!(shown["satisfaction_per_mille"].is_null(), "{shown}");
    assert_eq!(community.read(&format!("/topics/{}/escalations", adopted.topic)).await, json!([]));
}

#[tokio::test]
async fn a_resident_rates_once_from_0_to_100_and_nobody_else_rates() {
    let community = Community::gathered(2).await;
    let adopted = community.adopted().await;
    let id = &adopted.resolution;
    community.rate(0, id, 50).await.refused(409, "survey.not_open");
    community.assign(id, 240).await.expect(200);
    community.rate(0, id, 50).await.refused(409, "survey.not_open");
    community.complete(id).await.expect(200);
    let problem = community.rate(0, id, 101).await.refused(422, "request.bad_field");
    assert_eq!(problem["field"], "score");
    community.rate(0, id, 100).await.expect(204);
    community.rate(0, id, 0).await.refused(409, "rating.given");
    let rating = json!({"score": 1});
    community
        .coordinator()
        .post(&format!("/resolutions/{id}/ratings"), rating.clone())
        .await
        .refused(403, "session.forbidden");
    let [neighbour] = community.city.members(["周杰"], "330106002052").await;
    community.city.grant(&neighbour, "330106002052", "resident").await;
    let neighbour = community.city.by(&neighbour);
    neighbour.post(&format!("/resolutions/{id}/ratings"), rating).await.refused(403, "session.forbidden");
    let empty = json!({"score": 1, "words": ""});
    let problem = community.resident(1).post(&format!("/resolutions/{id}/ratings"), empty).await;
    assert_eq!(problem.refused(422, "request.bad_field")["field"], "words");
}

#[tokio::test]
async fn after_a_second_adoption_the_first_resolution_is_history() {
    let community = Community::gathered(1).await;
    let first = community.done().await;
    community.rate(0, &first.resolution, 10).await.expect(204);
    community.city.advance_clock(SURVEY + 1).await;
    assert_eq!(community.stage(&first.topic).await, "deliberating", "nobody was satisfied");
    community.deliberate(&first.topic).await;
    let second = community.adopt(&first.topic).await;
    community.assign(&first.resolution, 240).await.refused(409, "resolution.superseded");
    community.assign(&second.resolution, 240).await.expect(200);
    community.complete(&first.resolution).await.refused(409, "resolution.superseded");
    community.complete(&second.resolution).await.expect(200);
    community.rate(0, &first.resolution, 90).await.refused(409, "resolution.superseded");
    community.rate(0, &second.resolution, 90).await.expect(204);
    community.city.advance_clock(SURVEY + 1).await;
    assert_eq!(community.stage(&first.topic).await, "closed");
    let ids = community.read(&format!("/topics/{}/resolutions", first.topic)).await;
    assert_eq!((&ids[0]["id"], &ids[1]["id"]), (&json!(first.resolution), &json!(second.resolution)), "{ids}");
}

#[tokio::test]
async fn what_does_not_satisfy_twice_goes_to_the_supervisors_who_conclude_and_look_back() {
    let community = Community::gathered(3).await;
    let supervisor = community.city.member("监督委员", HOME).await;
    community.city.grant(&supervisor, HOME, "supervisor").await;
    let supervisor = community.city.by(&supervisor);
    let first = community.done().await;
    let by_hand = async |resolution: &str, channel: &str, i: usize, score: u32| {
        let rating = json!({"score": score, "channel": channel, "member": community.residents[i].id});
        community.coordinator().post(&format!("/resolutions/{resolution}/ratings"), rating).await
    };
    // Of 100, far from the 85 that a community aims at: one online, one on paper, one by telephone.
    community.rate(0, &first.resolution, 20).await.expect(204);
    by_hand(&first.resolution, "paper", 1, 30).await.expect(204);
    by_hand(&first.resolution, "telephone", 2, 25).await.expect(204);
    by_hand(&first.resolution, "telephone", 0, 90).await.refused(409, "rating.given");
    by_hand(&first.resolution, "online", 1, 90).await.refused(422, "rating.not_yours");
    community.city.advance_clock(SURVEY + 1).await;
    assert_eq!(community.stage(&first.topic).await, "deliberating", "it is deliberated again, once");

    community.deliberate(&first.topic).await;
    let second = community.adopt(&first.topic).await;
    community.assign(&second.resolution, 240).await.expect(200);
    community.complete(&second.resolution).await.expect(200);
    by_hand(&second.resolution, "paper", 1, 40).await.expect(204);
    let path = |part: &str| format!("/resolutions/{}/{part}", second.resolution);
    let conclusion = json!({"text": "约谈责任单位，限期整改。"});
    supervisor.post(&path("conclusion"), conclusion.clone()).await.refused(409, "resolution.not_referred");
    community.city.advance_clock(SURVEY + 1).await;
    assert_eq!(community.stage(&first.topic).await, "done", "it waits for the supervisors");
    assert_eq!(community.read(&format!("/topics/{}/escalations", first.topic)).await.as_array().map(Vec::len), Some(1));
    let told = async |kind: &str| {
        let notices = supervisor.get("/notices").await.expect(200);
        notices["items"].as_array().expect("items").iter().filter(|it| it["kind"] == kind).count()
    };
    assert_eq!(told("case.referred").await, 1);
    community.coordinator().post(&path("conclusion"), conclusion.clone()).await.refused(403, "session.forbidden");
    let look = json!({"lasting": false, "text": "一盏路灯又不亮了。"});
    supervisor.post(&path("look-backs"), look.clone()).await.refused(409, "look_back.not_closed");
    assert_eq!(supervisor.post(&path("conclusion"), conclusion).await.expect(200)["stage"], "closed");

    a_season(&community).await;
    assert_eq!(told("look_back.due").await, 1);
    supervisor.post(&path("look-backs"), look).await.expect(201);
    a_season(&community).await;
    assert_eq!(told("look_back.due").await, 2, "what has not lasted is visited again");
    supervisor.post(&path("look-backs"), json!({"lasting": true, "text": "路灯正常。"})).await.expect(201);
    a_season(&community).await;
    assert_eq!(told("look_back.due").await, 2);
    let seen = community.read(&path("look-backs")).await;
    assert_eq!((&seen[0]["lasting"], &seen[1]["lasting"]), (&json!(false), &json!(true)), "{seen}");
}

/// Ninety days go by.
async fn a_season(community: &Community) {
    for _ in 0..3 {
        community.city.advance_clock(30 * 24).await;
    }
    community.city.advance_clock(1).await;
}
