//! The command line.

use serde_json::Value;
use yishi_tests::{folders::Folder, programs};

#[tokio::test]
async fn the_program_describes_itself() {
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/yishi.yaml");
    assert_eq!(programs::run(["openapi"]).await.done(), std::fs::read_to_string(kept).expect("it is checked in"));
    for (shell, mark) in [("bash", "complete -F _yishi"), ("zsh", "#compdef yishi"), ("fish", "complete -c yishi")] {
        let script = programs::run(["completions", shell]).await.done();
        assert!(script.contains(mark) && script.contains("apply"), "{script}");
    }
    let manual = programs::run(["man"]).await.done();
    assert!(manual.contains(".TH yishi 1"), "{manual}");
    let help = programs::run(["--help"]).await.done();
    assert!(help.contains("Exit codes") && !help.contains("compile-component"), "{help}");
    assert_eq!(programs::run(["--version"]).await.done(), concat!("yishi ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[tokio::test]
async fn wrong_usage_exits_with_2_and_a_failure_with_1() {
    let folder = Folder::new();
    let data_dir = folder.path().to_str().expect("a plain name");
    for wrong in
        [vec![], vec!["dance"], vec!["token"], vec!["token", "--tenant", "3301"], vec!["serve", "--listen", "x"]]
    {
        let said = programs::run(&wrong).await.failed(2);
        assert!(said.contains("Usage") || said.contains("--help"), "{wrong:?}: {said}");
    }
    let said = programs::run(["apply", "no-such-list.csv", "--data-dir", data_dir]).await.failed(1);
    assert!(said.starts_with("yishi: no-such-list.csv: "), "{said}");
    let list = folder.path().join("list.csv");
    std::fs::write(&list, "code,level,name,parent_code\n44,province,粤,\n4401,city,广州市,45\n").expect("written");
    let list = list.to_str().expect("a plain name");
    let said = programs::run(["apply", list, "--data-dir", data_dir]).await.failed(1);
    assert!(said.contains("line 3, parent_code: no division has the code `45`"), "{said}");
    let away = ["serve", "--data-dir", data_dir, "--database-url", "postgres://nobody@127.0.0.1:9/none"];
    let said = programs::run(away).await.failed(1);
    assert!(said.starts_with("yishi: the database's schema could not be brought up to date"), "{said}");
}

#[tokio::test]
async fn a_list_is_applied_from_the_shell_and_only_the_result_goes_to_standard_output() {
    let folder = Folder::new();
    let data_dir = folder.path().to_str().expect("a plain name");
    let list = folder.path().join("list.csv");
    std::fs::write(
        &list,
        "code,level,name,parent_code\n44,province,粤,\n4401,city,广州市,44\n440103,district,荔湾区,4401\n",
    )
    .expect("written");
    let list = list.to_str().expect("a plain name");
    let apply = async || {
        let done = programs::run(["apply", list, "--sandbox", "--json", "--data-dir", data_dir]).await.done();
        serde_json::from_str::<Value>(&done).expect("JSON")
    };
    let first = apply().await;
    assert_eq!((&first[0]["tenant"], &first[0]["created"]), (&"4401".into(), &2.into()), "{first}");
    let second = apply().await;
    assert_eq!((&second[0]["created"], &second[0]["total"]), (&0.into(), &2.into()), "{second}");
    let text = programs::run(["apply", list, "--data-dir", data_dir]).await.done();
    assert_eq!(text.lines().count(), 1, "{text}");
    programs::run(["migrate", "--data-dir", data_dir]).await.done();
}
