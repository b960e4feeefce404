//! Who votes: a roll that is drawn from the register, recusals, and corrections until the ballot opens.

use serde_json::{Value, json};
use yishi_tests::{
    books::{Ballot, book, condition, open, verified},
    cases::created,
    cities::Member,
    communities::{Community, HOME, text},
    plugins,
};

fn majority(notice_hours: u32) -> Value {
    json!({"notice_hours": notice_hours, "conditions": [condition("majority", "participating", (1, 2), true)]})
}

/// A community of so many residents whose rules are one rule, with a topic that was deliberated.
async fn deliberated(residents: usize, rule: Value) -> (Community, String) {
    let community = Community::gathered(residents).await;
    community.adopt_rules(plugins::built("rule-book"), book(rule)).await;
    let topic = community.deliberated().await;
    (community, topic)
}

/// Registers members, each in a capacity for a voting unit.
async fn register(community: &Community, capacity: &str, who: &[(&Member, &str, Option<u64>)]) -> Value {
    let unit = community.city.unit(HOME).await;
    let registration = |(member, voting_unit, area): &(&Member, &str, Option<u64>)| {
        let mut it = json!({"member": member.id, "unit": unit, "capacity": capacity, "voting_unit": voting_unit});
        if let Some(area) = area {
            it["floor_area"] = (*area).into();
        }
        it
    };
    let list: Vec<_> = who.iter().map(registration).collect();
    community.coordinator().post("/registrations", json!({"registrations": list})).await.expect(201)
}

async fn votes(community: &Community, i: usize, ballot: &str, unit: &str) -> yishi_tests::answers::Answer {
    let vote = json!({"voting_unit": unit, "choice": "in_favour"});
    community.resident(i).post(&format!("/ballots/{ballot}/votes"), vote).await
}

#[tokio::test]
async fn the_flats_of_one_owner_are_one_voting_unit_and_co_owners_have_one_vote() {
    let area = json!({
        "code": "area", "kind": "majority", "measure": "floor_area", "counted": "in_favour", "of": "eligible",
        "at_least": {"numerator": 1, "denominator": 2}, "strict": true,
    });
    let rule = json!({"conditions": [condition("majority", "eligible", (1, 2), true), area]});
    let (community, topic) = deliberated(4, rule).await;
    let owners = &community.residents;
    let flats = [
        (&owners[0], "1-101", Some(8_000)),
        (&owners[0], "1-102", Some(9_000)),
        (&owners[1], "1-201", Some(7_000)),
        (&owners[2], "1-201", Some(7_000)),
        (&owners[3], "1-202", Some(5_000)),
    ];
    let made = register(&community, "owner", &flats).await;
    let again = json!({"registrations": [{
        "member": owners[0].id, "unit": community.city.unit(HOME).await, "capacity": "owner", "voting_unit": "1-101",
    }]});
    community.coordinator().post("/registrations", again.clone()).await.refused(409, "register.registered");
    community.resident(0).post("/registrations", again).await.refused(403, "session.forbidden");
    let path = format!("/registrations?unit={}&capacity=owner&limit=3", community.city.unit(HOME).await);
    let listed = community.coordinator().get(&path).await.expect(200);
    assert_eq!((&listed["items"][0]["id"], listed["next"].is_string()), (&made["ids"][0], true), "{listed}");

    let drawn = json!({"electorate": "owners", "roll": [], "register": {}});
    let ballot = created(open(&community, &topic, drawn).await);
    let shown = community.read(&format!("/ballots/{ballot}")).await;
    assert_eq!(shown["voting_units"], 3, "{shown}");
    votes(&community, 0, &ballot, "1-101").await.refused(403, "vote.not_yours");
    votes(&community, 0, &ballot, "1-101+1-102").await.expect(201);
    votes(&community, 1, &ballot, "1-201").await.expect(201);
    votes(&community, 2, &ballot, "1-201").await.refused(409, "vote.already_cast");
    let shown = yishi_tests::books::counted(&community, &ballot).await;
    let counts = shown["tally"].as_array().expect("counts").iter();
    let counts: Vec<_> = counts.map(|it| (it["eligible"].clone(), it["in_favour"].clone())).collect();
    assert_eq!(counts, [(json!(3), json!(2)), (json!(29_000), json!(24_000))], "{shown}");
    assert_eq!(shown["verdict"]["outcome"], "passed");
    verified(&community, &ballot).await;
}

#[tokio::test]
async fn a_roll_is_drawn_by_capacity_and_age_and_an_ended_registration_is_left_out() {
    let (community, topic) = deliberated(3, majority(0)).await;
    let unit = community.city.unit(HOME).await;
    let young = json!({"members": [{"name": "小王", "unit": unit, "born_on": "2015-05-01"}]});
    let young = text(&community.coordinator().post("/members", young).await.expect(201)["ids"][0]);
    let unborn = json!({"members": [{"name": "小李", "unit": unit, "born_on": "2999-05-01"}]});
    let refused = community.coordinator().post("/members", unborn).await.refused(422, "member.bad_birth_date");
    assert_eq!(refused["field"], "members[0].born_on");
    let residents = &community.residents;
    let empty = open(&community, &topic, json!({"roll": [], "register": {}})).await.refused(422, "register.empty");
    assert_eq!(empty["field"], "register");
    let entered =
        register(&community, "resident", &[(&residents[0], "0001", None), (&residents[1], "0002", None)]).await;
    register(&community, "council_member", &[(&residents[2], "0003", None)]).await;
    let minor = json!({"member": young, "unit": unit, "capacity": "resident", "voting_unit": "0004"});
    community.coordinator().post("/registrations", json!({"registrations": [minor]})).await.expect(201);

    let aged = json!({"roll": [], "register": {"minimum_age": 18}});
    let refused = open(&community, &topic, aged).await.refused(422, "register.no_birth_date");
    assert_eq!(refused["field"], "register.minimum_age");
    let both = json!({"register": {}});
    assert_eq!(open(&community, &topic, both).await.refused(422, "ballot.bad_roll")["field"], "roll");
    let end = format!("/registrations/{}", text(&entered["ids"][1]));
    community.resident(0).call("DELETE", &end).await.refused(403, "session.forbidden");
    community.coordinator().call("DELETE", &end).await.expect(204);
    community.coordinator().call("DELETE", &end).await.refused(404, "register.unknown");
    let ballot = created(open(&community, &topic, json!({"roll": [], "register": {}})).await);
    assert_eq!(community.read(&format!("/ballots/{ballot}")).await["voting_units"], 2, "the first and the minor");
    votes(&community, 0, &ballot, "0001").await.expect(201);
    votes(&community, 1, &ballot, "0002").await.refused(403, "vote.not_yours");
    votes(&community, 2, &ballot, "0003").await.refused(403, "vote.not_yours");
}

#[tokio::test]
async fn whose_interest_is_at_stake_is_recused_and_the_roll_is_corrected_until_the_ballot_opens() {
    let (community, topic) = deliberated(4, majority(24)).await;
    let unknown = json!({"recusals": [{"voting_unit": "9-999", "reason": "无"}]});
    let refused = open(&community, &topic, unknown).await.refused(422, "roll.unknown_voting_unit");
    assert_eq!(refused["field"], "recusals[0].voting_unit");
    let recused = json!({"recusals": [{"voting_unit": "1-101", "reason": "本人承包该工程。"}]});
    let id = created(open(&community, &topic, recused).await);
    let ballot = Ballot { community, id };
    let community = &ballot.community;
    assert_eq!(community.read(&ballot.path("")).await["voting_units"], 3);

    let (by, changes) = (community.coordinator(), ballot.path("/roll-changes"));
    by.post(&changes, json!({})).await.refused(422, "roll.no_change");
    let twice = json!({"added": [{"voting_unit": "1-102", "floor_area": 10_000}]});
    assert_eq!(by.post(&changes, twice).await.refused(422, "ballot.bad_roll")["field"], "added[0].voting_unit");
    let stranger = json!({"added": [{"voting_unit": "1-105", "floor_area": 1, "agents": [ballot.id]}]});
    assert_eq!(by.post(&changes, stranger).await.refused(422, "member.unknown")["field"], "added[0].agents");
    let change = json!({
        "added": [{"voting_unit": "1-105", "floor_area": 10_000}],
        "removed": [{"voting_unit": "1-102", "reason": "已过户。"}],
    });
    community.resident(0).post(&changes, change.clone()).await.refused(403, "session.forbidden");
    by.post(&changes, change).await.expect(204);
    let leaves = json!({"removed": [{"voting_unit": "1-105", "reason": "亲属关系。", "recused": true}]});
    by.post(&changes, leaves).await.expect(204);
    community.city.advance_clock(25).await;
    let late = json!({"removed": [{"voting_unit": "1-103", "reason": "太迟"}]});
    by.post(&changes, late).await.refused(409, "ballot.roll_frozen");

    for (i, status) in [(0, 403), (1, 403), (2, 201), (3, 201)] {
        assert_eq!(community.vote(i, &ballot.id, "in_favour").await.status, status, "resident {i}");
    }
    let shown = ballot.counted().await;
    assert_eq!((&shown["tally"][0]["eligible"], &shown["tally"][0]["in_favour"]), (&json!(2), &json!(2)), "{shown}");
    assert_eq!(shown["verdict"]["outcome"], "passed");
    let bundle = ballot.verified().await;
    for told in ["roll.recused", "roll.removed", "roll.changed"] {
        assert!(bundle.contains(told), "{told}");
    }
    assert!(!bundle.contains("承包") && !bundle.contains("亲属"), "reasons are committed to");
}
