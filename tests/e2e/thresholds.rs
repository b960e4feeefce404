//! Who must take part and who be in favour, at the very number and one below it: under the standard rules, in the rounds of a village, and where residents
//! choose projects within a budget.

use serde_json::{Value, json};
use yishi_tests::{
    books::{open, verified},
    cases::created,
    communities::{Community, text, unit},
    plugins,
};

/// Residents vote one after the other, and the ballot is closed and counted; gives how it stands then, with its resolution.
async fn decided(community: &Community, ballot: &str, choices: &[&str]) -> Value {
    for (i, choice) in choices.iter().enumerate() {
        community.vote(i, ballot, choice).await.expect(201);
    }
    community.end(ballot, "closing").await.expect(200);
    let ended = community.end(ballot, "count").await.expect(200);
    let mut shown = community.read(&format!("/ballots/{ballot}")).await;
    shown["resolution"] = ended["resolution"].clone();
    shown
}

/// A topic of a significance that was deliberated.
async fn deliberated(community: &Community, significance: &str) -> String {
    let topic = community.raised().await;
    let accepted = json!({"significance": significance});
    community.coordinator().post(&format!("/topics/{topic}/acceptance"), accepted).await.expect(200);
    community.deliberate(&topic).await;
    topic
}

#[tokio::test]
async fn a_general_matter_needs_more_than_half_and_a_major_one_two_thirds() {
    let (yes, no) = ("in_favour", "against");
    for (significance, choices, outcome) in [
        ("general", vec![yes, yes, no], "passed"),
        ("general", vec![yes, yes, no, no], "failed"),
        ("major", vec![yes, yes, no], "passed"),
        ("major", vec![yes, yes, yes, no, no], "failed"),
    ] {
        let community = Community::gathered(choices.len()).await;
        let topic = deliberated(&community, significance).await;
        let ballot = created(community.open(&topic).await);
        let shown = decided(&community, &ballot, &choices).await;
        assert_eq!(shown["verdict"]["outcome"], outcome, "{significance} {choices:?}: {shown}");
        verified(&community, &ballot).await;
    }
}

#[tokio::test]
async fn of_a_villages_rounds_each_can_end_the_matter_and_the_last_is_disclosed_before_it_is_carried_out() {
    let community = Community::gathered(6).await;
    let configuration = json!({"notice_hours": 0, "publication_hours": 72});
    community.adopt_rules(plugins::built("four-deliberations"), configuration).await;
    let (yes, no) = ("in_favour", "against");
    let round = async |topic: &str, electorate: &str, after: Option<&str>| {
        let mut more = json!({"question": "是否硬化村道？", "electorate": electorate});
        if let Some(after) = after {
            more["after"] = after.into();
        }
        open(&community, topic, more).await
    };
    let topic = community.deliberated().await;
    let last = round(&topic, "villager_representatives", None).await.refused(422, "policy.refused");
    assert!(last["detail"].as_str().is_some_and(|it| it.contains("the round `committees`")), "{last}");
    let committees = created(round(&topic, "council_members", None).await);
    let shown = decided(&community, &committees, &[yes; 6]).await;
    assert_eq!((&shown["verdict"]["outcome"], &shown["rule"]["round"]), (&json!("next_round"), &json!(0)), "{shown}");
    // Of all party members more than half are needed, not of those who vote.
    let party = created(round(&topic, "party_members", Some(&committees)).await);
    let shown = decided(&community, &party, &[yes, yes, yes, yes, no, no]).await;
    assert_eq!(shown["verdict"]["outcome"], "next_round", "{shown}");
    let village = created(round(&topic, "villager_representatives", Some(&party)).await);
    let shown = decided(&community, &village, &[yes, yes, yes, yes, no, no]).await;
    assert_eq!((&shown["verdict"]["outcome"], &shown["rule"]["round"]), (&json!("passed"), &json!(2)), "{shown}");
    verified(&community, &village).await;
    let lists = format!("/resolutions/{}/lists", text(&shown["resolution"]));
    let early = community.coordinator().post(&lists, community.lists(400).await).await;
    early.refused(409, "resolution.in_publication");
    community.city.advance_clock(72).await;
    community.coordinator().post(&lists, community.lists(400).await).await.expect(200);

    let stopped = community.deliberated().await;
    let committees = created(round(&stopped, "council_members", None).await);
    decided(&community, &committees, &[yes; 6]).await;
    let party = created(round(&stopped, "party_members", Some(&committees)).await);
    let shown = decided(&community, &party, &[yes, yes, yes, no, no, no]).await;
    assert_eq!(shown["verdict"]["outcome"], "failed", "half of the party members is not more than half: {shown}");
    verified(&community, &party).await;
}

#[tokio::test]
async fn of_livelihood_projects_those_win_that_fit_the_budget_by_up_to_three_picks_each() {
    let community = Community::gathered(4).await;
    community.adopt_rules(plugins::built("livelihood-vote"), json!({"notice_hours": 0})).await;
    let topic = community.deliberated().await;
    let project = |code: &str, title: &str, cost: u64| json!({"code": code, "title": title, "cost": cost});
    let options = [
        project("lift", "加装电梯", 600),
        project("lamps", "更换路灯", 300),
        project("ramp", "无障碍坡道", 200),
        project("benches", "增设长椅", 100),
    ];
    let ballot = created(open(&community, &topic, json!({"options": options, "budget": 800})).await);
    let says = async |i: usize, approved: &[&str]| {
        let vote = json!({"voting_unit": unit(i), "approved": approved});
        community.resident(i).post(&format!("/ballots/{ballot}/votes"), vote).await
    };
    says(0, &["lift", "lamps", "ramp", "benches"]).await.refused(422, "vote.bad_choice");
    says(0, &["lift", "lamps", "ramp"]).await.expect(201);
    says(1, &["lift", "lamps"]).await.expect(201);
    says(2, &["lift", "benches", "ramp"]).await.expect(201);
    says(3, &["lamps"]).await.expect(201);
    community.end(&ballot, "closing").await.expect(200);
    community.end(&ballot, "count").await.expect(200);
    let shown = community.read(&format!("/ballots/{ballot}")).await;
    // Of the lift and the lamps, with three votes each, the cheaper goes first; then the lift no longer fits, and the ramp and the benches do.
    let winners: Vec<_> = shown["verdict"]["winners"].as_array().expect("winners").iter().map(text).collect();
    assert_eq!(winners, ["lamps", "ramp", "benches"], "{shown}");
    verified(&community, &ballot).await;
}
