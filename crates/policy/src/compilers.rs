//! Compilation in a child process with limits of its own: a hostile megabyte costs a compiler a minute and gigabytes.

use std::{
    ffi::OsString,
    io::{Read, Write},
    process::{Command, Stdio},
};

use nix::sys::resource::{Resource, setrlimit};

use crate::{
    AdmissionRefusal, engines,
    limits::{Limits, Tier},
};

/// Seconds of processor time for a compilation of nothing, and for each further MiB.
const CPU_SECONDS: (u64, u64) = (1, 5);

/// Bytes of address space.
const ADDRESS_SPACE: u64 = 1 << 30;

/// What keeps mimalloc, where the child allocates with it, from reserving all of that address space before there is a limit.
const ALLOCATOR: (&str, &str) = ("MIMALLOC_ARENA_RESERVE", "32MiB");

/// Why the child did not compile.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// Reading or writing failed.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The limits could not be set.
    #[error("{0}")]
    Limits(#[from] nix::errno::Errno),
    /// The compiler refused.
    #[error("{0:#}")]
    Compiler(#[from] wasmtime::Error),
}

/// The child's side: reads a component, limits itself, compiles, and writes the artefact.
pub fn run(input: &mut impl Read, output: &mut impl Write) -> Result<(), CompileError> {
    let mut component = Vec::new();
    let most = Tier::ALL.iter().map(|tier| tier.limits().component_bytes).max().unwrap_or_default();
    input.take(most as u64 + 1).read_to_end(&mut component)?;
    let seconds = CPU_SECONDS.0 + CPU_SECONDS.1 * component.len().div_ceil(1 << 20) as u64;
    setrlimit(Resource::RLIMIT_CPU, seconds, seconds)?;
    setrlimit(Resource::RLIMIT_AS, ADDRESS_SPACE, ADDRESS_SPACE)?;
    let engine = engines::compiler()?;
    output.write_all(&engine.precompile_component(&component)?)?;
    Ok(output.flush()?)
}

/// The host's side: has a component compiled by a command that calls [`run`].
pub(crate) fn compile(command: &[OsString], component: &[u8], most: &Limits) -> Result<Vec<u8>, AdmissionRefusal> {
    let refuse = |text: String| AdmissionRefusal::new("component.does_not_compile", text);
    let (program, arguments) = command.split_first().ok_or_else(|| refuse("no compiler is configured".into()))?;
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .env(ALLOCATOR.0, ALLOCATOR.1)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| refuse(format!("the compiler does not start: {error}")))?;
    let mut input = child.stdin.take().ok_or_else(|| refuse("the compiler has no input".into()))?;
    // The child reads all before it writes anything, so writing first cannot block for good; where it died early, its status says so.
    input.write_all(component).ok();
    drop(input);
    let output = child.wait_with_output().map_err(|error| refuse(error.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(refuse(format!("{}: {}", output.status, said.lines().last().unwrap_or("out of its limits"))));
    }
    if output.stdout.len() > most.artefact_bytes {
        let text = format!("{} bytes when compiled; {} are allowed", output.stdout.len(), most.artefact_bytes);
        return Err(AdmissionRefusal::new("component.artefact_too_large", text));
    }
    Ok(output.stdout)
}
