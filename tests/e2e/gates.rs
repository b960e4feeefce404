//! Whoever calls from a shell speaks TLS with a server whose certificate they trust, and with no other.

use yishi_tests::{cities::City, folders::Folder, gates::Gate, programs, rule_sets};

#[tokio::test]
async fn rules_are_pushed_and_a_record_is_watched_over_tls_where_the_certificate_is_trusted() {
    let city = City::founded().await;
    let gate = Gate::before(city.site().address).await;
    let folder = Folder::new();
    let file = |name: &str| folder.path().join(name).to_str().expect("a plain name").to_owned();
    let trusted = file("gate.pem");
    std::fs::write(&trusted, &gate.certificate).expect("written");
    let (server, token) = (gate.url(), city.administrator().await.token.clone());
    let standard = rule_sets::component("standard");
    let push = ["plugin", "push", &standard, "--server", &server, "--tenant", city.slug()];

    let said = programs::run_with(push, &[("YISHI_TOKEN", &token)]).await.failed(1);
    assert!(said.contains(&server) && said.contains("certificate"), "{said}");
    let done = programs::run_with(push, &[("YISHI_TOKEN", &token), ("SSL_CERT_FILE", &trusted)]).await.done();
    assert!(done.contains("uploaded   standard 0.1.0  sha256:"), "{done}");

    let key = city.record(2).await.key;
    let (record, state) = (format!("{server}/public/{}/record", city.slug()), file("seen.checkpoint"));
    let watch = ["verify", "--log", &record, "--state", &state, "--checkpoint-key", &key];
    let blind = programs::run(watch).await;
    assert_ne!(blind.code, Some(0), "{}", blind.output);
    assert!(blind.errors.contains("certificate"), "{}", blind.errors);
    for _ in 0..2 {
        let said = programs::run_with(watch, &[("SSL_CERT_FILE", &trusted)]).await.done();
        assert!(said.contains("verified: "), "{said}");
    }
}
