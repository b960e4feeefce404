//! The host: admits components, and asks them.

use std::{
    collections::HashMap,
    ffi::OsString,
    path::PathBuf,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::component::{Component as Compiled, Instance, InstancePre, Linker};
use yishi_domain::{Digest, TenantId, describe::Descriptor};

use crate::{
    AdmissionRefusal, Component, PolicyFailure,
    accounts::Account,
    admissions, answers,
    artefacts::Artefacts,
    calls::{Budget, State, TICK_MILLIS, Used, call},
    compilers,
    contracts::{Called, Exports},
    limits::{self, Tier},
    schemas::Schema,
    seats::{Seat, Seats},
};

/// How many components stay loaded.
const LOADED: usize = 256;

/// What a host needs of its surroundings.
#[derive(Clone, Debug)]
pub struct HostOptions {
    /// The folder for compiled artefacts.
    pub artefacts: PathBuf,
    /// The secret that authenticates them.
    pub key: [u8; 32],
    /// The command that compiles: it calls [`compilers::run`] on its standard input and output.
    pub compiler: Vec<OsString>,
    /// The widest tier in which components are admitted. One that was admitted before stays callable: ballots may have been opened under it.
    pub widest: Tier,
}

/// Loads and calls rule sets, for a caller that it is asked for; cheap to clone.
#[derive(Clone)]
pub struct PolicyHost(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) seats: Arc<Seats>,
    artefacts: Artefacts,
    compiler: Vec<OsString>,
    pub(crate) widest: Tier,
    pub(crate) accounts: Mutex<HashMap<TenantId, Arc<Account>>>,
    loaded: Mutex<HashMap<Digest, Arc<Loaded>>>,
    uses: AtomicU64,
    calls: Arc<Semaphore>,
    compilations: Arc<Semaphore>,
    _ticker: mpsc::Sender<()>,
}

/// A component that is ready to be called.
pub struct Loaded {
    digest: Digest,
    /// In the engine that has all components.
    first: Prepared,
    /// In the others, once it is called there; nothing where it could not be had.
    others: Box<[OnceLock<Option<Prepared>>]>,
    /// What it says of itself.
    pub descriptor: Descriptor,
    /// What its configuration must fit.
    pub schema: Schema,
    /// Whose limits it is held to.
    pub tier: Tier,
    /// When it was last asked for, in uses of any component.
    used: AtomicU64,
}

/// A component in one engine.
pub struct Prepared {
    /// What it is instantiated from.
    pub rules: InstancePre<State>,
    /// Its functions, in the version of the contract that it is of.
    pub exports: Exports,
}

impl Prepared {
    fn new(component: &Compiled) -> Result<Self, AdmissionRefusal> {
        let rules = Linker::new(component.engine()).instantiate_pre(component);
        let rules = rules.map_err(|error| AdmissionRefusal::new("component.wrong_contract", format!("{error:#}")))?;
        let exports = Exports::find(component.engine(), component, &rules)?;
        Ok(Self { rules, exports })
    }
}

impl Loaded {
    /// Its functions.
    pub const fn exports(&self) -> &Exports {
        &self.first.exports
    }
}

impl PolicyHost {
    /// Makes a host; fails where the engine or the artefacts' folder cannot be had.
    pub fn new(options: &HostOptions) -> wasmtime::Result<Self> {
        let seats = Arc::new(Seats::new()?);
        let artefacts = Artefacts::new(&options.artefacts, options.key, &seats.engines()[0])?;
        let (ticker, stopped) = mpsc::channel();
        let ticking = Arc::clone(&seats);
        std::thread::Builder::new().name("policy-epoch".into()).spawn(move || {
            let tick = Duration::from_millis(TICK_MILLIS);
            while stopped.recv_timeout(tick) == Err(mpsc::RecvTimeoutError::Timeout) {
                ticking.engines().iter().for_each(wasmtime::Engine::increment_epoch);
            }
        })?;
        Ok(Self(Arc::new(Inner {
            seats,
            artefacts,
            compiler: options.compiler.clone(),
            widest: options.widest,
            accounts: Mutex::default(),
            loaded: Mutex::default(),
            uses: AtomicU64::new(0),
            calls: Arc::new(Semaphore::new(limits::CONCURRENT_CALLS as usize)),
            compilations: Arc::new(Semaphore::new(1)),
            _ticker: ticker,
        })))
    }

    /// Makes a component ready to be called, compiling it where nothing is kept of it.
    pub(crate) async fn load(&self, component: &Component) -> Result<Arc<Loaded>, AdmissionRefusal> {
        let digest = component.digest();
        if let Some(loaded) = self.find(&digest) {
            return Ok(loaded);
        }
        let failed = |text: String| AdmissionRefusal::new("component.not_loaded", text);
        let turn = turn(&self.0.compilations).await.map_err(|failure| failed(failure.to_string()))?;
        if let Some(loaded) = self.find(&digest) {
            return Ok(loaded);
        }
        let (host, bytes) = (self.clone(), Arc::clone(component.bytes()));
        let work = tokio::task::spawn_blocking(move || {
            let loaded = host.load_blocking(&digest, &bytes);
            drop(turn);
            loaded
        });
        let loaded = work.await.map_err(|error| failed(error.to_string()))??;
        let mut all = self.loaded();
        if all.len() >= LOADED {
            // What was not asked for longest is loaded again from its artefact when it is next called.
            let oldest = all.iter().min_by_key(|(_, it)| it.used.load(Ordering::Relaxed)).map(|(digest, _)| *digest);
            oldest.and_then(|digest| all.remove(&digest));
        }
        all.insert(digest, Arc::clone(&loaded));
        Ok(loaded)
    }

    fn find(&self, digest: &Digest) -> Option<Arc<Loaded>> {
        let loaded = self.loaded().get(digest).map(Arc::clone)?;
        loaded.used.store(self.0.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        Some(loaded)
    }

    fn load_blocking(&self, digest: &Digest, bytes: &[u8]) -> Result<Arc<Loaded>, AdmissionRefusal> {
        let inner = &self.0;
        let [engine, others @ ..] = inner.seats.engines() else { unreachable!("there is an engine") };
        let failed = |text: String| AdmissionRefusal::new("component.not_loaded", text);
        let (tier, component) = match inner.artefacts.load(engine, digest) {
            Some(Ok(found)) => found,
            Some(Err(_)) | None => {
                let (tier, _) = admissions::inspect(bytes, Tier::Script).map_err(|mut refusals| refusals.remove(0))?;
                let artefact = compilers::compile(&inner.compiler, bytes, tier.limits())?;
                let kept = inner.artefacts.keep(digest, tier, &artefact);
                kept.map_err(|error| failed(error.to_string()))?;
                let again = inner.artefacts.load(engine, digest);
                let again = again.ok_or_else(|| failed("what was compiled cannot be read again".into()))?;
                let told = |error: wasmtime::Error| format!("{error:#}").lines().next().unwrap_or_default().to_owned();
                again.map_err(|error| AdmissionRefusal::new("component.no_room", told(error)))?
            }
        };
        let first = Prepared::new(&component)?;
        let budget = Budget::new(tier.limits(), 0);
        let (described, _) = call(&first.rules, budget, |store, instance| first.exports.describe(store, instance));
        let descriptor = described.map_err(|failure| match failure {
            PolicyFailure::NotAdmitted(refusal) => refusal,
            failure => AdmissionRefusal::new("component.trial_failed", failure.to_string()),
        })?;
        answers::descriptor(&descriptor, &first.exports.interfaces())
            .map_err(|failure| AdmissionRefusal::new("component.bad_descriptor", failure.to_string()))?;
        let schema = Schema::compile(&descriptor.configuration_schema)
            .map_err(|text| AdmissionRefusal::new("component.bad_schema", text))?;
        let used = AtomicU64::new(inner.uses.fetch_add(1, Ordering::Relaxed));
        let others = others.iter().map(|_| OnceLock::new()).collect();
        Ok(Arc::new(Loaded { digest: *digest, first, others, descriptor, schema, tier, used }))
    }

    fn loaded(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, Arc<Loaded>>> {
        self.0.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls a function of a loaded component on a thread of its own; answers with its output, and with what it used in any case.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        loaded: &Arc<Loaded>,
        budget: Budget,
        place: Option<OwnedSemaphorePermit>,
        function: impl FnOnce(&Exports, &mut wasmtime::Store<State>, &Instance) -> Called<T> + Send + 'static,
    ) -> (Result<(T, Used), PolicyFailure>, Used) {
        // Waiting comes before the pool, where running out is an error and not a wait. The turn goes with the call, so that a caller who
        // leaves does not make room for one more while the call still runs.
        let turn = match turn(&self.0.calls).await {
            Ok(turn) => turn,
            Err(failure) => return (Err(failure), Used::NOTHING),
        };
        let (host, loaded) = (self.clone(), Arc::clone(loaded));
        let work = tokio::task::spawn_blocking(move || {
            let (answer, used) = host.call(&loaded, budget, function);
            drop((turn, place));
            (answer.map(|answer| (answer, used)), used)
        });
        work.await.unwrap_or_else(|error| (Err(PolicyFailure::Host(error.to_string())), Used::NOTHING))
    }

    /// Calls a function of a loaded component on this thread, which has a turn.
    pub(crate) fn call<T>(
        &self,
        loaded: &Loaded,
        budget: Budget,
        function: impl FnOnce(&Exports, &mut wasmtime::Store<State>, &Instance) -> Called<T>,
    ) -> (Result<T, PolicyFailure>, Used) {
        let seat = self.0.seats.take();
        let Prepared { rules, exports } = self.at(loaded, &seat);
        call(rules, budget, |store, instance| function(exports, store, instance))
    }

    /// The component in the engine of a seat, or where it cannot be had there, in the one that has all.
    fn at<'a>(&self, loaded: &'a Loaded, seat: &Seat<'_>) -> &'a Prepared {
        let Some(place) = seat.engine().checked_sub(1).and_then(|it| loaded.others.get(it)) else {
            return &loaded.first;
        };
        // Tried once: a call that looks for it in vain each time would be slower than one beside another.
        let prepared = place.get_or_init(|| {
            let engine = &self.0.seats.engines()[seat.engine()];
            let (_, component) = self.0.artefacts.load(engine, &loaded.digest)?.ok()?;
            Prepared::new(&component).ok()
        });
        prepared.as_ref().unwrap_or(&loaded.first)
    }
}

/// Waits for a place.
pub(crate) async fn turn(places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, PolicyFailure> {
    Arc::clone(places).acquire_owned().await.map_err(|error| PolicyFailure::Host(error.to_string()))
}
