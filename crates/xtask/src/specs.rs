//! The description of the interface: equal to what the program serves, and linted.

use std::{fs, path::Path};

use anyhow::{Context as _, Result, bail};

use crate::{
    processes::{capture, cargo, command, run},
    stamps,
    steps::Done,
    tools,
};

/// Where the description is checked in.
pub const FILE: &str = "openapi/yishi.yaml";
const PUBLISHED: &str = "openapi/published.yaml";

/// What events say.
const EVENTS: &str = "openapi/events.json";
const PUBLISHED_EVENTS: &str = "openapi/published-events.json";
const DIFFERENCE: (&str, &str) = ("openapi-diff", "0.24.1");
const LINTER: &str = "@redocly/cli";
const LINTER_VERSION: &str = "2.77.0";

/// What is checked in, and how the program prints it.
const DESCRIPTIONS: [(&str, &[&str]); 2] = [(FILE, &["openapi"]), (EVENTS, &["openapi", "--events"])];

/// Writes the descriptions from the program.
pub fn write(root: &Path) -> Result<()> {
    fs::create_dir_all(root.join("openapi"))?;
    for (file, args) in DESCRIPTIONS {
        fs::write(root.join(file), served(root, args)?)?;
        println!("wrote {file}");
    }
    Ok(())
}

/// Fails where the checked-in description is not what the program serves, and names the first line that differs.
pub fn compare(root: &Path) -> Result<Done> {
    for (file, args) in DESCRIPTIONS {
        let kept = fs::read_to_string(root.join(file)).with_context(|| format!("cannot read {file}"))?;
        if let Some((line, kept, served)) = first_difference(&kept, &served(root, args)?) {
            bail!(
                "{file} is not what the program serves; `cargo xtask openapi` writes it anew\n  line {line}, checked in: {kept}\n  line {line}, served:     {served}"
            );
        }
    }
    Ok(Done::Ran)
}

/// Fails where the description breaks what was published.
pub fn unbroken(root: &Path) -> Result<Done> {
    let (package, version) = DIFFERENCE;
    stamps::unless_unchanged(root, "openapi-unbroken", &[FILE, PUBLISHED], &[version], || {
        let node = match tools::node(root)? {
            Ok(node) => node,
            Err(reason) => return Ok(Done::Skipped(reason)),
        };
        let bin = tools::npm(root, &node, package, version)?;
        let fix = "keep what was published, and add to it: openapi/README.md says how something goes";
        run(command(root, &node).arg(bin.join(package)).args([PUBLISHED, FILE])).context(fix)?;
        Ok(Done::Ran)
    })
}

/// Takes the description over as the published one.
pub fn publish(root: &Path) -> Result<()> {
    for (file, published) in [(FILE, PUBLISHED), (EVENTS, PUBLISHED_EVENTS)] {
        fs::copy(root.join(file), root.join(published))?;
        println!("wrote {published}");
    }
    Ok(())
}

/// Lints the checked-in description.
pub fn lint(root: &Path) -> Result<Done> {
    stamps::unless_unchanged(
        root,
        "openapi-lint",
        &[FILE, "redocly.yaml", ".redocly.lint-ignore.yaml"],
        &[LINTER_VERSION],
        || {
            let node = match tools::node(root)? {
                Ok(node) => node,
                Err(reason) => return Ok(Done::Skipped(reason)),
            };
            let bin = tools::npm(root, &node, LINTER, LINTER_VERSION)?;
            let mut redocly = command(root, &node);
            redocly.arg(bin.join("redocly")).args(["lint", "--config", "redocly.yaml", "yishi"]);
            run(redocly.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true"))?;
            Ok(Done::Ran)
        },
    )
}

fn served(root: &Path, args: &[&str]) -> Result<String> {
    // Built with the whole workspace, as tests build it: alone the program would be built anew with fewer features of what it shares.
    run(cargo(root).args(["build", "--quiet", "--locked", "--workspace"]))?;
    capture(command(root, root.join("target/debug/yishi")).args(args))
}

fn first_difference<'a>(kept: &'a str, served: &'a str) -> Option<(usize, &'a str, &'a str)> {
    if kept == served {
        return None;
    }
    const END: &str = "(end of the file)";
    let (mut kept, mut served) = (kept.lines(), served.lines());
    let mut line = 0;
    loop {
        line += 1;
        match (kept.next(), served.next()) {
            (Some(a), Some(b)) if a == b => {}
            (None, None) => return Some((line, END, END)),
            (a, b) => return Some((line, a.unwrap_or(END), b.unwrap_or(END))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_named() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some((2, "b", "c")));
        assert_eq!(first_difference("a\n", "a\nb\n"), Some((2, "(end of the file)", "b")));
        assert!(first_difference("a\n", "a").is_some(), "a missing last newline is a difference");
    }
}
