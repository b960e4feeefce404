//! What the description of the interface promises, tried out with made-up requests: whoever asks, whatever they send, the answer is one that it
//! describes, and never a failure of the server.
//!
//! Schemathesis (Hatfield-Dodds and Dygalo, ICSE 2022, doi 10.1145/3510454.3528637) makes the requests from the description. `cargo xtask contracts`
//! brings it and names its program in `YISHI_TESTS_SCHEMATHESIS`; `YISHI_TESTS_EXAMPLES` says how many requests an operation gets of each role.

use serde_json::Value;
use tokio::process::Command;
use yishi_tests::{
    cases::created,
    cities::Member,
    communities::{Community, HOME, text},
    folders::Folder,
    servers::Setup,
};

/// How many requests an operation gets of each role.
const EXAMPLES: &str = "20";

#[tokio::test]
async fn whoever_asks_whatever_they_send_the_answer_is_one_that_is_described() {
    let Ok(program) = std::env::var("YISHI_TESTS_SCHEMATHESIS") else {
        println!("skipped: `cargo xtask contracts` brings Schemathesis, which YISHI_TESTS_SCHEMATHESIS names");
        return;
    };
    let examples = std::env::var("YISHI_TESTS_EXAMPLES").unwrap_or_else(|_| EXAMPLES.into());
    let server = Setup::fresh().start().await;
    let community = Community::on(server.site(), 2).await;
    let city = &community.city;
    let supervisor = city.member("周敏", HOME).await;
    city.grant(&supervisor, HOME, "supervisor").await;
    let folder = Folder::new();
    let settings = settings(&community).await;
    let config = folder.path().join("schemathesis.toml");
    std::fs::write(&config, settings).expect("written");
    let address = format!("http://{}", server.site().address);
    let operator = server.site().token(&["--platform"]).await;
    let token = |it: &Member| Some(it.token.clone());
    let callers = [
        ("administrator", token(city.administrator().await)),
        ("coordinator", token(&community.coordinator)),
        ("officer", token(&community.officer)),
        ("supervisor", token(&supervisor)),
        ("resident", token(&community.residents[0])),
        ("operator", Some(operator)),
        ("nobody", None),
    ];
    let mut failed = Vec::new();
    for (name, token) in callers {
        // Whoever may do most also gets the edge cases of every parameter, and sequences of requests.
        let phases = if name == "administrator" { "examples,coverage,fuzzing,stateful" } else { "examples,fuzzing" };
        let mut command = Command::new(&program);
        command.arg("--config-file").arg(&config).args(["run", &format!("{address}/openapi.json"), "--url", &address]);
        command.args(["--continue-on-failure", "--no-color", "--seed", "1"]);
        command.args(["--max-examples", &examples, "--phases", phases]);
        if let Some(token) = &token {
            command.args(["--header", &format!("Authorization: Bearer {token}")]);
        }
        let output = command.current_dir(folder.path()).kill_on_drop(true).output().await.expect("it starts");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let summary: Vec<_> = said.lines().filter(|line| line.contains(" generated")).collect();
        println!("{name}: {}", summary.join(" "));
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            let found = said.find("= FAILURES =").or_else(|| said.find("= ERRORS =")).map_or(&*said, |at| &said[at..]);
            failed.push(format!("as {name}:\n{found}\n{errors}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
    let log = server.log();
    let errors: Vec<_> = log.lines().filter(|line| line.contains("ERROR")).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    server.stop().await;
}

/// Names what there is, so that requests come to something; and what a valid request may be answered with besides success.
async fn settings(community: &Community) -> String {
    let adopted = community.adopted().await;
    let ballot = created(community.open(&community.deliberated().await).await);
    let meetings = community.read(&format!("/topics/{}/meetings", adopted.topic)).await;
    let parameters = [
        ("tenant", community.city.slug().to_owned()),
        ("topic", community.accepted().await),
        ("ballot", ballot),
        ("meeting", first(&meetings)),
        ("resolution", adopted.resolution),
        ("unit", community.city.unit(HOME).await.to_owned()),
    ];
    let lines: Vec<_> = parameters.iter().map(|(name, value)| format!("{name} = \"{value}\"")).collect();
    // A schema does not say that a deadline lies ahead or that a name is known: such a request is answered 422 with the field and the fix.
    // A stale version is told of before the body is looked at. Of many votes in one request each has an outcome of its own, and of a vote a
    // member that is null is one that is not there. Open311 says 400 of all that is wrong with a request.
    format!(
        "[parameters]\n{}\n\n\
         [checks.positive_data_acceptance]\nexpected-statuses = [\"2xx\", \"3xx\", 401, 403, 404, 409, 412, 422, 429]\n\n\
         [checks.negative_data_rejection]\nexpected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 428, 429]\n\n\
         [[operations]]\ninclude-path-regex = \"^/open311/\"\n\
         checks.positive_data_acceptance.expected-statuses = [\"2xx\", \"3xx\", 400, 403, 404, 409, 412]\n\n\
         [[operations]]\ninclude-operation-id = \"cast_votes\"\nchecks.negative_data_rejection.enabled = false\n",
        lines.join("\n")
    )
}

fn first(list: &Value) -> String {
    let items = list["items"].as_array().or_else(|| list["ids"].as_array()).or_else(|| list.as_array());
    let first = items.and_then(|it| it.first()).expect("an item");
    if first.is_string() { text(first) } else { text(&first["id"]) }
}
