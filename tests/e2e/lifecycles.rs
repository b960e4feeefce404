//! A server's life: started in an empty directory, alone in it, drained at its end.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use yishi_tests::{cities::City, programs, servers::Setup};

#[tokio::test]
async fn an_empty_directory_is_served_and_describes_itself() {
    let server = Setup::fresh().start().await;
    let anybody = server.site().client();
    assert_eq!(anybody.get("/healthz").await.text, "ok\n");
    assert_eq!(anybody.get("/readyz").await.text, "ok\n");
    let docs = anybody.get("/docs").await;
    assert_eq!((docs.status, docs.header("content-type")), (200, "text/html; charset=utf-8"));
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/yishi.yaml");
    assert_eq!(anybody.get("/openapi.yaml").await.text, std::fs::read_to_string(kept).expect("it is checked in"));
    let operator = server.site().operator().await;
    assert_eq!(operator.get("/platform/tenants").await.expect(200), json!({"items": []}));
}

#[tokio::test]
async fn a_directory_has_one_server_and_what_it_holds_is_there_after_a_restart() {
    let server = Setup::fresh().start().await;
    let city = City::on(server.site()).await;
    let officer = city.member("李强", "330106").await;
    let folder = server.site().data_dir.to_str().expect("a plain name");
    for intruder in [vec!["serve", "--listen", "127.0.0.1:0"], vec!["migrate"], vec!["work"]] {
        let ended = programs::run([intruder, vec!["--data-dir", folder]].concat()).await;
        let said = ended.failed(1);
        assert!(said.contains("is in use by another process; stop it, or choose another with --data-dir"), "{said}");
    }
    assert_eq!(city.public().get("").await.status, 200, "the first server goes on");

    let key = city.record(3).await.key;
    let server = Setup::on(server.stop().await).start().await;
    let city = city.moved(server.site());
    city.by(&officer).get("/units").await.expect(200);
    let record = city.record(4).await;
    assert_eq!(record.kinds(), ["tenant.onboarded", "member.added", "grant.given", "member.added"]);
    assert_eq!(record.key, key, "the key that others have pinned signs on");
}

#[tokio::test]
async fn whoever_is_being_served_when_the_end_is_asked_for_gets_an_answer() {
    let server = Setup::fresh().start().await;
    let city = City::on(server.site()).await;
    let boss = city.administrator().await;
    let body = json!({"members": [{"name": "李强", "unit": city.unit("330106").await}]}).to_string();
    let (first, rest) = body.split_at(body.len() / 2);
    let head = format!(
        "POST /v1/{}/members HTTP/1.1\r\nHost: yishi\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        city.slug(),
        boss.token,
        body.len()
    );
    let mut open = TcpStream::connect(server.site().address).await.expect("the server listens");
    open.write_all(format!("{head}{first}").as_bytes()).await.expect("the server reads");
    // The server must have begun with it, which nothing on the wire shows.
    tokio::time::sleep(Duration::from_millis(500)).await;

    server.terminate();
    let asked = Instant::now();
    while city.site().client().attempt_get("/healthz").await.is_ok() {
        assert!(asked.elapsed() < Duration::from_secs(5), "new requests are still answered");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    open.write_all(rest.as_bytes()).await.expect("the server reads on");
    let mut answer = String::new();
    open.read_to_string(&mut answer).await.expect("the server answers and closes");
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert_eq!(server.ended().await.0, Some(0));
    assert!(
        asked.elapsed() < Duration::from_secs(15),
        "idle connections do not hold up the end: {:?}",
        asked.elapsed()
    );
}
