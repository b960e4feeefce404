//! Running cases: on a few hosts beside each other, each case followed by an honest question.

use std::{
    ffi::OsString,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use yishi_policy::{Caller, HostOptions, PolicyFailure, PolicyHost, limits::Tier};

use crate::{guests::Guest, samples};

/// Hosts beside each other; a host compiles one component at a time.
const HOSTS: usize = 2;

/// How often a call is made before a fault of the machine counts.
const TRIES: usize = 5;

/// How long an admission may take: the compiler's limit of processor time, on a machine that others use as well.
const ADMISSION: Duration = Duration::from_secs(60);

/// How long a call may take: its backstop, and as often as it is tried again.
const CALL: Duration = Duration::from_secs(10);

/// What is done with a component.
pub enum Ask {
    /// It is uploaded.
    Admission,
    /// It is uploaded, admitted, and asked.
    Call(String),
}

/// A component, made when its turn comes.
type Component = Box<dyn Fn() -> Vec<u8> + Send + Sync>;

/// A component and what must come of it.
pub struct Case {
    pub name: String,
    pub component: Component,
    pub ask: Ask,
    /// The code that it ends with: `ok` for an answer, nothing where any stable code will do.
    pub code: &'static str,
    /// What the failure's text must name.
    pub says: String,
}

impl Case {
    pub fn refused(name: impl Into<String>, component: Vec<u8>, code: &'static str, says: &str) -> Self {
        Self {
            name: name.into(),
            component: Box::new(move || component.clone()),
            ask: Ask::Admission,
            code,
            says: says.into(),
        }
    }

    pub fn fails(name: impl Into<String>, guest: &Guest, function: &str, code: &'static str, says: &str) -> Self {
        let (name, guest) = (format!("{function}: {}", name.into()), guest.clone());
        Self {
            name,
            component: Box::new(move || guest.component()),
            ask: Ask::Call(function.into()),
            code,
            says: says.into(),
        }
    }

    pub fn holds(name: impl Into<String>, component: Vec<u8>, function: &str) -> Self {
        let component = Box::new(move || component.clone());
        Self { name: name.into(), component, ask: Ask::Call(function.into()), code: "ok", says: String::new() }
    }
}

/// A host with a folder of its own, removed when the test ends.
pub struct Host {
    pub policy: PolicyHost,
    folder: PathBuf,
}

impl Host {
    pub fn new(name: &str, widest: Tier) -> Self {
        let folder = std::env::temp_dir().join(format!("yishi-corpus-{name}-{}", std::process::id()));
        let compiler = vec![OsString::from(env!("CARGO_BIN_EXE_compile-component"))];
        let options = HostOptions { artefacts: folder.clone(), key: [1; 32], compiler, widest };
        Self { policy: PolicyHost::new(&options).expect("an engine"), folder }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

/// A host, and an honest component to ask between cases.
pub struct Run {
    asked: Caller,
    _host: Host,
    honest: Arc<[u8]>,
}

impl Run {
    /// Runs all cases, whichever host is free taking the next; tells which come out otherwise.
    pub fn all(cases: &[Case]) -> Vec<String> {
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            let running: Vec<_> = (0..HOSTS)
                .map(|n| {
                    let next = &next;
                    scope.spawn(move || Self::some(n, cases, next))
                })
                .collect();
            running.into_iter().flat_map(|run| run.join().expect("no case panics")).collect()
        })
    }

    fn some(n: usize, cases: &[Case], next: &AtomicUsize) -> Vec<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let run = Self::new(n);
        let mut faults = Vec::new();
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let checked = runtime.block_on(run.check(case));
            faults.extend(checked.err().map(|fault| format!("{}: {fault}", case.name)));
        }
        faults
    }

    fn new(n: usize) -> Self {
        let host = Host::new(&format!("cases-{n}"), Tier::Native);
        Self { asked: host.policy.unmetered(), _host: host, honest: Guest::honest().component().into() }
    }

    async fn check(&self, case: &Case) -> Result<(), String> {
        let started = Instant::now();
        let (code, text) = self.ends(case).await?;
        let took = started.elapsed();
        if std::env::var_os("CORPUS_VERBOSE").is_some() {
            println!("{:>6} ms  {}: {code}: {text}", took.as_millis(), case.name);
        }
        if !case.code.is_empty() && code != case.code {
            return Err(format!("{code} instead of {}: {text}", case.code));
        }
        if !text.contains(&case.says) {
            return Err(format!("{code} does not name `{}`: {text}", case.says));
        }
        if text.len() > 2_000 {
            return Err(format!("{code} takes {} bytes to say it", text.len()));
        }
        for function in samples::ASKED {
            patiently(async || samples::ask(&self.asked, &self.honest, function).await)
                .await
                .map_err(|failure| format!("an honest component then fails: {failure}"))?;
        }
        Ok(())
    }

    /// What becomes of a case: its code and its text.
    async fn ends(&self, case: &Case) -> Result<(String, String), String> {
        let component = (case.component)();
        let admitted = tokio::time::timeout(ADMISSION, self.asked.admit(component.clone())).await;
        match (admitted.map_err(|_| "it is never admitted nor refused")?, &case.ask) {
            (Err(refusals), _) => {
                let texts: Vec<_> = refusals.iter().map(|it| it.text.as_str()).collect();
                Ok((refusals[0].code.into(), texts.join("; ")))
            }
            (Ok(_), Ask::Admission) => Ok(("ok".into(), String::new())),
            (Ok(_), Ask::Call(function)) => {
                let component: Arc<[u8]> = component.into();
                let ask = async || patiently(async || samples::ask(&self.asked, &component, function).await).await;
                let twice = async { (ask().await, ask().await) };
                let (first, again) = tokio::time::timeout(CALL, twice).await.map_err(|_| "it is never answered")?;
                if first != again {
                    return Err(format!("the same question is answered differently: {first:?}, {again:?}"));
                }
                Ok(match first {
                    Ok(value) => ("ok".into(), value.to_string()),
                    Err(failure) => (failure.code().into(), failure.to_string()),
                })
            }
        }
    }
}

/// Asks again where the machine, which others use as well, was at fault.
pub async fn patiently<T>(ask: impl AsyncFn() -> Result<T, PolicyFailure>) -> Result<T, PolicyFailure> {
    for _ in 1..TRIES {
        match ask().await {
            Err(failure) if failure.is_retryable() => {}
            other => return other,
        }
    }
    ask().await
}
