//! Ballots among options, in rounds, in secret, with votes that change and closings that are put off: each by a rule that its city wrote down.

use serde_json::{Value, json};
use yishi_tests::{
    books::{book, condition, counted, open, opened, verified},
    cases::created,
    communities::{Community, text, unit},
    instants, plugins,
};

fn options(costs: Option<[u64; 3]>) -> Value {
    let all = [("lamps", "更换路灯"), ("benches", "增设长椅"), ("ramp", "无障碍坡道")];
    let option = |(i, (code, title)): (usize, (&str, &str))| match costs {
        Some(costs) => json!({"code": code, "title": title, "cost": costs[i]}),
        None => json!({"code": code, "title": title}),
    };
    all.into_iter().enumerate().map(option).collect()
}

async fn says(community: &Community, i: usize, ballot: &str, mut vote: Value) -> yishi_tests::answers::Answer {
    vote["voting_unit"] = unit(i).into();
    community.resident(i).post(&format!("/ballots/{ballot}/votes"), vote).await
}

fn chosen(shown: &Value) -> Vec<String> {
    shown["verdict"]["winners"].as_array().expect("winners").iter().map(text).collect()
}

#[tokio::test]
async fn residents_spend_a_budget_online_and_on_paper_and_spoiled_papers_are_counted() {
    let rule = json!({
        "method": {"approval": 2}, "conditions": [condition("quorum", "eligible", (1, 2), false)],
        "selection": {"measure": "heads", "procedure": {"greedy_skip": 0}, "tie": "listed_first"},
    });
    let more = json!({"options": options(Some([600, 500, 300])), "budget": 1_000});
    let (community, ballot) = opened(5, rule, more).await;
    says(&community, 0, &ballot, json!({"approved": ["lamps", "ramp"]})).await.expect(201);
    says(&community, 1, &ballot, json!({"approved": ["benches", "lamps"]})).await.expect(201);
    let three = says(&community, 2, &ballot, json!({"approved": ["lamps", "benches", "ramp"]})).await;
    three.refused(422, "vote.bad_choice");
    let none = says(&community, 2, &ballot, json!({"approved": ["fountain"]})).await.refused(422, "vote.bad_choice");
    assert!(none["detail"].as_str().is_some_and(|it| it.contains("fountain")), "{none}");
    says(&community, 2, &ballot, json!({"choice": "in_favour"})).await.refused(422, "vote.bad_choice");
    says(&community, 2, &ballot, json!({"choice": "spoiled"})).await.refused(422, "vote.bad_choice");
    let two = says(&community, 2, &ballot, json!({"choice": "abstained", "approved": ["lamps"]})).await;
    two.refused(422, "vote.bad_choice");
    let papers = [
        (2, json!({"approved": ["benches"]})),
        (3, json!({"approved": ["benches", "ramp"]})),
        (4, json!({"choice": "spoiled"})),
    ];
    let papers: Vec<_> = papers
        .map(|(i, mut paper)| {
            paper["voting_unit"] = unit(i).into();
            paper
        })
        .into();
    let mut batch = json!({
        "station": "3号楼大堂", "witness": community.witness.id, "scan_reference": "scans/1.pdf", "papers": papers,
        "control": {"papers": 3, "spoiled": 1, "options": {"benches": 1, "ramp": 1}},
    });
    let path = format!("/ballots/{ballot}/batches");
    let problem = community.coordinator().post(&path, batch.clone()).await.refused(422, "batch.not_reconciled");
    assert_eq!(problem["field"], "control.options.benches");
    batch["control"]["options"]["benches"] = 2.into();
    community.coordinator().post(&path, batch).await.expect(201);

    let shown = counted(&community, &ballot).await;
    assert_eq!(
        (shown["verdict"]["outcome"].clone(), chosen(&shown)),
        (json!("passed"), vec!["benches".into(), "ramp".into()])
    );
    let standing = |i: usize| (&shown["standings"][i]["score"], &shown["standings"][i]["chosen"]);
    assert_eq!(
        [standing(0), standing(1), standing(2)],
        [(&json!(2), &json!(false)), (&json!(3), &json!(true)), (&json!(2), &json!(true))]
    );
    assert_eq!((&shown["tally"][0]["in_favour"], &shown["tally"][0]["spoiled"]), (&json!(4), &json!(1)));
    let bundle = verified(&community, &ballot).await;
    assert!(bundle.contains("先办哪几件实事？") && bundle.contains("无障碍坡道"), "what was asked is in the record");
}

#[tokio::test]
async fn options_are_ranked_or_given_points_and_the_rule_says_who_wins() {
    let selection = |procedure: Value| json!({"measure": "heads", "procedure": procedure, "tie": "listed_first"});
    for (method, procedure, winner) in [
        (json!({"ranked": 3}), json!({"schulze": 1}), "benches"),
        (json!({"ranked": 3}), json!("instant_runoff"), "lamps"),
    ] {
        let rule = json!({"method": method, "selection": selection(procedure)});
        let (community, ballot) = opened(5, rule, json!({"options": options(None)})).await;
        // Benches are everybody's second and beat each other option two by two; lamps and the ramp have the first places.
        for (i, order) in
            [["lamps", "benches"], ["lamps", "benches"], ["ramp", "benches"], ["ramp", "benches"], ["benches", "lamps"]]
                .iter()
                .enumerate()
        {
            says(&community, i, &ballot, json!({"ranked": order})).await.expect(201);
        }
        let shown = counted(&community, &ballot).await;
        assert_eq!(chosen(&shown), [winner], "{shown}");
        verified(&community, &ballot).await;
    }
    let rule = json!({"method": {"cumulative": 5}, "selection": selection(json!({"most_votes": 1}))});
    let (community, ballot) = opened(2, rule, json!({"options": options(None)})).await;
    says(&community, 0, &ballot, json!({"points": {"lamps": 4, "ramp": 2}})).await.refused(422, "vote.bad_choice");
    says(&community, 0, &ballot, json!({"points": {"lamps": 2, "ramp": 3}})).await.expect(201);
    says(&community, 1, &ballot, json!({"points": {"lamps": 2}})).await.expect(201);
    let shown = counted(&community, &ballot).await;
    assert_eq!((chosen(&shown), &shown["standings"][0]["score"]), (vec!["lamps".into()], &json!(4)));
}

#[tokio::test]
async fn a_secret_ballot_tells_who_voted_and_what_was_voted_and_never_who_voted_what() {
    let rule = json!({"secrecy": "secret", "conditions": [condition("majority", "participating", (1, 2), true)]});
    let (community, ballot) = opened(5, rule.clone(), json!({})).await;
    let path = format!("/ballots/{ballot}/votes");
    let vote = json!({"voting_unit": unit(0), "choice": "against"});
    let once = [("idempotency-key", "a-secret")];
    let cast = community.resident(0).post_with(&path, vote, &once).await;
    let cast = cast.expect(201);
    // The key finds its answer again, and nothing is kept by which the choice could be found out by trying.
    let other = json!({"voting_unit": unit(0), "choice": "in_favour"});
    let again = community.resident(0).post_with(&path, other, &once).await;
    assert_eq!(again.expect(201), cast);
    community.vote(0, &ballot, "in_favour").await.refused(409, "vote.already_cast");
    community.vote(1, &ballot, "in_favour").await.expect(201);
    let said = json!({
        "station": "3号楼大堂", "witness": community.witness.id, "scan_reference": "scans/1.pdf",
        "papers": [{"voting_unit": unit(2)}, {"voting_unit": unit(3)}],
        "contents": [{"number": 2, "choice": "in_favour"}], "control": {"papers": 2, "in_favour": 2},
    });
    let batches = format!("/ballots/{ballot}/batches");
    let mut linked = said.clone();
    linked["papers"][0]["choice"] = "in_favour".into();
    community.coordinator().post(&batches, linked).await.refused(422, "batch.bad_contents");
    let mut short = said.clone();
    short["contents"][0]["number"] = 1.into();
    community.coordinator().post(&batches, short).await.refused(422, "batch.bad_contents");
    community.coordinator().post(&batches, said).await.expect(201);
    let shown = community.read(&format!("/ballots/{ballot}")).await;
    assert_eq!((&shown["voted"], &shown["tally"]), (&json!(4), &Value::Null), "turnout alone");
    let told = community.shown("batch.entered", 1).await;
    assert!(told.len() == 1 && told[0]["body"]["control"]["in_favour"] == 0, "{told:?}");

    let shown = counted(&community, &ballot).await;
    assert_eq!((&shown["verdict"]["outcome"], &shown["tally"][0]["in_favour"]), (&json!("passed"), &json!(3)));
    let bundle: Value = serde_json::from_str(&verified(&community, &ballot).await).expect("JSON");
    for leaf in bundle["leaves"].as_array().expect("leaves").iter().map(|it| &it["leaf"]) {
        assert!(leaf["kind"] != "vote.cast" || leaf["body"]["choice"].is_null(), "{leaf}");
    }
    let cast = community.shown("vote.cast", 4).await;
    assert!(cast.len() == 4 && cast.iter().all(|it| !it.to_string().contains("favour")), "{cast:?}");

    let heavy = json!([{"voting_unit": unit(0), "heads": 2}]);
    let refused = open(&community, &community.deliberated().await, json!({"roll": heavy})).await;
    assert_eq!(refused.refused(422, "ballot.bad_roll")["field"], "roll[0].heads");
}

#[tokio::test]
async fn a_vote_may_be_changed_where_the_rule_says_so_and_only_the_last_one_counts() {
    let rule = json!({"change_of_vote": true, "conditions": [condition("majority", "participating", (1, 2), true)]});
    let (community, ballot) = opened(2, rule, json!({})).await;
    let first = text(&community.vote(0, &ballot, "against").await.expect(201)["event"]);
    let second = text(&community.vote(0, &ballot, "in_favour").await.expect(201)["event"]);
    assert_ne!(first, second);
    community.vote(1, &ballot, "in_favour").await.expect(201);
    assert_eq!(community.read(&format!("/ballots/{ballot}")).await["voted"], 2);
    let shown = counted(&community, &ballot).await;
    assert_eq!((&shown["tally"][0]["in_favour"], &shown["tally"][0]["against"]), (&json!(2), &json!(0)));
    let bundle = verified(&community, &ballot).await;
    assert!(bundle.contains(&first) && bundle.contains(&second), "the record keeps both");
}

#[tokio::test]
async fn a_ballot_in_which_too_few_voted_stays_open_longer_as_often_as_its_rule_says() {
    let conditions =
        json!([condition("quorum", "eligible", (1, 2), false), condition("majority", "participating", (1, 2), true)]);
    let rule = json!({"extension": {"hours": 24, "times": 1}, "conditions": conditions});
    let (community, ballot) = opened(4, rule, json!({})).await;
    community.vote(0, &ballot, "in_favour").await.expect(201);
    community.city.advance_clock(49).await;
    let shown = community.read(&format!("/ballots/{ballot}")).await;
    assert_eq!((&shown["state"], &shown["extended"]), (&json!("open"), &json!(1)));
    community.vote(1, &ballot, "in_favour").await.expect(201);
    community.city.advance_clock(24).await;
    assert_eq!(community.read(&format!("/ballots/{ballot}")).await["state"], "closing", "not a second time");
    let shown = counted(&community, &ballot).await;
    assert_eq!(shown["verdict"]["outcome"], "passed");
    verified(&community, &ballot).await;
}

#[tokio::test]
async fn what_passes_in_one_round_goes_to_the_next_electorate_and_is_adopted_in_the_last() {
    let community = Community::gathered(3).await;
    let rounds =
        json!([{"code": "council", "electorate": "council_members"}, {"code": "assembly", "electorate": "residents"}]);
    let rule = json!({"rounds": rounds, "conditions": [condition("majority", "participating", (1, 2), true)]});
    let digest = community.adopt_rules(plugins::built("rule-book"), book(rule.clone())).await;
    let topic = community.deliberated().await;
    let too_soon = open(&community, &topic, json!({})).await;
    too_soon.refused(422, "ballot.wrong_electorate");
    let council = created(open(&community, &topic, json!({"electorate": "council_members"})).await);
    community.vote_all(&council, "in_favour").await;
    let shown = counted(&community, &council).await;
    assert_eq!(shown["verdict"]["outcome"], "next_round");
    verified(&community, &council).await;
    assert_eq!(community.read(&format!("/topics/{topic}")).await["stage"], "deliberated");
    let problem = open(&community, &topic, json!({"after": topic})).await.refused(422, "ballot.no_round_before");
    assert_eq!(problem["field"], "after");
    let mut shorter = rule.clone();
    shorter["rounds"] = json!([rounds[0], {"code": "all", "electorate": "residents"}]);
    community.activate(&digest, book(shorter)).await;
    open(&community, &topic, json!({"after": council})).await.refused(409, "ballot.rounds_changed");
    community.activate(&digest, book(rule)).await;
    let assembly = created(open(&community, &topic, json!({"after": council})).await);
    community.vote_all(&assembly, "in_favour").await;
    let shown = counted(&community, &assembly).await;
    assert_eq!((&shown["verdict"]["outcome"], &shown["rule"]["round"]), (&json!("passed"), &json!(1)));
    assert_eq!(shown["after"], council.as_str());
    verified(&community, &assembly).await;
}

#[tokio::test]
async fn what_is_adopted_is_published_before_it_is_carried_out() {
    let rule = json!({"publication_hours": 72, "conditions": [condition("majority", "participating", (1, 2), true)]});
    let community = Community::gathered(2).await;
    community.adopt_rules(plugins::built("rule-book"), book(rule)).await;
    let adopted = community.adopted().await;
    let path = format!("/resolutions/{}/lists", adopted.resolution);
    let lists = community.lists(200).await;
    let problem = community.coordinator().post(&path, lists.clone()).await.refused(409, "resolution.in_publication");
    assert!(problem["detail"].as_str().is_some_and(|it| it.contains("published for objections until")), "{problem}");
    community.city.advance_clock(72).await;
    community.coordinator().post(&path, lists).await.expect(200);
}

#[tokio::test]
async fn a_proxy_votes_by_a_mandate_for_as_many_as_the_rule_says_and_no_longer_than_it_holds() {
    let rule = json!({"mandates_per_proxy": 1, "conditions": [condition("majority", "participating", (1, 2), true)]});
    let (community, ballot) = opened(5, rule, json!({})).await;
    let members: Vec<_> = community.residents.iter().map(|it| it.id.clone()).collect();
    let now = community.city.advance_clock(1).await;
    let give = async |by: usize, to: usize, hours: i64| {
        let mandate = json!({"proxy": members[to], "ballot": ballot, "ends_at": instants::after(&now, hours * 60)});
        community.resident(by).post("/mandates", mandate).await
    };
    let by_proxy = async |proxy: usize, of: usize| {
        let vote = json!({"voting_unit": unit(of), "choice": "in_favour"});
        community.resident(proxy).post(&format!("/ballots/{ballot}/votes"), vote).await
    };
    give(1, 1, 24).await.refused(422, "mandate.oneself");
    give(1, 0, 0).await.refused(422, "mandate.bad_term");
    by_proxy(0, 1).await.refused(403, "vote.not_yours");
    created(give(1, 0, 24).await);
    let second = created(give(2, 0, 24).await);
    by_proxy(0, 1).await.expect(201);
    by_proxy(0, 2).await.refused(409, "vote.too_many_mandates");
    let problem = community.vote(1, &ballot, "against").await.refused(409, "vote.already_cast");
    assert!(problem["detail"].as_str().is_some_and(|it| it.ends_with("by the channel proxy")), "{problem}");
    community.resident(0).call("DELETE", &format!("/mandates/{second}")).await.refused(404, "mandate.unknown");
    community.resident(2).call("DELETE", &format!("/mandates/{second}")).await.expect(204);
    by_proxy(0, 2).await.refused(403, "vote.not_yours");
    let held = community.resident(0).get("/mandates").await.expect(200);
    assert_eq!(held.as_array().map(Vec::len), Some(2));
    created(give(3, 4, 12).await);
    community.city.advance_clock(13).await;
    by_proxy(4, 3).await.refused(403, "vote.not_yours");
    let on_paper = json!({"principal": members[3], "proxy": members[4], "ends_at": instants::after(&now, 2_400)});
    community.resident(0).post("/mandates", on_paper.clone()).await.refused(403, "session.forbidden");
    created(community.coordinator().post("/mandates", on_paper).await);
    by_proxy(4, 3).await.expect(201);
    let shown = counted(&community, &ballot).await;
    assert_eq!(shown["tally"][0]["in_favour"], 2);
    verified(&community, &ballot).await;
}

#[tokio::test]
async fn hands_that_are_raised_at_a_meeting_count_like_any_other_vote() {
    let rule = json!({"conditions": [condition("majority", "participating", (1, 2), true)]});
    let community = Community::gathered(3).await;
    community.adopt_rules(plugins::built("rule-book"), book(rule)).await;
    let topic = community.deliberated().await;
    let ballot = created(open(&community, &topic, json!({})).await);
    let meetings = community.read(&format!("/topics/{topic}/meetings")).await;
    let meeting = meetings[0]["id"].clone();
    let mut batch = community.batch(0..2);
    batch["meeting"] = json!("00000000-0000-7000-8000-000000000001");
    let path = format!("/ballots/{ballot}/batches");
    let problem = community.coordinator().post(&path, batch.clone()).await.refused(422, "batch.bad_meeting");
    assert_eq!(problem["field"], "meeting");
    batch["meeting"] = meeting;
    created(community.coordinator().post(&path, batch).await);
    let problem = community.vote(0, &ballot, "against").await.refused(409, "vote.already_cast");
    assert!(problem["detail"].as_str().is_some_and(|it| it.ends_with("by the channel hands")), "{problem}");
    let shown = counted(&community, &ballot).await;
    assert_eq!((&shown["verdict"]["outcome"], &shown["tally"][0]["in_favour"]), (&json!("passed"), &json!(2)));
    let bundle = verified(&community, &ballot).await;
    assert!(bundle.contains(r#""channel":"hands""#), "the record says how they came");
}

#[tokio::test]
async fn of_many_who_change_one_vote_at_once_the_last_one_counts_and_the_record_tells_which() {
    let rule = json!({"change_of_vote": true, "conditions": [condition("majority", "participating", (1, 2), true)]});
    let community = Community::gathered(8).await;
    community.adopt_rules(plugins::built("rule-book"), book(rule)).await;
    let topic = community.deliberated().await;
    let everybody: Vec<_> = community.residents.iter().map(|it| &it.id).collect();
    let roll = json!([{"voting_unit": unit(0), "agents": everybody}]);
    let ballot = created(open(&community, &topic, json!({"roll": roll})).await);
    community.vote(0, &ballot, "against").await.expect(201);
    let mut tasks = tokio::task::JoinSet::new();
    for i in 0..8 {
        let (who, path) = (community.resident(i), format!("/ballots/{ballot}/votes"));
        let vote = json!({"voting_unit": unit(0), "choice": if i % 2 == 0 { "in_favour" } else { "against" }});
        tasks.spawn(async move { who.post(&path, vote).await });
    }
    for answer in tasks.join_all().await {
        answer.expect(201);
    }
    let shown = counted(&community, &ballot).await;
    let said = ["in_favour", "against"].map(|it| shown["tally"][0][it].as_u64().expect("a count"));
    assert_eq!(said.iter().sum::<u64>(), 1, "{shown}");
    verified(&community, &ballot).await;
}
