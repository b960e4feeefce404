//! Who asks: a tenant, within what it may use, or someone at a workbench of their own.

use std::{
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use serde::Serialize;
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::{Store, component::Instance};
use yishi_domain::TenantId;

use crate::{
    AdmissionRefusal, Admitted, Answered, Component, PolicyFailure, PolicyHost, Receipt,
    accounts::Account,
    admissions, answers,
    calls::{Budget, State, Used},
    canonical::canonical,
    contracts::{Called, Exports},
    engines,
    hosts::{Loaded, turn},
    limits::{self, Tier},
};

/// How long an ordinary call waits for the tenant's other calls.
const PATIENCE: Duration = Duration::from_secs(limits::TENANT_WAIT_SECONDS);

/// The host as one caller has it; cheap to clone.
#[derive(Clone)]
pub struct Caller {
    pub(crate) host: PolicyHost,
    account: Option<Arc<Account>>,
}

/// What a call is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Something that can wait, or be done otherwise.
    Ordinary,
    /// The verdict of a ballot that was opened: neither fuel nor earlier failures stand against it, and it waits for its turn.
    Verdict,
}

/// A call that is about to be made.
pub(crate) struct Question<'a> {
    pub purpose: Purpose,
    /// The interface of the contract that has the function.
    pub interface: &'static str,
    pub component: Component,
    pub config: &'a Value,
    /// What the receipt keeps, and the fuel is measured by.
    pub input: Value,
}

impl PolicyHost {
    /// The host as a tenant has it: its calls at the same time and its fuel are bounded, and a rule set that keeps failing is left alone.
    pub fn for_tenant(&self, tenant: TenantId) -> Caller {
        // There are as many accounts as tenants have asked, and a tenant cannot make another.
        let mut accounts = self.0.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let account = accounts.entry(tenant).or_insert_with(|| Arc::new(Account::new(Instant::now())));
        Caller { host: self.clone(), account: Some(Arc::clone(account)) }
    }

    /// The host as one has it who is alone on it: an author, or who runs a decision again.
    pub fn unmetered(&self) -> Caller {
        Caller { host: self.clone(), account: None }
    }
}

impl Caller {
    /// Admits a component, or lists the reasons for refusing it.
    pub async fn admit(&self, component: Vec<u8>) -> Result<Admitted, Vec<AdmissionRefusal>> {
        self.admit_within(component, self.host.0.widest).await
    }

    /// Admits a component where no tier but some is open, or lists the reasons for refusing it.
    pub async fn admit_within(&self, component: Vec<u8>, widest: Tier) -> Result<Admitted, Vec<AdmissionRefusal>> {
        let failed = |failure: PolicyFailure| vec![AdmissionRefusal::new("component.not_loaded", failure.to_string())];
        let _place = match &self.account {
            Some(account) => Some(turn(&account.admissions).await.map_err(failed)?),
            None => None,
        };
        let component = Arc::<[u8]>::from(component);
        let inspected = Arc::clone(&component);
        let work = tokio::task::spawn_blocking(move || admissions::inspect_for(&inspected, widest));
        let (tier, sizes) = work.await.map_err(|error| failed(PolicyFailure::Host(error.to_string())))??;
        let component = Component::from(component);
        let loaded = self.host.load(&component).await.map_err(|refusal| vec![refusal])?;
        Ok(Admitted { digest: component.digest(), descriptor: loaded.descriptor.clone(), sizes, tier })
    }

    /// Checks a configuration against the rule set's schema.
    pub async fn check_configuration(
        &self,
        component: impl Into<Component>,
        config: &Value,
    ) -> Result<(), PolicyFailure> {
        let loaded = self.host.load(&component.into()).await.map_err(PolicyFailure::NotAdmitted)?;
        loaded.schema.check(config, canonical(config)?.len())
    }

    /// Makes a call, checks its answer, and gives it a receipt; answers with nothing where the rule set leaves this to the standard rules.
    pub(crate) async fn ask<T: Serialize + Send + 'static>(
        &self,
        question: Question<'_>,
        call: impl FnOnce(&Exports, &mut Store<State>, &Instance, &str) -> Called<T> + Send + 'static,
        check: impl FnOnce(&T) -> Result<(), PolicyFailure>,
    ) -> Result<Option<Answered<T>>, PolicyFailure> {
        let digest = question.component.digest();
        let account = self.account.as_deref().filter(|_| question.purpose == Purpose::Ordinary);
        if let Some(account) = account {
            account.check(&digest, Instant::now())?;
        }
        let answer = self.ask_now(question, call, check).await;
        if let Some(account) = account {
            account.note(&digest, answer.as_ref().err(), Instant::now());
        }
        answer
    }

    async fn ask_now<T: Serialize + Send + 'static>(
        &self,
        Question { purpose, interface, component, config, input }: Question<'_>,
        call: impl FnOnce(&Exports, &mut Store<State>, &Instance, &str) -> Called<T> + Send + 'static,
        check: impl FnOnce(&T) -> Result<(), PolicyFailure>,
    ) -> Result<Option<Answered<T>>, PolicyFailure> {
        let (text, plain) = (canonical(config)?, canonical(&input)?);
        let bytes = text.len() + plain.len();
        if bytes > limits::INPUT_BYTES {
            return Err(PolicyFailure::InputTooLarge(bytes));
        }
        let loaded = self.host.load(&component).await.map_err(PolicyFailure::NotAdmitted)?;
        loaded.schema.check(config, text.len())?;
        if !loaded.exports().answers(interface) {
            return Ok(None);
        }
        let configuration = admissions::digest(text.as_bytes());
        let budget = Budget::new(loaded.tier.limits(), limits::rows(&input));
        let called = self.run(&loaded, budget, purpose, move |exports, store, on| call(exports, store, on, &text));
        let (value, used) = called.await?;
        check(&value)?;
        let receipt = Receipt {
            component: component.digest(),
            contract: loaded.exports().version().into(),
            cost_table: engines::COST_TABLE.into(),
            configuration,
            input: plain,
            output: output(&value)?,
            fuel: used.fuel,
            host: engines::HOST.into(),
        };
        Ok(Some(Answered { value, receipt: Some(receipt), fallback: None, memory_bytes: used.memory_bytes }))
    }

    async fn run<T: Send + 'static>(
        &self,
        loaded: &Arc<Loaded>,
        budget: Budget,
        purpose: Purpose,
        function: impl FnOnce(&Exports, &mut Store<State>, &Instance) -> Called<T> + Send + 'static,
    ) -> Result<(T, Used), PolicyFailure> {
        let Some(account) = &self.account else { return self.host.run(loaded, budget, None, function).await.0 };
        let place = place(&account.calls, purpose).await?;
        let (answer, used) = self.host.run(loaded, budget, Some(place), function).await;
        account.charge(used.fuel, Instant::now());
        answer
    }
}

/// A tenant's place among its own calls.
async fn place(places: &Arc<Semaphore>, purpose: Purpose) -> Result<OwnedSemaphorePermit, PolicyFailure> {
    if purpose == Purpose::Verdict {
        return turn(places).await;
    }
    let waited = tokio::time::timeout(PATIENCE, turn(places)).await;
    waited.unwrap_or(Err(PolicyFailure::Busy("too many of its calls wait for each other")))
}

fn output(value: &impl Serialize) -> Result<String, PolicyFailure> {
    let unwritable = |error: serde_json::Error| PolicyFailure::output("answer", error.to_string());
    let plain = serde_json::to_value(value).map_err(unwritable)?;
    answers::storable(&plain)?;
    let output = canonical(&plain)?;
    if output.len() > limits::OUTPUT_BYTES {
        let text = format!("{} bytes; {} are allowed", output.len(), limits::OUTPUT_BYTES);
        return Err(PolicyFailure::output("answer", text));
    }
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_tenant_has_so_many_places_and_a_verdict_waits_for_one_as_long_as_it_takes() {
        let (ours, others) = (Account::new(Instant::now()), Account::new(Instant::now()));
        let mut taken = Vec::new();
        for _ in 0..limits::TENANT_CALLS {
            taken.push(place(&ours.calls, Purpose::Ordinary).await.expect("a place"));
        }
        let (ordinary, verdict, other, ()) = tokio::join!(
            place(&ours.calls, Purpose::Ordinary),
            place(&ours.calls, Purpose::Verdict),
            place(&others.calls, Purpose::Ordinary),
            async {
                tokio::time::sleep(PATIENCE + PATIENCE / 4).await;
                taken.pop();
            },
        );
        assert_eq!(ordinary.expect_err("no place in time").code(), "policy.busy");
        assert!(verdict.is_ok(), "the verdict had its turn");
        assert!(other.is_ok(), "another tenant has places of its own");
    }
}
