//! What events say: a schema for each kind and version, which everything that happens fits.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use yishi_tests::{
    cases::{Adopted, created},
    cities::City,
    communities::{Community, text},
    receivers::Receiver,
    schemas::{self, BUNDLE},
    servers::Setup,
};

#[tokio::test]
async fn the_schemas_that_are_checked_in_are_served_together_and_each_by_itself() {
    let city = City::founded().await;
    let visitor = city.site().client();
    let served = visitor.get("/schemas/events.json").await;
    assert_eq!(served.header("content-type"), "application/schema+json");
    assert_eq!(served.expect(200), *BUNDLE);
    let parts = BUNDLE["$defs"].as_object().expect("schemas");
    let kinds: Vec<_> = parts.keys().filter(|name| name.contains('.')).collect();
    assert!(kinds.len() > 150, "{kinds:?}");
    for name in kinds {
        let (kind, version) = name.rsplit_once('.').expect("a version");
        let path = format!("/schemas/events/{kind}/{version}.json");
        let schema = visitor.get(&path).await.expect(200);
        assert_eq!((&schema["$id"], &schema["properties"]), (&json!(path), &parts[name]["properties"]));
        jsonschema::draft202012::meta::validate(&schema).unwrap_or_else(|error| panic!("{error} in {schema}"));
    }
    for path in ["/schemas/events/topic.sung/1.json", "/schemas/events/topic.raised/99.json"] {
        visitor.get(path).await.refused(404, "event.unknown_schema");
    }
}

#[tokio::test]
async fn everything_that_a_city_tells_fits_its_schema_in_the_feed_and_by_webhook() {
    let server = Setup::fresh()
        .env("YISHI_ALLOWED_HOSTS", "127.0.0.1")
        .env("YISHI_PUBLIC_URL", "https://city.example.org")
        .start()
        .await;
    let community = Community::on(server.site(), 3).await;
    let (boss, receiver) = (community.boss().await, Receiver::start());
    created(boss.post("/webhooks", json!({"url": receiver.url(), "kinds": ["topic.*", "ballot.*", "vote.*"]})).await);
    let (topic, _) = community.opened().await;
    community.told(&topic, "ballot.opened").await;
    let topic = community.deliberated().await;
    let Adopted { resolution, .. } = community.adopt(&topic).await;
    community.assign(&resolution, 240).await.expect(200);
    community.complete(&resolution).await.expect(200);
    community.told(&topic, "resolution.completed").await;
    let (mut kinds, mut next) = (BTreeSet::new(), String::new());
    loop {
        let page = boss.get(&format!("/events?limit=50{next}")).await.expect(200);
        for event in page["items"].as_array().expect("events") {
            schemas::hold(event);
            kinds.insert(text(&event["kind"]));
        }
        match &page["next"] {
            Value::Null => break,
            cursor => next = format!("&cursor={}", text(cursor)),
        }
    }
    assert!(kinds.len() > 15, "{kinds:?}");
    let all = receiver.once(|all| all.iter().any(|it| it.kind() == "ballot.decided")).await;
    for sent in &all {
        let event = sent.event();
        schemas::hold(&event["data"]);
        assert_eq!(event["dataschema"], format!("https://city.example.org/schemas/events/{}/1.json", sent.kind()));
    }
}
