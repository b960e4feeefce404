//! Mail that comes back: the server took it, and says by another mail that it did not arrive.

use serde_json::{Value, json};
use yishi_tests::{
    answers::Answer,
    clients::Client,
    communities::{Community, text},
    mailboxes::{Mail, Mailboxes},
    servers::{Server, Setup},
};

const LI: &str = "Li.Ming@example.org";

async fn server(mailboxes: &Mailboxes) -> Server {
    Setup::fresh()
        .env("YISHI_SMTP_URL", &mailboxes.url())
        .env("YISHI_MAIL_FROM", "议事 <yishi@city.example.org>")
        .env("YISHI_BOUNCES_TO", "bounces@mail.example.org")
        .env("YISHI_PUBLIC_URL", "https://city.example.org/")
        .start()
        .await
}

/// What a mail server writes to whom a mail comes back to (RFC 3464), in these words about whom it was for.
fn report(mail: &Mail, recipient: &str) -> String {
    let (recipient, to) = (recipient.replace('\n', "\r\n"), &mail.from);
    let quoted = String::from_utf8_lossy(&mail.raw);
    format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.net (Mail Delivery System)\r\nTo: {to}\r\nSubject: Undelivered Mail Returned to Sender\r\n\
         Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"8C2F1/mx.example.net\"\r\n\r\n\
         --8C2F1/mx.example.net\r\nContent-Description: Notification\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nI'm sorry.\r\n\r\n\
         --8C2F1/mx.example.net\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n{recipient}\r\n\
         --8C2F1/mx.example.net\r\nContent-Type: message/rfc822\r\n\r\n{quoted}\r\n--8C2F1/mx.example.net--\r\n"
    )
}

/// A community whose resident was just written to.
async fn told(server: &Server) -> Community {
    let community = Community::on(server.site(), 1).await;
    community.resident(0).put("/contact", json!({"email": LI})).await.expect(204);
    community.accepted().await;
    community
}

async fn hand_over(visitor: &Client, report: impl Into<Vec<u8>>) -> Answer {
    visitor.post_bytes("/mail/bounces", "message/rfc822", report).await
}

/// What became of a mail's letter, and why.
async fn letter(boss: &Client, mail: &Mail) -> (String, Value) {
    let all = boss.get("/letters").await.expect(200);
    let id = mail.id().split('@').next().expect("an id").to_owned();
    let letter = all["items"].as_array().expect("letters").iter().find(|it| it["id"] == id.as_str());
    let letter = letter.expect("it is in the log");
    (text(&letter["outcome"]), letter["failure"].clone())
}

#[tokio::test]
async fn an_address_from_which_mail_comes_back_for_good_is_written_to_no_more() {
    let mailboxes = Mailboxes::start();
    let server = server(&mailboxes).await;
    let community = told(&server).await;
    let (boss, resident) = (community.boss().await, community.resident(0));
    let visitor = community.city.site().client();
    let first = mailboxes.of(LI, 1).await[0].clone();
    assert!(first.from.starts_with("bounces+") && first.from.ends_with("@mail.example.org"), "{}", first.from);
    assert_eq!(first.header("From"), "=?utf-8?b?6K6u5LqL?= <yishi@city.example.org>");

    // It is late, or has arrived: nothing is to be done.
    for action in ["delayed", "delivered", "relayed", "expanded"] {
        let said = format!("Final-Recipient: rfc822; {LI}\nAction: {action}\nStatus: 4.4.7\n");
        hand_over(&visitor, report(&first, &said)).await.expect(204);
    }
    assert_eq!(letter(&boss, &first).await.0, "sent");

    // A full mailbox keeps its address; one that there is not, does not.
    let full = format!(
        "Final-Recipient: rfc822; {LI}\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 {LI}\n"
    );
    hand_over(&visitor, report(&first, &full)).await.expect(204);
    assert_eq!(letter(&boss, &first).await, ("bounced".into(), json!("it came back: 5.2.2")), "and not what it quotes");
    assert_eq!(resident.get("/contact").await.expect(200)["email"]["refused_at"], Value::Null);
    community.accepted().await;
    let second = mailboxes.of(LI, 2).await[1].clone();
    assert_ne!(first.from, second.from, "each letter comes back to an address of its own");
    let nobody = "Final-Recipient: rfc822; li.ming@example.org\nAction: failed\nStatus: 5.1.1\n";
    for _ in 0..2 {
        hand_over(&visitor, report(&second, nobody)).await.expect(204);
    }
    assert_eq!(letter(&boss, &second).await, ("bounced".into(), json!("it came back: 5.1.1")));
    let reached = resident.get("/contact").await.expect(200)["email"].clone();
    assert_eq!((&reached["address"], &reached["refusal"]), (&json!(LI), &json!("it came back: 5.1.1")), "{reached}");
    community.accepted().await;
    assert_eq!(boss.get("/letters").await.expect(200)["items"].as_array().map(Vec::len), Some(2), "none is written");

    // The administrators see which came back, and have one tried again.
    let back = boss.get("/letters?outcome=bounced").await.expect(200)["items"].clone();
    assert_eq!(back.as_array().map(Vec::len), Some(2), "{back}");
    let id = second.id().split('@').next().expect("an id").to_owned();
    boss.post(&format!("/letters/{id}/revival"), json!({})).await.expect(204);
    assert_eq!(mailboxes.of(LI, 3).await[2].id(), second.id());
    assert_eq!(resident.get("/contact").await.expect(200)["email"]["refused_at"], Value::Null);
}

#[tokio::test]
async fn a_report_tells_of_nobody_but_the_letter_that_it_came_back_to() {
    let mailboxes = Mailboxes::start();
    let server = server(&mailboxes).await;
    let community = told(&server).await;
    let (boss, resident) = (community.boss().await, community.resident(0));
    let visitor = community.city.site().client();
    let mail = mailboxes.of(LI, 1).await[0].clone();
    let nobody = format!("Final-Recipient: rfc822; {LI}\nAction: failed\nStatus: 5.1.1\n");

    // Another proof, or another letter, was not written here.
    let (path, domain) = mail.from.split_once('@').expect("an address");
    let (letter_part, proof) = path.split_once('.').expect("a proof");
    let other = if proof.starts_with('0') { "1" } else { "0" };
    let forged = format!("{letter_part}.{other}{}@{domain}", &proof[1..]);
    let unknown = format!("bounces+{}.{proof}@{domain}", "0".repeat(32));
    for from in [forged, unknown] {
        hand_over(&visitor, report(&Mail { from, ..mail.clone() }, &nobody)).await.refused(404, "bounce.unknown");
    }
    for (what, sent) in [
        ("a reply", format!("To: {}\r\nSubject: Re\r\n\r\nI am away until Monday.\r\n", mail.from)),
        ("to somebody else", report(&Mail { from: "bounces@mail.example.org".into(), ..mail.clone() }, &nobody)),
        ("nothing", String::new()),
    ] {
        let refused = hand_over(&visitor, sent).await.refused(422, "bounce.bad_report");
        assert!(refused["field"] == "body" && refused["fix"].is_string(), "{what}: {refused}");
    }
    assert_eq!(letter(&boss, &mail).await.0, "sent");

    // It was sent on, and the address behind is gone: ours is another one.
    let behind = "Original-Recipient: rfc822; li@elsewhere.example.com\nFinal-Recipient: rfc822; li@elsewhere.example.com\n\
                  Action: failed\nStatus: 5.1.1\n";
    hand_over(&visitor, report(&mail, behind)).await.expect(204);
    assert_eq!(letter(&boss, &mail).await.0, "bounced");
    assert_eq!(resident.get("/contact").await.expect(200)["email"]["refused_at"], Value::Null);
}
