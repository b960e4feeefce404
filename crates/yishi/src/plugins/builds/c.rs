//! A rule set in C, built to a component by zig, which carries a compiler, a linker and the headers.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use wit_bindgen_core::Files;

use super::{Built, encode_file, on_path, run, world};

/// The version that the error names, from PyPI.
const ZIG: &str = "ziglang==0.17.1";

const MEMORY: &str = include_str!("../../../../../plugins/sdk-c/memory.c");

/// For a wasm that imports nothing: a library of functions, with a stack that leaves its memory small.
const FLAGS: [&str; 9] = [
    "-target",
    "wasm32-wasi",
    "-mexec-model=reactor",
    "-Wl,-z,stack-size=65536",
    "-std=c23",
    "-O2",
    "-s",
    "-Wall",
    "-Wextra",
];

/// The source in a folder, if it is one of C: its name is the rule set's.
pub fn source(dir: &Path) -> Result<Option<PathBuf>> {
    let entries = dir.read_dir()?.collect::<Result<Vec<_>, _>>()?;
    let mut sources: Vec<_> = entries.iter().map(fs::DirEntry::path).collect();
    sources.retain(|it| it.extension().is_some_and(|it| it == "c"));
    ensure!(
        sources.len() < 2,
        "{} holds several .c files: one is the rule set and has its name; it may `#include` others from a folder below",
        dir.display()
    );
    Ok(sources.pop())
}

/// Builds a source.
pub fn build(dir: &Path, source: &Path) -> Result<Built> {
    let name = source.file_stem().and_then(|it| it.to_str()).context("the name of the source is no text")?;
    let mut zig = zig(dir)?;
    let bindings = dir.join("target/bindings");
    let (mut inputs, module) = (bind(&bindings)?, dir.join("target/module.wasm"));
    inputs.push(source.to_owned());
    zig.current_dir(dir).arg("cc").args(FLAGS).arg("-I").arg(&bindings).arg("-o").arg(&module).args(inputs);
    run(&mut zig, name)?;
    let component = encode_file(&module).context("the module is no rule set of the world `ballots`")?;
    Ok(Built { name: name.to_owned(), component })
}

/// Writes what connects C to the contract; tells what of it is compiled and linked.
fn bind(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut resolve, world) = world()?;
    let named = |interface: &str, short: &str| (format!("yishi:policy/{interface}@1.0.0"), short.to_owned());
    let rename = vec![named("types", "policy"), named("describe", "describe"), named("voting", "voting")];
    let mut files = Files::default();
    let mut generator = wit_bindgen_c::Opts { rename, ..Default::default() }.build();
    generator.generate(&mut resolve, world, &mut files)?;
    files.push("memory.c", MEMORY.as_bytes());
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let mut inputs = Vec::new();
    for (file, bytes) in files.iter() {
        let path = folder.join(file);
        fs::write(&path, bytes).with_context(|| path.display().to_string())?;
        if !file.ends_with(".h") {
            inputs.push(path);
        }
    }
    Ok(inputs)
}

/// zig: on the path, or in the rule set's own Python environment.
fn zig(dir: &Path) -> Result<Command> {
    let own = dir.join(".venv/bin/python-zig");
    let found =
        [own].into_iter().find(|it| it.is_file()).or_else(|| ["zig", "python-zig"].into_iter().find_map(on_path));
    found.map(Command::new).with_context(|| {
        format!(
            "zig is missing, which compiles C: run `python3 -m venv .venv && .venv/bin/pip install {ZIG}` in {}",
            dir.display()
        )
    })
}
