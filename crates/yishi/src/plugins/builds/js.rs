//! A rule set in JavaScript, built by jco to a component that carries an interpreter, QuickJS.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{Built, CONTRACT, WORLD, linking::link, on_path, run};

/// The interpreter, which answers at once.
const FLAGS: [&str; 3] = ["--backend", "qjs", "--backend-qjs-disable-async"];

/// What the folder holds besides the sources.
const NO_SOURCES: [&str; 3] = ["node_modules", "target", "fixtures"];

/// Builds the package in a folder.
pub fn build(dir: &Path) -> Result<Built> {
    let manifest = dir.join("package.json");
    let text = fs::read_to_string(&manifest).with_context(|| manifest.display().to_string())?;
    let manifest: Value = serde_json::from_str(&text).context("package.json is no JSON")?;
    let member = |name: &str| manifest[name].as_str().with_context(|| format!("package.json has no `{name}`"));
    let (name, main) = (member("name")?, member("main")?);
    let jco = jco(dir)?;
    let target = dir.join("target/component");
    if target.exists() {
        fs::remove_dir_all(&target)?;
    }
    copy(dir, &target)?;
    fs::create_dir_all(target.join("wit"))?;
    fs::write(target.join("wit/policy.wit"), CONTRACT)?;
    // jco reads paths from the folder of the source, and takes no others.
    let mut jco = Command::new(jco);
    jco.current_dir(&target).arg("componentize").arg(main).args(["--wit", "wit", "--world-name", WORLD]).args(FLAGS);
    run(jco.args(["--out", "component.wasm"]), name)?;
    let component = link(&fs::read(target.join("component.wasm"))?);
    let component = component.context("what jco made is no rule set of the world `ballots`")?;
    Ok(Built { name: name.to_owned(), component })
}

/// Copies the sources. QuickJS loads modules and no JSON, so what is imported as JSON becomes a module that says the same.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    for entry in from.read_dir().with_context(|| from.display().to_string())? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|it| it.to_str()).filter(|it| !it.starts_with('.')) else {
            continue;
        };
        let to = to.join(name);
        if path.is_dir() && !NO_SOURCES.contains(&name) {
            copy(&path, &to)?;
        } else if name.ends_with(".js") {
            fs::copy(&path, to)?;
        } else if name.ends_with(".json") && !name.starts_with("package") {
            fs::write(to, format!("export default {}", fs::read_to_string(&path)?))?;
        }
    }
    Ok(())
}

/// jco: in the rule set's own packages or those of a folder above, or on the path.
fn jco(dir: &Path) -> Result<PathBuf> {
    let own = dir.ancestors().map(|it| it.join("node_modules/.bin/jco")).find(|it| it.is_file());
    own.or_else(|| on_path("jco")).with_context(|| {
        format!("jco is missing, which makes components of JavaScript: run `npm install` in {}", dir.display())
    })
}
