//! Tiers: what is native, what is of the script tier, and the fuel that each has.

use std::sync::Arc;

use serde_json::json;
use yishi_domain::escalation::{Case, Level};
use yishi_policy::{PolicyFailure, limits::Tier};

use crate::{
    guests::Guest,
    runs::{Host, patiently},
    samples,
};

/// A guest with two core modules more, which is more than native ones have.
fn scripted(guest: &Guest) -> Vec<u8> {
    let module = b"\x01\x08\0asm\x01\0\0\0";
    [guest.component(), module.to_vec(), module.to_vec()].concat()
}

/// A case whose path has this many entries.
fn long_case(rows: usize) -> Case {
    Case { path: vec![Level::Street; rows], ..samples::case() }
}

/// A guest that uses some seven units of fuel for each iteration before it answers a case honestly.
pub fn burning(iterations: u32) -> Guest {
    let burn = format!(
        "(global.set $left (i32.const {iterations}))
        (loop $burn (global.set $left (i32.sub (global.get $left) (i32.const 1))) (br_if $burn (global.get $left)))"
    );
    Guest::honest().field("(global $left (mut i32) (i32.const 0))").before("assess", &burn)
}

#[tokio::test]
async fn what_is_too_large_for_native_is_of_the_script_tier_where_that_is_open() {
    let component = scripted(&Guest::honest());
    let open = Host::new("open", Tier::Script);
    let admitted = open.policy.unmetered().admit(component.clone()).await.expect("admitted");
    assert_eq!((admitted.tier, admitted.sizes.core_modules), (Tier::Script, 3));
    let native = open.policy.unmetered().admit(Guest::honest().component()).await.expect("admitted");
    assert_eq!(native.tier, Tier::Native, "what fits is native wherever it is admitted");
    let closed = Host::new("closed", Tier::Native);
    let refusals = closed.policy.unmetered().admit(component.clone()).await.expect_err("not open here");
    assert_eq!(
        refusals.iter().map(|it| it.code).collect::<Vec<_>>(),
        ["component.too_many_modules", "component.script_tier_closed"]
    );
    // Ballots may have been opened under it while it was open.
    let component: Arc<[u8]> = component.into();
    samples::ask(&closed.policy.unmetered(), &component, "decide")
        .await
        .expect("what was admitted once is still asked");
}

#[tokio::test]
async fn fuel_goes_by_the_tier_and_the_rows_of_the_input() {
    let host = Host::new("fuel", Tier::Script);
    let caller = host.policy.unmetered();
    let endless = Guest::honest().code("assess", "(loop (br 0)) unreachable");
    for (component, fuel, per_row) in
        [(endless.component(), 5_000_000, 5_000), (scripted(&endless), 20_000_000, 30_000)]
    {
        let component: Arc<[u8]> = component.into();
        for rows in [0, 1, 1_000] {
            let ask = async || {
                let answered = caller.assess(Arc::clone(&component), &json!({}), &long_case(rows)).await;
                answered.fallback.map_or(Ok(()), Err)
            };
            let failure = patiently(ask).await.expect_err("it has no end");
            assert_eq!(failure, PolicyFailure::FuelExhausted(fuel + per_row * rows as u64));
        }
    }
}

#[tokio::test]
async fn a_call_that_lives_by_its_rows_is_made_again_with_the_same_fuel() {
    let host = Host::new("again", Tier::Native);
    let caller = host.policy.unmetered();
    let component: Arc<[u8]> = burning(1_000_000).component().into();
    let short = caller.assess(Arc::clone(&component), &json!({}), &long_case(1)).await;
    assert_eq!(short.fallback.map(|it| it.code()), Some("policy.fuel_exhausted"));
    let receipt =
        caller.assess(Arc::clone(&component), &json!({}), &long_case(1_000)).await.receipt.expect("an answer");
    assert!(receipt.fuel > Tier::Native.limits().fuel, "{} fuel", receipt.fuel);
    let again = caller.replay(component, &json!({}), &receipt.input).await.expect("the same call");
    assert!(receipt.agrees_with(&again));
}
