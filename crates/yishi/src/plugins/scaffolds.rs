//! A folder to begin a rule set in. It builds anywhere: what it needs of the project comes with it, or with the program that builds it.

mod c;
mod js;
mod rust;

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
    /// JavaScript, which runs in the script tier
    Js,
    /// C
    C,
}

impl Language {
    const fn template(self) -> &'static Template {
        match self {
            Self::Rust => &rust::TEMPLATE,
            Self::Js => &js::TEMPLATE,
            Self::C => &c::TEMPLATE,
        }
    }
}

/// Where a file goes, and what it says.
macro_rules! carried {
    ($($to:literal = $from:literal),* $(,)?) => {
        &[$(($to, include_str!(concat!("../../../../../", $from)))),*]
    };
}
use carried;

/// What a folder is begun from.
struct Template {
    /// What it is called wherever the rule set's own name belongs: as packages and as libraries are named.
    names: &'static [&'static str],
    /// The rule set's own files: where each goes, and what it says.
    own: &'static [(&'static str, &'static str)],
    /// What comes with it, and is not changed.
    vendored: &'static [(&'static str, &'static str)],
    /// What its version control leaves out.
    ignored: &'static str,
    /// What is done before it is built.
    next: &'static [&'static str],
}

/// Makes the folder; one that holds something already is left alone.
pub fn new(options: &New) -> Result<bool> {
    let New { name, lang, dir } = options;
    let template = lang.template();
    require_name(name)?;
    let dir = dir.clone().unwrap_or_else(|| PathBuf::from(name));
    if dir.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} holds something already; name another folder with --dir", dir.display());
    }
    for (to, text) in template.files(name) {
        write(&dir.join(to), &text)?;
    }
    let (place, next) = (dir.display(), template.next.join("\n  "));
    outputs::write(&format!(
        "{name} is in {place}\n\n  cd {place}\n  {next}\n  yishi plugin build\n  yishi plugin test target/{name}.wasm fixtures\n"
    ))?;
    Ok(true)
}

impl Template {
    /// The files of a rule set of a name.
    fn files(&self, name: &str) -> Vec<(String, String)> {
        let renamed = |text: &str| {
            self.names.iter().fold(text.to_owned(), |text, its| match its.contains('_') {
                true => text.replace(its, &name.replace('-', "_")),
                false => text.replace(its, name),
            })
        };
        let own = self.own.iter().map(|(to, text)| (renamed(to), renamed(text)));
        let vendored = self.vendored.iter().map(|(to, text)| ((*to).to_owned(), (*text).to_owned()));
        own.chain(vendored).chain([(".gitignore".to_owned(), self.ignored.to_owned())]).collect()
    }
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
        let files = rust::TEMPLATE.files("my-rules");
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
        for template in [Language::Rust, Language::Js, Language::C].map(Language::template) {
            for (to, text) in template.files("my-rules").iter().take(template.own.len()) {
                assert!(
                    !template.names.iter().any(|it| text.contains(it) || to.contains(it)),
                    "{to} names the template"
                );
            }
        }
        assert!(require_name("hangzhou-2026").is_ok());
        for wrong in ["", "2026", "Hangzhou", "../up", "a-", "core", "杭州"] {
            assert!(require_name(wrong).is_err(), "{wrong}");
        }
    }
}
