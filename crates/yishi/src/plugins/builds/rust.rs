//! A rule set in Rust, built to a component.
//!
//! rustup's target is taken where it is or can be had. Where it cannot, Debian's compiler builds its own standard library for the target.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::{Built, encode_file};

const TARGET: &str = "wasm32-unknown-unknown";

/// Builds the package in a folder.
pub fn build(dir: &Path) -> Result<Built> {
    let package = package(dir)?;
    let name = package["name"].as_str().context("a package has a name")?;
    let library = library(&package).with_context(|| {
        format!("{name} has no library of the type `cdylib`: write crate-type = [\"cdylib\", \"rlib\"] under [lib]")
    })?;
    // Apart from `cargo test`, which the flags would otherwise make compile everything again.
    let target = dir.join("target/component");
    let mut cargo = compiler(dir)?;
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags(dir)).env("CARGO_TARGET_DIR", &target);
    cargo.args(["build", "--release", "--lib", "--package", name]);
    let status = cargo.status().context("cargo does not start")?;
    ensure!(status.success(), "{name} does not compile; the compiler says why");
    let module = target.join(TARGET).join("release").join(format!("{}.wasm", library.replace('-', "_")));
    let component = encode_file(&module).context("the module is no rule set: does it `export!` its policy?")?;
    Ok(Built { name: name.to_owned(), component })
}

/// What cargo says of the package in a folder.
fn package(dir: &Path) -> Result<Value> {
    let manifest = dir.join("Cargo.toml");
    let text =
        capture(Command::new("cargo").args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(dir))?;
    let mut all: Value = serde_json::from_str(&text)?;
    let packages = all["packages"].as_array_mut().context("cargo lists packages")?;
    let here = packages.iter_mut().find(|it| it["manifest_path"].as_str().is_some_and(|it| Path::new(it) == manifest));
    Ok(here.with_context(|| format!("{} is no package", manifest.display()))?.take())
}

/// The name of the library that is built as a module.
fn library(package: &Value) -> Option<&str> {
    let targets = package["targets"].as_array()?;
    let module = |it: &&Value| it["crate_types"].as_array().is_some_and(|types| types.iter().any(|it| it == "cdylib"));
    targets.iter().find(module)?["name"].as_str()
}

/// Paths of this machine must not reach the component: the same source gives the same digest anywhere.
fn flags(dir: &Path) -> String {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let mut flags = vec![format!("--remap-path-prefix={}=/rules", dir.display())];
    flags.extend(home.map(|home| format!("--remap-path-prefix={}=/cargo", home.display())));
    flags.join("\u{1f}")
}

/// The cargo that builds for the target.
fn compiler(dir: &Path) -> Result<Command> {
    if has_target(dir) {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(dir).env("CARGO_BUILD_TARGET", TARGET);
        return Ok(cargo);
    }
    let (rustc, debian_cargo) = (Path::new("/usr/bin/rustc"), Path::new("/usr/bin/cargo"));
    let is_source = |it: fs::DirEntry| it.file_name().to_string_lossy().starts_with("rustc");
    let source = fs::read_dir("/usr/src").into_iter().flatten().flatten().any(is_source);
    if !(rustc.is_file() && debian_cargo.is_file() && source) {
        bail!(
            "the compiler's target {TARGET} is missing: run `rustup target add {TARGET}`, or on Debian \
             `apt install rustc-web cargo-web rust-web-src libstd-rust-web-dev`"
        );
    }
    let ask = |what| capture(Command::new("rustc").args(["--print", what]).current_dir(dir));
    let (sysroot, host) = (ask("sysroot")?, ask("host-tuple")?);
    let linker = Path::new(sysroot.trim()).join("lib/rustlib").join(host.trim()).join("bin/rust-lld");
    let mut cargo = Command::new(debian_cargo);
    cargo.current_dir(dir).env("CARGO_BUILD_TARGET", TARGET);
    cargo.env("RUSTC", rustc).env("RUSTC_BOOTSTRAP", "1").env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort");
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    for name in ["RUSTUP_TOOLCHAIN", "CARGO", "RUSTC_WRAPPER", "RUSTFLAGS"] {
        cargo.env_remove(name);
    }
    Ok(cargo)
}

/// Tells whether the compiler has the target, adding it by rustup where that works.
fn has_target(dir: &Path) -> bool {
    let present = || {
        let sysroot = capture(Command::new("rustc").args(["--print", "sysroot"]).current_dir(dir));
        sysroot.is_ok_and(|path| Path::new(path.trim()).join("lib/rustlib").join(TARGET).is_dir())
    };
    present() || (capture(Command::new("rustup").args(["target", "add", TARGET]).current_dir(dir)).is_ok() && present())
}

fn capture(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output =
        command.output().with_context(|| format!("{name} does not start: is Rust installed? https://rustup.rs"))?;
    ensure!(output.status.success(), "{name} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(String::from_utf8(output.stdout)?)
}
