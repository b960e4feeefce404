//! Webhooks: others' systems hear of what happens, signed, in order, and in the end, whatever becomes of them or of us.

use std::{collections::HashMap, path::Path, process::Command};

use serde_json::{Value, json};
use yishi_tests::{
    cases::created,
    clients::Client,
    communities::{Community, text},
    receivers::{Answering, Received, Receiver},
    servers::{Server, Setup},
};

async fn server(retries: &str) -> Server {
    Setup::fresh().env("YISHI_ALLOWED_HOSTS", "127.0.0.1").env("YISHI_WEBHOOK_RETRIES", retries).start().await
}

async fn hook(boss: &Client, receiver: &Receiver, kinds: &[&str]) -> String {
    created(boss.post("/webhooks", json!({"url": receiver.url(), "kinds": kinds})).await)
}

fn delivered(all: &[Received]) -> Vec<&Received> {
    all.iter().filter(|it| it.answered == Answering::Status(204)).collect()
}

fn ids(of: &[&Received]) -> Vec<String> {
    of.iter().map(|it| it.header("webhook-id").to_owned()).collect()
}

#[tokio::test]
async fn a_receiver_that_fails_is_silent_and_comes_back_gets_each_event_in_order() {
    let server = server("1s,1s,1s,1s,1s,1s,1s,1s").await;
    let community = Community::on(server.site(), 1).await;
    let (boss, receiver) = (community.boss().await, Receiver::start());
    hook(&boss, &receiver, &["topic.*"]).await;
    receiver.answer(Answering::Status(500));
    let topic = community.accepted().await;
    receiver.once(|all| all.len() > 1).await;
    receiver.answer(Answering::Never);
    receiver.once(|all| all.iter().any(|it| it.answered == Answering::Never)).await;
    receiver.answer(Answering::Status(204));
    let all = receiver.once(|all| delivered(all).len() == 2).await;
    let told: Vec<_> = delivered(&all).iter().map(|it| (it.kind(), text(&it.event()["subject"]))).collect();
    assert_eq!(told, [("topic.raised".into(), topic.clone()), ("topic.accepted".into(), topic)]);
    let first = all[0].header("webhook-id");
    let before: Vec<_> = all.iter().take_while(|it| it.answered != Answering::Status(204)).collect();
    assert!(before.iter().all(|it| it.header("webhook-id") == first), "nothing of the same subject overtakes");
    let feed = boss.get("/events?kinds=topic.raised").await.expect(200);
    assert_eq!(all[0].event()["data"], feed["items"][0], "it is told as the feed tells it");
    assert_eq!(
        (&all[0].event()["id"], all[0].header("content-type")),
        (&json!(first), "application/cloudevents+json; charset=utf-8")
    );
}

#[tokio::test]
async fn what_is_sent_bears_signatures_that_the_official_library_accepts() {
    let server = server("1s").await;
    let community = Community::on(server.site(), 1).await;
    let (boss, receiver) = (community.boss().await, Receiver::start());
    let id = hook(&boss, &receiver, &["ballot.*"]).await;
    let secret = async || text(&boss.get(&format!("/webhooks/{id}/secret")).await.expect(200)["secret"]);
    let first = secret().await;
    boss.post(&format!("/webhooks/{id}/secret"), json!({})).await.expect(204);
    let second = secret().await;
    assert_ne!(first, second);
    let event = created(boss.post(&format!("/webhooks/{id}/tests"), json!({})).await);
    let all = receiver.once(|all| !all.is_empty()).await;
    let sent = &all[0];
    assert_eq!((sent.kind().as_str(), sent.header("webhook-id")), ("webhook.tested", event.as_str()));
    assert_eq!(sent.header("webhook-signature").split(' ').count(), 2, "the secret before is good for a day");
    let Some(verify) = Library::found() else { return };
    assert!(verify.accepts(&first, sent, &sent.body) && verify.accepts(&second, sent, &sent.body));
    assert!(!verify.accepts(&second, sent, &sent.body.replace("1.0", "1.1")), "it was changed on the way");
    let other = format!("whsec_{}", "A".repeat(43)) + "=";
    assert!(!verify.accepts(&other, sent, &sent.body), "another secret");
}

#[tokio::test]
async fn a_webhook_that_never_answers_is_disabled_and_told_of_and_gets_everything_once_it_is_enabled() {
    let server = server("0s,0s").await;
    let community = Community::on(server.site(), 1).await;
    let (boss, receiver) = (community.boss().await, Receiver::start());
    let id = hook(&boss, &receiver, &["topic.raised"]).await;
    receiver.answer(Answering::Status(503));
    let topic = community.raised().await;
    let feed = boss.get("/events?kinds=webhook.disabled&wait=30").await.expect(200);
    assert_eq!(feed["items"][0]["subject"], id);
    assert_eq!(receiver.received().len(), 3, "an attempt, and two more");
    let shown = boss.get(&format!("/webhooks/{id}")).await.expect(200);
    assert_eq!((shown["disabled_at"].is_string(), &shown["why"]), (true, &json!("it answered 503")));
    let log = async || boss.get(&format!("/webhooks/{id}/deliveries")).await.expect(200)["items"].clone();
    let entry = log().await[0].clone();
    assert_eq!((&entry["attempts"], &entry["status"], &entry["subject"]), (&json!(3), &json!(503), &json!(topic)));
    receiver.answer(Answering::Status(204));
    boss.post(&format!("/webhooks/{id}/enabling"), json!({})).await.expect(204);
    let all = receiver.once(|all| delivered(all).len() == 1).await;
    assert_eq!(all[3].header("webhook-id"), all[0].header("webhook-id"));
    while log().await[0]["delivered_at"].is_null() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    boss.post(&format!("/webhooks/{id}/replays"), json!({"from": 0})).await.expect(204);
    let all = receiver.once(|all| delivered(all).len() == 2).await;
    assert_eq!(ids(&delivered(&all)[1..]), [text(&entry["event"])], "under the id that it had");
    receiver.answer(Answering::Status(410));
    community.raised().await;
    let disabled = "/events?kinds=webhook.disabled&wait=30&after=";
    let feed = boss.get(&format!("{disabled}{}", feed["read_to"])).await.expect(200);
    assert_eq!(feed["items"][0]["subject"], id, "nobody waits for it any more");
}

#[tokio::test]
async fn a_webhook_does_not_lead_inside() {
    let community = Community::gathered(0).await;
    let boss = community.boss().await;
    for url in ["https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1/", "https://169.254.169.254/latest"] {
        boss.post("/webhooks", json!({"url": url})).await.refused(422, "webhook.private_address");
    }
    boss.post("/webhooks", json!({"url": "http://example.org/"})).await.refused(422, "webhook.bad_url");
    // A name is looked up when it is called; this one leads to the machine itself.
    let id = created(boss.post("/webhooks", json!({"url": "https://localhost/"})).await);
    boss.post(&format!("/webhooks/{id}/tests"), json!({})).await.expect(201);
    let failure = async || {
        let log = boss.get(&format!("/webhooks/{id}/deliveries")).await.expect(200);
        log["items"].as_array().expect("a list").iter().find_map(|it| it["failure"].as_str().map(str::to_owned))
    };
    let mut said = failure().await;
    while said.is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        said = failure().await;
    }
    assert!(said.as_deref().is_some_and(|it| it.contains("not public")), "{said:?}");
}

#[tokio::test]
async fn a_webhook_is_changed_by_whoever_has_seen_it_as_it_is_and_taken_away() {
    let community = Community::gathered(0).await;
    let boss = community.boss().await;
    let input = |kind: &str| json!({"url": "https://example.org/", "kinds": [kind]});
    let path = format!("/webhooks/{}", created(boss.post("/webhooks", input("topic.*")).await));
    let tag = boss.get(&path).await.header("etag").to_owned();
    boss.put_with(&path, input("ballot.*"), &[("if-match", &tag)]).await.expect(204);
    boss.put_with(&path, input("vote.*"), &[("if-match", &tag)]).await.refused(412, "request.stale");
    assert_eq!(boss.get(&path).await.expect(200)["kinds"], json!(["ballot.*"]));
    boss.post("/webhooks", input("Ballot")).await.refused(422, "event.bad_kind");
    boss.call("DELETE", &path).await.expect(204);
    boss.get(&path).await.refused(404, "webhook.unknown");
}

/// How often the worker is killed unless `YISHI_TESTS_KILLS` says so.
const KILLS: usize = 5;

/// How many things happen around each kill.
const ADDED: usize = 30;

#[tokio::test]
async fn a_killed_server_delivers_everything_and_nothing_under_two_ids() {
    let kills = std::env::var("YISHI_TESTS_KILLS").map_or(KILLS, |it| it.parse().expect("a number of kills"));
    let start = |setup: Setup<'static>| {
        setup.env("YISHI_ALLOWED_HOSTS", "127.0.0.1").env("YISHI_WEBHOOK_RETRIES", "1s,1s,1s,1s,1s,1s").start()
    };
    let mut server = start(Setup::fresh()).await;
    let mut community = Community::on(server.site(), 1).await;
    let receiver = Receiver::start();
    hook(&community.boss().await, &receiver, &["member.added"]).await;
    let mut added = Vec::new();
    for _ in 0..kills {
        let seen = receiver.received().len();
        for member in community.city.crowd(ADDED, yishi_tests::communities::HOME).await {
            added.push(member.id);
        }
        receiver.once(|all| all.len() > seen).await;
        tokio::time::sleep(yishi_tests::kills::some_time(std::time::Duration::from_millis(100))).await;
        let folder = server.kill().await;
        server = start(Setup::on(folder)).await;
        community = community.moved(server.site());
    }
    let subjects = |all: &[Received]| -> HashMap<String, String> {
        all.iter().map(|it| (text(&it.event()["subject"]), it.header("webhook-id").to_owned())).collect()
    };
    // Whoever was added shortly before the webhook was made may be told of too.
    let told = |all: &[Received]| added.iter().all(|member| subjects(all).contains_key(member));
    let all = receiver.once(told).await;
    let known = subjects(&all);
    for it in &all {
        let subject = text(&it.event()["subject"]);
        assert_eq!(it.header("webhook-id"), known[&subject], "what is sent again is sent under the same id");
    }
}

/// The JavaScript library of Standard Webhooks, where `cargo xtask test` has installed it.
struct Library(std::path::PathBuf);

impl Library {
    fn found() -> Option<Self> {
        let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/npm/node_modules");
        let there = modules.join("standardwebhooks").is_dir();
        let runs = Command::new("node").arg("--version").output().is_ok_and(|it| it.status.success());
        if !there || !runs {
            println!("skipped: Node.js or its package standardwebhooks is missing under target/tools");
        }
        (there && runs).then_some(Self(modules))
    }

    fn accepts(&self, secret: &str, sent: &Received, body: &str) -> bool {
        const CHECK: &str = "const {Webhook} = require('standardwebhooks');\
            const {secret, body, headers} = JSON.parse(process.argv[1]);\
            try { new Webhook(secret).verify(body, headers) } catch (e) { console.error(String(e)); process.exit(3) }";
        let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
        let headers: HashMap<_, _> = names.map(|name| (name, sent.header(name))).into();
        let input: Value = json!({"secret": secret, "body": body, "headers": headers});
        let run = Command::new("node").args(["-e", CHECK, &input.to_string()]).env("NODE_PATH", &self.0).output();
        let run = run.expect("Node.js runs");
        let said = String::from_utf8_lossy(&run.stderr);
        match run.status.code() {
            Some(0) => true,
            Some(3) if said.contains("WebhookVerificationError") => false,
            code => panic!("{code:?}: {said}"),
        }
    }
}
