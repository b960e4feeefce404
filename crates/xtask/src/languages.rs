//! The rule sets in C and JavaScript, built to `target/plugins` by the program, as their author would build them, with tools that are brought here.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

use crate::{
    compilers, plugins,
    processes::{cargo, command, run},
    stamps,
    steps::Done,
    tools::{self, Tool},
};

const RULE_SETS: [&str; 2] = ["threshold-c", "threshold-js"];
const ZIG: &str = "ziglang==0.17.1";
const JCO: (&str, &str) = ("@bytecodealliance/jco", "1.35.0");

/// What they are made of and by, and what they are held to.
const INPUTS: [&str; 7] = [
    "plugins/threshold-c",
    "plugins/threshold-js",
    "plugins/sdk-c",
    "plugins/wit",
    "plugins/conformance",
    "crates/yishi/src/plugins",
    "crates/policy/src",
];

/// Builds the rule sets of all languages to `target/plugins`, and the program, which takes some of them along and builds the others.
pub fn build_all(root: &Path) -> Result<()> {
    compilers::provide(root)?;
    plugins::build(root)?;
    run(cargo(root).args(["build", "--quiet", "--locked", "--workspace"]))?;
    match build(root)? {
        Done::Skipped(reason) => bail!("{reason}"),
        Done::Ran | Done::Unchanged => Ok(()),
    }
}

/// Builds them and puts them to their fixtures and to the conformance kit, unless nothing has changed since; the program has been built.
pub fn build(root: &Path) -> Result<Done> {
    let built = root.join("target/plugins");
    let whole = RULE_SETS.iter().all(|name| component(&built, name).is_file());
    let words = [if whole { "whole" } else { "missing" }, ZIG, JCO.1];
    stamps::unless_unchanged(root, "languages", &INPUTS, &words, || {
        let path = match path(root)? {
            Ok(path) => path,
            Err(reason) => return Ok(Done::Skipped(reason)),
        };
        let program = root.join("target/debug/yishi");
        for name in RULE_SETS {
            let folder = root.join("plugins").join(name);
            let its = component(&folder.join("target"), name);
            run(command(root, &program).args(["plugin", "build"]).arg(&folder).env("PATH", &path))?;
            run(command(root, &program).args(["plugin", "test"]).arg(&its).arg(folder.join("fixtures")))?;
            fs::create_dir_all(&built)?;
            fs::copy(&its, component(&built, name)).with_context(|| its.display().to_string())?;
        }
        Ok(Done::Ran)
    })
}

/// Where programs are found: the tools before this machine's own.
fn path(root: &Path) -> Result<Tool<OsString>> {
    let fix = format!("zig, which compiles C: `target/tools/zig/bin/pip install {ZIG}` does not work here");
    let zig = match tools::python(root, "zig", &[ZIG]).context(fix)? {
        Ok(folder) => folder,
        Err(reason) => return Ok(Err(reason)),
    };
    let node = match tools::node(root)? {
        Ok(node) => node,
        Err(reason) => return Ok(Err(reason)),
    };
    let (package, version) = JCO;
    let fix = format!("jco, which builds JavaScript: `npm install {package}@{version}` does not work here");
    let jco = tools::npm(root, &node, package, version).context(fix)?;
    let node = node.parent().filter(|it| !it.as_os_str().is_empty()).map(Path::to_owned);
    let own = std::env::var_os("PATH").unwrap_or_default();
    let folders = [zig, jco].into_iter().chain(node).chain(std::env::split_paths(&own));
    Ok(Ok(std::env::join_paths(folders)?))
}

fn component(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.wasm"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tools_are_those_that_authors_are_told_to_take() {
        assert!(include_str!("../../../plugins/threshold-c/README.md").contains(ZIG));
        let package = include_str!("../../../plugins/threshold-js/package.json");
        assert!(package.contains(&format!("\"{}\": \"{}\"", JCO.0, JCO.1)));
    }
}
