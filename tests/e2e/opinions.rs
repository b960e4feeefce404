//! Opinions on a topic: positions, a wording with its amendments, statements, and the groups that appear; at full size the consultation on
//! UberX by vTaiwan (compdemocracy/openData, CC BY 4.0), where it lies beside the project.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use yishi_tests::{
    cases::created,
    communities::{Community, HOME, text},
};

#[tokio::test]
async fn positions_are_stated_and_a_wording_is_amended_by_who_has_read_it() {
    let community = Community::gathered(3).await;
    let topic = community.accepted().await;
    let path = |rest: &str| format!("/topics/{topic}/{rest}");
    let state = async |i: usize, side: &str| {
        community.resident(i).post(&path("positions"), json!({"side": side, "reason": "夜里太暗。"})).await
    };
    for (i, side) in [(0, "in_favour"), (1, "against"), (2, "neutral"), (1, "in_favour")] {
        state(i, side).await.expect(204);
    }
    community
        .officer()
        .post(&path("positions"), json!({"side": "neutral", "reason": "无"}))
        .await
        .refused(403, "session.forbidden");
    let shown = community.read(&path("positions")).await;
    assert_eq!((&shown["in_favour"], &shown["against"], &shown["neutral"]), (&json!(2), &json!(0), &json!(1)));
    assert_eq!(shown["items"].as_array().map(Vec::len), Some(3));

    let (chair, neighbour) = (community.coordinator(), community.resident(0));
    let amend = |base: u32, text: &str| json!({"base": base, "text": text, "reason": "能修的不必换。"});
    let amendments = path("amendments");
    neighbour.post(&amendments, amend(0, "先修")).await.refused(409, "wording.none");
    let worded = chair.post(&path("wordings"), json!({"base": 0, "text": "更换两盏路灯"})).await.expect(200);
    assert_eq!(worded["version"], 1);
    let [first, second, third] = [
        created(neighbour.post(&amendments, amend(1, "先修后换两盏路灯")).await),
        created(neighbour.post(&amendments, amend(1, "更换全部路灯")).await),
        created(neighbour.post(&amendments, amend(1, "不换")).await),
    ];
    let decide = async |id: &str, accepted: bool| {
        let decision = json!({"accepted": accepted, "answer": "讨论后决定。"});
        chair.post(&format!("/amendments/{id}/decision"), decision).await
    };
    assert_eq!(decide(&third, false).await.expect(200)["version"], 1);
    assert_eq!(decide(&first, true).await.expect(200)["version"], 2);
    decide(&first, true).await.refused(409, "amendment.decided");
    decide(&second, true).await.refused(412, "wording.stale");
    neighbour.post(&amendments, amend(1, "又一案")).await.refused(412, "wording.stale");
    let versions = community.read(&path("wordings")).await;
    assert_eq!((&versions[0]["text"], &versions[1]["text"]), (&json!("更换两盏路灯"), &json!("先修后换两盏路灯")));
    assert_eq!(versions[1]["amendment"], first.as_str());
    let listed = community.read(&amendments).await;
    let accepted: Vec<_> = listed.as_array().expect("a list").iter().map(|it| it["accepted"].clone()).collect();
    assert_eq!(accepted, [json!(true), Value::Null, json!(false)]);
}

#[tokio::test]
async fn two_camps_appear_as_groups_and_what_both_share_is_named() {
    let community = Community::gathered(9).await;
    let topic = community.accepted().await;
    let path = |rest: &str| format!("/topics/{topic}/{rest}");
    let texts: Vec<_> = (1..=8).map(|i| format!("第{i}条意见")).collect();
    let added = community.resident(0).post(&path("statements"), json!({"statements": texts})).await.expect(201);
    let ids: Vec<_> = added["ids"].as_array().expect("ids").iter().map(text).collect();
    // One camp agrees where the other does not; both agree with the last statement.
    let stance = |i: usize, s: usize| if s == 7 || (i < 5) == (s < 4) { "agree" } else { "disagree" };
    let mut stances = Vec::new();
    for i in 1..9 {
        stances.extend(
            (0..8).map(|s| json!({"member": community.residents[i].id, "statement": ids[s], "stance": stance(i, s)})),
        );
    }
    stances.insert(0, json!({"member": community.residents[1].id, "statement": ids[0], "stance": "pass"}));
    community.resident(0).post(&path("stances"), json!({"stances": stances})).await.refused(403, "session.forbidden");
    let entered = community.coordinator().post(&path("stances"), json!({"stances": stances})).await.expect(200);
    assert_eq!(entered, json!({"received": 65, "kept": 64}), "the later of two takes the place of the earlier");
    for (s, id) in ids.iter().enumerate() {
        let mine = json!({"stance": stance(0, s)});
        community.resident(0).post(&format!("/statements/{id}/stances"), mine).await.expect(204);
    }
    let page = community.read(&path("statements?limit=3")).await;
    assert_eq!((&page["items"][0]["agree"], &page["items"][0]["disagree"]), (&json!(5), &json!(4)), "{page}");
    let shown = community.read(&path("opinions")).await;
    let sizes: Vec<_> = shown["groups"].as_array().expect("groups").iter().map(|it| it["size"].clone()).collect();
    assert_eq!((sizes, &shown["grouped"]), (vec![json!(5), json!(4)], &json!(9)), "{shown}");
    assert_eq!(shown["common"][0]["statement"], ids[7].as_str(), "{}", shown["common"]);
    let unknown = json!({"stances": [{"member": community.residents[0].id, "statement": topic, "stance": "pass"}]});
    let problem = community.coordinator().post(&path("stances"), unknown).await.refused(422, "statement.unknown");
    assert_eq!(problem["field"], "stances[0].statement");
}

/// Where the consultation lies, or none, with the reason printed.
fn consultation() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/polis-vtaiwan-uberx");
    let there = folder.join("votes.csv").exists();
    if !there {
        eprintln!("skipped: the consultation is not at {}", folder.display());
    }
    there.then_some(folder)
}

fn rows(file: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_path(file).expect("the file");
    reader.records().map(|row| row.expect("CSV").iter().map(str::to_owned).collect()).collect()
}

#[tokio::test]
async fn the_consultation_on_uberx_is_replayed_and_its_final_matrix_is_the_files() {
    let Some(folder) = consultation() else { return };
    let community = Community::gathered(1).await;
    let topic = community.accepted().await;
    let path = |rest: &str| format!("/topics/{topic}/{rest}");
    let (boss, chair) = (community.boss().await, community.coordinator());

    let mut comments: Vec<(u32, String)> = rows(&folder.join("comments.csv"))[1..]
        .iter()
        .map(|row| (row[2].parse().expect("a number"), row[7].clone()))
        .collect();
    comments.sort();
    let matrix = rows(&folder.join("participants-votes.csv"));
    let people: Vec<&String> = matrix[1..].iter().map(|row| &row[0]).collect();
    let mut members = HashMap::new();
    for some in people.chunks(1_000) {
        let unit = community.city.unit(HOME).await;
        let list: Vec<_> = some.iter().map(|name| json!({"name": format!("参与者{name}"), "unit": unit})).collect();
        let made = boss.post("/members", json!({"members": list})).await.expect(201);
        let ids = made["ids"].as_array().expect("ids").iter().map(text);
        members.extend(some.iter().map(|it| (*it).clone()).zip(ids));
    }
    let texts: Vec<_> = comments.iter().map(|it| it.1.clone()).collect();
    let mut statements = Vec::new();
    for some in texts.chunks(500) {
        let made = community.resident(0).post(&path("statements"), json!({"statements": some})).await.expect(201);
        statements.extend(made["ids"].as_array().expect("ids").iter().map(text));
    }
    let statement: HashMap<String, &String> = comments.iter().map(|it| it.0.to_string()).zip(&statements).collect();

    let mut votes = rows(&folder.join("votes.csv"));
    votes.remove(0);
    votes.sort_by_key(|row| row[0].parse::<u64>().expect("milliseconds"));
    let word = |vote: &str| match vote {
        "1" => "agree",
        "-1" => "disagree",
        _ => "pass",
    };
    let stance = |row: &Vec<String>| json!({"member": members[&row[3]], "statement": statement[&row[2]], "stance": word(&row[4])});
    for some in votes.chunks(5_000) {
        let list: Vec<_> = some.iter().map(stance).collect();
        chair.post(&path("stances"), json!({"stances": list})).await.expect(200);
    }
    assert_eq!((people.len(), statements.len(), votes.len()), (1_921, 197, 49_997));

    // The final matrix, cell by cell.
    let mut expected = BTreeMap::new();
    for row in &matrix[1..] {
        for (comment, vote) in matrix[0][6..].iter().zip(&row[6..]).filter(|it| !it.1.is_empty()) {
            expected.insert((members[&row[0]].clone(), statement[comment].clone()), word(vote).to_owned());
        }
    }
    let mut kept = BTreeMap::new();
    let mut next = path("stances?limit=1000");
    loop {
        let page = boss.get(&next).await.expect(200);
        for member in page["items"].as_array().expect("a list") {
            for it in member["stances"].as_array().expect("a list") {
                kept.insert((text(&member["member"]), text(&it["statement"])), text(&it["stance"]));
            }
        }
        let Some(cursor) = page["next"].as_str() else { break };
        next = path(&format!("stances?limit=1000&cursor={cursor}"));
    }
    assert_eq!(expected.len(), 49_443);
    assert!(kept == expected, "the final matrix is the file's");

    // The groups: the same for the same seed, and of one participant at least each.
    let shown = boss.get(&path("opinions?seed=7")).await.expect(200);
    assert_eq!(boss.get(&path("opinions?seed=7")).await.expect(200), shown);
    let groups = shown["groups"].as_array().expect("groups");
    let sizes: Vec<u64> = groups.iter().map(|it| it["size"].as_u64().expect("a number")).collect();
    assert!(sizes.len() >= 2 && sizes.iter().sum::<u64>() == shown["grouped"].as_u64().expect("a number"), "{sizes:?}");
    assert!(
        groups.iter().all(|it| it["telling"].as_array().is_some_and(|it| !it.is_empty())),
        "each is told by something"
    );
    eprintln!(
        "UberX: {} of {} in groups of {sizes:?}, silhouette {}",
        shown["grouped"], shown["participants"], shown["silhouette_per_mille"]
    );
}
