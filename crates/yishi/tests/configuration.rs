//! The program's settings, as someone meets them who runs it.

use std::process::{Command, Output};

use tempfile::TempDir;

/// Runs the program in a folder that holds the file, with nothing of this process's environment that it reads.
fn run(file: &str, variables: &[(&str, &str)], args: &[&str]) -> Output {
    let folder = TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("yishi.toml"), file).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_yishi"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("YISHI_") || name.starts_with("OTEL_")) {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied()).current_dir(folder.path()).args(args).output().expect("it runs")
}

fn settings(file: &str, variables: &[(&str, &str)], args: &[&str]) -> serde_json::Value {
    let output = run(file, variables, &[&["config", "--json"], args].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn setting(all: &serde_json::Value, key: &str) -> (String, String) {
    let all = all["settings"].as_array().expect("a list");
    let one = all.iter().find(|it| it["key"] == key).unwrap_or_else(|| panic!("{key} is there"));
    let text = |name: &str| one[name].as_str().unwrap_or("-").to_owned();
    (text("value"), text("source"))
}

fn pair(value: &str, source: &str) -> (String, String) {
    (value.into(), source.into())
}

#[test]
fn a_flag_goes_before_a_variable_before_the_file_before_the_default() {
    let file = "log = \"file\"\ndata_dir = \"file\"\nrecord_origin = \"file\"\n[serve]\nlisten = \"127.0.0.1:1\"\n";
    let variables = [("YISHI_LOG", "info"), ("YISHI_DATA_DIR", "variable"), ("YISHI_NO_WORKERS", "true")];
    let all = settings(file, &variables, &["--log", "off"]);
    assert_eq!(all["file"], "yishi.toml");
    assert_eq!(setting(&all, "log"), pair("off", "flag"));
    assert_eq!(setting(&all, "data_dir"), pair("variable", "environment"));
    assert_eq!(setting(&all, "record_origin"), pair("file", "file"));
    assert_eq!(setting(&all, "log_format"), pair("pretty", "default"));
    assert_eq!(setting(&all, "database_url"), pair("-", "default"));
    assert_eq!(setting(&all, "serve.listen"), pair("127.0.0.1:1", "file"));
    assert_eq!(setting(&all, "serve.no_workers"), pair("true", "environment"));
}

#[test]
fn a_password_is_never_printed() {
    let file = "database_url = \"postgres://o:sesame@db/yishi\"\n";
    let variables = [("YISHI_APP_DATABASE_URL", "postgres://a@db/yishi?password=sesame")];
    for args in [&["config"][..], &["config", "--json"]] {
        let output = run(file, &variables, args);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains("postgres://o:***@db/yishi") && text.contains("password=***"), "{text}");
        assert!(!text.contains("sesame"), "{text}");
    }
}

#[test]
fn a_role_needs_the_owner_wherever_either_is_named() {
    let role = [("YISHI_APP_DATABASE_URL", "postgres://a@db/yishi")];
    let output = run("", &role, &["config"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--database-url"));
    assert!(run("database_url = \"postgres://o@db/yishi\"", &role, &["config"]).status.success());
}

#[test]
fn a_fault_names_the_file_the_key_and_the_fix_and_ends_with_2() {
    let output = run("lisen = 1\n", &[], &["serve"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("yishi.toml: `lisen` is no setting; there are "), "{text}");
    let output = run("", &[], &["--config", "absent.toml", "config"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("absent.toml: cannot be read"), "{text}");
}

#[test]
fn help_is_given_whatever_the_file_holds() {
    for args in [&["--help"][..], &["serve", "--help"], &["help", "serve"], &["--version"]] {
        assert!(run("lisen = 1\n", &[], args).status.success(), "{args:?}");
    }
}
