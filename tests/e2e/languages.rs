//! Rules that are not in Rust, brought to a city by their author and decided by.

use serde_json::Value;
use yishi_tests::{
    cases::created,
    communities::{Community, text},
    programs, rule_sets,
    servers::Setup,
};

#[tokio::test]
async fn rules_in_c_and_in_javascript_are_pushed_and_decide() {
    let server = Setup::fresh().env("YISHI_SCRIPT_TIER", "*").start().await;
    let community = Community::on(server.site(), 3).await;
    let token = community.city.administrator().await.token.clone();
    let address = format!("http://{}", server.site().address);
    for name in ["threshold-c", "threshold-js"] {
        let component = rule_sets::component(name);
        if !std::path::Path::new(&component).is_file() {
            println!("skipped: {name} is not built here; `cargo xtask plugins` says why");
            continue;
        }
        let push = ["plugin", "push", &component, "--activate", "--json"];
        let city = ["--server", &address, "--tenant", community.city.slug()];
        let done = programs::run_with([&push[..], &city[..]].concat(), &[("YISHI_TOKEN", &token)]).await.done();
        let done: Value = serde_json::from_str(&done).expect("JSON");
        assert_eq!(done["name"], *name);
        let topic = community.deliberated().await;
        let id = created(community.open(&topic).await);
        // The rule announces a ballot a day before it opens.
        community.city.advance_clock(25).await;
        community.vote_all(&id, "in_favour").await;
        community.end(&id, "closing").await.expect(200);
        let ended = community.end(&id, "count").await.expect(200);
        assert_eq!(ended["outcome"], "passed", "{ended}");
        let ballot = community.read(&format!("/ballots/{id}")).await;
        assert_eq!(ballot["component"], *text(&done["digest"]), "it decided");
        assert_eq!(ballot["rule"]["window_hours"], 168, "{ballot}");
    }
    server.stop().await;
}
