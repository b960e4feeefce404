//! Tests of what a file may say, and of how it is merged.

use clap::CommandFactory as _;

use super::*;

fn fault(text: &str) -> String {
    files::values(text, &known::settings(&Cli::command())).expect_err("a fault").join("\n")
}

fn merged(text: &str, args: &[&str]) -> ArgMatches {
    let values = files::values(text, &known::settings(&Cli::command())).expect("a sound file");
    let file = File { path: "yishi.toml".into(), values };
    with_file(Cli::command(), Some(&file)).try_get_matches_from(args).expect("sound arguments")
}

#[test]
fn a_setting_is_an_option_that_has_a_variable() {
    let keys: Vec<_> = known::settings(&Cli::command()).iter().map(Setting::key).collect();
    for key in ["data_dir", "database_url", "log_format", "serve.listen", "serve.no_workers"] {
        assert!(keys.iter().any(|it| it == key), "{key} is not among {keys:?}");
    }
    for key in ["config", "apply.json", "token.platform", "help"] {
        assert!(!keys.iter().any(|it| it == key), "{key} is among {keys:?}");
    }
}

#[test]
fn a_file_gives_way_to_a_flag_and_stands_before_the_default() {
    let text = "record-origin = \"a.example\"\nlog_format = \"json\"\n[serve]\nlisten = \"127.0.0.1:1\"\n";
    let matches = merged(text, &["yishi", "serve", "--listen", "127.0.0.1:2", "--log", "off"]);
    let (_, serve) = matches.subcommand().expect("serve");
    let raw = |id| serve.get_raw(id).and_then(|mut it| it.next()).map(|it| it.to_string_lossy().into_owned());
    assert_eq!(raw("listen").as_deref(), Some("127.0.0.1:2"));
    assert_eq!(raw("log").as_deref(), Some("off"));
    assert_eq!(raw("log_format").as_deref(), Some("json"));
    assert_eq!(raw("record_origin").as_deref(), Some("a.example"));
    assert_eq!(raw("data_dir").as_deref(), Some("yishi-data"));
}

#[test]
fn a_flag_without_a_value_is_a_boolean() {
    let matches = merged("[serve]\nno_workers = true\n", &["yishi", "serve"]);
    let cli = Cli::from_arg_matches(&matches).expect("sound");
    assert!(matches!(cli.command, crate::commands::Command::Serve(options) if options.no_workers));
    assert_eq!(
        fault("[serve]\nno_workers = \"yes\"\n"),
        "`serve.no_workers` holds a TOML string; write no_workers = true or no_workers = false"
    );
}

#[test]
fn what_is_no_setting_is_named_with_its_place_or_with_all_there_are() {
    assert_eq!(fault("listen = \"127.0.0.1:1\""), "`listen` is no setting: `listen` stands under [serve]");
    assert_eq!(
        fault("[serve]\ndata_dir = \"x\""),
        "`serve.data_dir` is no setting: `data_dir` stands at the top, before every table"
    );
    assert!(fault("lisen = 1").starts_with("`lisen` is no setting; there are data_dir, keys_dir, database_url, "));
    assert!(fault("serve = 1").contains("`serve` is a table"));
    assert!(fault("data-dir = \"a\"\ndata_dir = \"b\"").contains("stands twice"));
}

#[test]
fn a_bad_value_says_what_would_be_a_good_one() {
    assert_eq!(fault("log_format = \"xml\""), "`log_format` is \"xml\": it is one of pretty, json");
    assert_eq!(fault("[serve]\nlisten = \"8080\""), "`serve.listen` is \"8080\": invalid socket address syntax");
    assert!(fault("data_dir = 5").contains("holds a TOML integer; write a string in quotes"));
}

#[test]
fn every_fault_is_named_at_once_and_no_password_is_shown() {
    assert_eq!(fault("a = 1\nb = 2").lines().count(), 2);
    let broken = fault("log = \"info\"\ndatabase_url = \"postgres://o:secret@db/y\nx = 1");
    assert!(broken.starts_with("line 2: ") && !broken.contains("secret"), "{broken}");
}
