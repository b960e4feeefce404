//! The host: admits components, and asks them.

use std::{
    collections::HashMap,
    ffi::OsString,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::{
    Engine,
    component::{Component, Linker},
};
use yishi_domain::{Digest, describe::Descriptor};

use crate::{
    AdmissionRefusal, Admitted, PolicyFailure,
    admissions::{self, digest},
    answers,
    artefacts::Artefacts,
    bindings::PolicyPre,
    calls::{State, TICK_MILLIS, call},
    compilers, conversions, engines, limits, schemas,
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
}

/// Loads and calls rule sets; cheap to clone.
#[derive(Clone)]
pub struct PolicyHost(Arc<Inner>);

struct Inner {
    engine: Engine,
    artefacts: Artefacts,
    compiler: Vec<OsString>,
    loaded: Mutex<HashMap<Digest, Arc<Loaded>>>,
    uses: AtomicU64,
    calls: Arc<Semaphore>,
    compilations: Arc<Semaphore>,
    _ticker: mpsc::Sender<()>,
}

/// A component that is ready to be called.
pub struct Loaded {
    rules: PolicyPre<State>,
    descriptor: Descriptor,
    /// The validator of its configuration.
    pub schema: jsonschema::Validator,
    /// When it was last asked for, in uses of any component.
    used: AtomicU64,
}

impl PolicyHost {
    /// Makes a host; fails where the engine or the artefacts' folder cannot be had.
    pub fn new(options: &HostOptions) -> wasmtime::Result<Self> {
        let engine = engines::engine()?;
        let (ticker, stopped) = mpsc::channel();
        let ticking = engine.clone();
        std::thread::Builder::new().name("policy-epoch".into()).spawn(move || {
            let tick = Duration::from_millis(TICK_MILLIS);
            while stopped.recv_timeout(tick) == Err(mpsc::RecvTimeoutError::Timeout) {
                ticking.increment_epoch();
            }
        })?;
        Ok(Self(Arc::new(Inner {
            engine,
            artefacts: Artefacts::new(&options.artefacts, options.key)?,
            compiler: options.compiler.clone(),
            loaded: Mutex::default(),
            uses: AtomicU64::new(0),
            calls: Arc::new(Semaphore::new(limits::CONCURRENT_CALLS as usize)),
            compilations: Arc::new(Semaphore::new(1)),
            _ticker: ticker,
        })))
    }

    /// Admits a component, or lists the reasons for refusing it.
    pub async fn admit(&self, component: Vec<u8>) -> Result<Admitted, Vec<AdmissionRefusal>> {
        let sizes = admissions::inspect(&component)?;
        let (digest, loaded) = self.load(component.into()).await.map_err(|refusal| vec![refusal])?;
        Ok(Admitted { digest, descriptor: loaded.descriptor.clone(), sizes })
    }

    pub(crate) async fn load(&self, component: Arc<[u8]>) -> Result<(Digest, Arc<Loaded>), AdmissionRefusal> {
        let digest = digest(&component);
        if let Some(loaded) = self.find(&digest) {
            return Ok((digest, loaded));
        }
        let failed = |text: String| AdmissionRefusal::new("component.not_loaded", text);
        let turn = turn(&self.0.compilations).await.map_err(|failure| failed(failure.to_string()))?;
        if let Some(loaded) = self.find(&digest) {
            return Ok((digest, loaded));
        }
        let host = self.clone();
        let work = tokio::task::spawn_blocking(move || {
            let loaded = host.load_blocking(&digest, &component);
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
        Ok((digest, loaded))
    }

    fn find(&self, digest: &Digest) -> Option<Arc<Loaded>> {
        let loaded = self.loaded().get(digest).map(Arc::clone)?;
        loaded.used.store(self.0.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        Some(loaded)
    }

    fn load_blocking(&self, digest: &Digest, bytes: &[u8]) -> Result<Arc<Loaded>, AdmissionRefusal> {
        let inner = &self.0;
        let failed = |text: String| AdmissionRefusal::new("component.not_loaded", text);
        let component = match inner.artefacts.load(&inner.engine, digest) {
            Some(component) => component,
            None => {
                admissions::inspect(bytes).map_err(|mut refusals| refusals.remove(0))?;
                let artefact = compilers::compile(&inner.compiler, bytes)?;
                inner.artefacts.keep(&inner.engine, digest, &artefact).map_err(|error| failed(error.to_string()))?;
                let again = inner.artefacts.load(&inner.engine, digest);
                again.ok_or_else(|| failed("the compiler's engine differs from the host's".into()))?
            }
        };
        let rules = prepare(&inner.engine, &component)?;
        let described = call(&inner.engine, &rules, |store, rules| rules.yishi_policy_describe().call_describe(store));
        let (descriptor, _) =
            described.map_err(|it| AdmissionRefusal::new("component.trial_failed", it.to_string()))?;
        let descriptor = conversions::descriptor_in(descriptor);
        answers::descriptor(&descriptor)
            .map_err(|failure| AdmissionRefusal::new("component.bad_descriptor", failure.to_string()))?;
        let schema = schemas::compile(&descriptor.configuration_schema)
            .map_err(|text| AdmissionRefusal::new("component.bad_schema", text))?;
        let used = AtomicU64::new(inner.uses.fetch_add(1, Ordering::Relaxed));
        Ok(Arc::new(Loaded { rules, descriptor, schema, used }))
    }

    fn loaded(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, Arc<Loaded>>> {
        self.0.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls a function of a loaded component on a thread of its own.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        loaded: &Arc<Loaded>,
        function: impl FnOnce(&mut wasmtime::Store<State>, &crate::bindings::Policy) -> wasmtime::Result<T> + Send + 'static,
    ) -> Result<(T, u64), PolicyFailure> {
        // Waiting comes before the pool, where running out is an error and not a wait. The turn goes with the call, so that a caller who
        // leaves does not make room for one more while the call still runs.
        let turn = turn(&self.0.calls).await?;
        let (engine, loaded) = (self.0.engine.clone(), Arc::clone(loaded));
        let work = tokio::task::spawn_blocking(move || {
            let answer = call(&engine, &loaded.rules, function);
            drop(turn);
            answer
        });
        work.await.map_err(|error| PolicyFailure::Host(error.to_string()))?
    }
}

async fn turn(places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, PolicyFailure> {
    Arc::clone(places).acquire_owned().await.map_err(|error| PolicyFailure::Host(error.to_string()))
}

fn prepare(engine: &Engine, component: &Component) -> Result<PolicyPre<State>, AdmissionRefusal> {
    let linker = Linker::new(engine);
    let rules = linker.instantiate_pre(component).and_then(PolicyPre::new);
    rules.map_err(|error| AdmissionRefusal::new("component.wrong_contract", format!("{error:#}")))
}
