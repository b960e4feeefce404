//! A developer brings rules to a city from the shell: `yishi plugin push`, `replay` and `logs`.

use serde_json::Value;
use yishi_tests::{
    cities::City,
    decisions,
    folders::Folder,
    programs::{self, Ended},
    rule_sets,
};

/// A developer with an administrator's token, who gives it by its variable.
struct Developer {
    server: String,
    tenant: String,
    token: String,
}

impl Developer {
    async fn of(city: &City) -> Self {
        let token = city.administrator().await.token.clone();
        Self { server: format!("http://{}", city.site().address), tenant: city.slug().to_owned(), token }
    }

    async fn plugin(&self, args: &[&str]) -> Ended {
        let mut all = vec!["plugin"];
        all.extend(args);
        all.extend(["--server", &self.server, "--tenant", &self.tenant]);
        programs::run_with(all, &[("YISHI_TOKEN", &self.token)]).await
    }
}

#[tokio::test]
async fn rules_go_from_a_developers_shell_into_shadow_and_into_force() {
    let city = City::founded().await;
    let developer = Developer::of(&city).await;
    let folder = Folder::new();
    let configuration = folder.path().join("rules.json");
    std::fs::write(&configuration, r#"{"window_hours": 72}"#).expect("written");
    let configuration = configuration.to_str().expect("a plain name");
    let (standard, code) = (rule_sets::component("standard"), rule_sets::component("civil-code-278"));

    let done = developer.plugin(&["push", &standard, "--activate", "--configuration", configuration]).await.done();
    assert!(done.contains("uploaded   standard 0.1.0  sha256:") && done.contains("activated  as number 1"), "{done}");
    let done = developer.plugin(&["push", &code, "--shadow", "--configuration", configuration, "--json"]).await.done();
    let pushed: Value = serde_json::from_str(&done).expect("JSON");
    let digest = pushed["digest"].as_str().expect("a digest");
    assert!(pushed["shadow"].is_string(), "{pushed}");
    let ballot = decisions::decided(&city).await;
    let id = ballot["id"].as_str().expect("an id");

    let why = "majority_floor_area: 44000 of 94000, more than 1/2 needed";
    let done = developer.plugin(&["logs"]).await.done();
    assert!(done.starts_with(&format!("shadow {digest} since ")), "{done}");
    for told in ["1 the same, 2 flipped, 0 not comparable", id, why, "rule_set.activated", "shadow.begun"] {
        assert!(done.contains(told), "{told}: {done}");
    }

    for rules in [digest, &code] {
        let ended = developer.plugin(&["replay", rules, "--configuration", configuration]).await;
        assert_eq!(ended.code, Some(1), "one does not come out the same: {}", ended.errors);
        assert!(ended.output.starts_with("1 decisions: 0 the same, 1 flipped, 0 not comparable\n"), "{}", ended.output);
        assert!(ended.output.contains(id) && ended.output.contains(why), "{}", ended.output);
    }
    let done = developer.plugin(&["replay", &standard, "--configuration", configuration, "--json"]).await.done();
    let replay: Value = serde_json::from_str(&done).expect("JSON");
    assert_eq!((&replay["same"], &replay["differences"]), (&1.into(), &Value::Array(Vec::new())), "{replay}");

    let activate = ["push", &code, "--activate", "--configuration", configuration, "--after"];
    let said = developer.plugin(&[&activate[..], &["0"]].concat()).await.failed(1);
    assert!(said.contains("409 rule_set.raced") && said.contains("fix: "), "{said}");
    let done = developer.plugin(&[&activate[..], &["1"]].concat()).await.done();
    assert!(done.contains("activated  as number 2, from now"), "{done}");
    assert_eq!(rule_sets::in_force(&city.by(city.administrator().await)).await, digest);
}

#[tokio::test]
async fn what_a_server_refuses_is_told_with_its_code_its_place_and_its_fix() {
    let city = City::founded().await;
    let developer = Developer::of(&city).await;
    let folder = Folder::new();
    let wrong = folder.path().join("wrong.json");
    std::fs::write(&wrong, r#"{"quorun": 1}"#).expect("written");
    let wrong = wrong.to_str().expect("a plain name");
    let standard = rule_sets::component("standard");

    let said = developer.plugin(&["push", wrong]).await.failed(1);
    assert!(said.contains("wrong.json was not taken") && said.contains("component.invalid"), "{said}");
    let said = developer.plugin(&["replay", &standard]).await.failed(1);
    assert!(said.contains("push it first") && said.contains("404 rule_set.unknown"), "{said}");
    let said = developer.plugin(&["push", &standard, "--shadow", "--configuration", wrong]).await.failed(1);
    assert!(said.contains("configuration: the configuration does not fit") && said.contains("quorun"), "{said}");
    assert!(said.contains("(422 policy.configuration_invalid)") && said.contains("request: "), "{said}");
    let said = developer.plugin(&["replay", "sha256:nothing"]).await.failed(1);
    assert!(said.contains("neither a digest nor a file"), "{said}");
    assert_eq!(developer.plugin(&["logs"]).await.done().lines().next(), Some("no shadow runs"));

    let of = |server: &'static str| Developer { server: server.into(), tenant: "3301".into(), token: "x".into() };
    let said = of("http://127.0.0.1:9").plugin(&["logs"]).await.failed(1);
    assert!(said.contains("http://127.0.0.1:9 does not answer"), "{said}");
    let said = of("yishi.example.org").plugin(&["logs"]).await.failed(1);
    assert!(said.contains("begins with https:// or http://"), "{said}");
    let said = programs::run(["plugin", "logs", "--tenant", "3301"]).await.failed(2);
    assert!(said.contains("--token"), "{said}");
}
