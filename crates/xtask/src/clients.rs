//! Clients made from the description of the interface, as integrators make them, each with a script that runs the scenario of `tests/clients`.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::{
    processes::{command, run},
    specs, stamps,
    steps::Done,
    tools,
};

const NPM: [(&str, &str); 3] = [("openapi-typescript", "7.13.0"), ("openapi-fetch", "0.17.0"), ("typescript", "5.9.3")];
const PYTHON: &str = "openapi-python-client==0.29.1";

/// The folder of the clients, whose scripts are named after their languages.
pub fn folder(root: &Path) -> PathBuf {
    root.join("target/clients")
}

/// Makes the clients, unless nothing has changed since.
pub fn make(root: &Path) -> Result<Done> {
    let versions: Vec<_> = NPM.iter().map(|(_, version)| *version).chain([PYTHON]).collect();
    stamps::unless_unchanged(root, "clients", &[specs::FILE, "tests/clients"], &versions, || {
        let node = match tools::node(root)? {
            Ok(node) => node,
            Err(reason) => return Ok(Done::Skipped(reason)),
        };
        let python = match tools::python(root, "openapi-python-client", &[PYTHON])? {
            Ok(python) => python,
            Err(reason) => return Ok(Done::Skipped(reason)),
        };
        if folder(root).exists() {
            fs::remove_dir_all(folder(root))?;
        }
        in_typescript(root, &node)?;
        in_python(root, &python)?;
        Ok(Done::Ran)
    })
}

fn in_typescript(root: &Path, node: &Path) -> Result<()> {
    let client = folder(root).join("typescript");
    fs::create_dir_all(&client)?;
    let mut bin = PathBuf::new();
    for (package, version) in NPM {
        bin = tools::npm(root, node, package, version)?;
    }
    for name in ["scenario.ts", "tsconfig.json", "package.json"] {
        fs::copy(root.join("tests/clients/typescript").join(name), client.join(name)).with_context(|| name)?;
    }
    symlink(root.join("target/tools/npm/node_modules"), client.join("node_modules"))?;
    // Run in the client's folder: beside the linter's settings it would take them for its own.
    let mut generator = command(&client, node);
    generator.arg(bin.join("openapi-typescript")).arg(root.join(specs::FILE)).args(["--output", "yishi.d.ts"]);
    run(&mut generator)?;
    run(command(&client, node).arg(bin.join("tsc")).args(["--project", "."]))?;
    script(root, "typescript", node, &client.join("scenario.js"))
}

fn in_python(root: &Path, python: &Path) -> Result<()> {
    let client = folder(root).join("python");
    let ours = root.join("tests/clients/python");
    let mut generator = command(root, python.join("openapi-python-client"));
    generator.args(["generate", "--overwrite", "--fail-on-warning", "--path", specs::FILE]);
    generator.arg("--config").arg(ours.join("config.yaml")).arg("--output-path").arg(&client);
    run(&mut generator)?;
    fs::copy(ours.join("scenario.py"), client.join("scenario.py"))?;
    script(root, "python", &python.join("python"), &client.join("scenario.py"))
}

/// Leaves a script that runs a scenario with the program that it is for.
fn script(root: &Path, language: &str, program: &Path, scenario: &Path) -> Result<()> {
    let path = folder(root).join(language).with_extension("sh");
    let text = format!("#!/bin/sh\nexec '{}' '{}'\n", program.display(), scenario.display());
    fs::write(&path, text)?;
    Ok(fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?)
}
