//! The house rules that a machine can hold.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, ensure};

const MOST_LINES: usize = 600;

/// Which of our crates a crate may name in its `Cargo.toml`.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("record", &["domain"]),
    ("store", &["domain", "store"]),
    ("policy", &["domain"]),
    ("service", &["domain", "record", "store", "policy"]),
    ("api", &["domain", "service"]),
];

/// Which crates alone may name a library.
const WRAPPERS: &[(&str, &[&str])] =
    &[("sqlx", &["store"]), ("wasmtime", &["policy"]), ("poem", &["api", "yishi"]), ("poem-openapi", &["api"])];

/// Checks every rule and names each breach.
pub fn check(root: &Path) -> Result<()> {
    let mut breaches = Vec::new();
    for file in tracked(root, "*.rs")? {
        let text = fs::read_to_string(root.join(&file)).with_context(|| file.clone())?;
        if text.lines().count() > MOST_LINES {
            breaches.push(format!("{file}: more than {MOST_LINES} lines; split it by subject"));
        }
        if !text.starts_with("//!") {
            breaches.push(format!("{file}: the first line must say what the file is, with //!"));
        }
        if text.contains("#[allow(") && !file.ends_with("tidy.rs") {
            breaches.push(format!("{file}: write #[expect(.., reason)] in place of #[allow]"));
        }
    }
    for file in tracked(root, "crates/*/Cargo.toml")? {
        let name = file.split('/').nth(1).unwrap_or_default().to_owned();
        let text = fs::read_to_string(root.join(&file)).with_context(|| file.clone())?;
        for dependency in text.lines().filter_map(dependency) {
            let ours = dependency.strip_prefix("yishi-");
            let arrows = ARROWS.iter().find(|(from, _)| *from == name).map(|(_, to)| *to);
            if let (Some(ours), Some(to)) = (ours, arrows)
                && !to.contains(&ours)
            {
                breaches.push(format!("{file}: the arrow {name} -> {ours} does not exist"));
            }
            let wrappers = WRAPPERS.iter().find(|(library, _)| *library == dependency).map(|(_, by)| *by);
            if wrappers.is_some_and(|by| !by.contains(&name.as_str())) {
                breaches.push(format!("{file}: only {wrappers:?} may use {dependency}"));
            }
        }
    }
    ensure!(breaches.is_empty(), breaches.join("\n"));
    Ok(())
}

fn dependency(line: &str) -> Option<&str> {
    let name = line.split_once('=')?.0.trim().trim_end_matches(".workspace");
    (!name.contains(['[', '#', ' ', '"'])).then_some(name)
}

fn tracked(root: &Path, pattern: &str) -> Result<Vec<String>> {
    let arguments = ["ls-files", "--cached", "--others", "--exclude-standard", pattern];
    let output = Command::new("git").args(arguments).current_dir(root).output().context("git does not run")?;
    ensure!(output.status.success(), "git ls-files failed");
    let text = String::from_utf8(output.stdout)?;
    Ok(text.lines().map(str::to_owned).filter(|file| root.join(file).exists()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_is_read_in_either_form() {
        assert_eq!(dependency("sqlx.workspace = true"), Some("sqlx"));
        assert_eq!(dependency("yishi-store = { path = \".\" }"), Some("yishi-store"));
        assert_eq!(dependency("[dependencies]"), None);
        assert_eq!(dependency("# sqlx = \"1\""), None);
    }
}
