//! Building a rule set to a component. What its folder holds tells the language.

mod c;
mod js;
mod linking;
mod merging;
mod rust;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use wit_component::ComponentEncoder;
use wit_parser::{Resolve, WorldId};
use yishi_record::commitments::digest;

use crate::outputs;

/// The contract, which those languages take their types from that bring none along.
const CONTRACT: &str = include_str!("../../../../plugins/wit/yishi-policy@1.0.0/policy.wit");

/// The world of rule sets that answer for ballots and leave the rest to the standard rules.
const WORLD: &str = "ballots";

/// What to build.
#[derive(Debug, Args)]
pub struct Build {
    /// The folder of the rule set
    #[arg(default_value = ".")]
    dir: PathBuf,
}

/// What was built.
struct Built {
    /// The rule set's name.
    name: String,
    component: Vec<u8>,
}

/// Builds the rule set in a folder to `target/<name>.wasm` there.
pub fn build(options: &Build) -> Result<bool> {
    let dir = options.dir.canonicalize().with_context(|| options.dir.display().to_string())?;
    let Built { name, component } = if dir.join("Cargo.toml").is_file() {
        rust::build(&dir)?
    } else if dir.join("package.json").is_file() {
        js::build(&dir)?
    } else if let Some(source) = c::source(&dir)? {
        c::build(&dir, &source)?
    } else {
        bail!(
            "{} is no rule set: there is no Cargo.toml (Rust), no package.json (JavaScript) and no .c file",
            dir.display()
        );
    };
    let path = dir.join("target").join(format!("{name}.wasm"));
    fs::write(&path, &component).with_context(|| path.display().to_string())?;
    outputs::write(&format!("{}  {} bytes  {}\n", path.display(), component.len(), digest(&component)))?;
    Ok(true)
}

/// The world of a rule set's components, in the contract that has it.
fn world() -> Result<(Resolve, WorldId)> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("policy.wit", CONTRACT)?;
    let world = resolve.select_world(&[package], Some(WORLD))?;
    Ok((resolve, world))
}

/// Makes a component of a module that says of which world it is.
fn encode(module: &[u8]) -> Result<Vec<u8>> {
    ComponentEncoder::default().module(module).and_then(|it| it.validate(true).encode())
}

/// The same of a file.
fn encode_file(module: &Path) -> Result<Vec<u8>> {
    encode(&fs::read(module).with_context(|| module.display().to_string())?)
}

/// Runs a tool whose own output says what is wrong.
fn run(tool: &mut Command, what: &str) -> Result<()> {
    let name = tool.get_program().to_string_lossy().into_owned();
    let status = tool.status().with_context(|| format!("{name} does not start"))?;
    ensure!(status.success(), "{what} does not compile; {name} says why");
    Ok(())
}

/// A program on the path.
fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|it| it.is_file())
}
