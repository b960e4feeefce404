//! The plugins, built to WebAssembly components in `target/plugins`.
//!
//! rustup's target is taken where it is or can be had. Where it cannot, Debian's compiler builds its own standard library for the target.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};
use wit_component::ComponentEncoder;

use crate::{
    apt,
    processes::{capture, cargo, command, exists, run},
    stamps,
    steps::Done,
};

/// What modules are built for.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The rule sets, by package.
const RULE_SETS: &[&str] = &[
    "standard",
    "civil-code-278",
    "villagers-committee",
    "four-deliberations",
    "livelihood-vote",
    "escalation-ladder",
    "rule-book",
];

/// Debian's packages that build for the target.
const DEBIAN: &[&str] = &["rustc-web", "cargo-web", "rust-web-src", "libstd-rust-web-dev"];

/// Builds every rule set to a component, unless nothing has changed since.
pub fn build(root: &Path) -> Result<()> {
    let components = root.join("target/plugins");
    let whole = RULE_SETS.iter().all(|name| components.join(format!("{name}.wasm")).is_file());
    let inputs = ["plugins", "crates/domain", "Cargo.toml"];
    stamps::unless_unchanged(root, "plugins", &inputs, &[if whole { "whole" } else { "missing" }], || {
        fs::create_dir_all(&components)?;
        let modules = modules(root)?;
        for name in RULE_SETS {
            let module = modules.join(format!("{}.wasm", name.replace('-', "_")));
            let bytes = fs::read(&module).with_context(|| format!("{} was not built", module.display()))?;
            let component = ComponentEncoder::default().module(&bytes)?.validate(true).encode()?;
            fs::write(components.join(format!("{name}.wasm")), component)?;
        }
        Ok(Done::Ran)
    })
    .map(drop)
}

/// Builds the core modules and tells in which folder they are.
fn modules(root: &Path) -> Result<PathBuf> {
    let target = root.join("target/plugins-build");
    let mut build = compiler(root, &root.join("plugins"))?;
    // Paths of this machine must not reach the module: the same source gives the same digest anywhere.
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let mut flags = vec![format!("--remap-path-prefix={}=/yishi", root.display())];
    flags.extend(home.map(|home| format!("--remap-path-prefix={}=/cargo", home.display())));
    build.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}")).env("CARGO_TARGET_DIR", &target);
    build.args(["build", "--release", "--locked", "--target", TARGET]);
    for name in RULE_SETS {
        build.args(["--package", name]);
    }
    run(&mut build)?;
    Ok(target.join(TARGET).join("release"))
}

/// The cargo that builds a workspace's modules.
pub fn compiler(root: &Path, workspace: &Path) -> Result<Command> {
    if rustup_target(root) { Ok(cargo(workspace)) } else { debian(root, workspace) }
}

/// Tells whether the compiler that runs this has the target, adding it by rustup where that works.
fn rustup_target(root: &Path) -> bool {
    let present = || {
        let sysroot = capture(command(root, "rustc").args(["--print", "sysroot"]));
        sysroot.is_ok_and(|path| Path::new(path.trim()).join("lib/rustlib").join(TARGET).is_dir())
    };
    present()
        || (exists("rustup") && capture(command(root, "rustup").args(["target", "add", TARGET])).is_ok() && present())
}

fn debian(root: &Path, workspace: &Path) -> Result<Command> {
    let (rustc, debian_cargo) = (Path::new("/usr/bin/rustc"), Path::new("/usr/bin/cargo"));
    let source = || {
        fs::read_dir("/usr/src")
            .into_iter()
            .flatten()
            .flatten()
            .any(|it| it.file_name().to_string_lossy().starts_with("rustc"))
    };
    if !(rustc.is_file() && debian_cargo.is_file() && source()) {
        if !apt::may_install() {
            bail!("the target {TARGET} is missing: run `rustup target add {TARGET}`");
        }
        apt::install(root, DEBIAN)?;
    }
    let sysroot = capture(command(root, "rustc").args(["--print", "sysroot"]))?;
    let host = capture(command(root, "rustc").args(["--print", "host-tuple"]))?;
    let linker = Path::new(sysroot.trim()).join("lib/rustlib").join(host.trim()).join("bin/rust-lld");
    let mut build = command(workspace, debian_cargo);
    build.env("RUSTC", rustc).env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    for name in ["RUSTUP_TOOLCHAIN", "CARGO", "RUSTC_WRAPPER", "RUSTFLAGS"] {
        build.env_remove(name);
    }
    build.arg("-Zbuild-std=std,panic_abort");
    Ok(build)
}
