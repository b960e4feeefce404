//! A developer's day: rules are begun, built and tested, run in shadow, replayed, signed, put in force, decided under, and taken back.

use serde_json::Value;
use yishi_tests::{
    communities::{Community, text},
    folders::Folder,
    programs::{self, Ended},
    rule_sets,
    servers::Setup,
};

/// A developer at their shell, who gives the administrator's token by its variable.
struct Developer {
    folder: Folder,
    server: String,
    tenant: String,
    token: String,
}

impl Developer {
    /// A path in their folder.
    fn path(&self, name: &str) -> String {
        path(&self.folder, name)
    }

    async fn remote(&self, args: &[&str]) -> Ended {
        let server = ["--server", &self.server, "--tenant", &self.tenant];
        programs::run_with([&["plugin"], args, &server].concat(), &[("YISHI_TOKEN", &self.token)]).await
    }
}

fn path(folder: &Folder, name: &str) -> String {
    folder.path().join(name).to_str().expect("a plain name").to_owned()
}

async fn plugin(args: &[&str]) -> Ended {
    programs::run([&["plugin"], args].concat()).await
}

#[tokio::test]
async fn a_developers_day() {
    let folder = Folder::new();
    let key = path(&folder, "signer.pem");
    let line = plugin(&["key", &key, "--signer", "hangzhou"]).await.done();
    assert_eq!(plugin(&["key", &key, "--signer", "hangzhou"]).await.done(), line, "a key that is there is kept");
    let server =
        Setup::fresh().env("YISHI_RULE_SETS_NEED", "either").env("YISHI_TRUSTED_SIGNERS", line.trim()).start().await;
    let (community, operator) = (Community::on(server.site(), 3).await, server.site().operator().await);
    let token = community.city.administrator().await.token.clone();
    let (address, tenant) = (format!("http://{}", server.site().address), community.city.slug().to_owned());
    let dev = Developer { folder, server: address, tenant, token };

    // In the morning the city decides by the standard rule set, which the province has approved.
    let standard = rule_sets::component("standard");
    let said = dev.remote(&["push", &standard, "--activate"]).await.failed(1);
    assert!(said.contains("409 rule_set.not_approved") && said.contains("fix: "), "{said}");
    let approved = text(&community.read("/rule-sets").await[0]["digest"]);
    let approve = format!("/platform/tenants/{}/rule-sets/{approved}/approvals", community.city.slug());
    let said = serde_json::json!({"decision": "approved", "reason": "省级标准规则。"});
    operator.post(&approve, said).await.expect(201);
    dev.remote(&["push", &standard, "--activate"]).await.done();
    let before = community.adopted().await;

    // Rules of their own: begun, made stricter, built, tested.
    let rules = dev.path("hangzhou-rules");
    plugin(&["new", "hangzhou-rules", "--dir", &rules]).await.done();
    let source = format!("{rules}/src/lib.rs");
    let begun = std::fs::read_to_string(&source).expect("a source");
    let stricter = begun.replace("window_hours: 168", "window_hours: 72");
    assert_ne!(stricter, begun);
    std::fs::write(&source, stricter).expect("written");
    plugin(&["build", &rules]).await.done();
    let component = format!("{rules}/target/hangzhou-rules.wasm");
    let tested = plugin(&["test", &component, &format!("{rules}/fixtures")]).await.done();
    assert!(tested.contains("fixtures come out as expected"), "{tested}");

    // In shadow beside the rules in force, while a decision is taken under these.
    let done = dev.remote(&["push", &component, "--shadow", "--json"]).await.done();
    let digest = text(&serde_json::from_str::<Value>(&done).expect("JSON")["digest"]);
    let meanwhile = community.adopted().await;
    let logs = dev.remote(&["logs"]).await.done();
    assert!(logs.contains(&digest) && logs.contains("window of 72 h instead of 168 h"), "{logs}");
    // Over what was decided before: nothing would have come out differently.
    let replayed = dev.remote(&["replay", &component]).await.done();
    assert!(replayed.starts_with("2 decisions: 2 the same"), "{replayed}");

    // Signed by a key that the platform does not know by this name, then by the one that it does.
    let configuration = dev.path("rules.json");
    std::fs::write(&configuration, r#"{"notice_hours": 0}"#).expect("written");
    let push = ["push", &component, "--activate", "--configuration", &configuration, "--key", &key, "--signer"];
    let said = dev.remote(&[&push[..], &["ningbo"]].concat()).await.failed(1);
    assert!(said.contains("422 signature.unknown_signer") && said.contains("fix: "), "{said}");
    let done = dev.remote(&[&push[..], &["hangzhou"]].concat()).await.done();
    assert!(done.contains("signed     by hangzhou") && done.contains("activated  as number 2"), "{done}");
    let signed = plugin(&["sign", &component, "--key", &key, "--signer", "hangzhou"]).await.done();
    let signed: Value = serde_json::from_str(&signed).expect("JSON");
    let standing = community.read(&format!("/rule-sets/{digest}/standing")).await;
    assert_eq!(standing["signatures"][0]["signature"], signed["signature"], "one key signs the same in the same way");

    // A decision under them; what was decided before stays as it was.
    let after = community.adopted().await;
    let component_of = async |ballot: &str| community.read(&format!("/ballots/{ballot}")).await["component"].clone();
    assert_eq!(component_of(&after.ballot).await, *digest);
    for earlier in [&before, &meanwhile] {
        assert_eq!(component_of(&earlier.ballot).await, *approved);
    }

    // In the evening the city takes it back.
    let boss = community.boss().await;
    boss.post("/rules/rollback", Value::Null).await.expect(201);
    assert_eq!(rule_sets::in_force(&boss).await, approved);
    assert_eq!(component_of(&after.ballot).await, *digest, "what was decided stays decided by what decided it");
    server.stop().await;
}
