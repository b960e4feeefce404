//! The host: admits components, and asks them.

use std::{
    collections::HashMap,
    ffi::OsString,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use wasmtime::{
    Engine,
    component::{Component, Linker},
};
use yishi_domain::{
    Digest,
    describe::Descriptor,
    escalation::{Answer, Case},
    standard,
    topics::{Category, Scored, TopicText},
    voting::{self, Subject, Tally, Verdict, VotingRule},
};

use crate::{
    AdmissionRefusal, Admitted, CONTRACT, PolicyFailure,
    admissions::{self, digest},
    artefacts::Artefacts,
    bindings::{PolicyPre, exports::yishi::policy::topics::Topic},
    calls::{State, TICK_MILLIS, call},
    compilers, conversions, engines, limits,
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

/// What a call rests on, so that anyone can run it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The component.
    pub component: Digest,
    /// The version of the contract.
    pub contract: String,
    /// The version of the cost table.
    pub cost_table: String,
    /// The digest of the configuration's canonical form.
    pub configuration: Digest,
    /// The input in canonical form (RFC 8785).
    pub input: String,
    /// The output in canonical form.
    pub output: String,
    /// The fuel that the call used.
    pub fuel: u64,
    /// The engine and its version.
    pub host: String,
}

/// An answer with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered<T> {
    /// The answer.
    pub value: T,
    /// What it rests on; none where the standard rules answered.
    pub receipt: Option<Receipt>,
    /// Why the standard rules answered, where they did.
    pub fallback: Option<PolicyFailure>,
}

/// Loads and calls rule sets; cheap to clone.
#[derive(Clone)]
pub struct PolicyHost(Arc<Inner>);

struct Inner {
    engine: Engine,
    artefacts: Artefacts,
    compiler: Vec<OsString>,
    loaded: Mutex<HashMap<Digest, Arc<Loaded>>>,
    calls: Semaphore,
    compilations: Semaphore,
    _ticker: mpsc::Sender<()>,
}

struct Loaded {
    rules: PolicyPre<State>,
    schema: jsonschema::Validator,
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
            calls: Semaphore::new(limits::CONCURRENT_CALLS as usize),
            compilations: Semaphore::new(1),
            _ticker: ticker,
        })))
    }

    /// Admits a component, or lists the reasons for refusing it.
    pub async fn admit(&self, component: Vec<u8>) -> Result<Admitted, Vec<AdmissionRefusal>> {
        admissions::inspect(&component)?;
        let refuse = |refusal| vec![refusal];
        let inner = self.load(component.into()).await.map_err(refuse)?;
        let described = self.ask(&inner.1, |store, rules| rules.yishi_policy_describe().call_describe(store)).await;
        let (descriptor, _) =
            described.map_err(|failure| vec![AdmissionRefusal::new("component.trial_failed", failure.to_string())])?;
        Ok(Admitted { digest: inner.0, descriptor: conversions::descriptor_in(descriptor) })
    }

    /// Checks a configuration against the rule set's schema.
    pub async fn check_configuration(&self, component: Arc<[u8]>, config: &Value) -> Result<(), PolicyFailure> {
        let (_, loaded) = self.load(component).await.map_err(PolicyFailure::NotAdmitted)?;
        configured(&loaded, config)
    }

    /// Asks for the rule of a ballot.
    pub async fn rule(
        &self,
        component: Arc<[u8]>,
        config: &Value,
        subject: &Subject,
    ) -> Result<Answered<VotingRule>, PolicyFailure> {
        let asked = Asked::new(self, component, config, json!({"function": "rule", "subject": subject})).await?;
        let (text, input) = (asked.config.clone(), conversions::subject_out(subject));
        let call =
            self.ask(&asked.loaded, move |store, rules| rules.yishi_policy_voting().call_rule(store, &text, &input));
        let (answer, fuel) = call.await?;
        let rule = conversions::rule_in(answer.map_err(conversions::refused)?)?;
        asked.answered(rule, fuel)
    }

    /// Asks for the verdict on a tally. Where the rule's own terms decide, the rule set must agree with them.
    pub async fn verdict(
        &self,
        component: Arc<[u8]>,
        config: &Value,
        rule: &VotingRule,
        tally: &Tally,
    ) -> Result<Answered<Verdict>, PolicyFailure> {
        let input = json!({"function": "decide", "rule": rule, "tally": tally});
        let asked = Asked::new(self, component, config, input).await?;
        let (text, rule_out, tally_out) =
            (asked.config.clone(), conversions::rule_out(rule), conversions::tally_out(tally));
        let call = self.ask(&asked.loaded, move |store, rules| {
            rules.yishi_policy_voting().call_decide(store, &text, &rule_out, &tally_out)
        });
        let (answer, fuel) = call.await?;
        let verdict = conversions::verdict_in(answer.map_err(conversions::refused)?)?;
        if rule.custom.is_none() {
            let ours = voting::evaluate(rule, tally)?;
            if (ours.outcome, &ours.checks) != (verdict.outcome, &verdict.checks) {
                let text = format!("{:?} by the rule, {:?} by the rule set", ours.outcome, verdict.outcome);
                return Err(PolicyFailure::Disagrees(text));
            }
        }
        asked.answered(verdict, fuel)
    }

    /// Asks for the categories of topics.
    pub async fn categories(
        &self,
        component: Arc<[u8]>,
        config: &Value,
    ) -> Result<Answered<Vec<Category>>, PolicyFailure> {
        let asked = Asked::new(self, component, config, json!({"function": "categories"})).await?;
        let text = asked.config.clone();
        let call =
            self.ask(&asked.loaded, move |store, rules| rules.yishi_policy_topics().call_categories(store, &text));
        let (answer, fuel) = call.await?;
        asked.answered(answer.into_iter().map(conversions::category_in).collect(), fuel)
    }

    /// Asks for the categories of a topic; the standard rules answer where the rule set fails.
    pub async fn classify(&self, component: Arc<[u8]>, config: &Value, topic: &TopicText) -> Answered<Vec<Scored>> {
        let answer = async {
            // The text may be personal, so the input is not kept.
            let asked = Asked::new(self, component, config, json!({"function": "classify"})).await?;
            let (text, input) = (asked.config.clone(), Topic { title: topic.title.clone(), body: topic.body.clone() });
            let call = self.ask(&asked.loaded, move |store, rules| {
                rules.yishi_policy_topics().call_classify(store, &text, &input)
            });
            let (answer, fuel) = call.await?;
            asked.answered(answer.into_iter().map(conversions::scored_in).collect(), fuel)
        };
        answer.await.unwrap_or_else(|failure| Answered {
            value: standard::classify(topic),
            receipt: None,
            fallback: Some(failure),
        })
    }

    /// Asks what to do about a case; the standard rules answer where the rule set fails.
    pub async fn assess(&self, component: Arc<[u8]>, config: &Value, case: &Case) -> Answered<Answer> {
        let answer = async {
            let asked = Asked::new(self, component, config, json!({"function": "assess", "case": case})).await?;
            let (text, input) = (asked.config.clone(), conversions::case_out(case));
            let call = self.ask(&asked.loaded, move |store, rules| {
                rules.yishi_policy_escalation().call_assess(store, &text, &input)
            });
            let (answer, fuel) = call.await?;
            asked.answered(conversions::answer_in(answer.map_err(conversions::refused)?), fuel)
        };
        answer.await.unwrap_or_else(|failure| Answered {
            value: standard::assess(case),
            receipt: None,
            fallback: Some(failure),
        })
    }

    async fn load(&self, component: Arc<[u8]>) -> Result<(Digest, Arc<Loaded>), AdmissionRefusal> {
        let digest = digest(&component);
        if let Some(loaded) = self.loaded().get(&digest) {
            return Ok((digest, Arc::clone(loaded)));
        }
        let failed = |text: String| AdmissionRefusal::new("component.not_loaded", text);
        let _turn = self.0.compilations.acquire().await.map_err(|error| failed(error.to_string()))?;
        let host = self.clone();
        let work = tokio::task::spawn_blocking(move || host.load_blocking(&digest, &component));
        let loaded = work.await.map_err(|error| failed(error.to_string()))??;
        let mut all = self.loaded();
        if all.len() >= LOADED {
            // Whatever goes is loaded again from its artefact when it is next called.
            all.clear();
        }
        all.insert(digest, Arc::clone(&loaded));
        Ok((digest, loaded))
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
        let schema = schema_of(&conversions::descriptor_in(descriptor))?;
        Ok(Arc::new(Loaded { rules, schema }))
    }

    fn loaded(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, Arc<Loaded>>> {
        self.0.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask<T: Send + 'static>(
        &self,
        loaded: &Arc<Loaded>,
        function: impl FnOnce(&mut wasmtime::Store<State>, &crate::bindings::Policy) -> wasmtime::Result<T> + Send + 'static,
    ) -> Result<(T, u64), PolicyFailure> {
        let failed = |text: String| PolicyFailure::Trap(text);
        // Waiting comes before the pool, where running out is an error and not a wait.
        let _turn = self.0.calls.acquire().await.map_err(|error| failed(error.to_string()))?;
        let (engine, loaded) = (self.0.engine.clone(), Arc::clone(loaded));
        let work = tokio::task::spawn_blocking(move || call(&engine, &loaded.rules, function));
        work.await.map_err(|error| failed(error.to_string()))?
    }
}

/// A call that has been checked and is about to be made.
struct Asked {
    digest: Digest,
    loaded: Arc<Loaded>,
    config: String,
    input: String,
}

impl Asked {
    async fn new(host: &PolicyHost, component: Arc<[u8]>, config: &Value, input: Value) -> Result<Self, PolicyFailure> {
        let (digest, loaded) = host.load(component).await.map_err(PolicyFailure::NotAdmitted)?;
        configured(&loaded, config)?;
        let (config, input) = (canonical(config)?, canonical(&input)?);
        let bytes = config.len() + input.len();
        if bytes > limits::INPUT_BYTES {
            return Err(PolicyFailure::InputTooLarge(bytes));
        }
        Ok(Self { digest, loaded, config, input })
    }

    fn answered<T: Serialize>(self, value: T, fuel: u64) -> Result<Answered<T>, PolicyFailure> {
        let output = canonical(&value)?;
        if output.len() > limits::OUTPUT_BYTES {
            return Err(PolicyFailure::Output(format!("{} bytes; {} are allowed", output.len(), limits::OUTPUT_BYTES)));
        }
        let receipt = Receipt {
            component: self.digest,
            contract: CONTRACT.into(),
            cost_table: engines::COST_TABLE.into(),
            configuration: digest(self.config.as_bytes()),
            input: self.input,
            output,
            fuel,
            host: engines::HOST.into(),
        };
        Ok(Answered { value, receipt: Some(receipt), fallback: None })
    }
}

fn prepare(engine: &Engine, component: &Component) -> Result<PolicyPre<State>, AdmissionRefusal> {
    let linker = Linker::new(engine);
    let rules = linker.instantiate_pre(component).and_then(PolicyPre::new);
    rules.map_err(|error| AdmissionRefusal::new("component.wrong_contract", format!("{error:#}")))
}

fn schema_of(descriptor: &Descriptor) -> Result<jsonschema::Validator, AdmissionRefusal> {
    let refuse = |text: String| AdmissionRefusal::new("component.bad_schema", text);
    let schema: Value =
        serde_json::from_str(&descriptor.configuration_schema).map_err(|error| refuse(error.to_string()))?;
    jsonschema::validator_for(&schema).map_err(|error| refuse(error.to_string()))
}

fn configured(loaded: &Loaded, config: &Value) -> Result<(), PolicyFailure> {
    let errors: Vec<_> =
        loaded.schema.iter_errors(config).map(|error| format!("{}: {error}", error.instance_path())).collect();
    if errors.is_empty() { Ok(()) } else { Err(PolicyFailure::Configuration(errors.join("; "))) }
}

fn canonical(value: &impl Serialize) -> Result<String, PolicyFailure> {
    serde_json_canonicalizer::to_string(value).map_err(|error| PolicyFailure::Output(error.to_string()))
}
