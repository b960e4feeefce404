//! Components that mean harm: each is refused, or fails, with a stable code that names what is wrong, within its limits, and the host goes on.
//!
//! A kind of harm is a module that lists its cases; one [`runs::check`] puts them all through the path that an upload takes, with its compiler in
//! a process of its own. What depends on the contract's types stands in [`samples`] alone.

mod answers;
mod binaries;
mod bombs;
mod contracts;
mod customs;
mod descriptions;
mod features;
mod floats;
mod guests;
mod loops;
mod lowering;
mod memories;
mod mutations;
mod nests;
mod pointers;
mod proposals;
mod runs;
mod samples;
mod tenants;
mod tiers;
mod traps;

use runs::{Case, Run};

/// Cases that there are at least.
const LEAST: usize = 120;

#[test]
fn what_means_harm_is_named_and_the_host_goes_on() {
    let kinds: [(&str, Vec<Case>); 16] = [
        ("loops", loops::cases()),
        ("traps", traps::cases()),
        ("memories", memories::cases()),
        ("pointers", pointers::cases()),
        ("mutations", mutations::cases()),
        ("binaries", binaries::cases()),
        ("contracts", contracts::cases()),
        ("nests", nests::cases()),
        ("bombs", bombs::cases()),
        ("customs", customs::cases()),
        ("features", features::cases()),
        ("descriptions", descriptions::cases()),
        ("answers", answers::cases()),
        ("proposals", proposals::cases()),
        ("floats", floats::cases()),
        ("refusals", answers::refusals()),
    ];
    for (kind, cases) in &kinds {
        println!("{:>4} {kind}", cases.len());
    }
    let cases: Vec<_> = kinds.into_iter().flat_map(|(_, cases)| cases).collect();
    let count = cases.len();
    let started = std::time::Instant::now();
    let faults = Run::all(&cases);
    println!("{count} cases in {:.1} s, {} of them come out otherwise", started.elapsed().as_secs_f32(), faults.len());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count >= LEAST, "{count} cases");
}
