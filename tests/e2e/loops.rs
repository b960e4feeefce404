//! The whole loop in two cities: the same topic and the same votes, and under each city's own rules another end.

use serde_json::{Value, json};
use yishi_tests::{
    cases::created,
    communities::{Community, HOME, text, unit},
    folders::Folder,
    instants, plugins, programs,
};

/// The flats: the floor area in hundredths of a square metre, what they say, and whether on paper.
const FLATS: [(u64, Option<&str>, bool); 12] = [
    (5_500, Some("in_favour"), false),
    (5_500, Some("in_favour"), false),
    (5_500, Some("in_favour"), false),
    (5_500, Some("in_favour"), false),
    (5_500, Some("in_favour"), false),
    (5_500, Some("in_favour"), true),
    (5_500, Some("in_favour"), true),
    (5_500, Some("in_favour"), true),
    (25_000, Some("against"), false),
    (25_000, Some("against"), true),
    (13_000, None, false),
    (13_000, None, false),
];

/// What is told of a topic until its ballot is decided.
const UNTIL_DECIDED: [&str; 21] = [
    "topic.raised",
    "topic.accepted",
    "meeting.convened",
    "attendance.recorded",
    "minutes.filed",
    "minutes.adopted",
    "ballot.opened",
    "vote.cast",
    "vote.cast",
    "vote.cast",
    "vote.cast",
    "vote.cast",
    "vote.cast",
    "batch.entered",
    "vote.cast",
    "vote.cast",
    "vote.cast",
    "vote.cast",
    "ballot.closed",
    "ballot.counted",
    "ballot.decided",
];

#[tokio::test]
async fn what_passes_is_carried_out_escalated_when_late_and_deliberated_again_when_nobody_is_satisfied() {
    let community = Community::gathered(12).await;
    let configuration = json!({
        "quorum": {"numerator": 1, "denominator": 2}, "window_hours": 72, "departments": ["城市管理局", "住房保障和房产管理局"],
    });
    let digest = community.adopt_rules(plugins::built("standard"), configuration).await;
    let (topic, ballot, ended) = decide(&community).await;
    assert_eq!((&ended["state"], &ended["outcome"]), (&json!("decided"), &json!("passed")));
    let shown = community.read(&format!("/ballots/{ballot}")).await;
    assert_eq!(shown["component"], digest.as_str(), "the rules are named by their digest");
    assert_eq!(figures(&shown), [("quorum_heads".into(), 10, 12, true), ("majority_heads".into(), 8, 10, true)]);
    assert_eq!((&shown["voting_units"], &shown["voted"]), (&json!(12), &json!(10)));
    let heads = json!({"measure": "heads", "eligible": 12, "in_favour": 8, "against": 2, "abstained": 0, "blank": 0, "spoiled": 0});
    assert!(shown["tally"].as_array().expect("counts").contains(&heads), "{shown}");

    let resolution = text(&ended["resolution"]);
    carry_out(&community, &topic, &resolution).await;

    assert_eq!(community.stage(&topic).await, "deliberating");
    let shown = community.read(&format!("/resolutions/{resolution}")).await;
    assert_eq!((&shown["satisfaction_per_mille"], &shown["level"]), (&json!(250), &json!("district")), "{shown}");
    let told = community.told(&topic, "topic.reopened").await;
    assert_eq!(told[..21], UNTIL_DECIDED);
    let rest = [
        "resolution.adopted",
        "resolution.assigned",
        "resolution.warned",
        "case.escalated",
        // The city has no departments of these names yet.
        "call.not_opened",
        "case.escalated",
        "resolution.completed",
        "resolution.rated",
        "resolution.rated",
        "resolution.rated",
        "survey.closed",
        "case.escalated",
        "topic.reopened",
    ];
    assert_eq!(told[21..], rest);
    anybody_verifies(&community, &ballot, "passed").await;
}

#[tokio::test]
async fn the_same_votes_fail_where_the_floor_area_counts_and_nothing_is_carried_out() {
    let community = Community::gathered(12).await;
    community.adopt_rules(plugins::built("civil-code-278"), json!({"window_hours": 72})).await;
    let (topic, ballot, ended) = decide(&community).await;
    assert_eq!((&ended["state"], &ended["outcome"]), (&json!("decided"), &json!("failed")));
    assert!(ended["resolution"].is_null(), "{ended}");
    let shown = community.read(&format!("/ballots/{ballot}")).await;
    let by = |code: &str, counted, of, holds| (code.to_owned(), counted, of, holds);
    let checks = [
        by("quorum_floor_area", 94_000, 120_000, true),
        by("quorum_heads", 10, 12, true),
        by("majority_floor_area", 44_000, 94_000, false),
        by("majority_heads", 8, 10, true),
    ];
    assert_eq!(figures(&shown), checks);
    let law = "Civil Code of the People's Republic of China (2020), article 278";
    assert_eq!(shown["rule"]["laws"], json!([law]));
    assert_eq!(community.stage(&topic).await, "not_adopted");
    assert_eq!(community.read(&format!("/topics/{topic}/resolutions")).await, json!([]));
    assert_eq!(community.told(&topic, "ballot.decided").await, UNTIL_DECIDED);
    anybody_verifies(&community, &ballot, "failed").await;
}

/// From the raising to the verdict.
async fn decide(community: &Community) -> (String, String, Value) {
    let topic = community.raised().await;
    let major = json!({"category": "property", "significance": "major"});
    community.coordinator().post(&format!("/topics/{topic}/acceptance"), major).await.expect(200);
    community.deliberate(&topic).await;
    let roll = FLATS
        .iter()
        .zip(&community.residents)
        .enumerate()
        .map(|(i, ((area, ..), owner))| json!({"voting_unit": unit(i), "floor_area": area, "agents": [owner.id]}));
    let opened = json!({
        "question": "是否续聘现物业服务企业三年？", "matter": "property_service", "electorate": "owners", "roll": roll.collect::<Vec<_>>(),
    });
    let ballot = created(community.coordinator().post(&format!("/topics/{topic}/ballots"), opened).await);
    let (mut papers, path) = (Vec::new(), format!("/ballots/{ballot}"));
    for (i, (_, choice, paper)) in FLATS.iter().enumerate() {
        match choice {
            Some(choice) if *paper => papers.push(json!({"voting_unit": unit(i), "choice": choice})),
            Some(choice) => drop(community.vote(i, &ballot, choice).await.expect(201)),
            None => {}
        }
    }
    let batch = json!({
        "station": "1号楼大堂", "witness": community.witness.id, "scan_reference": "scans/1.pdf", "papers": papers,
        "control": {"papers": 4, "in_favour": 3, "against": 1, "abstained": 0, "blank": 0, "spoiled": 0},
    });
    community.coordinator().post(&format!("{path}/batches"), batch).await.expect(201);
    community.city.advance_clock(73).await;
    let ended = community.end(&ballot, "count").await.expect(200);
    (topic, ballot, ended)
}

/// Late, escalated twice, completed, and rated badly.
async fn carry_out(community: &Community, topic: &str, resolution: &str) {
    let assigned = community.assign(resolution, 24).await.expect(200);
    assert_eq!(assigned["stage"], "executing");
    community.city.advance_clock(30).await;
    let escalations = community.read(&format!("/topics/{topic}/escalations")).await;
    let first = &escalations[0];
    let departments = ["城市管理局", "住房保障和房产管理局"];
    let actions = json!([
        {"action": "notify", "role": "supervisor", "level": "community"},
        {"action": "raise_level"},
        {"action": "mark_public"},
        {"action": "whistle", "departments": departments, "hours": 48},
    ]);
    assert_eq!((&first["kind"], &first["actions"]), (&json!("overdue"), &actions), "{escalations}");
    assert_eq!((&first["hours_late"], &first["level"]), (&json!(0), &json!("community")));
    let shown = community.read(&format!("/resolutions/{resolution}")).await;
    assert_eq!(shown["level"], "street", "the case was raised a level");
    assert_eq!(shown["marked_at"], shown["due_at"], "it is marked from the instant at which it is late");

    community.city.advance_clock(48).await;
    let escalations = community.read(&format!("/topics/{topic}/escalations")).await;
    let second = &escalations[1];
    assert_eq!((&second["hours_late"], &second["level"]), (&json!(48), &json!("street")), "asked again in 48 hours");
    assert!(!second["actions"].to_string().contains("whistle"), "departments are called once: {second}");
    assert_eq!(instants::hours_between(&text(&first["at"]), &text(&second["at"])), 48);

    assert_eq!(community.complete(resolution).await.expect(200)["stage"], "done");
    for (i, score) in [20, 30, 25].into_iter().enumerate() {
        community.rate(i, resolution, score).await.expect(204);
    }
    community.city.advance_clock(169).await;
    let escalations = community.read(&format!("/topics/{topic}/escalations")).await;
    let third = &escalations[2];
    assert_eq!(
        (&third["kind"], &third["actions"]),
        (&json!("unsatisfied"), &json!([{"action": "reopen_deliberation"}]))
    );
    assert_eq!(escalations.as_array().map(Vec::len), Some(3), "{escalations}");
    let led_by = community.city.unit(HOME).await;
    assert_eq!(shown["lists"]["responsibility"]["lead_unit"], led_by);
}

/// The bundle holds under the record's key, says what it lacks without one, and does not hold once a vote is missing.
async fn anybody_verifies(community: &Community, ballot: &str, outcome: &str) {
    let key = community.city.record(1).await.key;
    let answer = community.city.public().get(&format!("/ballots/{ballot}/bundle")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/vnd.yishi.bundle+json"));
    let folder = Folder::new();
    let save = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.to_str().expect("a plain name").to_owned()
    };
    let whole = save("whole.json", &answer.text);
    let said = programs::run(["verify", &whole, "--checkpoint-key", &key]).await.done();
    assert!(said.contains("verified: ") && said.contains(&format!("{outcome}: ballot {ballot}")), "{said}");
    let unpinned = programs::run(["verify", &whole]).await;
    assert_eq!(unpinned.code, Some(3), "{}", unpinned.errors);
    assert!(unpinned.output.contains("unanchored: "), "{}", unpinned.output);

    let mut bundle: Value = serde_json::from_str(&answer.text).expect("a bundle is JSON");
    assert_eq!(bundle.to_string(), answer.text, "a bundle has one form");
    let leaves = bundle["leaves"].as_array_mut().expect("leaves");
    let vote = leaves.iter().position(|it| it["leaf"]["kind"] == "vote.cast").expect("a vote");
    leaves.remove(vote);
    let said =
        programs::run(["verify", &save("short.json", &bundle.to_string()), "--checkpoint-key", &key]).await.failed(1);
    assert!(said.starts_with("yishi: refused: votes."), "{said}");
}

fn figures(ballot: &Value) -> Vec<(String, u64, u64, bool)> {
    let checks = ballot["verdict"]["checks"].as_array().expect("checks").iter();
    let number = |value: &Value| value.as_u64().expect("a number");
    checks.map(|it| (text(&it["code"]), number(&it["counted"]), number(&it["of"]), it["holds"] == true)).collect()
}
