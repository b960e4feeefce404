//! Letters: what members are told reaches them by mail and text message, when they want it, once, and in the end.

use std::collections::HashSet;

use serde_json::{Value, json};
use yishi_tests::{
    clients::Client,
    communities::{Community, text},
    mailboxes::Mailboxes,
    processes::Process,
    receivers::{Answering, Receiver},
    servers::{Server, Setup},
};

const LI: &str = "li.ming@example.org";

/// A server whose letters go to these; what fails is tried again after these times.
async fn server(mailboxes: &Mailboxes, gateway: &Receiver, retries: &str) -> Server {
    Setup::fresh()
        .env("YISHI_SMTP_URL", &mailboxes.url())
        .env("YISHI_MAIL_FROM", "议事 <yishi@city.example.org>")
        .env("YISHI_PUBLIC_URL", "https://city.example.org/")
        .env("YISHI_SMS_URL", &gateway.url())
        .env("YISHI_SMS_KEY", "gateway-key")
        .env("YISHI_ALLOWED_HOSTS", "127.0.0.1")
        .env("YISHI_LETTER_RETRIES", retries)
        .start()
        .await
}

fn preferences(changed: &Value) -> Value {
    let mut all = json!({"email": "everything", "sms": "nothing", "pace": "at_once", "locale": "zh-CN"});
    all.as_object_mut().expect("an object").extend(changed.as_object().expect("an object").clone());
    all
}

/// The letters of an outcome, once there are so many.
async fn settled(boss: &Client, outcome: &str, number: usize) -> Vec<Value> {
    for _ in 0..600 {
        let page = boss.get(&format!("/letters?outcome={outcome}")).await.expect(200);
        let items = page["items"].as_array().expect("a list").clone();
        if items.len() >= number {
            return items;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("there are no {number} letters {outcome}: {}", boss.get("/letters").await.text)
}

#[tokio::test]
async fn what_a_member_is_told_comes_as_mail_in_their_language_and_ends_from_the_mail_itself() {
    let (mailboxes, gateway) = (Mailboxes::start(), Receiver::start());
    let server = server(&mailboxes, &gateway, "1s").await;
    let community = Community::on(server.site(), 1).await;
    let resident = community.resident(0);
    resident.put("/contact", json!({"email": LI})).await.expect(204);
    let topic = community.accepted().await;
    let title = text(&community.read(&format!("/topics/{topic}")).await["title"]);
    let mail = mailboxes.of(LI, 1).await[0].clone();
    assert_eq!((mail.subject(), mail.reader()), (format!("议题已入库：{title}"), LI.to_owned()));
    assert!(mail.text().contains(&community.residents[0].name) && mail.text().contains(&title), "{}", mail.text());
    let letter = text(&settled(&community.boss().await, "sent", 1).await[0]["id"]);
    assert_eq!(mail.id(), format!("{letter}@city.example.org"));
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert_eq!(mail.header("Content-Language"), "zh-CN");

    resident.put("/preferences", preferences(&json!({"locale": "en"}))).await.expect(204);
    community.accepted().await;
    let english = mailboxes.of(LI, 2).await[1].clone();
    assert_eq!(english.subject(), format!("A topic was accepted: {title}"));
    assert!(english.text().starts_with("Dear "), "{}", english.text());

    // The link stands in the header and in the text; following it asks, and posting to it ends the mails (RFC 8058).
    assert_eq!(mail.header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    let link = mail.header("List-Unsubscribe");
    let link = link.trim_start_matches('<').trim_end_matches('>');
    assert!(mail.text().contains(link), "{link} is not in {}", mail.text());
    let path = link.strip_prefix("https://city.example.org").expect("it leads to this installation").to_owned();
    let visitor = community.city.site().client();
    let asked = visitor.get(&path).await;
    assert!(asked.status == 200 && asked.text.contains("<form method=\"post\">"), "{}", asked.text);
    assert_eq!(resident.get("/preferences").await.expect(200)["email"], "everything");
    let mut forged = path.clone();
    let last = forged.pop().expect("a token");
    forged.push(if last == 'A' { 'Q' } else { 'A' });
    let form = "application/x-www-form-urlencoded";
    assert_eq!(visitor.post_bytes(&forged, form, "List-Unsubscribe=One-Click").await.status, 404);
    assert_eq!(visitor.post_bytes(&path, form, "List-Unsubscribe=One-Click").await.status, 200);
    assert_eq!(resident.get("/preferences").await.expect(200)["email"], "nothing");
    community.accepted().await;
    assert_eq!(resident.get("/notices").await.expect(200)["unread"], 3, "the inbox has everything");
    assert_eq!(community.boss().await.get("/letters").await.expect(200)["items"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn what_is_changed_while_somebody_unsubscribes_stays_changed() {
    let (mailboxes, gateway) = (Mailboxes::start(), Receiver::start());
    let server = server(&mailboxes, &gateway, "1s").await;
    let community = Community::on(server.site(), 1).await;
    let resident = community.resident(0);
    resident.put("/contact", json!({"email": LI})).await.expect(204);
    community.accepted().await;
    let link = mailboxes.of(LI, 1).await[0].header("List-Unsubscribe");
    let path = link.trim_start_matches("<https://city.example.org").trim_end_matches('>').to_owned();
    let visitor = community.city.site().client();
    for round in 0..40 {
        let [old, new] = if round % 2 == 0 { ["daily", "weekly"] } else { ["weekly", "daily"] };
        resident.put("/preferences", preferences(&json!({"pace": old}))).await.expect(204);
        let form = "application/x-www-form-urlencoded";
        let (ended, changed) = tokio::join!(
            visitor.post_bytes(&path, form, "List-Unsubscribe=One-Click"),
            resident.put("/preferences", preferences(&json!({"pace": new}))),
        );
        assert_eq!(ended.status, 200, "{}", ended.text);
        changed.expect(204);
        let kept = resident.get("/preferences").await.expect(200);
        assert_eq!(kept["pace"], new, "whoever came first, the pace was changed once: {kept}");
    }
}

#[tokio::test]
async fn mail_that_is_not_taken_is_tried_again_under_the_same_id_and_in_the_end_has_a_reason() {
    let (mailboxes, gateway) = (Mailboxes::start(), Receiver::start());
    let server = server(&mailboxes, &gateway, "1s,1s").await;
    let community = Community::on(server.site(), 2).await;
    let boss = community.boss().await;
    let resident = community.resident(0);
    resident.put("/contact", json!({"email": LI})).await.expect(204);
    mailboxes.reply(LI, 451);
    community.accepted().await;
    let dead = settled(&boss, "dead", 1).await[0].clone();
    assert_eq!((&dead["attempts"], mailboxes.received().len()), (&json!(3), 0));
    assert_eq!(dead["failure"], "the mail server answered 451 4.1.1", "and not what it said, which quotes the address");
    mailboxes.reply(LI, 250);
    let revival = format!("/letters/{}/revival", text(&dead["id"]));
    boss.post(&revival, json!({})).await.expect(204);
    assert_eq!(mailboxes.of(LI, 1).await[0].id(), format!("{}@city.example.org", text(&dead["id"])));
    settled(&boss, "sent", 1).await;
    boss.post(&revival, json!({})).await.refused(409, "letter.not_dead");

    // A mailbox that there is not is not written to again, until somebody says so.
    mailboxes.reply(LI, 550);
    community.accepted().await;
    let refused = settled(&boss, "refused", 1).await[0].clone();
    assert_eq!(refused["attempts"], 1);
    let contact = resident.get("/contact").await.expect(200);
    assert!(contact["email"]["refused_at"].is_string() && text(&contact["email"]["refusal"]).contains("550 5.1.1"));
    community.accepted().await;
    assert_eq!(boss.get("/letters").await.expect(200)["items"].as_array().map(Vec::len), Some(2), "none is written");
    mailboxes.reply(LI, 250);
    resident.put("/contact", json!({"email": LI})).await.expect(204);
    assert_eq!(resident.get("/contact").await.expect(200)["email"]["refused_at"], Value::Null);
    community.accepted().await;
    mailboxes.of(LI, 2).await;
    let me = text(&refused["member"]);
    assert_eq!(me, community.residents[0].id);
    resident.call("DELETE", "/contact").await.expect(204);
    assert_eq!(resident.get("/contact").await.expect(200), json!({}));
}

#[tokio::test]
async fn text_messages_go_through_the_gateway_with_its_key_and_are_tried_again() {
    let (mailboxes, gateway) = (Mailboxes::start(), Receiver::start());
    let server = server(&mailboxes, &gateway, "1s,1s").await;
    let community = Community::on(server.site(), 1).await;
    let resident = community.resident(0);
    let bad = resident.put("/contact", json!({"phone": "0571-87654321"})).await.refused(422, "contact.bad_number");
    assert_eq!(bad["field"], "phone");
    resident.put("/contact", json!({"email": "nobody"})).await.refused(422, "contact.bad_address");
    resident.put("/contact", json!({"phone": "138 0013 8000"})).await.expect(204);
    community.accepted().await;
    assert_eq!(gateway.received().len(), 0, "text messages are for what cannot wait, unless somebody wants more");
    resident.put("/preferences", preferences(&json!({"sms": "everything"}))).await.expect(204);
    gateway.answer(Answering::Status(503));
    community.accepted().await;
    gateway.once(|all| !all.is_empty()).await;
    gateway.answer(Answering::Status(202));
    let all = gateway.once(|all| all.iter().any(|it| it.answered == Answering::Status(202))).await;
    let (first, last) = (all[0].event(), all[all.len() - 1].event());
    assert_eq!((&first, &first["to"]), (&last, &json!("+8613800138000")), "the same, under the same id");
    assert!(text(&last["text"]).contains("议题已入库"), "{last}");
    assert_eq!(all[0].header("authorization"), "Bearer gateway-key");
    assert_eq!(all[0].header("idempotency-key"), text(&last["id"]));
    gateway.answer(Answering::Status(422));
    community.accepted().await;
    settled(&community.boss().await, "refused", 1).await;
    assert!(resident.get("/contact").await.expect(200)["phone"]["refused_at"].is_string());
}

#[tokio::test]
async fn what_can_wait_is_gathered_until_the_morning_and_comes_once() {
    let (mailboxes, gateway) = (Mailboxes::start(), Receiver::start());
    let server = server(&mailboxes, &gateway, "1s").await;
    let community = Community::on(server.site(), 1).await;
    let resident = community.resident(0);
    resident.put("/contact", json!({"email": LI})).await.expect(204);
    let bad = json!({"quiet": {"from": "22:00", "to": "22:00"}});
    resident.put("/preferences", preferences(&bad)).await.refused(422, "preferences.bad_quiet_hours");
    let wanted = preferences(&json!({"pace": "daily", "quiet": {"from": "22:00", "to": "07:00"}}));
    resident.put("/preferences", wanted.clone()).await.expect(204);
    assert_eq!(resident.get("/preferences").await.expect(200), wanted);
    community.accepted().await;
    community.accepted().await;
    let waiting = community.boss().await.get("/letters?outcome=waiting").await.expect(200)["items"].clone();
    assert_eq!(waiting.as_array().map(Vec::len), Some(1), "one letter gathers both");
    assert!(text(&waiting[0]["due_at"]).ends_with("T00:00:00Z"), "eight in the morning in the city's zone: {waiting}");
    community.city.advance_clock(24).await;
    let mail = mailboxes.of(LI, 1).await[0].clone();
    assert!(mail.subject().ends_with("2 条消息"), "{}", mail.subject());
    assert_eq!(mail.text().matches("议题已入库").count(), 2, "{}", mail.text());
    community.accepted().await;
    let waiting = settled(&community.boss().await, "waiting", 1).await;
    assert_eq!(waiting.len(), 1, "what comes after it went out is for the next morning");
    assert_eq!(mailboxes.received().len(), 1);
}

#[tokio::test]
async fn a_city_tries_its_own_words_and_its_letters_say_them() {
    let (mailboxes, gateway) = (Mailboxes::start(), Receiver::start());
    let server = server(&mailboxes, &gateway, "1s").await;
    let community = Community::on(server.site(), 1).await;
    let boss = community.boss().await;
    community.resident(0).put("/contact", json!({"email": LI})).await.expect(204);
    let said = json!({"subject": "入库：{{ title }}", "body": "{{ name }}，{{ city }}收到了。"});
    let trial = |subject: &str, body: &str| json!({"kind": "topic.accepted", "locale": "zh-CN", "subject": subject, "body": body});
    let shown = boss.post("/templates/previews", trial("入库：{{ title }}", "{{ name }}")).await.expect(200);
    assert_eq!(shown, json!({"subject": "入库：小区东门加装路灯", "body": "李明"}));
    let problem = boss.post("/templates/previews", trial("x", "{{ titel }}")).await;
    let problem = problem.refused(422, "template.unknown_variable");
    assert_eq!(problem["field"], "body");
    boss.post("/templates/previews", trial("x", "{{ title")).await.refused(422, "template.bad");
    boss.put("/templates/topic/zh-CN", said.clone()).await.refused(422, "template.bad_kind");
    community
        .coordinator()
        .put("/templates/topic.accepted/zh-CN", said.clone())
        .await
        .refused(403, "session.forbidden");
    boss.put("/templates/topic.accepted/zh-CN", said).await.expect(204);
    let own = async || {
        let all = boss.get("/templates").await.expect(200);
        let own = all.as_array().expect("a list").iter().filter(|it| it["own"] == true).count();
        (own, all.as_array().expect("a list").len())
    };
    let (one, all) = own().await;
    assert_eq!(one, 1);
    community.accepted().await;
    let mail = mailboxes.of(LI, 1).await[0].clone();
    assert!(mail.subject().starts_with("入库：") && mail.text().contains("收到了。"), "{}", mail.text());
    assert!(mail.text().contains("/unsubscriptions/"), "whatever a city says, its reader can end it");
    boss.call("DELETE", "/templates/topic.accepted/zh-CN").await.expect(204);
    assert_eq!(own().await, (0, all));
    boss.call("DELETE", "/templates/topic.accepted/zh-CN").await.refused(404, "template.unknown");
}

/// How often the worker is killed unless `YISHI_TESTS_KILLS` says so, and how many people are told of something around each kill.
const KILLS: usize = 20;
const TOLD: usize = 12;

#[tokio::test]
async fn a_worker_that_is_killed_again_and_again_loses_no_letter_and_sends_none_under_two_ids() {
    let kills = std::env::var("YISHI_TESTS_KILLS").map_or(KILLS, |it| it.parse().expect("a number of kills"));
    let mailboxes = Mailboxes::start();
    let server = Setup::fresh().arg("--no-workers").start().await;
    let folder = server.site().data_dir.clone();
    let url = format!("postgres:///yishi?host={}/sockets&user=yishi_owner", folder.display());
    let log = folder.with_extension("worker.log");
    let smtp = mailboxes.url();
    let work = || {
        let environment = [
            ("YISHI_DATABASE_URL", url.as_str()),
            ("YISHI_SMTP_URL", smtp.as_str()),
            ("YISHI_MAIL_FROM", "yishi@city.example.org"),
            ("YISHI_PUBLIC_URL", "https://city.example.org"),
        ];
        Process::start(&["work", "--data-dir", folder.to_str().expect("a plain name")], &environment, &log)
    };
    let community = Community::on(server.site(), 1).await;
    let resident = community.resident(0);
    resident.put("/contact", json!({"email": LI})).await.expect(204);
    // Each mail takes a moment, so that kills find some under way.
    mailboxes.take(std::time::Duration::from_millis(30));
    let mut told = 0;
    for _ in 0..kills {
        let worker = work();
        for _ in 0..TOLD {
            community.accepted().await;
            told += 1;
        }
        tokio::time::sleep(yishi_tests::kills::some_time(std::time::Duration::from_millis(800))).await;
        worker.kill().await;
    }
    let worker = work();
    let boss = community.boss().await;
    let ids = async || {
        let page = boss.get("/letters?outcome=sent&limit=1000").await.expect(200);
        let items = page["items"].as_array().expect("a list").clone();
        items.iter().map(|it| format!("{}@city.example.org", text(&it["id"]))).collect::<HashSet<_>>()
    };
    let begun = std::time::Instant::now();
    // What a killed worker had claimed is free when its lease ends.
    while ids().await.len() < told {
        let sent = ids().await.len();
        assert!(begun.elapsed().as_secs() < 240, "of {told} letters {sent} were sent:\n{}", worker.log());
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    let received: Vec<_> = mailboxes.received().iter().map(yishi_tests::mailboxes::Mail::id).collect();
    let known: HashSet<_> = received.iter().cloned().collect();
    assert_eq!(known, ids().await, "each letter arrived, and nothing that was none");
    assert_eq!(known.len(), told, "each notice has one letter");
    println!("{told} letters, {} of them sent again under their ids", received.len() - known.len());
    worker.terminate();
    assert_eq!(worker.ended().await, Some(0), "{}", worker.log());
}
