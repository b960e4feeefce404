//! Who advises on cases comes from a file, all or none, and goes out as one that another city takes.

use serde_json::{Value, json};
use tokio::task::JoinSet;
use yishi_tests::{
    cases::created,
    communities::{Community, HOME, text},
};

/// A community with two topics, and experts who can take on one case each.
async fn staffed() -> (Community, [String; 2]) {
    let community = Community::gathered(1).await;
    for key in ["E-001", "E-002"] {
        let expert =
            json!({"name": "钱律师", "pool": "expert", "field": "物权法", "capacity": 1, "since": "2026-01-01"});
        let row = json!({"unit": community.city.code(HOME), "fields": expert});
        community.coordinator().put(&format!("/registers/people/rows/{key}"), row).await.expect(200);
    }
    let topics = [community.raised().await, community.raised().await];
    (community, topics)
}

fn taken(assigned: u32, recused: u32, unchanged: u32) -> Value {
    json!({"assigned": assigned, "recused": recused, "unchanged": unchanged})
}

#[tokio::test]
async fn advisers_come_in_whole_or_not_at_all_and_go_out_as_they_came() {
    let (community, [first, second]) = staffed().await;
    let by = community.coordinator();
    let send = async |path: &str, file: &str| by.post_bytes(path, "text/csv", file.to_owned()).await;
    let header = "topic,person,assigned_at,recused_at,reason\n";
    let file = format!(
        "{header}{first},E-001,2026-01-05T01:30:00Z,,\n{first},E-002,2026-01-06T01:30:00Z,2026-01-07T02:00:00Z,\"亲属, 邻居\"\n"
    );
    assert_eq!(send("/advisers/file?dry_run=true", &file).await.expect(200), taken(2, 0, 0));
    assert_eq!(by.get("/advisers/file").await.text, header);
    assert_eq!(send("/advisers/file", &file).await.expect(200), taken(2, 0, 0));
    assert_eq!(send("/advisers/file", &file).await.expect(200), taken(0, 0, 2), "it is there already");
    assert_eq!(by.get("/advisers/file").await.text, file);
    let listed = by.get(&format!("/topics/{first}/advisers")).await.expect(200);
    assert_eq!(listed[1]["reason"], "亲属, 邻居");
    assert_eq!(community.shown("adviser.assigned", 2).await.len(), 2);

    // What was recused leaves room for a case more; who still advises has none.
    let more = format!("{header}{second},E-002,,,\n");
    assert_eq!(send("/advisers/file", &more).await.expect(200), taken(1, 0, 0));
    let bad = format!(
        "{file}{second},E-001,,,\n{HOME},E-001,,,\n{second},E-9,,,\n{second},E-002,,2026-01-07T02:00:00Z,\n\
         {first},E-001,,,\n{second},E-001,2025-12-31T00:00:00Z,2026-01-02T00:00:00Z,早\n"
    );
    let bad = bad.replace("2026-01-05T01:30:00Z", "2026-01-05T01:31:00Z");
    let faults = send("/advisers/file", &bad).await.refused(422, "request.faults")["faults"].clone();
    let told: Vec<_> = faults.as_array().expect("faults").iter().map(|it| text(&it["field"])).collect();
    let fields = ["2: assigned_at", "4: person", "5: topic", "6: person", "7: reason", "8: person", "9: person"];
    assert_eq!(told, fields.map(|it| format!("line {it}")), "{faults}");

    // A line of somebody who advises recuses them, once; a file from before still tells what was.
    let gone = file.replace("01:30:00Z,,\n", "01:30:00Z,2026-01-08T00:00:00Z,回避\n");
    assert_eq!(send("/advisers/file", &gone).await.expect(200), taken(0, 1, 1));
    assert_eq!(send("/advisers/file", &file).await.expect(200), taken(0, 0, 2));
    let other = gone.replace("回避", "出差");
    let fault = send("/advisers/file", &other).await.refused(422, "request.faults");
    assert_eq!(fault["faults"][0]["field"], "line 2: recused_at", "{fault}");
    assert_eq!(community.shown("adviser.recused", 2).await.len(), 2);
    community.resident(0).post_bytes("/advisers/file", "text/csv", file).await.refused(403, "session.forbidden");
}

#[tokio::test]
async fn files_and_requests_at_once_recuse_somebody_once() {
    let (community, [topic, _]) = staffed().await;
    let by = community.coordinator();
    let adviser = created(by.post(&format!("/topics/{topic}/advisers"), json!({"person": "E-001"})).await);
    let assigned = by.get("/advisers/file").await.text;
    let now = community.city.advance_clock(1).await;
    let file = assigned.replace("Z,,\n", &format!("Z,{now},回避\n"));
    assert_ne!(file, assigned);
    let mut callers = JoinSet::new();
    for i in 0..8 {
        let (by, file, path) = (by.clone(), file.clone(), format!("/advisers/{adviser}/recusal"));
        callers.spawn(async move {
            match i % 2 {
                0 => by.post_bytes("/advisers/file", "text/csv", file).await,
                _ => by.post(&path, json!({"reason": "亲属"})).await,
            }
        });
    }
    let answers = callers.join_all().await;
    let recused = answers.iter().filter(|it| it.status == 204 || it.text.contains("\"recused\":1")).count();
    assert_eq!(recused, 1, "{answers:?}");
    assert!(answers.iter().all(|it| [200, 204, 409, 422].contains(&it.status)), "{answers:?}");
    assert_eq!(community.shown("adviser.recused", 1).await.len(), 1);
}

#[tokio::test]
async fn an_empty_city_with_the_same_cases_and_people_gives_the_same_file_again() {
    let (community, topics) = staffed().await;
    let (other, there) = staffed().await;
    for (topic, person) in topics.iter().zip(["E-001", "E-002"]) {
        let assigned =
            community.coordinator().post(&format!("/topics/{topic}/advisers"), json!({"person": person})).await;
        let id = created(assigned);
        if person == "E-002" {
            let recusal = json!({"reason": "与当事人有亲属关系"});
            community.coordinator().post(&format!("/advisers/{id}/recusal"), recusal).await.expect(204);
        }
    }
    let moved = |file: String| topics.iter().zip(&there).fold(file, |file, (from, to)| file.replace(from, to));
    let [csv, ndjson] = ["", "?format=ndjson"].map(|it| format!("/advisers/file{it}"));
    let [as_csv, as_ndjson] =
        [community.coordinator().get(&csv).await.text, community.coordinator().get(&ndjson).await.text].map(moved);
    let sent = other.coordinator().post_bytes("/advisers/file", "application/x-ndjson", as_ndjson.clone()).await;
    assert_eq!(sent.expect(200), taken(2, 0, 0));
    assert_eq!(other.coordinator().get(&csv).await.text, as_csv);
    assert_eq!(other.coordinator().get(&ndjson).await.text, as_ndjson);
    let busy = other.coordinator().post(&format!("/topics/{}/advisers", there[1]), json!({"person": "E-001"})).await;
    busy.refused(409, "person.busy");
}
