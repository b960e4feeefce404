//! A register's file is sent from the command line: tried first, killed on the way, gone on with, and the same in the end as if nothing had happened.
//!
//! The file has 100,000 rows, unless `YISHI_TESTS_ROWS` says otherwise.

use std::{path::Path, process::Stdio, time::Duration};

use serde_json::{Value, json};
use yishi_tests::{
    cities::City,
    communities::{Community, HOME},
    folders::Folder,
    programs,
    servers::{Server, Setup},
};

/// How many rows a file has unless it is said: a large province's.
const ROWS: usize = 100_000;

/// How many parts a file has, more or less.
const PARTS: usize = 16;

/// By how many kB the server's memory may grow, however many rows there are.
const GROWTH: u64 = 48 * 1024;

fn rows() -> usize {
    std::env::var("YISHI_TESTS_ROWS").map_or(ROWS, |it| it.parse().expect("a number of rows"))
}

/// Disputes as a file has them.
fn disputes(city: &City, rows: usize) -> String {
    let row =
        |i: usize| format!("D-{i:06},{},\"漏水, 第{i}起\",2026-03-{:02},2026-04-01,yes\n", city.code(HOME), i % 28 + 1);
    "key,unit,title,brought_on,settled_on,by_deliberation\n".to_owned() + &(0..rows).map(row).collect::<String>()
}

/// The arguments that send a file to a community's city.
fn sending(community: &Community, file: &Path, more: &[&str]) -> Vec<String> {
    let size = std::fs::metadata(file).expect("a file").len();
    let kib = (size / 1024 / PARTS as u64).clamp(1, 768).to_string();
    let server = format!("http://{}", community.city.site().address);
    let file = file.to_str().expect("a plain name");
    let fixed = ["import", "register", file, "--register", "disputes", "--tenant", community.city.slug()];
    let rest = ["--token", &community.coordinator.token, "--server", &server, "--part-kib", &kib, "--json"];
    fixed.iter().chain(&rest).chain(more).map(|it| (*it).to_owned()).collect()
}

async fn sent(community: &Community, file: &Path, more: &[&str]) -> Value {
    let output = programs::run(sending(community, file, more)).await.done();
    serde_json::from_str(&output).unwrap_or_else(|error| panic!("{error}: {output}"))
}

async fn exported(community: &Community) -> String {
    let file = community.coordinator().get("/registers/disputes/file?format=csv").await;
    assert_eq!(file.status, 200, "{}", file.text);
    file.text
}

/// How many parts the record tells of.
async fn advanced(community: &Community) -> usize {
    let told = community.read("/events?kinds=import.advanced&limit=1000").await;
    told["items"].as_array().expect("events").len()
}

#[tokio::test]
async fn a_file_that_kills_interrupt_comes_out_as_one_that_nothing_interrupts() {
    let rows = rows();
    let (folder, server) = (Folder::new(), Setup::fresh().start().await);
    let mut community = Community::on(server.site(), 0).await;
    let (text, file) = (disputes(&community.city, rows), folder.path().join("disputes.csv"));
    std::fs::write(&file, &text).expect("written");
    let tried = sent(&community, &file, &["--dry-run"]).await;
    assert_eq!(tried["changes"], json!({"added": rows, "changed": 0, "unchanged": 0}), "{tried}");
    assert_eq!(exported(&community).await.lines().count(), 1, "trying changes nothing");

    // The program is killed in the middle of sending, then the server, and the same command goes on.
    let before = usize::try_from(tried["parts"].as_u64().expect("parts")).expect("few");
    let mut command = tokio::process::Command::from(programs::command(sending(&community, &file, &["--attempt", "2"])));
    let mut sending_it = command.stdout(Stdio::null()).kill_on_drop(true).spawn().expect("it starts");
    while advanced(&community).await < before + 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    sending_it.kill().await.expect("killed");
    let server = Setup::on(server.kill().await).start().await;
    community = community.moved(server.site());
    assert_eq!(exported(&community).await.lines().count(), 1, "nothing of it is taken");
    let done = sent(&community, &file, &["--attempt", "2"]).await;
    let (parts, there) = (done["parts"].as_u64().expect("parts"), done["parts_before"].as_u64().expect("parts"));
    assert!(there >= 3 && parts > 10, "it went on: {done}");
    assert_eq!(done["changes"], json!({"added": rows, "changed": 0, "unchanged": 0}));
    assert_eq!(exported(&community).await, text, "it comes out as it went in");

    // Sending it once more finds what was done; another city, in which nothing is interrupted, has the same.
    assert_eq!(sent(&community, &file, &["--attempt", "2"]).await["changes"], done["changes"]);
    let other = Community::on(server.site(), 0).await;
    std::fs::write(&file, disputes(&other.city, rows)).expect("written");
    let memory = server.memory();
    sent(&other, &file, &[]).await;
    let grown = server.memory();
    println!(
        "{rows} rows of {} bytes: {} kB before, {} kB at most while they came in",
        text.len(),
        memory.resident,
        grown.peak
    );
    assert!(grown.peak < memory.resident + GROWTH, "{memory:?}, then {grown:?}");
    assert_eq!(exported(&other).await.replace(&other.city.code(HOME), &community.city.code(HOME)), text);
    server.stop().await;
}

#[tokio::test]
async fn one_bad_row_is_told_with_its_line_its_column_and_its_fix() {
    let rows = rows();
    let (folder, community) = (Folder::new(), Community::on(Server::shared().await.site(), 0).await);
    let bad = rows * 2 / 3;
    let row = format!("D-{bad:06},");
    let text: String = disputes(&community.city, rows)
        .split_inclusive('\n')
        .map(|line| if line.starts_with(&row) { line.replace("2026-04-01", "2026-4-1") } else { line.to_owned() })
        .collect();
    let file = folder.path().join("disputes.csv");
    std::fs::write(&file, text).expect("written");
    let mut plain = sending(&community, &file, &[]);
    plain.retain(|it| it != "--json");
    let told = programs::run(&plain).await;
    assert_eq!(told.code, Some(1), "{}", told.errors);
    let line = format!("line {}: settled_on: ", bad + 2);
    assert!(told.output.contains(&line) && told.output.contains("(give a day as 2026-01-31)"), "{}", told.output);
    assert!(told.output.contains("nothing was taken"), "{}", told.output);
    assert_eq!(exported(&community).await.lines().count(), 1);
    let taken = sent(&community, &file, &["--partial"]).await;
    assert_eq!((&taken["changes"]["added"], &taken["faults"]), (&json!(rows - 1), &json!(1)));
    let wrong = programs::run(sending(&community, &file, &["--format", "xls"])).await;
    assert_eq!(wrong.code, Some(2));
}
