//! Notices by rules: a city says who is told of what, and they are, once, in their inbox and beyond it.

use serde_json::{Value, json};
use yishi_tests::{
    clients::{Client, Sent},
    communities::{Community, HOME, text},
    mailboxes::Mailboxes,
    servers::Setup,
};

/// The notices of a kind that somebody has, once there are so many.
async fn told(who: &Client, kind: &str, number: usize) -> Vec<Value> {
    for _ in 0..400 {
        let inbox = who.get("/notices?limit=1000").await.expect(200);
        let items = inbox["items"].as_array().expect("a list").iter().filter(|it| it["kind"] == kind);
        let items: Vec<_> = items.cloned().collect();
        if items.len() >= number {
            return items;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{number} notices {kind} did not come: {}", who.get("/notices").await.text)
}

#[tokio::test]
async fn whoever_a_case_concerns_is_told_by_the_standard_rules_and_once() {
    let community = Community::gathered(3).await;
    let topic = community.accepted().await;
    community.resident(1).call("PUT", &format!("/topics/{topic}/support")).await.expect(204);
    community.resident(0).call("PUT", &format!("/topics/{topic}/following")).await.expect(204);
    community.deliberate(&topic).await;
    let convened = told(&community.resident(1), "meeting.convened", 1).await;
    assert_eq!(convened[0]["facts"]["topic"], topic.as_str());
    // They have raised it, and follow it besides.
    assert_eq!(told(&community.resident(0), "meeting.convened", 1).await.len(), 1);
    let now = community.city.advance_clock(1).await;
    let mandate = json!({
        "proxy": community.witness.id, "starts_at": now, "ends_at": yishi_tests::instants::after(&now, 60 * 24 * 30),
    });
    community.resident(2).post("/mandates", mandate).await.expect(201);
    community.open(&topic).await.expect(201);
    told(&community.resident(2), "ballot.opened", 1).await;
    told(&community.city.by(&community.witness), "ballot.opened", 1).await;
    let elsewhere = community.city.member("外人", "330102001051").await;
    assert_eq!(community.city.by(&elsewhere).get("/notices").await.expect(200)["unread"], 0);
}

#[tokio::test]
async fn a_city_says_who_is_told_of_what_and_what_cannot_wait() {
    let mailboxes = Mailboxes::start();
    let server = Setup::fresh()
        .env("YISHI_SMTP_URL", &mailboxes.url())
        .env("YISHI_MAIL_FROM", "yishi@city.example.org")
        .env("YISHI_PUBLIC_URL", "https://city.example.org")
        .start()
        .await;
    let community = Community::on(server.site(), 1).await;
    let boss = community.boss().await;
    let street = community.supervisor("330106002").await;
    // Quiet hours all day but for a minute, in which nobody raises anything.
    let quiet = json!({"from": "00:01", "to": "00:00"});
    let calm = json!({"email": "everything", "sms": "nothing", "pace": "at_once", "quiet": quiet, "locale": "zh-CN"});
    for (who, address) in [(&street, "street@example.org"), (&community.resident(0), "author@example.org")] {
        who.put("/contact", json!({"email": address})).await.expect(204);
        who.put("/preferences", calm.clone()).await.expect(204);
    }
    let rules = |kinds: &[&str], to: &Value, when: &str| json!({"rules": [{"kinds": kinds, "to": to, "when": when}]});
    let supervisors = json!([{"who": "role", "role": "supervisor", "level": "street"}]);
    assert_eq!(boss.get("/notice-rules").await.expect(200)["own"], false);
    let author = json!([{"who": "author"}]);
    boss.put("/notice-rules", rules(&["contact.*"], &author, "as_wanted"))
        .await
        .refused(422, "notice_rule.private_kind");
    boss.put("/notice-rules", rules(&["ballot"], &author, "as_wanted")).await.refused(422, "event.bad_kind");
    let nameless = boss.put("/notice-rules", rules(&["topic.raised"], &json!([{"who": "role"}]), "as_wanted")).await;
    assert_eq!(nameless.refused(422, "notice_rule.bad_audience")["field"], "rules[0].to[0].role");
    community.coordinator().put("/notice-rules", json!({"rules": []})).await.refused(403, "session.forbidden");
    let urgent = rules(&["topic.raised"], &supervisors, "urgent");
    boss.put("/notice-rules", urgent.clone()).await.expect(204);
    let shown = boss.get("/notice-rules").await.expect(200);
    assert_eq!((&shown["own"], &shown["rules"]), (&json!(true), &urgent["rules"]));

    let topic = community.raised().await;
    let raised = told(&street, "topic.raised", 1).await;
    assert_eq!(raised[0]["facts"]["topic"], topic.as_str());
    let mail = mailboxes.of("street@example.org", 1).await;
    assert!(mail[0].text().contains("topic.raised"), "what has no words of its own goes by its code");
    // What the author is told can wait, and does.
    community.coordinator().post(&format!("/topics/{topic}/acceptance"), json!({})).await.expect(200);
    let waiting = boss.get("/letters?outcome=waiting").await.expect(200)["items"].clone();
    assert_eq!((waiting.as_array().map(Vec::len), &waiting[0]["member"]), (Some(1), &json!(community.residents[0].id)));
    community.city.advance_clock(24).await;
    mailboxes.of("author@example.org", 1).await;

    // What a rule keeps for a digest waits for one, although its reader would have it sooner.
    street
        .put("/preferences", json!({"email": "everything", "sms": "nothing", "pace": "at_once", "locale": "zh-CN"}))
        .await
        .expect(204);
    boss.put("/notice-rules", rules(&["topic.raised"], &supervisors, "weekly")).await.expect(204);
    community.raised().await;
    told(&street, "topic.raised", 2).await;
    let waiting = boss.get("/letters?outcome=waiting").await.expect(200)["items"].clone();
    assert!(
        waiting.as_array().is_some_and(|it| it.len() == 1) && waiting[0]["due_at"] != waiting[0]["written_at"],
        "{waiting}"
    );

    boss.call("DELETE", "/notice-rules").await.expect(204);
    assert_eq!(boss.get("/notice-rules").await.expect(200)["own"], false);
    community.accepted().await;
    community.deliberate(&topic).await;
    told(&community.resident(0), "meeting.convened", 1).await;
    assert_eq!(told(&street, "topic.raised", 2).await.len(), 2, "the rule is gone");
}

#[tokio::test]
async fn an_inbox_is_followed_as_it_fills_and_taken_up_where_it_ended() {
    let community = Community::gathered(1).await;
    let resident = community.resident(0);
    let first_topic = community.accepted().await;
    let first = resident.follow("/notices/stream?unread=true", None, 1).await;
    let notice = |sent: &Sent| sent.data["notice"].clone();
    assert_eq!((&first[0].data["unread"], &notice(&first[0])["kind"]), (&json!(1), &json!("topic.accepted")));
    assert_eq!(notice(&first[0])["facts"]["topic"], first_topic.as_str());
    let (follower, last) = (resident.clone(), first[0].id.clone());
    let following = tokio::spawn(async move { follower.follow("/notices/stream", Some(&last), 2).await });
    let topics = [community.accepted().await, community.accepted().await];
    let next = following.await.expect("it goes on");
    assert_eq!([0, 1].map(|i| notice(&next[i])["facts"]["topic"].clone()), topics.map(Value::from));
    assert_eq!(next[1].data["unread"], 3);
    // Who stopped after the second is sent the third, and who says no mark only what comes.
    let again = resident.follow("/notices/stream", Some(&next[0].id), 1).await;
    assert_eq!(notice(&again[0])["id"], notice(&next[1])["id"]);
    resident.get_with("/notices/stream", &[("last-event-id", "yesterday")]).await.refused(422, "notice.bad_mark");

    // Whatever was read is told of no more.
    let read = json!({"until": notice(&next[0])["id"]});
    assert_eq!(resident.post("/notices/reading", read.clone()).await.expect(200)["unread"], 1);
    assert_eq!(resident.post("/notices/reading", read).await.expect(200)["unread"], 1, "once more changes nothing");
    let inbox = resident.get("/notices?unread=true").await.expect(200);
    assert_eq!((inbox["items"].as_array().map(Vec::len), &inbox["items"][0]["id"]), (Some(1), &notice(&next[1])["id"]));
    let unread = resident.follow("/notices/stream?unread=true", None, 1).await;
    assert_eq!(notice(&unread[0])["id"], notice(&next[1])["id"]);
    resident.post(&format!("/notices/{}/reading", text(&notice(&next[1])["id"])), Value::Null).await.expect(200);
    assert_eq!(resident.get("/notices").await.expect(200)["unread"], 0);
    let other = community.city.member("外人", HOME).await;
    assert_eq!(community.city.by(&other).get("/notices").await.expect(200)["unread"], 0);
}
