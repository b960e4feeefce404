//! Whoever operates the database tries to link the votes of a secret ballot to its papers, once it is counted.

use std::collections::HashSet;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use poem::{Endpoint, Response, http::StatusCode};
use serde_json::{Value, json};
use yishi_domain::access::Role;
use yishi_store::testing::{Row, rows};

use crate::servers::{Server, server};

const CODES: [&str; 3] = ["qzlamps", "qzbench", "qzramps"];

struct City<'a, E> {
    server: &'a Server<E>,
    boss: String,
    coordinator: String,
}

impl<E: Endpoint<Output = Response>> City<'_, E> {
    async fn done(&self, by: &str, rest: &str, body: Value) -> Value {
        let (status, answer) = self.server.post(&format!("/v1/3301{rest}"), by, &body).await;
        assert!(status.is_success(), "{rest}: {answer}");
        answer
    }

    async fn made(&self, by: &str, rest: &str, body: Value) -> String {
        self.done(by, rest, body).await["ids"][0].as_str().expect("an id").to_owned()
    }

    async fn advance(&self, hours: u32) -> DateTime<Utc> {
        let moved = self.done(&self.boss, "/sandbox/clock", json!({"hours": hours})).await;
        moved["now"].as_str().expect("an instant").parse().expect("an instant")
    }

    /// Puts a rule of secrecy in force.
    async fn keep_secrets(&self) {
        let path = format!("{}/../../target/plugins/rule-book.wasm", env!("CARGO_MANIFEST_DIR"));
        let component = std::fs::read(&path).unwrap_or_else(|_| panic!("{path} is missing: run `cargo xtask plugins`"));
        let upload = self.server.client.post("/v1/3301/rule-sets").header("authorization", &self.boss);
        let uploaded = upload.content_type("application/wasm").body(component).send().await;
        uploaded.assert_status(StatusCode::CREATED);
        let digest = uploaded.json().await.value().object().get("digest").string().to_owned();
        let rule = json!({
            "secrecy": "secret", "method": {"approval": 1}, "notice_hours": 0, "window_hours": 48, "laws": [], "custom": null,
            "conditions": [], "selection": {"measure": "heads", "procedure": {"most_votes": 1}, "tie": "listed_first"},
        });
        let configuration = json!({"configuration": {"rules": [{"rule": rule}]}});
        self.done(&self.boss, &format!("/rule-sets/{digest}/activations"), configuration).await;
    }

    /// A topic that was deliberated.
    async fn deliberated(&self, resident: &str) -> String {
        let (_, page) = self.server.get("/v1/3301/units?level=city", &self.boss).await;
        let raised =
            json!({"unit": page["items"][0]["id"], "channel": "online", "title": "先办什么", "body": "三件实事"});
        let topic = self.made(resident, "/topics", raised).await;
        self.done(&self.coordinator, &format!("/topics/{topic}/acceptance"), json!({})).await;
        let starts_at = self.advance(1).await + TimeDelta::hours(1);
        let meeting = json!({"place": "议事厅", "starts_at": starts_at.to_rfc3339_opts(SecondsFormat::Micros, true)});
        let meeting = self.made(&self.coordinator, &format!("/topics/{topic}/meetings"), meeting).await;
        self.advance(2).await;
        let present = json!({"attendances": [{"member": self.server.subject_of(resident), "presence": "on_site"}]});
        self.done(&self.coordinator, &format!("/meetings/{meeting}/attendances"), present).await;
        self.done(&self.coordinator, &format!("/meetings/{meeting}/minutes"), json!({"text": "提交表决。"})).await;
        self.done(&self.coordinator, &format!("/meetings/{meeting}/minutes/adoption"), json!(null)).await;
        topic
    }
}

fn names_an_option(row: &&Row) -> bool {
    CODES.iter().any(|code| row.text.contains(code))
}

#[tokio::test]
async fn nothing_in_the_tables_links_a_voter_to_a_paper_once_the_box_is_sealed() {
    let server = server().await;
    let boss = server.administrator("3301").await;
    let coordinator = server.member_with("3301", &boss, Role::Coordinator).await;
    let mut residents = Vec::new();
    for _ in 0..4 {
        residents.push(server.member_with("3301", &boss, Role::Resident).await);
    }
    let city = City { server: &server, boss, coordinator };
    city.keep_secrets().await;
    let topic = city.deliberated(&residents[0]).await;
    let unit = |i: usize| format!("qzunit-{i}");
    let voter = |i: usize| json!({"voting_unit": unit(i), "agents": [server.subject_of(&residents[i])]});
    let mut roll: Vec<_> = (0..residents.len()).map(voter).collect();
    roll.extend([4, 5].map(|i| json!({"voting_unit": unit(i)})));
    let options: Vec<_> = CODES.iter().map(|code| json!({"code": code, "title": code})).collect();
    let ballot = json!({"question": "先办什么？", "electorate": "residents", "roll": roll, "options": options});
    let ballot = city.made(&city.coordinator, &format!("/topics/{topic}/ballots"), ballot).await;
    for (i, resident) in residents.iter().enumerate() {
        let vote = json!({"voting_unit": unit(i), "approved": [CODES[i % 3]]});
        city.done(resident, &format!("/ballots/{ballot}/votes"), vote).await;
    }
    let paper = json!({
        "station": "大堂", "witness": server.subject_of(&city.boss), "scan_reference": "1.pdf",
        "papers": [{"voting_unit": unit(4)}, {"voting_unit": unit(5)}],
        "contents": [{"number": 2, "approved": [CODES[2]]}], "control": {"papers": 2, "options": {CODES[2]: 2}},
    });
    city.made(&city.coordinator, &format!("/ballots/{ballot}/batches"), paper).await;

    // Until then each paper lies in the box with the transaction that wrote it, as the documentation says.
    let before = rows(&server.urls).await;
    let papers: Vec<_> = before.iter().filter(|row| row.table == "box_papers").collect();
    assert!(papers.len() == 6 && papers.iter().all(names_an_option), "{papers:?}");

    let known_by = |rows: &[Row]| rows.iter().any(|row| row.table == "paper_batches" && row.text.contains("\\x"));
    assert!(known_by(&before), "by what the contents of the batch are known again");

    city.advance(49).await;
    let ended = city.done(&city.coordinator, &format!("/ballots/{ballot}/count"), Value::Null).await;
    assert_eq!(ended["state"], "decided", "{ended}");
    let after = rows(&server.urls).await;
    assert!(after.iter().all(|row| row.table != "box_papers"), "the box is empty");
    let voters: Vec<_> = (0..6).map(unit).chain(residents.iter().map(|it| server.subject_of(it))).collect();
    let names_a_voter = |row: &&Row| voters.iter().any(|it| row.text.contains(it));
    let both: Vec<_> = after.iter().filter(names_an_option).filter(names_a_voter).collect();
    assert!(both.is_empty(), "rows that name a voter and an option: {both:?}");
    let cast: HashSet<_> = after
        .iter()
        .filter(|row| row.table == "votes" || row.text.contains("vote.cast"))
        .map(|row| &row.transaction)
        .collect();
    assert!(cast.len() >= 5, "four votes and a batch: {cast:?}");
    // What was announced before the first vote says nothing of any; it may get its place in the record together with votes.
    let told = after.iter().filter(names_an_option).filter(|row| !row.text.contains("ballot.opened"));
    let told: Vec<_> = told.filter(|row| cast.contains(&row.transaction)).collect();
    assert!(told.is_empty(), "rows that name an option and were written with a vote: {told:?}");
    assert!(after.iter().any(|row| row.table == "paper_batches") && !known_by(&after), "it is forgotten");
}
