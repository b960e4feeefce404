//! A folder to begin a rule set in: it builds anywhere, because the SDK, the evaluator and the contract come with it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Args, ValueEnum};

use crate::outputs;

/// What to begin.
#[derive(Debug, Args)]
pub struct New {
    /// The rule set's name, such as `hangzhou-rules`
    name: String,
    /// The language
    #[arg(long, value_enum, default_value_t = Language::Rust)]
    lang: Language,
    /// Where; a folder of that name here unless given
    #[arg(long)]
    dir: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Language {
    /// Rust
    Rust,
}

/// What the template is called wherever the rule set's own name belongs.
const TEMPLATE: [&str; 2] = ["rule-template", "rule_template"];

/// Where a file goes, and what it says.
macro_rules! carried {
    ($($to:literal = $from:literal),* $(,)?) => {
        &[$(($to, include_str!(concat!("../../../../", $from)))),*]
    };
}

/// The rule set's own files.
const OWN: &[(&str, &str)] = carried! {
    "Cargo.toml" = "plugins/template/scaffold.toml",
    "README.md" = "plugins/template/README.md",
    "configuration.schema.json" = "plugins/template/configuration.schema.json",
    "fixtures/general_passes.json" = "plugins/template/fixtures/general_passes.json",
    "fixtures/major_two_thirds.json" = "plugins/template/fixtures/major_two_thirds.json",
    "fixtures/quorum_configured.json" = "plugins/template/fixtures/quorum_configured.json",
    "src/lib.rs" = "plugins/template/src/lib.rs",
    "tests/fixtures.rs" = "plugins/template/tests/fixtures.rs",
};

/// What comes with it.
const VENDORED: &[(&str, &str)] = carried! {
    "vendor/README.md" = "plugins/template/vendor/README.md",
    "vendor/LICENSE" = "LICENSE",
    "vendor/wit/yishi-policy@1.0.0/policy.wit" = "plugins/wit/yishi-policy@1.0.0/policy.wit",
    "vendor/sdk/Cargo.toml" = "plugins/template/vendor/sdk.toml",
    "vendor/sdk/src/lib.rs" = "plugins/sdk/src/lib.rs",
    "vendor/sdk/src/conditions.rs" = "plugins/sdk/src/conditions.rs",
    "vendor/sdk/src/convert.rs" = "plugins/sdk/src/convert.rs",
    "vendor/sdk/src/convert/rules.rs" = "plugins/sdk/src/convert/rules.rs",
    "vendor/sdk/src/fixtures.rs" = "plugins/sdk/src/fixtures.rs",
    "vendor/domain/Cargo.toml" = "plugins/template/vendor/domain.toml",
    "vendor/domain/src/lib.rs" = "crates/domain/src/lib.rs",
    "vendor/domain/src/describe.rs" = "crates/domain/src/describe.rs",
    "vendor/domain/src/digests.rs" = "crates/domain/src/digests.rs",
    "vendor/domain/src/escalation.rs" = "crates/domain/src/escalation.rs",
    "vendor/domain/src/fixtures.rs" = "crates/domain/src/fixtures.rs",
    "vendor/domain/src/receipts.rs" = "crates/domain/src/receipts.rs",
    "vendor/domain/src/standard.rs" = "crates/domain/src/standard.rs",
    "vendor/domain/src/texts.rs" = "crates/domain/src/texts.rs",
    "vendor/domain/src/topics.rs" = "crates/domain/src/topics.rs",
    "vendor/domain/src/voting.rs" = "crates/domain/src/voting.rs",
    "vendor/domain/src/voting/choices.rs" = "crates/domain/src/voting/choices.rs",
    "vendor/domain/src/voting/evaluation.rs" = "crates/domain/src/voting/evaluation.rs",
    "vendor/domain/src/voting/rules.rs" = "crates/domain/src/voting/rules.rs",
    "vendor/domain/src/voting/selections.rs" = "crates/domain/src/voting/selections.rs",
    "vendor/domain/src/voting/soundness.rs" = "crates/domain/src/voting/soundness.rs",
    "vendor/domain/src/voting/tallies.rs" = "crates/domain/src/voting/tallies.rs",
    // The versions that the project's own rule sets are built with; cargo drops what is not used.
    "Cargo.lock" = "plugins/Cargo.lock",
};

/// Makes the folder; one that holds something already is left alone.
pub fn new(options: &New) -> Result<bool> {
    let New { name, lang: Language::Rust, dir } = options;
    require_name(name)?;
    let dir = dir.clone().unwrap_or_else(|| PathBuf::from(name));
    if dir.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} holds something already; name another folder with --dir", dir.display());
    }
    for (to, text) in files(name) {
        write(&dir.join(to), &text)?;
    }
    outputs::write(&format!(
        "{name} is in {place}\n\n  cd {place}\n  cargo test\n  yishi plugin build\n  yishi plugin test target/{name}.wasm fixtures\n",
        place = dir.display()
    ))?;
    Ok(true)
}

/// The files of a rule set of a name.
fn files(name: &str) -> Vec<(&'static str, String)> {
    let [dashed, joined] = TEMPLATE;
    let own = OWN.iter().map(|(to, text)| (*to, text.replace(dashed, name).replace(joined, &name.replace('-', "_"))));
    let vendored = VENDORED.iter().map(|(to, text)| (*to, (*text).to_owned()));
    own.chain(vendored).chain([(".gitignore", "/target\n".to_owned())]).collect()
}

fn require_name(name: &str) -> Result<()> {
    let first = name.starts_with(|it: char| it.is_ascii_lowercase());
    let rest = name.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-');
    ensure!(
        first && rest && name.len() <= 64 && !name.ends_with('-'),
        "`{name}` is no name for a rule set: lower-case letters, digits and `-`, a letter first, 64 at most"
    );
    ensure!(!["std", "core", "alloc", "test", "serde"].contains(&name), "`{name}` is the name of another crate");
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    let named = || path.display().to_string();
    fs::create_dir_all(path.parent().context("a file lies in a folder")?).with_context(named)?;
    fs::write(path, text).with_context(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_the_vendored_crates_name_comes_with_them() {
        let files = files("my-rules");
        let has = |path: &str| files.iter().any(|(to, _)| *to == path);
        for crate_ in ["sdk", "domain"] {
            let root = format!("vendor/{crate_}/src/lib.rs");
            let (_, text) = files.iter().find(|(to, _)| *to == root).expect("the root of the crate");
            let lines: Vec<_> = text.lines().collect();
            for (i, line) in lines.iter().enumerate() {
                let module = line.trim_start_matches("pub ").strip_prefix("mod ").and_then(|it| it.strip_suffix(';'));
                let Some(module) = module else { continue };
                let apart = i > 0 && lines[i - 1].contains("feature = \"cases\"");
                assert_eq!(has(&format!("vendor/{crate_}/src/{module}.rs")), !apart, "{crate_}::{module}");
            }
        }
    }

    #[test]
    fn the_rule_sets_own_name_stands_wherever_the_templates_did() {
        let own = OWN.len();
        for (to, text) in files("my-rules").iter().take(own) {
            assert!(!TEMPLATE.iter().any(|it| text.contains(it)), "{to} names the template");
        }
        assert!(require_name("hangzhou-2026").is_ok());
        for wrong in ["", "2026", "Hangzhou", "../up", "a-", "core", "杭州"] {
            assert!(require_name(wrong).is_err(), "{wrong}");
        }
    }
}
