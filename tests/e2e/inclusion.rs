//! Nobody is left out for want of a smartphone: helpers come by, somebody else comes and speaks, and each of it is on record without a name in it.

use serde_json::{Value, json};
use yishi_tests::{
    cases::created,
    communities::{Community, HOME, text},
    instants,
};

#[tokio::test]
async fn a_helper_comes_by_and_what_was_helped_with_is_counted_and_who_it_was_kept_apart() {
    let community = Community::gathered(3).await;
    let unit = community.city.unit(HOME).await.to_owned();
    let path = format!("/units/{unit}/helper-visits");
    let today = community.city.advance_clock(1).await[..10].to_owned();
    let visit = |who: Value, help: &str, minutes: u32| {
        let mut visit = json!({"help": help, "minutes": minutes, "visited_on": today});
        visit.as_object_mut().expect("an object").extend(who.as_object().expect("an object").clone());
        visit
    };
    let (helper, old) = (community.resident(0), json!({"helped": community.residents[1].id}));
    let stranger = json!({"helped_name": "陈阿婆"});
    created(helper.post(&path, visit(old.clone(), "ballot", 40)).await);
    created(helper.post(&path, visit(old.clone(), "device", 25)).await);
    created(helper.post(&path, visit(stranger.clone(), "device", 35)).await);
    let mut other = visit(stranger.clone(), "reading", 20);
    other["helper"] = json!(community.residents[2].id);
    helper.post(&path, other.clone()).await.refused(403, "session.forbidden");
    created(community.coordinator().post(&path, other).await);

    helper.post(&path, visit(json!({}), "device", 5)).await.refused(422, "visit.whose");
    let oneself = json!({"helped": community.residents[0].id});
    helper.post(&path, visit(oneself, "device", 5)).await.refused(422, "visit.oneself");
    let mut later = visit(old, "device", 5);
    later["visited_on"] = json!("2199-01-01");
    assert_eq!(helper.post(&path, later).await.refused(422, "visit.in_the_future")["field"], "visited_on");
    helper.get(&path).await.refused(403, "session.forbidden");
    let listed = community.coordinator().get(&path).await.expect(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(4));
    assert_eq!((&listed["items"][2]["helped_name"], &listed["items"][2]["minutes"]), (&json!("陈阿婆"), &json!(35)));

    let sums = community.read(&format!("{path}/sums")).await;
    assert_eq!(sums[0], json!({"visits": 4, "people": 2, "minutes": 120}), "two hours for two people: {sums}");
    let device = sums.as_array().expect("a list").iter().find(|it| it["help"] == "device");
    assert_eq!(device, Some(&json!({"help": "device", "visits": 2, "people": 2, "minutes": 60})));
    let city = community.city.unit("330106").await;
    assert_eq!(community.read(&format!("/units/{city}/helper-visits/sums")).await[0]["visits"], 4);
    let none = community.read(&format!("{path}/sums?until={today}")).await;
    assert_eq!(none[0], json!({"visits": 0, "people": 0, "minutes": 0}));
    let told = community.shown("visit.recorded", 4).await;
    assert_eq!((&told[0]["body"]["minutes"], &told[0]["body"]["help"]), (&json!(40), &json!("ballot")));
    let all = serde_json::to_string(&told).expect("JSON");
    assert!(!all.contains("陈阿婆") && !all.contains(&community.residents[1].id), "{all}");
}

#[tokio::test]
async fn whom_a_helper_visited_is_erased_and_still_counted_and_few_people_are_told_to_those_alone_who_run_the_unit() {
    let community = Community::gathered(3).await;
    let unit = community.city.unit(HOME).await.to_owned();
    let path = format!("/units/{unit}/helper-visits");
    let today = community.city.advance_clock(1).await[..10].to_owned();
    let visit = |who: (&str, &str), help: &str| {
        let mut visit = json!({"help": help, "minutes": 10, "visited_on": today, "note": "住三楼"});
        visit[who.0] = json!(who.1);
        visit
    };
    let helper = community.resident(0);
    let named = created(helper.post(&path, visit(("helped_name", "陈阿婆"), "device")).await);
    let known = community.residents[1].id.clone();
    let known = created(helper.post(&path, visit(("helped", &known), "ballot")).await);
    let sums = format!("{path}/sums");
    let none = json!([]);
    assert_eq!(helper.get(&sums).await.expect(200), none, "two people could be recognised");
    assert_eq!(community.read(&sums).await[0]["people"], 2);

    let (reason, erasure) =
        (json!({"reason": "本人要求"}), |visit: &str| format!("/helper-visits/{visit}/erasure"));
    community.resident(2).post(&erasure(&named), reason.clone()).await.refused(403, "session.forbidden");
    helper.post(&erasure(&named), reason.clone()).await.expect(204);
    helper.post(&erasure(&named), reason.clone()).await.refused(409, "visit.erased");
    community.resident(1).post(&erasure(&known), reason.clone()).await.expect(204);
    let nobody = erasure("00000000-0000-7000-8000-000000000001");
    helper.post(&nobody, reason).await.refused(404, "visit.unknown");
    let listed = community.coordinator().get(&path).await.expect(200);
    for visit in listed["items"].as_array().expect("a list") {
        let kept = ["helped", "helped_name", "note"].map(|it| visit[it].is_null());
        assert_eq!((kept, &visit["minutes"]), ([true; 3], &json!(10)), "{visit}");
    }
    assert_eq!(community.read(&sums).await[0], json!({"visits": 2, "people": 2, "minutes": 20}));
    community.shown("visit.erased", 2).await;

    for i in 0..12 {
        created(helper.post(&path, visit(("helped_name", &format!("居民{i}")), "reading")).await);
    }
    let told = helper.get(&sums).await.expect(200);
    assert_eq!(
        told,
        json!([{"visits": 10, "people": 10, "minutes": 0}, {"help": "reading", "visits": 10, "people": 10, "minutes": 0}]),
        "in round figures"
    );
    // What is done on another day changes no sum, so that two of them do not tell what it was.
    let tomorrow = community.city.advance_clock(24).await[..10].to_owned();
    let mut late = visit(("helped_name", "王伯"), "reading");
    late["visited_on"] = json!(tomorrow);
    created(helper.post(&path, late).await);
    let of = async |span: &str| helper.get(&format!("{sums}?{span}")).await.expect(200);
    assert_eq!(of("").await, of(&format!("until={tomorrow}")).await, "with that day and without");
    assert_eq!(of(&format!("from={tomorrow}")).await, none, "of that day alone");
}

#[tokio::test]
async fn whoever_cannot_come_is_spoken_for_by_a_mandate_or_by_somebody_who_is_named() {
    let community = Community::gathered(4).await;
    let topic = community.accepted().await;
    let meeting = created(community.convene(&topic).await);
    let path = format!("/meetings/{meeting}");
    let [old, proxy, ill] = [0, 1, 2].map(|i| community.residents[i].id.clone());
    let invited = json!({"invitations": [{"member": old, "part": "participant"}]});
    community.coordinator().post(&format!("{path}/invitations"), invited).await.expect(200);
    let ask =
        async |whom: &str| community.resident(1).post(&format!("{path}/speeches"), json!({"on_behalf_of": whom})).await;
    ask(&old).await.refused(403, "speech.no_mandate");
    let ends_at = instants::after(&text(&community.read(&path).await["starts_at"]), 48 * 60);
    let mandate = json!({"proxy": proxy, "meeting": meeting, "ends_at": ends_at});
    let mandate = created(community.resident(0).post("/mandates", mandate).await);
    ask(&ill).await.refused(403, "speech.no_mandate");
    let speech = created(ask(&old).await);
    ask(&old).await.refused(409, "speech.requested");
    community.resident(1).post(&format!("{path}/speeches"), json!({})).await.refused(403, "speech.not_invited");

    community.city.advance_clock(2).await;
    community.coordinator().post(&format!("/speeches/{speech}/beginning"), Value::Null).await.expect(204);
    let queue = community.read(&format!("{path}/speeches")).await;
    assert_eq!((&queue[0]["member"], &queue[0]["on_behalf_of"]), (&json!(proxy), &json!(old)), "{queue}");

    let attend = async |list: Value| {
        community.coordinator().post(&format!("{path}/attendances"), json!({"attendances": list})).await
    };
    let by_proxy = json!({"member": old, "presence": "mandated", "mandated": proxy});
    let by_other = json!({"member": ill, "presence": "mandated", "representative": "其女儿周慧"});
    let mut both = by_other.clone();
    both["mandated"] = json!(proxy);
    attend(json!([both])).await.refused(422, "meeting.bad_mandate");
    let mut unknown = by_proxy.clone();
    unknown["mandated"] = json!(community.residents[3].id);
    attend(json!([unknown])).await.refused(422, "meeting.no_mandate");
    assert_eq!(attend(json!([by_proxy, by_other])).await.expect(200)["added"], 2);
    let told = community.shown("attendance.recorded", 1).await;
    assert_eq!(told[0]["body"]["present"]["presence"], json!({"mandated": 2}), "{told:?}");
    let all = serde_json::to_string(&told).expect("JSON");
    assert!(!all.contains("周慧") && !all.contains(&proxy), "names are kept apart: {all}");
    let erasure = |member: &str| format!("{path}/attendances/{member}/erasure");
    let reason = json!({"reason": "本人要求"});
    community.resident(3).post(&erasure(&ill), reason.clone()).await.refused(403, "session.forbidden");
    community.resident(2).post(&erasure(&ill), reason.clone()).await.expect(204);
    community.resident(2).post(&erasure(&ill), reason).await.refused(404, "attendance.no_representative");
    community.shown("attendance.erased", 1).await;
    let present = community.read(&path).await["present"]["presence"].clone();
    assert_eq!(present["mandated"], 2, "that somebody came stays");
    // Whoever came for somebody may object to the minutes.
    let minutes = json!({"text": "同意先修缮。"});
    community.coordinator().post(&format!("{path}/minutes"), minutes).await.expect(200);
    let objection = json!({"text": "老人要求先通知邻居。"});
    created(community.resident(1).post(&format!("{path}/minutes/objections"), objection).await);

    // A mandate for a meeting is none for a ballot, and one for both there is not.
    let listed = community.resident(0).get("/mandates").await.expect(200);
    assert_eq!((&listed[0]["id"], &listed[0]["meeting"]), (&json!(mandate), &json!(meeting)));
    let ballot = uuid_of(&community).await;
    let bad = json!({"proxy": proxy, "meeting": meeting, "ballot": ballot, "ends_at": ends_at});
    community.resident(0).post("/mandates", bad).await.refused(422, "mandate.bad_scope");
    let raise = json!({
        "unit": community.city.unit(HOME).await, "channel": "online", "title": "楼道扶手", "body": "需要扶手。", "on_behalf_of": old,
    });
    community.resident(1).post("/topics", raise).await.refused(403, "session.forbidden");
}

/// The identifier of a ballot.
async fn uuid_of(community: &Community) -> String {
    community.opened().await.1
}
