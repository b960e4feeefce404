//! Crashes: what was acknowledged is there afterwards, and the record goes on as if nothing had happened.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use serde_json::json;
use yishi_tests::{cities::City, clients::Client, servers::Setup};

/// How many callers write at the same time.
const WRITERS: usize = 8;

#[tokio::test]
async fn a_server_killed_while_it_writes_loses_nothing_that_it_has_acknowledged() {
    let mut server = Setup::fresh().start().await;
    let mut city = City::on(server.site()).await;
    let mut acknowledged = HashSet::new();
    for crash in 1..=3 {
        let (boss, unit) = (city.administrator().await.clone(), city.unit("330106002").await.to_owned());
        let written = Arc::new(Mutex::new(HashSet::new()));
        let writers: Vec<_> =
            (0..WRITERS).map(|_| tokio::spawn(write_on(city.by(&boss), unit.clone(), Arc::clone(&written)))).collect();
        while written.lock().expect("no panic").len() < 100 {
            assert!(writers.iter().all(|writer| !writer.is_finished()), "the writers go on until the crash");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let folder = server.kill().await;
        for writer in writers {
            writer.await.expect("a writer stops when nobody answers");
        }
        acknowledged.extend(written.lock().expect("no panic").drain());

        server = Setup::on(folder).start().await;
        city = city.moved(server.site());
        let record = city.record(acknowledged.len() as u64).await;
        let recorded: HashSet<_> = record.events.iter().filter_map(|event| event["subject"].as_str()).collect();
        let lost: Vec<_> = acknowledged.iter().filter(|id| !recorded.contains(id.as_str())).collect();
        assert!(lost.is_empty(), "crash {crash} lost {lost:?}");
    }
    let last = city.member("最后一人", "330106002").await;
    city.by(&last).get("/units").await.expect(200);
    assert_eq!(
        server.stop().await.path(),
        city.site().data_dir,
        "a crash leaves nothing that keeps it from ending well"
    );
}

/// Adds members until nobody answers, and keeps the identifiers of those that were acknowledged.
async fn write_on(client: Client, unit: String, written: Arc<Mutex<HashSet<String>>>) {
    let person = json!({"members": [{"name": "张伟", "unit": unit}]});
    while let Ok(answer) = client.attempt_post("/members", &person).await {
        let created = answer.expect(201);
        written.lock().expect("no panic").insert(created["ids"][0].as_str().expect("an id").to_owned());
    }
}
