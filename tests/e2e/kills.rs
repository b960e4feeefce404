//! Kills: server and database end at moments that nobody chose while people vote. What was acknowledged is counted once; what was not is sent again.

use std::{collections::HashMap, time::Duration};

use serde_json::{Value, json};
use tokio::task::JoinSet;
use yishi_tests::{
    books,
    cases::created,
    cities::Member,
    clients::Client,
    communities::{Community, HOME, text, unit},
    kills,
    servers::Setup,
};

/// How many vote around each kill, and by how many callers at the same time.
const VOTERS: usize = 40;
const CALLERS: usize = 10;

/// How long after they begin the kill comes at the latest.
const LATEST: Duration = Duration::from_millis(150);

/// How many kills there are unless `YISHI_TESTS_KILLS` says so.
const KILLS: usize = 10;

#[tokio::test]
async fn votes_outlast_kills_of_server_and_database_at_random_moments() {
    let kills = std::env::var("YISHI_TESTS_KILLS").map_or(KILLS, |it| it.parse().expect("a number of kills"));
    let mut server = Setup::fresh().start().await;
    let mut community = Community::on(server.site(), 1).await;
    let voters = voters(&community, kills * VOTERS).await;
    let topic = community.deliberated().await;
    let roll: Vec<_> = (0..).zip(&voters).map(|(i, it)| json!({"voting_unit": unit(i), "agents": [it.id]})).collect();
    let ballot = json!({"question": "是否更换两盏路灯？", "electorate": "residents", "roll": roll});
    let ballot = created(community.coordinator().post(&format!("/topics/{topic}/ballots"), ballot).await);
    let path = format!("/ballots/{ballot}/votes");
    let mut acknowledged = HashMap::new();
    for round in 0..kills {
        let these = round * VOTERS..(round + 1) * VOTERS;
        let votes: Vec<_> = these.map(|i| (i, community.city.by(&voters[i]))).collect();
        let mut callers = JoinSet::new();
        for part in votes.chunks(VOTERS / CALLERS) {
            callers.spawn(vote_until_nobody_answers(part.to_vec(), path.clone()));
        }
        tokio::time::sleep(kills::some_time(LATEST)).await;
        let data_dir = server.site().data_dir.clone();
        // In turn: the server, the database with the server, and a connection of the database, which the server outlives.
        if round % 3 == 2 {
            kills::kill_connection(&data_dir);
        } else {
            if round % 3 == 1 {
                kills::kill_database(&data_dir);
            }
            let folder = server.kill().await;
            server = Setup::on(folder).start().await;
            community = community.moved(server.site());
        }
        let heard: HashMap<_, _> = callers.join_all().await.into_iter().flatten().collect();
        for (i, _) in votes {
            let event = vote_until_cast(&community.city.by(&voters[i]), i, &path).await;
            let before = heard.get(&i).unwrap_or(&event);
            assert_eq!(*before, event, "kill {round}: the vote of {} is told otherwise than before", unit(i));
            acknowledged.insert(event, i);
        }
    }
    assert_eq!(acknowledged.len(), voters.len(), "each vote has an event of its own");
    let shown = community.read(&format!("/ballots/{ballot}")).await;
    assert_eq!((&shown["voting_units"], &shown["voted"]), (&voters.len().into(), &voters.len().into()));
    community.end(&ballot, "closing").await.expect(200);
    assert_eq!(community.end(&ballot, "count").await.expect(200)["outcome"], "passed");
    let counted = community.read(&format!("/ballots/{ballot}")).await["tally"][0]["in_favour"].clone();
    assert_eq!(counted, voters.len());
    let record = community.city.record(voters.len() as u64).await;
    let cast: Vec<_> = record.events.iter().filter(|it| it["kind"] == "vote.cast").map(|it| text(&it["id"])).collect();
    assert_eq!(cast.len(), voters.len());
    assert!(cast.iter().all(|event| acknowledged.contains_key(event)), "the record tells of no other vote");
    books::verified(&community, &ballot).await;
}

/// So many members without a role, of whom each acts for one voting unit.
async fn voters(community: &Community, number: usize) -> Vec<Member> {
    let mut voters = Vec::with_capacity(number);
    while voters.len() < number {
        voters.extend(community.city.crowd((number - voters.len()).min(500), HOME).await);
    }
    voters
}

fn vote(i: usize) -> (Value, String) {
    (json!({"voting_unit": unit(i), "choice": "in_favour"}), format!("vote {i}"))
}

/// Casts one vote after the other until a server is gone or cannot; tells the events of those that were acknowledged.
async fn vote_until_nobody_answers(votes: Vec<(usize, Client)>, path: String) -> Vec<(usize, String)> {
    let mut heard = Vec::new();
    for (i, client) in votes {
        let (body, key) = vote(i);
        match client.attempt_post_with(&path, &body, &[("idempotency-key", &key)]).await {
            Ok(answer) if answer.status == 201 => heard.push((i, text(&answer.expect(201)["event"]))),
            Ok(answer) => drop(answer.refused(503, "server.busy")),
            Err(_) => return heard,
        }
    }
    heard
}

/// Sends a vote with its key until it is cast; tells its event.
async fn vote_until_cast(client: &Client, i: usize, path: &str) -> String {
    let (body, key) = vote(i);
    for _ in 0..600 {
        let answer = client.post_with(path, body.clone(), &[("idempotency-key", &key)]).await;
        match answer.status {
            201 => return text(&answer.expect(201)["event"]),
            // The act of the request that nobody heard the answer of is under way.
            409 => drop(answer.refused(409, "request.in_flight")),
            _ => drop(answer.refused(503, "server.busy")),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the vote of {} is not cast", unit(i))
}
