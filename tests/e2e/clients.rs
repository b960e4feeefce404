//! Clients that integrators make from the description, each in its language: the same scenario through all of them.

use std::path::PathBuf;

use tokio::process::Command;
use yishi_tests::communities::{Community, HOME};

#[tokio::test]
async fn clients_made_from_the_description_raise_and_accept_a_topic() {
    let Some(folder) = std::env::var_os("YISHI_TESTS_CLIENTS").map(PathBuf::from) else {
        println!("skipped: `cargo xtask clients` makes the clients, and YISHI_TESTS_CLIENTS names their folder");
        return;
    };
    let community = Community::gathered(1).await;
    let address = format!("http://{}", community.city.site().address);
    for language in ["typescript", "python"] {
        let script = folder.join(language).with_extension("sh");
        if !script.is_file() {
            println!("skipped: there is no client in {language}; `cargo xtask clients` says why");
            continue;
        }
        let mut command = Command::new(script);
        command.env("YISHI_ADDRESS", &address).env("YISHI_TENANT", community.city.slug());
        command.env("YISHI_UNIT", community.city.unit(HOME).await);
        command.env("YISHI_RESIDENT", &community.residents[0].token);
        command.env("YISHI_COORDINATOR", &community.coordinator.token);
        let output = command.kill_on_drop(true).output().await.expect("it starts");
        let [said, errors] = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it).into_owned());
        assert!(output.status.success() && said.contains("told 电梯加装"), "{language}: {said}{errors}");
    }
    assert_eq!(community.shown("topic.accepted", 2).await.len(), 2, "one a language, however often it was asked for");
}
