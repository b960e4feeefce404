//! What a tenant has used of the host, so that none can slow another: calls at the same time, fuel, and failures in a row.
//!
//! The time is handed in, so that the arithmetic can be tested.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::Semaphore;
use yishi_domain::Digest;

use crate::{PolicyFailure, limits};

/// Components of a tenant whose failures are remembered.
const REMEMBERED: usize = 64;

/// The account of a tenant.
pub struct Account {
    /// Its places among the calls.
    pub calls: Arc<Semaphore>,
    /// Its place among the admissions: one at a time, so that many uploads of one tenant take turns with one of another.
    pub admissions: Arc<Semaphore>,
    state: Mutex<State>,
}

struct State {
    /// What may be used; below zero where a call used more than was left.
    fuel: i64,
    /// When `fuel` was true.
    at: Instant,
    breakers: HashMap<Digest, Breaker>,
}

/// Failures in a row of a component.
#[derive(Clone, Copy)]
struct Breaker {
    failures: u32,
    last: Instant,
}

impl Breaker {
    fn closes_at(&self) -> Option<Instant> {
        (self.failures >= limits::BREAKER_FAILURES).then(|| self.last + Duration::from_secs(limits::BREAKER_SECONDS))
    }
}

impl Account {
    /// Opens an account with all the fuel that there is to have.
    pub fn new(now: Instant) -> Self {
        let state = State { fuel: signed(limits::TENANT_FUEL), at: now, breakers: HashMap::new() };
        Self {
            calls: Arc::new(Semaphore::new(limits::TENANT_CALLS as usize)),
            admissions: Arc::new(Semaphore::new(1)),
            state: Mutex::new(state),
        }
    }

    /// Tells whether a call may be made now.
    pub fn check(&self, component: &Digest, now: Instant) -> Result<(), PolicyFailure> {
        let mut state = self.state();
        if let Some(breaker) = state.breakers.get(component)
            && let Some(left) = breaker.closes_at().and_then(|at| at.checked_duration_since(now))
            && !left.is_zero()
        {
            return Err(PolicyFailure::Suspended { failures: breaker.failures, seconds: left.as_secs() + 1 });
        }
        state.refill(now);
        if state.fuel > 0 { Ok(()) } else { Err(PolicyFailure::Busy("its fuel is used up and comes back by and by")) }
    }

    /// Takes what a call has used.
    pub fn charge(&self, fuel: u64, now: Instant) {
        let mut state = self.state();
        state.refill(now);
        state.fuel = state.fuel.saturating_sub(signed(fuel));
    }

    /// Notes how a call ended.
    pub fn note(&self, component: &Digest, failure: Option<&PolicyFailure>, now: Instant) {
        let mut state = self.state();
        match failure {
            Some(failure) if failure.is_a_fault_of_the_rules() => {
                if state.breakers.len() >= REMEMBERED {
                    state.breakers.retain(|_, it| it.closes_at().is_some_and(|at| at > now));
                }
                let breaker = state.breakers.entry(*component).or_insert(Breaker { failures: 0, last: now });
                breaker.failures = breaker.failures.saturating_add(1);
                breaker.last = now;
            }
            // A refusal is an answer; what is not the rule set's fault says nothing of it.
            None | Some(PolicyFailure::Refused { .. }) => drop(state.breakers.remove(component)),
            Some(_) => {}
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn refill(&mut self, now: Instant) {
        let millis = now.saturating_duration_since(self.at).as_millis();
        let back = millis.saturating_mul(u128::from(limits::TENANT_FUEL_PER_SECOND)) / 1_000;
        if back > 0 {
            let back = i64::try_from(back).unwrap_or(i64::MAX);
            self.fuel = self.fuel.saturating_add(back).min(signed(limits::TENANT_FUEL));
            self.at = now;
        }
    }
}

fn signed(fuel: u64) -> i64 {
    i64::try_from(fuel).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPONENT: Digest = Digest([1; 32]);
    const OTHER: Digest = Digest([2; 32]);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn code(checked: Result<(), PolicyFailure>) -> &'static str {
        checked.map_or_else(|failure| failure.code(), |()| "ok")
    }

    #[test]
    fn fuel_runs_out_and_comes_back_with_time_up_to_what_there_is_to_have() {
        let start = Instant::now();
        let account = Account::new(start);
        account.charge(limits::TENANT_FUEL + limits::TENANT_FUEL_PER_SECOND, start);
        assert_eq!(code(account.check(&COMPONENT, start)), "policy.busy");
        assert_eq!(code(account.check(&COMPONENT, start + seconds(1))), "policy.busy", "a debt is paid first");
        assert_eq!(code(account.check(&COMPONENT, start + seconds(2))), "ok");
        let rested = start + seconds(1_000_000);
        account.charge(limits::TENANT_FUEL, rested);
        assert_eq!(code(account.check(&COMPONENT, rested)), "policy.busy", "rest does not add up");
    }

    #[test]
    fn a_rule_set_that_keeps_failing_is_left_alone_and_then_tried_once_more() {
        let start = Instant::now();
        let account = Account::new(start);
        let trap = PolicyFailure::Trap("unreachable".into());
        for _ in 1..limits::BREAKER_FAILURES {
            account.note(&COMPONENT, Some(&trap), start);
        }
        assert_eq!(code(account.check(&COMPONENT, start)), "ok");
        account.note(&COMPONENT, Some(&trap), start);
        assert_eq!(code(account.check(&COMPONENT, start)), "policy.suspended");
        assert_eq!(code(account.check(&OTHER, start)), "ok", "only that component");
        let later = start + seconds(limits::BREAKER_SECONDS);
        assert_eq!(code(account.check(&COMPONENT, later)), "ok");
        account.note(&COMPONENT, Some(&trap), later);
        assert_eq!(code(account.check(&COMPONENT, later)), "policy.suspended", "it is no better");
        account.note(&COMPONENT, None, later);
        assert_eq!(code(account.check(&COMPONENT, later)), "ok", "an answer makes it good");
    }

    #[test]
    fn what_is_not_the_fault_of_the_rules_suspends_nobody() {
        let start = Instant::now();
        let account = Account::new(start);
        let refused = PolicyFailure::Refused { code: "a".into(), message: "b".into() };
        for failure in [PolicyFailure::TooSlow, PolicyFailure::Busy(""), refused, PolicyFailure::InputTooLarge(1)] {
            for _ in 0..limits::BREAKER_FAILURES {
                account.note(&COMPONENT, Some(&failure), start);
            }
        }
        assert_eq!(code(account.check(&COMPONENT, start)), "ok");
    }
}
