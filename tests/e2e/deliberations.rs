//! A hybrid round table from its invitations to its minutes, and the decision that comes from them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use yishi_record::{commitments, minutes};
use yishi_tests::{
    cases::created,
    communities::{Community, HOME, text},
    instants,
};

const LINK: &str = "https://meet.example.org/lights";

#[tokio::test]
async fn a_hybrid_round_table_is_held_minuted_objected_to_adopted_and_decided() {
    let community = Community::gathered(4).await;
    let topic = community.accepted().await;
    let [mediator, lawyer] = community.city.members(["调解员", "法律顾问"], HOME).await;
    let (chair, host) = (community.coordinator(), community.resident(3));
    let meeting = convene(&community, &topic).await;
    let path = format!("/meetings/{meeting}");

    // Those who are concerned and third parties are invited, and answer.
    let invite = |id: &str, part: &str| json!({"member": id, "part": part});
    let residents = community.residents[..3].iter().map(|it| invite(&it.id, "participant"));
    let third = [invite(&mediator.id, "mediator"), invite(&lawyer.id, "legal_adviser")];
    let list = json!({"invitations": residents.chain(third).collect::<Vec<_>>()});
    community.resident(0).post(&format!("{path}/invitations"), list.clone()).await.refused(403, "session.forbidden");
    assert_eq!(host.post(&format!("{path}/invitations"), list).await.expect(200)["added"], 5);
    let reply = |answer: &str| json!({"reply": answer});
    community.resident(0).post(&format!("{path}/reply"), reply("coming")).await.expect(204);
    community.resident(2).post(&format!("{path}/reply"), reply("declined")).await.expect(204);
    host.post(&format!("{path}/reply"), reply("coming")).await.refused(404, "invitation.unknown");
    let invited = chair.get(&format!("{path}/invitations")).await.expect(200);
    let parts: Vec<_> = invited.as_array().expect("a list").iter().filter(|it| it["part"] != "participant").collect();
    assert_eq!(parts.len(), 2, "{invited}");

    speak(&community, &path).await;
    attend(&community, &path, &mediator.id).await;
    minute(&community, &meeting, &topic).await;

    // What is decided names the meeting and the minutes that it comes from.
    let minutes = community.city.public().get(&format!("/meetings/{meeting}/minutes")).await.expect(200);
    let adopted = community.adopt(&topic).await;
    let shown = community.read(&format!("/resolutions/{}", adopted.resolution)).await;
    assert_eq!((&shown["meeting"], &shown["minutes"]), (&json!(meeting), &minutes["commitment"]));
    let told = community.shown("resolution.adopted", 1).await;
    assert_eq!(told[0]["body"]["minutes"], minutes["commitment"]);
}

async fn convene(community: &Community, topic: &str) -> String {
    let now = community.city.advance_clock(1).await;
    let mut meeting = json!({
        "place": "社区议事厅", "starts_at": instants::after(&now, 60), "form": "round_table", "mode": "hybrid",
        "host": community.residents[3].id, "agenda": ["路灯现状", "更换方案"], "rules": "一人一次。", "speech_seconds": 120,
    });
    let chair = community.coordinator();
    let path = format!("/topics/{topic}/meetings");
    assert_eq!(chair.post(&path, meeting.clone()).await.refused(422, "meeting.bad_link")["field"], "link");
    meeting["link"] = json!(LINK);
    let id = created(chair.post(&path, meeting).await);
    let shown = chair.get(&format!("/meetings/{id}")).await.expect(200);
    assert_eq!(
        (&shown["mode"], &shown["link"], &shown["form"]),
        (&json!("hybrid"), &json!(LINK), &json!("round_table"))
    );
    id
}

/// Speeches keep the order of their requests, one at a time, and none is longer than its limit.
async fn speak(community: &Community, path: &str) {
    let (host, speeches) = (community.resident(3), format!("{path}/speeches"));
    let ask = async |i: usize, item: Value| community.resident(i).post(&speeches, json!({"item": item})).await;
    let first = created(ask(0, json!(0)).await);
    let second = created(ask(1, Value::Null).await);
    ask(1, json!(1)).await.refused(409, "speech.requested");
    assert_eq!(ask(2, json!(2)).await.refused(422, "speech.unknown_item")["field"], "item");
    community.city.by(&community.witness).post(&speeches, json!({})).await.refused(403, "speech.not_invited");
    let begin = async |id: &str| host.post(&format!("/speeches/{id}/beginning"), Value::Null).await;
    begin(&first).await.refused(409, "meeting.not_begun");
    community.city.advance_clock(1).await;
    begin(&second).await.refused(409, "speech.not_its_turn");
    begin(&first).await.expect(204);
    begin(&second).await.refused(409, "speech.not_its_turn");
    community.city.advance_clock(1).await;
    begin(&second).await.expect(204);
    community.resident(0).post(&format!("/speeches/{second}/end"), Value::Null).await.refused(403, "session.forbidden");
    community.resident(1).post(&format!("/speeches/{second}/end"), Value::Null).await.expect(204);
    let held = host.get(&speeches).await.expect(200);
    assert_eq!((&held[0]["cut"], &held[1]["cut"]), (&json!(true), &json!(false)), "{held}");
    let ended = community.shown("speech.ended", 2).await;
    assert_eq!(ended[0]["body"]["seconds"], 120, "it ended at its limit and not an hour later: {}", ended[0]);
}

/// Who took part is counted by channel and by what is known of them; the record has no names.
async fn attend(community: &Community, path: &str, mediator: &str) {
    let [a, b, c, d] = [0, 1, 2, 3].map(|i| community.residents[i].id.clone());
    let known = |member: &str, presence: &str, band: &str| json!({"member": member, "presence": presence, "age_band": band, "sex": "female", "occupation": "retired"});
    let mut mandated = known(&c, "mandated", "60_up");
    let list = |mandated: &Value| {
        let mediator = json!({"member": mediator, "presence": "telephone"});
        json!({"attendances": [known(&a, "on_site", "18_34"), known(&b, "online", "60_up"), mandated, mediator]})
    };
    let chair = community.coordinator();
    let send = async |list: Value| chair.post(&format!("{path}/attendances"), list).await;
    let problem = send(list(&mandated)).await.refused(422, "meeting.bad_mandate");
    assert_eq!(problem["field"], "attendances[2].mandated");
    mandated["mandated"] = json!(d);
    let problem = send(list(&mandated)).await.refused(422, "meeting.no_mandate");
    assert_eq!(problem["field"], "attendances[2].mandated");
    // A mandate that was given on paper before the meeting, and is filed now.
    let begun = text(&chair.get(path).await.expect(200)["starts_at"]);
    let mandate = json!({
        "principal": c, "proxy": d, "starts_at": instants::after(&begun, -60), "ends_at": instants::after(&begun, 24 * 60),
    });
    chair.post("/mandates", mandate).await.expect(201);
    assert_eq!(send(list(&mandated)).await.expect(200)["added"], 4);
    let present = chair.get(path).await.expect(200)["present"].clone();
    let by_channel = json!({"mandated": 1, "on_site": 1, "online": 1, "telephone": 1});
    assert_eq!((&present["total"], &present["presence"]), (&json!(4), &by_channel));
    assert_eq!(present["age_band"], json!({"18_34": 1, "60_up": 2}), "the mediator's is not known");
    let told = community.shown("attendance.recorded", 1).await;
    assert_eq!(told[0]["body"]["present"], present);
    assert!(!told[0].to_string().contains(&a), "{}", told[0]);
}

/// A draft, two objections of which one is upheld, the corrected minutes, and their adoption.
async fn minute(community: &Community, meeting: &str, topic: &str) {
    let (chair, path) = (community.coordinator(), format!("/meetings/{meeting}/minutes"));
    let public = community.city.public();
    let recording = json!({"reference": "s3://minutes/1.mp4", "digest": format!("sha256:{}", "ab".repeat(32))});
    let file = async |said: &str| chair.post(&path, json!({"text": said, "recording": recording})).await;
    let adopt = async || chair.post(&format!("{path}/adoption"), Value::Null).await;
    adopt().await.refused(409, "minutes.not_filed");
    assert_eq!(file("同意直接更换。").await.expect(200)["stage"], "deliberating");
    public.get(&path).await.refused(409, "minutes.not_adopted");
    community.open(topic).await.refused(409, "topic.wrong_stage");

    let object = async |i: usize, why: &str| {
        community.resident(i).post(&format!("{path}/objections"), json!({"text": why})).await
    };
    let (wrong, idle) = (created(object(0, "我说的是先修再换。").await), created(object(1, "没有写我的名字。").await));
    let absent =
        community.city.by(&community.witness).post(&format!("{path}/objections"), json!({"text": "不对"})).await;
    absent.refused(403, "minutes.not_present");
    let answer = async |id: &str, decision: &str| {
        let answer = json!({"decision": decision, "answer": "已核对录音。"});
        chair.post(&format!("/minutes-objections/{id}/answer"), answer).await
    };
    adopt().await.refused(409, "minutes.objections_open");
    answer(&idle, "dismissed").await.expect(204);
    adopt().await.refused(409, "minutes.objections_open");
    file("同意先修再换。").await.refused(409, "meeting.minuted");
    answer(&wrong, "upheld").await.expect(204);
    answer(&wrong, "dismissed").await.refused(409, "minutes.objection_answered");
    adopt().await.refused(409, "minutes.not_corrected");
    file("同意先修再换。").await.expect(200);
    assert_eq!(adopt().await.expect(200)["stage"], "deliberated");
    adopt().await.refused(409, "minutes.adopted");
    object(0, "又想到一点。").await.refused(409, "minutes.adopted");

    // Anybody verifies what is published, text and recording, under the record's key.
    let shown = public.get(&path).await.expect(200);
    assert_eq!((&shown["value"]["text"], &shown["value"]["recording"]), (&json!("同意先修再换。"), &recording));
    let salt: [u8; 32] = STANDARD.decode(text(&shown["salt"])).expect("base64").try_into().expect("32 bytes");
    assert_eq!(commitments::commit(&salt, &shown["value"]).to_string(), text(&shown["commitment"]));
    let key = community.city.record(1).await.key;
    let signed = minutes::verify(&text(&shown["signature"]), &[key]).expect("the record's key signed it");
    assert_eq!(
        (signed.meeting.to_string(), signed.commitment.to_string()),
        (meeting.to_owned(), text(&shown["commitment"]))
    );
    let told = community.shown("minutes.adopted", 1).await;
    assert_eq!(
        (&told[0]["body"]["minutes"]["commitment"], &told[0]["body"]["objections"]),
        (&shown["commitment"], &json!(2))
    );
}

#[tokio::test]
async fn a_meeting_that_misses_the_young_says_so_with_its_figures() {
    let community = Community::gathered(6).await;
    let cell = |dimension: &str, group: &str, number: u64| json!({"groups": {dimension: group}, "number": number});
    let cells = [
        cell("age_band", "from18", 300),
        cell("age_band", "from36", 300),
        cell("age_band", "from60", 400),
        cell("sex", "female", 510),
        cell("sex", "male", 490),
    ];
    let fact = json!({"unit": community.city.code(HOME), "name": "population", "valid_from": "2020-01-01", "source": "台账", "cells": cells});
    community.boss().await.post("/facts", json!({"facts": [fact]})).await.expect(201);
    let topic = community.accepted().await;
    let meeting = created(community.convene(&topic).await);
    community.city.advance_clock(2).await;
    let path = format!("/meetings/{meeting}");
    let known = |i: usize, band: &str| {
        let sex = if i.is_multiple_of(2) { "female" } else { "male" };
        json!({"member": community.residents[i].id, "presence": "on_site", "age_band": band, "sex": sex})
    };
    let send = async |list: Value| {
        community.coordinator().post(&format!("{path}/attendances"), json!({"attendances": list})).await.expect(200)
    };
    send(json!([known(0, "from60"), known(1, "from60"), known(2, "from60"), known(3, "from36"), known(4, "from36")]))
        .await;
    let missed = json!([{
        "dimension": "age_band", "group": "from18", "present": 0, "present_of": 5, "residents": 300, "residents_of": 1000,
    }]);
    let shown = community.read(&path).await["imbalance"].clone();
    assert_eq!(
        (&shown["missing"], &shown["least_share_numerator"], &shown["least_share_denominator"]),
        (&missed, &json!(1), &json!(2))
    );
    assert_eq!(community.shown("meeting.imbalanced", 1).await[0]["body"]["missing"], missed);
    send(json!([known(5, "from18")])).await;
    assert_eq!(
        community.read(&path).await["imbalance"]["missing"],
        json!([]),
        "one of six is more than half of three in ten"
    );
}
