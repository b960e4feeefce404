//! Workers beside a server: whoever does the work in the background, the record is one.

use std::{path::PathBuf, time::Duration};

use serde_json::json;
use yishi_tests::{
    cities::City,
    processes::Process,
    servers::{Server, Setup},
};

#[tokio::test]
async fn workers_sequence_for_a_server_that_does_not_and_one_may_die() {
    let server = Setup::fresh().arg("--no-workers").start().await;
    let city = City::on(server.site()).await;
    city.administrator().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    city.public().get("/record/checkpoint").await.refused(404, "record.empty");

    let (first, second) = (worker(&server, 1), worker(&server, 2));
    city.record(3).await;
    add(&city, 200).await;
    first.kill().await;
    add(&city, 200).await;
    assert_eq!(city.record(403).await.size(), 403);
    second.terminate();
    assert_eq!(second.ended().await, Some(0), "{}", second.log());
    assert!(!second.log().contains("ERROR"), "{}", second.log());
}

async fn add(city: &City, number: usize) {
    let unit = city.unit("330106").await;
    let boss = city.by(city.administrator().await);
    for _ in 0..number {
        boss.post("/members", json!({"members": [{"name": "张伟", "unit": unit}]})).await.expect(201);
    }
}

/// A worker on a server's own database, reached as any other PostgreSQL would be.
fn worker(server: &Server, number: u8) -> Process {
    let folder = &server.site().data_dir;
    let url = format!("postgres:///yishi?host={}/sockets&user=yishi_owner", folder.display());
    let log: PathBuf = folder.with_extension(format!("worker-{number}.log"));
    let args = ["work", "--data-dir", folder.to_str().expect("a plain name")];
    Process::start(&args, &[("YISHI_DATABASE_URL", &url)], &log)
}
