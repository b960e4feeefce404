//! No stage is skipped: what comes too early is refused, and the refusal says what is open.

use serde_json::{Value, json};
use yishi_tests::{cases::created, communities::Community, instants};

#[tokio::test]
async fn a_topic_that_was_not_deliberated_is_not_voted_on() {
    let community = Community::gathered(1).await;
    let topic = community.raised().await;
    let problem = community.open(&topic).await.refused(409, "topic.wrong_stage");
    assert_eq!(problem["fix"], "from submitted these steps are open: accept, reject, merge, withdraw");
    community.coordinator().post(&format!("/topics/{topic}/acceptance"), json!({})).await.expect(200);
    let problem = community.open(&topic).await.refused(409, "topic.wrong_stage");
    assert_eq!(problem["fix"], "from accepted these steps are open: merge, withdraw, convene");
    let again = community.coordinator().post(&format!("/topics/{topic}/acceptance"), json!({})).await;
    again.refused(409, "topic.wrong_stage");
    assert_eq!(community.stage(&topic).await, "accepted");
    assert_eq!(community.read(&format!("/topics/{topic}/ballots")).await, json!({"ids": []}));
}

#[tokio::test]
async fn a_meeting_has_attendance_before_minutes_and_neither_before_it_begins() {
    let community = Community::gathered(1).await;
    let (topic, chair) = (community.accepted().await, community.coordinator());
    let now = community.city.advance_clock(1).await;
    let past = json!({"place": "社区议事厅", "starts_at": instants::after(&now, -1)});
    let problem = chair.post(&format!("/topics/{topic}/meetings"), past).await.refused(422, "meeting.in_the_past");
    assert_eq!(problem["field"], "starts_at");
    let meeting = created(community.convene(&topic).await);
    let path = format!("/meetings/{meeting}");
    let present = |id: &str| json!({"attendances": [{"member": id, "presence": "written"}]});
    let (me, minutes) = (&community.residents[0].id, json!({"text": "同意。"}));
    let attend = async |id: &str| chair.post(&format!("{path}/attendances"), present(id)).await;
    let file = async || chair.post(&format!("{path}/minutes"), minutes.clone()).await;
    attend(me).await.refused(409, "meeting.not_begun");
    file().await.refused(409, "meeting.not_begun");
    community.city.advance_clock(1).await;
    file().await.refused(409, "meeting.nobody_present");
    let problem = attend("00000000-0000-7000-8000-000000000001").await.refused(422, "member.unknown");
    assert_eq!(problem["field"], "attendances[0].member");
    assert_eq!(attend(me).await.expect(200)["added"], 1);
    assert_eq!(attend(me).await.expect(200)["added"], 0, "who is there is there once");
    assert_eq!(file().await.expect(200)["stage"], "deliberating", "a draft decides nothing");
    community.open(&topic).await.refused(409, "topic.wrong_stage");
    let adopted = chair.post(&format!("{path}/minutes/adoption"), Value::Null).await;
    assert_eq!(adopted.expect(200)["stage"], "deliberated");
    file().await.refused(409, "meeting.minuted");
    attend(me).await.refused(409, "meeting.minuted");
}

#[tokio::test]
async fn a_topic_may_be_deliberated_more_than_once_before_it_is_voted_on() {
    let community = Community::gathered(1).await;
    let topic = community.deliberated().await;
    let meeting = created(community.convene(&topic).await);
    community.open(&topic).await.refused(409, "topic.wrong_stage");
    community.deliberate(&topic).await;
    assert_eq!(community.stage(&topic).await, "deliberated", "a meeting that did not take place does not hold it up");
    let meetings = community.read(&format!("/topics/{topic}/meetings")).await;
    let minuted: Vec<_> = meetings.as_array().expect("a list").iter().map(|it| !it["minutes"].is_null()).collect();
    assert_eq!((minuted, &meetings[1]["id"]), (vec![true, false, true], &json!(meeting)));
    created(community.open(&topic).await);
}

#[tokio::test]
async fn nothing_is_carried_out_without_its_three_lists_and_each_is_complete() {
    let community = Community::gathered(1).await;
    let adopted = community.adopted().await;
    let problem = community.complete(&adopted.resolution).await.refused(409, "topic.wrong_stage");
    assert_eq!(problem["fix"], "from decided these steps are open: assign");
    let (sound, path) = (community.lists(240).await, format!("/resolutions/{}/lists", adopted.resolution));
    let due = sound["deadlines"]["due_at"].as_str().expect("an instant");
    let milestone = |at: String| json!([{"name": "签订合同", "due_at": at}]);
    let cases = [
        ("responsibility", "first_responsible_post", json!(" "), "responsibility.first_responsible_post"),
        ("resources", "source_of_funds", json!(" "), "resources.source_of_funds"),
        ("deadlines", "due_at", json!(instants::after(due, -60 * 240)), "deadlines.due_at"),
        ("deadlines", "milestones", milestone(instants::after(due, 1)), "deadlines.milestones[0].due_at"),
    ];
    for (list, member, value, field) in cases {
        let mut lists = sound.clone();
        lists[list][member] = value;
        let problem = community.coordinator().post(&path, lists).await.refused(422, "resolution.lists_incomplete");
        assert_eq!(problem["field"], field, "{problem}");
    }
    for list in ["responsibility", "resources", "deadlines"] {
        let mut lists = sound.clone();
        lists.as_object_mut().expect("lists").remove(list);
        let problem = community.coordinator().post(&path, lists).await.refused(422, "request.bad_field");
        assert!(problem["detail"].as_str().is_some_and(|it| it.to_lowercase().contains(list)), "{problem}");
    }
    let mut lists = sound.clone();
    lists["responsibility"]["lead_unit"] = json!("00000000-0000-7000-8000-000000000001");
    let problem = community.coordinator().post(&path, lists).await.refused(422, "unit.unknown");
    assert_eq!(problem["field"], "responsibility.lead_unit");
    assert_eq!(community.stage(&adopted.topic).await, "decided", "nothing of it was kept");
    community.coordinator().post(&path, sound.clone()).await.expect(200);
    community.coordinator().post(&path, sound).await.refused(409, "topic.wrong_stage");
    community
        .coordinator()
        .post(&format!("/resolutions/{}/completion", adopted.resolution), json!({"evidence": "完成"}))
        .await
        .refused(403, "session.forbidden");
    let blank = json!({"evidence": "  "});
    let blank = community.officer().post(&format!("/resolutions/{}/completion", adopted.resolution), blank).await;
    blank.refused(422, "resolution.no_evidence");
    community.complete(&adopted.resolution).await.expect(200);
    let shown: Value = community.read(&format!("/resolutions/{}", adopted.resolution)).await;
    assert_eq!(shown["stage"], "done");
}
