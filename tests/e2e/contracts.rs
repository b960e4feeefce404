//! What the description of the interface promises, tried out with made-up requests: whoever asks, whatever they send, the answer is one that it
//! describes, and never a failure of the server.
//!
//! Schemathesis (Hatfield-Dodds and Dygalo, ICSE 2022, doi 10.1145/3510454.3528637) makes the requests from the description. `cargo xtask test` and
//! `cargo xtask contracts` bring it and name its program in `YISHI_TESTS_SCHEMATHESIS`; `YISHI_TESTS_EXAMPLES` says how many requests an operation gets of
//! each role, and `YISHI_TESTS_CALLERS` which roles ask, with commas between them, where not all do.

use std::{fs::Permissions, os::unix::fs::PermissionsExt as _, sync::Arc};

use serde_json::{Value, json};
use tokio::{process::Command, sync::Semaphore, task::JoinSet};
use yishi_tests::{
    cases::created,
    cities::{City, Member},
    communities::{Community, HOME, text},
    folders::Folder,
    instants,
    servers::Setup,
};

/// How many requests an operation gets of each role.
const EXAMPLES: &str = "20";

/// How many callers try at a time: making requests up takes longer than answering them, and some of them wait for a second.
const AT_ONCE: usize = 3;

#[tokio::test]
async fn whoever_asks_whatever_they_send_the_answer_is_one_that_is_described() {
    let Ok(program) = std::env::var("YISHI_TESTS_SCHEMATHESIS") else {
        println!(
            "skipped: `cargo xtask test` and `cargo xtask contracts` bring Schemathesis, which YISHI_TESTS_SCHEMATHESIS names"
        );
        return;
    };
    let examples = std::env::var("YISHI_TESTS_EXAMPLES").unwrap_or_else(|_| EXAMPLES.into());
    let folder = Folder::new();
    let printer = printer(&folder);
    let server = Setup::fresh().arg("--pdf-program").arg(&printer).start().await;
    let community = Community::on(server.site(), 2).await;
    let city = &community.city;
    let [supervisor, councillor, evaluator] = city.members(["周敏", "吴芳", "钱博士"], HOME).await;
    city.grant(&supervisor, HOME, "supervisor").await;
    city.grant(&councillor, HOME, "council_member").await;
    let until = instants::after(&city.advance_clock(1).await, 60 * 24 * 300);
    let grant = json!({"member": evaluator.id, "unit": city.unit(HOME).await, "role": "evaluator", "until": until});
    community.boss().await.post("/grants", grant).await.expect(201);
    let settings = settings(&community).await;
    let config = folder.path().join("schemathesis.toml");
    std::fs::write(&config, settings).expect("written");
    let address = format!("http://{}", server.site().address);
    let operator = server.site().token(&["--platform"]).await;
    let token = |it: &Member| Some(it.token.clone());
    // Whoever takes longest comes first.
    let callers = [
        ("administrator", token(city.administrator().await)),
        ("coordinator", token(&community.coordinator)),
        ("officer", token(&community.officer)),
        ("supervisor", token(&supervisor)),
        ("council member", token(&councillor)),
        ("evaluator", token(&evaluator)),
        ("resident", token(&community.residents[0])),
        ("operator", Some(operator)),
        ("nobody", None),
    ];
    let wanted = std::env::var("YISHI_TESTS_CALLERS").unwrap_or_default();
    let wanted: Vec<_> = wanted.split(',').map(str::trim).filter(|it| !it.is_empty()).collect();
    let unknown = wanted.iter().find(|it| !callers.iter().any(|(name, _)| name == *it));
    assert!(unknown.is_none(), "YISHI_TESTS_CALLERS: nobody is called {unknown:?}");
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut tries = JoinSet::new();
    for (name, token) in callers.into_iter().filter(|(name, _)| wanted.is_empty() || wanted.contains(name)) {
        // Whoever may do most also gets the edge cases of every parameter, and sequences of requests.
        let phases = if name == "administrator" { "examples,coverage,fuzzing,stateful" } else { "examples,fuzzing" };
        // Making requests up is what takes the time; other stories that run meanwhile go first.
        let mut command = Command::new("nice");
        command.arg("-n10").arg(&program);
        command.arg("--config-file").arg(&config).args(["run", &format!("{address}/openapi.json"), "--url", &address]);
        command.args(["--continue-on-failure", "--no-color", "--seed", "1"]);
        command.args(["--max-examples", &examples, "--phases", phases]);
        if let Some(token) = &token {
            command.args(["--header", &format!("Authorization: Bearer {token}")]);
        }
        command.current_dir(folder.path()).kill_on_drop(true);
        let places = Arc::clone(&places);
        tries.spawn(async move {
            let _place = places.acquire_owned().await.expect("places are not closed");
            tried(name, command).await
        });
    }
    let failed: Vec<_> = tries.join_all().await.into_iter().flatten().collect();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
    let log = server.log();
    let errors: Vec<_> = log.lines().filter(|line| line.contains("ERROR")).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    server.stop().await;
}

/// A program that takes a page and lays nothing out: how pages look is no part of the description, and takes longer than all other answers.
fn printer(folder: &Folder) -> String {
    let path = folder.path().join("printer");
    std::fs::write(&path, "#!/bin/sh\ncat > /dev/null\nprintf '%%PDF-2.0\\n%%%%EOF\\n'\n").expect("written");
    std::fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("its own file");
    path.to_str().expect("temporary folders have plain names").to_owned()
}

/// Runs Schemathesis as a caller; gives what it found.
async fn tried(caller: &str, mut command: Command) -> Option<String> {
    let output = command.output().await.expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let generated = said.lines().find(|line| line.contains(" generated,")).unwrap_or_default();
    println!("{caller}: {}; {}", generated.trim(), said.lines().last().unwrap_or_default().trim_matches(['=', ' ']));
    if output.status.success() {
        return None;
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let found = said.find("= ERRORS =").or_else(|| said.find("= FAILURES =")).map_or(&*said, |at| &said[at..]);
    Some(format!("as {caller}:\n{found}\n{errors}"))
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
    // Made-up quotas would refuse what others are about to do, so that they are another city's.
    let elsewhere = City::on(community.city.site()).await;
    // A schema does not say that a deadline lies ahead or that a name is known: such a request is answered 422 with the field and the fix.
    // A stale version is told of before the body is looked at. Open311 says 400 of all that is wrong with a request. Whoever waits for events, or
    // follows them, does so for as long as nothing happens, so that they wait for a second and follow for one; where the machine takes longer than
    // that to begin an answer, they ask again.
    format!(
        "request-timeout = 60\n\n[parameters]\n{}\n\n\
         [checks.positive_data_acceptance]\nexpected-statuses = [\"2xx\", \"3xx\", 401, 403, 404, 409, 412, 416, 422, 429]\n\n\
         [checks.negative_data_rejection]\nexpected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 428, 429]\n\n\
         [[operations]]\ninclude-path-regex = \"^/open311/\"\n\
         checks.positive_data_acceptance.expected-statuses = [\"2xx\", \"3xx\", 400, 403, 404, 409, 412]\n\n\
         [[operations]]\ninclude-operation-id = \"list_events\"\nparameters = {{ \"query.wait\" = 1 }}\n\n\
         [[operations]]\ninclude-operation-id = [\"follow_events\", \"follow_notices\"]\nrequest-timeout = 1\n\
         request-retries = 4\n\n\
         [[operations]]\ninclude-operation-id = \"set_tenant_quotas\"\nparameters = {{ \"path.tenant\" = \"{}\" }}\n",
        lines.join("\n"),
        elsewhere.slug()
    )
}

fn first(list: &Value) -> String {
    let items = list["items"].as_array().or_else(|| list["ids"].as_array()).or_else(|| list.as_array());
    let first = items.and_then(|it| it.first()).expect("an item");
    if first.is_string() { text(first) } else { text(&first["id"]) }
}
