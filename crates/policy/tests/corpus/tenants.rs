//! Tenants beside each other: none takes another's share, and none loses the verdict of a ballot that was opened.

use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;
use yishi_domain::{
    TenantId,
    escalation::{Case, Level},
};
use yishi_policy::{Caller, limits, limits::Tier};

use crate::{guests::Guest, runs::Host, samples, tiers::burning};

/// A case with so many rows that a call on it has all the fuel that there is.
fn wide() -> Case {
    Case { path: vec![Level::Street; 9_000], ..samples::case() }
}

fn tenant(host: &Host, n: u128) -> Caller {
    host.policy.for_tenant(TenantId(Uuid::from_u128(n)))
}

async fn code(caller: &Caller, component: &Arc<[u8]>, function: &str) -> &'static str {
    samples::ask(caller, component, function).await.map_or_else(|failure| failure.code(), |_| "ok")
}

#[tokio::test]
async fn a_rule_set_that_keeps_failing_is_suspended_for_its_tenant_but_not_for_a_verdict() {
    let host = Host::new("breaker", Tier::Native);
    let (ours, others) = (tenant(&host, 1), tenant(&host, 2));
    let broken: Arc<[u8]> = Guest::honest().code("rule", "unreachable").component().into();
    let honest: Arc<[u8]> = Guest::honest().component().into();
    for _ in 0..limits::BREAKER_FAILURES {
        assert_eq!(code(&ours, &broken, "rule").await, "policy.trap");
    }
    assert_eq!(code(&ours, &broken, "rule").await, "policy.suspended");
    assert_eq!(code(&tenant(&host, 1), &broken, "categories").await, "policy.suspended", "whichever function is asked");
    assert_eq!(code(&ours, &broken, "decide").await, "ok", "a verdict is had whatever went before");
    assert_eq!(code(&ours, &honest, "rule").await, "ok", "another rule set of the tenant");
    assert_eq!(code(&others, &broken, "rule").await, "policy.trap", "the same rule set of another tenant");
}

#[tokio::test]
async fn a_tenant_that_used_its_fuel_waits_and_no_other_does() {
    let host = Host::new("bucket", Tier::Native);
    let (ours, others) = (tenant(&host, 1), tenant(&host, 2));
    let burning: Arc<[u8]> = burning(6_000_000).component().into();
    let mut calls = 0;
    let failure = loop {
        let answered = ours.assess(Arc::clone(&burning), &json!({}), &wide()).await;
        match answered.fallback.filter(|failure| failure.code() == "policy.busy") {
            Some(failure) => break failure,
            None => calls += 1,
        }
        assert!(calls < 200, "it never ends");
    };
    assert!(failure.is_retryable() && calls >= 20, "{calls} calls");
    assert_eq!(code(&ours, &burning, "rule").await, "policy.busy");
    assert_eq!(code(&ours, &burning, "decide").await, "ok", "a verdict is had without fuel");
    assert_eq!(code(&others, &burning, "rule").await, "ok");
}
