//! The house rules that no other linter knows.

use std::{fs, path::Path};

use anyhow::{Context as _, Result, ensure};

use crate::stamps::files;

/// Who may depend on whom, as in ARCHITECTURE.md: each crate with the crates of the project that it may name.
const ARROWS: &[(&str, &[&str])] = &[
    ("crates/domain", &[]),
    ("crates/record", &["yishi-domain"]),
    ("crates/store", &["yishi-domain"]),
    ("crates/policy", &["yishi-domain"]),
    ("crates/service", &["yishi-domain", "yishi-policy", "yishi-record", "yishi-store"]),
    ("crates/api", &["yishi-domain", "yishi-service"]),
    ("crates/yishi", &["yishi-api", "yishi-domain", "yishi-policy", "yishi-record", "yishi-service", "yishi-store"]),
    ("crates/xtask", &[]),
];

/// A dependency that is spoken in these crates alone.
const SPOKEN_IN: &[(&str, &[&str])] = &[
    ("sqlx", &["crates/store"]),
    ("wasmtime", &["crates/policy"]),
    ("poem", &["crates/api", "crates/yishi"]),
    ("poem-openapi", &["crates/api", "crates/yishi"]),
];

const LONGEST: usize = 600;

/// Checks every source file and manifest, and names each place that breaks a rule.
pub fn check(root: &Path) -> Result<()> {
    let mut found = Vec::new();
    for folder in ["crates", "plugins", "tests"] {
        if !root.join(folder).exists() {
            continue;
        }
        for file in files(&root.join(folder))? {
            let path = file.strip_prefix(root)?.to_string_lossy().into_owned();
            if path.ends_with(".rs") {
                let text = fs::read_to_string(&file).with_context(|| format!("cannot read {path}"))?;
                found.extend(source(&path, &text));
            }
        }
    }
    for (folder, allowed) in ARROWS {
        let path = format!("{folder}/Cargo.toml");
        let text = fs::read_to_string(root.join(&path)).with_context(|| format!("cannot read {path}"))?;
        found.extend(manifest(folder, allowed, &text).into_iter().map(|what| format!("{path}: {what}")));
    }
    for entry in fs::read_dir(root.join("crates"))? {
        let folder = format!("crates/{}", entry?.file_name().to_string_lossy());
        if !ARROWS.iter().any(|(known, _)| *known == folder) {
            found.push(format!("{folder}: a crate that the map in ARCHITECTURE.md does not have"));
        }
    }
    ensure!(found.is_empty(), "{} places break the house rules:\n  {}", found.len(), found.join("\n  "));
    Ok(())
}

/// The rules for a source file.
fn source(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let lines = text.lines().count();
    if lines > LONGEST {
        found.push(format!("{path}: {lines} lines; a file has one subject and at most {LONGEST}"));
    }
    if !text.starts_with("//! ") {
        found.push(format!("{path}:1: the first line says what the file is for, with `//!`"));
    }
    let pure = ["crates/domain/", "crates/record/"].iter().any(|it| path.starts_with(it));
    let in_production = path.starts_with("crates/") && path.contains("/src/") && !path.ends_with("tests.rs");
    let mut in_tests = !in_production;
    for (number, line) in text.lines().enumerate() {
        in_tests |= line.trim() == "#[cfg(test)]";
        let code = line.trim_start();
        let mut refuse = |what: &str| found.push(format!("{path}:{}: {what}", number + 1));
        if machine_paths().iter().any(|it| line.contains(it)) {
            refuse("a path of one machine");
        }
        if code.starts_with("//") {
            continue;
        }
        if line.contains(concat!("#[", "allow(")) || line.contains(concat!("#![", "allow(")) {
            refuse("use `#[expect(.., reason = \"..\")]`");
        }
        if !in_tests && line.contains(concat!(".unwrap", "()")) {
            refuse("say why it cannot fail with `expect`, or handle it");
        }
        if pure && !in_tests && words(line).any(|word| word == "f32" || word == "f64") {
            refuse("a decision is exact: no floats");
        }
    }
    found
}

/// The rules for a crate's manifest.
fn manifest(folder: &str, allowed: &[&str], text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut section = "";
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            section = line;
            continue;
        }
        if !matches!(section, "[dependencies]" | "[dev-dependencies]" | "[build-dependencies]") {
            continue;
        }
        let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
        if name.starts_with("yishi-") && section != "[dev-dependencies]" && !allowed.contains(&name) {
            found.push(format!("{folder} may not depend on {name}"));
        }
        if let Some((_, homes)) = SPOKEN_IN.iter().find(|(it, _)| *it == name)
            && !homes.contains(&folder)
        {
            found.push(format!("{name} is spoken in {} alone", homes.join(" and ")));
        }
    }
    found
}

fn machine_paths() -> [String; 3] {
    ["root", "work", "home"].map(|folder| format!("\"/{folder}/"))
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_source(path: &str, text: &str, expected: &[&str]) {
        let found = source(path, text);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{found} does not say {expected}");
        }
    }

    #[test]
    fn a_file_opens_with_its_purpose_and_has_one_subject() {
        check_source("crates/api/src/a.rs", "//! What it is.\nfn a() {}\n", &[]);
        check_source("crates/api/src/a.rs", "fn a() {}\n", &["a.rs:1: the first line"]);
        let long = format!("//! What it is.\n{}", "\n".repeat(LONGEST));
        check_source("crates/api/src/a.rs", &long, &["601 lines"]);
    }

    #[test]
    fn production_code_does_not_unwrap_but_tests_may() {
        let unwrap = concat!("x.unwrap", "()");
        check_source("crates/api/src/a.rs", &format!("//! A.\n{unwrap}\n"), &["a.rs:2: say why"]);
        check_source("crates/api/src/a.rs", &format!("//! A.\n#[cfg(test)]\n{unwrap}\n"), &[]);
        check_source("crates/api/src/a/tests.rs", &format!("//! A.\n{unwrap}\n"), &[]);
        check_source("tests/src/a.rs", &format!("//! A.\n{unwrap}\n"), &[]);
    }

    #[test]
    fn lints_are_expected_and_never_allowed() {
        check_source("tests/src/a.rs", concat!("//! A.\n#[", "allow(dead_code)]\n"), &["a.rs:2: use `#[expect"]);
        check_source("tests/src/a.rs", concat!("//! A.\n// #[", "allow(dead_code)]\n"), &[]);
    }

    #[test]
    fn pure_crates_have_no_floats_and_no_file_names_a_machine() {
        check_source("crates/domain/src/a.rs", "//! A.\nlet x: f64 = 1.0;\n", &["no floats"]);
        check_source("crates/yishi/src/a.rs", "//! A.\nlet x: f64 = 1.0;\n", &[]);
        let path = format!("//! A.\nlet x = {}x\";\n", machine_paths()[0]);
        check_source("crates/yishi/src/a.rs", &path, &["a.rs:2: a path of one machine"]);
    }

    #[test]
    fn an_arrow_that_is_not_in_the_map_is_refused() {
        let text = "[dependencies]\nyishi-store.workspace = true\nsqlx = { workspace = true }\nserde = \"1\"\n";
        assert_eq!(manifest("crates/store", &["yishi-store"], text), Vec::<String>::new());
        let found = manifest("crates/policy", &["yishi-domain"], text);
        assert_eq!(found, ["crates/policy may not depend on yishi-store", "sqlx is spoken in crates/store alone"]);
        let dev = "[dev-dependencies]\nyishi-record.workspace = true\n[lints]\nyishi-store = 1\n";
        assert_eq!(manifest("crates/store", &[], dev), Vec::<String>::new());
    }
}
