//! Decisions as two laws ask for them, to the figure: owners about a lift in an old building, and villagers in an assembly that is wholly on paper.

use serde_json::{Value, json};
use yishi_tests::{
    answers::Answer,
    cases::{SURVEY, created},
    cities::Member,
    communities::{Community, HOME, text, unit},
    instants, plugins,
};

/// Papers of voting units, as a coordinator and a witness entered them.
fn papers(witness: &Member, said: &[(String, &str)]) -> Value {
    let all = |choice: &str| said.iter().filter(|(_, it)| *it == choice).count();
    json!({
        "station": "村民委员会", "witness": witness.id, "scan_reference": "scans/1.pdf",
        "papers": said.iter().map(|(unit, choice)| json!({"voting_unit": unit, "choice": choice})).collect::<Vec<_>>(),
        "control": {"papers": said.len(), "in_favour": all("in_favour"), "against": all("against")},
    })
}

/// So many voting units from one on say the same.
fn say(from: usize, number: usize, choice: &'static str) -> Vec<(String, &'static str)> {
    (from..from + number).map(|i| (unit(i), choice)).collect()
}

/// Each condition with what was counted, of how many, and whether it holds.
fn figures(shown: &Value) -> Vec<(String, u64, u64, bool)> {
    let checks = shown["verdict"]["checks"].as_array().unwrap_or_else(|| panic!("no checks in {shown}")).iter();
    let number = |value: &Value| value.as_u64().expect("a number");
    checks.map(|it| (text(&it["code"]), number(&it["counted"]), number(&it["of"]), it["holds"] == true)).collect()
}

fn by(code: &str, counted: u64, of: u64, holds: bool) -> (String, u64, u64, bool) {
    (code.to_owned(), counted, of, holds)
}

/// Counts a ballot whose window is over; gives how it stands then.
async fn counted(community: &Community, ballot: &str) -> Value {
    community.end(ballot, "count").await.expect(200);
    community.read(&format!("/ballots/{ballot}")).await
}

#[tokio::test]
async fn owners_put_a_lift_into_an_old_building_when_two_thirds_take_part_and_three_quarters_of_them_agree() {
    let community = Community::gathered(12).await;
    community.adopt_rules(plugins::built("civil-code-278"), json!({"window_hours": 72})).await;
    let supervisor = community.supervisor(HOME).await;
    let topic = json!({
        "unit": community.city.unit(HOME).await, "channel": "online",
        "title": "老旧小区3单元加装电梯", "body": "六层楼没有电梯，老人上下楼困难。",
    });
    let topic = created(community.resident(0).post("/topics", topic).await);
    community.coordinator().post(&format!("/topics/{topic}/acceptance"), json!({})).await.expect(200);
    let shown = community.read(&format!("/topics/{topic}")).await;
    let kind = (&shown["category"], &shown["significance"], &shown["form"]);
    assert_eq!(kind, (&json!("elevators"), &json!("major"), &json!("round_table")));
    community.deliberate(&topic).await;
    // Twelve flats of 80 square metres.
    let open = async || {
        let owners = community.residents.iter().enumerate();
        let roll = owners.map(|(i, owner)| json!({"voting_unit": unit(i), "floor_area": 8_000, "agents": [owner.id]}));
        let ballot = json!({
            "question": "是否同意占用公共绿地加装一部电梯？", "matter": "change_common_parts", "electorate": "owners",
            "roll": roll.collect::<Vec<_>>(),
        });
        created(community.coordinator().post(&format!("/topics/{topic}/ballots"), ballot).await)
    };
    let vote = async |ballot: &str, i: usize, choice: &str| drop(community.vote(i, ballot, choice).await.expect(201));

    // All who take part agree, and they are too few.
    let ballot = open().await;
    for i in 0..7 {
        vote(&ballot, i, "in_favour").await;
    }
    community.city.advance_clock(73).await;
    let shown = counted(&community, &ballot).await;
    assert_eq!(
        (&shown["verdict"]["outcome"], &community.stage(&topic).await.into()),
        (&json!("no_quorum"), &json!("not_adopted")),
        "{shown}"
    );
    let quorum = [by("quorum_floor_area", 56_000, 96_000, false), by("quorum_heads", 7, 12, false)];
    assert_eq!(figures(&shown)[..2], quorum);

    // Two thirds take part, and one too few agrees.
    community.deliberate(&topic).await;
    let ballot = open().await;
    for (i, choice) in ["in_favour"; 5].into_iter().chain(["against"; 3]).enumerate() {
        vote(&ballot, i, choice).await;
    }
    community.city.advance_clock(73).await;
    let shown = counted(&community, &ballot).await;
    let checks = [
        by("quorum_floor_area", 64_000, 96_000, true),
        by("quorum_heads", 8, 12, true),
        by("majority_floor_area", 40_000, 64_000, false),
        by("majority_heads", 5, 8, false),
    ];
    assert_eq!((figures(&shown).as_slice(), &shown["verdict"]["outcome"]), (&checks[..], &json!("failed")));

    // Two thirds take part, and three quarters of them agree: each figure is just reached.
    community.deliberate(&topic).await;
    let ballot = open().await;
    for (i, choice) in ["in_favour"; 6].into_iter().chain(["against"; 2]).enumerate() {
        vote(&ballot, i, choice).await;
    }
    community.city.advance_clock(73).await;
    let shown = counted(&community, &ballot).await;
    let checks = [
        by("quorum_floor_area", 64_000, 96_000, true),
        by("quorum_heads", 8, 12, true),
        by("majority_floor_area", 48_000, 64_000, true),
        by("majority_heads", 6, 8, true),
    ];
    assert_eq!((figures(&shown).as_slice(), &shown["verdict"]["outcome"]), (&checks[..], &json!("passed")));
    yishi_tests::books::verified(&community, &ballot).await;

    // It is carried out under the committee's eyes, rated above 85, and closed with every step shown.
    let resolutions = community.read(&format!("/topics/{topic}/resolutions")).await;
    let resolution = text(&resolutions[0]["id"]);
    community.assign(&resolution, 240).await.expect(200);
    let check = json!({"kind": "check", "unit": community.city.unit(HOME).await, "text": "施工许可齐全。"});
    supervisor.post(&format!("/topics/{topic}/findings"), check).await.expect(201);
    community.complete(&resolution).await.expect(200);
    for (i, score) in [80, 85, 90, 95].into_iter().enumerate() {
        community.rate(i, &resolution, score).await.expect(204);
    }
    community.city.advance_clock(SURVEY + 1).await;
    assert_eq!(community.stage(&topic).await, "closed");
    let shown = community.read(&format!("/topics/{topic}/compliance")).await;
    assert_eq!(shown["compliant"], true, "{shown}");
    let unmet = shown["steps"].as_array().expect("a list").iter().filter(|it| it["standing"] != "met").count();
    assert_eq!(unmet, 0, "{shown}");
    assert_eq!(community.read(&format!("/resolutions/{resolution}")).await["satisfaction_per_mille"], 875);
}

/// A village of so many voting units, none of which has anybody who acts for it online, with a topic that was deliberated.
async fn village() -> (Community, String) {
    let community = Community::gathered(2).await;
    community.adopt_rules(plugins::built("villagers-committee"), json!({})).await;
    let raised = json!({
        "unit": community.city.unit(HOME).await, "channel": "suggestion_box", "on_behalf_of": community.residents[0].id,
        "title": "修整进村道路", "body": "雨天泥泞，请村民会议讨论。",
    });
    let topic = created(community.coordinator().post("/topics", raised).await);
    community.coordinator().post(&format!("/topics/{topic}/acceptance"), json!({})).await.expect(200);
    community.deliberate(&topic).await;
    (community, topic)
}

/// Announces a ballot on what the assembly alone decides: public works, which is in article 24.
async fn announce(community: &Community, topic: &str, electorate: &str, number: usize) -> Answer {
    let roll: Vec<_> = (0..number).map(|i| json!({"voting_unit": unit(i)})).collect();
    let ballot = json!({
        "question": "是否同意修整进村道路？", "matter": "public_works", "electorate": electorate, "roll": roll,
    });
    community.coordinator().post(&format!("/topics/{topic}/ballots"), ballot).await
}

/// Enters what was put into the box on the day of the assembly, which is so many hours after its announcement, and counts it.
async fn assemble(community: &Community, ballot: &str, notice: u32, said: &[(String, &str)]) -> Value {
    community.city.advance_clock(notice).await;
    let batch = papers(&community.witness, said);
    community.coordinator().post(&format!("/ballots/{ballot}/batches"), batch).await.expect(201);
    community.city.advance_clock(72).await;
    counted(community, ballot).await
}

#[tokio::test]
async fn a_villagers_assembly_on_paper_needs_more_than_half_of_the_villagers_and_more_than_half_of_those_attending() {
    let (community, topic) = village().await;
    let refused = announce(&community, &topic, "villager_representatives", 20).await.refused(422, "policy.refused");
    assert!(refused["detail"].as_str().is_some_and(|it| it.contains("article 24")), "the assembly's alone: {refused}");

    // It is announced ten days before, and half of twenty villagers is not more than half of them.
    let ballot = created(announce(&community, &topic, "residents", 20).await);
    let shown = community.read(&format!("/ballots/{ballot}")).await;
    assert!(shown["rule"]["laws"][0].as_str().is_some_and(|it| it.contains("amended 2018")), "{shown}");
    let early = papers(&community.witness, &say(0, 1, "in_favour"));
    community.coordinator().post(&format!("/ballots/{ballot}/batches"), early).await.refused(409, "ballot.not_open");
    let shown = assemble(&community, &ballot, 240, &say(0, 10, "in_favour")).await;
    assert_eq!(figures(&shown)[0], by("quorum_heads", 10, 20, false));
    assert_eq!(
        (&shown["verdict"]["outcome"], community.stage(&topic).await.as_str()),
        (&json!("no_quorum"), "not_adopted")
    );

    // Twelve attend, and half of them is not more than half.
    community.deliberate(&topic).await;
    let ballot = created(announce(&community, &topic, "residents", 20).await);
    let said = [say(0, 6, "in_favour"), say(6, 6, "against")].concat();
    let shown = assemble(&community, &ballot, 240, &said).await;
    let checks = [by("quorum_heads", 12, 20, true), by("majority_heads", 6, 12, false)];
    assert_eq!((figures(&shown).as_slice(), &shown["verdict"]["outcome"]), (&checks[..], &json!("failed")));

    // Eleven attend, and six agree.
    community.deliberate(&topic).await;
    let ballot = created(announce(&community, &topic, "residents", 20).await);
    let said = [say(0, 6, "in_favour"), say(6, 5, "against")].concat();
    let shown = assemble(&community, &ballot, 240, &said).await;
    let checks = [by("quorum_heads", 11, 20, true), by("majority_heads", 6, 11, true)];
    assert_eq!((figures(&shown).as_slice(), &shown["verdict"]["outcome"]), (&checks[..], &json!("passed")));
    yishi_tests::books::verified(&community, &ballot).await;

    // What was resolved is published five days, carried out, and rated on paper and by telephone.
    let resolutions = community.read(&format!("/topics/{topic}/resolutions")).await;
    let resolution = text(&resolutions[0]["id"]);
    community.assign(&resolution, 240).await.refused(409, "resolution.in_publication");
    community.city.advance_clock(120).await;
    community.assign(&resolution, 240).await.expect(200);
    community.complete(&resolution).await.expect(200);
    for (i, (channel, score)) in [("paper", 90), ("telephone", 86)].into_iter().enumerate() {
        let rating = json!({"score": score, "channel": channel, "member": community.residents[i].id});
        community.coordinator().post(&format!("/resolutions/{resolution}/ratings"), rating).await.expect(204);
    }
    community.city.advance_clock(SURVEY + 1).await;
    assert_eq!(community.stage(&topic).await, "closed");
    let cast = community.shown("vote.cast", 33).await;
    assert!(cast.iter().all(|it| it["body"]["channel"] == "paper"), "nobody needed a device: {}", cast[0]);
}

#[tokio::test]
async fn an_assembly_of_households_needs_two_thirds_of_them_and_representatives_decide_what_they_are_authorised_to() {
    let (community, topic) = village().await;
    // Four of six households are two thirds.
    let ballot = created(announce(&community, &topic, "households", 6).await);
    let shown = assemble(&community, &ballot, 240, &say(0, 4, "in_favour")).await;
    let checks = [by("quorum_heads", 4, 6, true), by("majority_heads", 4, 4, true)];
    assert_eq!((figures(&shown).as_slice(), &shown["verdict"]["outcome"]), (&checks[..], &json!("passed")));

    let (community, topic) = village().await;
    let digest = community.upload(plugins::built("villagers-committee")).await;
    community.activate(&digest, json!({"authorised": ["public_works"]})).await.expect(201);
    // Article 26: two thirds of nine representatives are six; a meeting of theirs is announced three days before.
    for (attend, outcome) in [(5, "no_quorum"), (6, "passed")] {
        let ballot = created(announce(&community, &topic, "villager_representatives", 9).await);
        let shown = community.read(&format!("/ballots/{ballot}")).await;
        let notice = instants::hours_between(&text(&shown["opened_at"]), &text(&shown["opens_at"]));
        assert_eq!(notice, 72, "{shown}");
        let shown = assemble(&community, &ballot, 72, &say(0, attend, "in_favour")).await;
        assert_eq!(figures(&shown)[0], by("quorum_heads", attend as u64, 9, attend == 6));
        assert_eq!(shown["verdict"]["outcome"], outcome, "{shown}");
        if outcome == "no_quorum" {
            community.deliberate(&topic).await;
        }
    }
}
