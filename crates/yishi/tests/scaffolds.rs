//! Rule sets in C and JavaScript: begun, built, checked, put to their fixtures and measured, by the program alone. Those in Rust are in a story.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A rule set that was begun in a folder of its own.
struct Begun {
    folder: tempfile::TempDir,
    /// Tools that the project's own builds have brought.
    tools: PathBuf,
}

impl Begun {
    fn new(lang: &str, tools: &str) -> Self {
        let begun = Self {
            folder: tempfile::tempdir().expect("a folder"),
            tools: Path::new(ROOT).join("target/tools").join(tools),
        };
        begun.plugin(&["new", "city-rules", "--lang", lang, "--dir", "."], true);
        begun
    }

    fn run(&self, program: &str, arguments: &[&str]) -> std::io::Result<Output> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths([self.tools.clone()].into_iter().chain(std::env::split_paths(&path)));
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder.path()).env("PATH", path.expect("a path")).output()
    }

    /// Runs `yishi plugin` in the folder, and gives what it said.
    fn plugin(&self, arguments: &[&str], succeeds: bool) -> String {
        let all = [&["plugin"], arguments].concat();
        let output = self.run(env!("CARGO_BIN_EXE_yishi"), &all).expect("the program");
        let said = String::from_utf8([output.stdout, output.stderr].concat()).expect("text");
        assert_eq!(output.status.success(), succeeds, "{arguments:?}: {said}");
        said
    }

    /// Brings what the language needs, unless it is there; tells whether it is.
    fn has(&self, tool: &str, script: &str) -> bool {
        let there = format!("command -v {tool}");
        if self.run("sh", &["-c", &there]).is_ok_and(|output| output.status.success()) {
            return true;
        }
        let said = self.plugin(&["build"], false);
        assert!(said.contains(script), "what is missing is named with the command that brings it: {said}");
        let brought = self.run("sh", &["-c", script]).is_ok_and(|output| output.status.success());
        if !brought {
            println!("skipped: `{script}` cannot be done here");
        }
        brought
    }

    fn builds_the_same_again(&self) {
        let bytes = || std::fs::read(self.folder.path().join("target/city-rules.wasm")).expect("the component");
        let first = bytes();
        self.plugin(&["build"], true);
        assert!(first == bytes(), "the same source gives the same component");
    }

    fn works(&self, tier: &str) {
        let component = "target/city-rules.wasm";
        self.plugin(&["build"], true);
        let found: Value = serde_json::from_str(&self.plugin(&["check", component, "--json"], true)).expect("JSON");
        assert_eq!((&found["descriptor"]["name"], &found["tier"]), (&"city-rules".into(), &tier.into()));
        let said = self.plugin(&["test", component, "fixtures"], true);
        assert!(said.contains("fixtures come out as expected; the rule set conforms"), "{said}");
        let cost = self.plugin(&["bench", component, "fixtures", "--runs", "2", "--json"], true);
        let cost: Value = serde_json::from_str(&cost).expect("JSON");
        let calls = cost["calls"].as_array().expect("calls");
        assert!(calls.len() >= 6 && calls.iter().all(|it| it["reason"].is_null()), "{cost}");
    }
}

#[test]
fn rules_in_c_work_as_they_are_begun() {
    let rules = Begun::new("c", "zig/bin");
    if rules.has("zig || command -v python-zig", "python3 -m venv .venv && .venv/bin/pip install ziglang==0.17.1") {
        rules.works("native");
        rules.builds_the_same_again();
    }
}

#[test]
fn rules_in_javascript_work_as_they_are_begun() {
    let rules = Begun::new("js", "npm/node_modules/.bin");
    if rules.has("jco", "npm install") {
        rules.works("script");
    }
}

#[test]
fn a_folder_without_rules_is_refused_and_so_are_two_sources_in_c() {
    let rules = Begun::new("c", "none");
    std::fs::write(rules.folder.path().join("other.c"), "").expect("written");
    assert!(rules.plugin(&["build"], false).contains("holds several .c files"));
    let said = rules.plugin(&["build", "fixtures"], false);
    assert!(said.contains("no Cargo.toml (Rust), no package.json (JavaScript) and no .c file"), "{said}");
}
