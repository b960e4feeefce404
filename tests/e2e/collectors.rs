//! Telemetry reaches a collector.

use yishi_tests::{cities::City, collectors::Collector, servers::Setup};

#[tokio::test]
async fn a_collector_gets_a_span_for_each_request_with_its_tenant_and_the_metrics() {
    let collector = Collector::start();
    let server = Setup::fresh().env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url()).start().await;
    let city = City::on(server.site()).await;
    let boss = city.by(city.administrator().await);
    let id = "0199d2a1-7c00-7abc-8def-0123456789ab";
    assert_eq!(boss.get_with("/units", &[("x-request-id", id)]).await.header("x-request-id"), id);
    server.stop().await;

    let received = collector.received();
    let span = received.spans.iter().find(|it| it.attributes.get("request_id").is_some_and(|it| it == id));
    let span = span.expect("the request has a span");
    assert_eq!((span.service.as_str(), span.name.as_str()), ("yishi", "api.list_units"));
    assert_eq!(span.attributes.get("tenant").map(String::as_str), Some(city.slug()));
    let duration = received.metrics.iter().any(|name| name == "http.server.request.duration");
    assert!(duration, "{:?}", received.metrics);
    let told = format!("{:?}", received.spans);
    assert!(!told.contains("王芳") && !told.contains("Bearer"), "telemetry holds neither names nor tokens");
}

#[tokio::test]
async fn a_collector_that_is_away_harms_nobody() {
    let server = Setup::fresh().env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9").start().await;
    let city = City::on(server.site()).await;
    city.member("李强", "330106").await;
    server.stop().await;
}
