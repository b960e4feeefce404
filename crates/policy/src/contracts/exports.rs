//! The functions of one version of the contract. The file belongs to each version whose types convert alike.

use wasmtime::{
    Store,
    component::{Instance, InstancePre},
};
use yishi_domain::{
    describe::Descriptor,
    escalation::{Answer, Case},
    topics::{Category, Scored, TopicText},
    voting::{Subject, Tally, Verdict, VotingRule},
};

use super::{
    super::functions::{Function, Signature},
    VERSION,
    bindings::{
        exports::yishi::policy::{describe, escalation, topics, voting},
        yishi::policy::types::PolicyError,
    },
    conversions,
};
use crate::{AdmissionRefusal, PolicyFailure, calls::State, contracts::Called};

/// Says what functions take and give.
macro_rules! signatures {
    ($($function:ident = $name:literal ($($parameter:ty),*) -> $answer:ty;)*) => {$(
        struct $function;

        impl Signature for $function {
            type Parameters<'a> = ($(&'a $parameter,)*);
            type Answer = ($answer,);
            const NAME: &str = $name;
        }
    )*};
}

signatures! {
    Describe = "describe" () -> describe::Descriptor;
    Categories = "categories" (str) -> Vec<topics::Category>;
    Classify = "classify" (str, topics::Topic) -> Vec<topics::Scored>;
    Rule = "rule" (str, voting::Subject) -> Result<voting::VotingRule, PolicyError>;
    Decide = "decide" (str, voting::VotingRule, voting::Tally) -> Result<voting::Verdict, PolicyError>;
    Assess = "assess" (str, escalation::EscalationCase) -> Result<escalation::Answer, PolicyError>;
}

/// The functions of a component, by their interfaces.
pub struct Exports {
    describe: Function<Describe>,
    topics: Option<(Function<Categories>, Function<Classify>)>,
    voting: Option<(Function<Rule>, Function<Decide>)>,
    escalation: Option<Function<Assess>>,
}

impl Exports {
    /// Finds the functions by their names; an interface that is there has all of its functions.
    pub fn find(pre: &InstancePre<State>, names: &[String]) -> wasmtime::Result<Self> {
        let name = |interface: &str| format!("yishi:policy/{interface}@{VERSION}");
        let there = |interface: &str| Some(name(interface)).filter(|it| names.contains(it));
        // What is none of ours does no harm, since nobody calls it; what is ours and of another version would be passed over.
        let ours = ["describe", "topics", "voting", "escalation"].map(|it| format!("yishi:policy/{it}@"));
        let elsewhere = |name: &&String| ours.iter().any(|it| name.strip_prefix(it).is_some_and(|it| it != VERSION));
        if let Some(other) = names.iter().find(elsewhere) {
            wasmtime::bail!("`{other}` is of another version than its description, {VERSION}");
        }
        Ok(Self {
            describe: Function::find(pre, &name("describe"))?,
            topics: there("topics").map(|it| both(pre, &it)).transpose()?,
            voting: there("voting").map(|it| both(pre, &it)).transpose()?,
            escalation: there("escalation").map(|it| Function::find(pre, &it)).transpose()?,
        })
    }

    /// The interfaces that may be left out and are not.
    pub fn interfaces(&self) -> Vec<&'static str> {
        let there = [
            ("topics", self.topics.is_some()),
            ("voting", self.voting.is_some()),
            ("escalation", self.escalation.is_some()),
        ];
        there.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
    }

    pub fn describe(&self, store: &mut Store<State>, on: &Instance) -> Called<Descriptor> {
        if let Err(error) = self.compare(store, on) {
            let refusal = AdmissionRefusal::new("component.wrong_contract", format!("{error:#}"));
            return Ok(Err(PolicyFailure::NotAdmitted(refusal)));
        }
        let (descriptor,) = self.describe.call(store, on, ())?;
        Ok(Ok(conversions::descriptor_in(descriptor)))
    }

    /// Compares the types of every function: it shows here, and not when a ballot is about to open.
    fn compare(&self, store: &mut Store<State>, on: &Instance) -> wasmtime::Result<()> {
        if let Some((categories, classify)) = &self.topics {
            categories.compare(store, on)?;
            classify.compare(store, on)?;
        }
        if let Some((rule, decide)) = &self.voting {
            rule.compare(store, on)?;
            decide.compare(store, on)?;
        }
        if let Some(assess) = &self.escalation {
            assess.compare(store, on)?;
        }
        self.describe.compare(store, on)
    }

    pub fn rule(&self, store: &mut Store<State>, on: &Instance, config: &str, subject: &Subject) -> Called<VotingRule> {
        let (rule, _) = there(self.voting.as_ref())?;
        let (answer,) = rule.call(store, on, (config, &conversions::subject_out(subject)))?;
        Ok(answer.map_err(conversions::refused).and_then(conversions::rule_in))
    }

    pub fn decide(
        &self,
        store: &mut Store<State>,
        on: &Instance,
        config: &str,
        rule: &VotingRule,
        tally: &Tally,
    ) -> Called<Verdict> {
        let (_, decide) = there(self.voting.as_ref())?;
        let (rule, tally) = (conversions::rule_out(rule), conversions::tally_out(tally));
        let (answer,) = decide.call(store, on, (config, &rule, &tally))?;
        Ok(answer.map_err(conversions::refused).and_then(conversions::verdict_in))
    }

    pub fn categories(&self, store: &mut Store<State>, on: &Instance, config: &str) -> Called<Vec<Category>> {
        let (categories, _) = there(self.topics.as_ref())?;
        let (found,) = categories.call(store, on, (config,))?;
        Ok(conversions::categories_in(found))
    }

    pub fn classify(
        &self,
        store: &mut Store<State>,
        on: &Instance,
        config: &str,
        text: &TopicText,
    ) -> Called<Vec<Scored>> {
        let (_, classify) = there(self.topics.as_ref())?;
        let (scored,) = classify.call(store, on, (config, &conversions::topic_out(text)))?;
        Ok(Ok(scored.into_iter().map(conversions::scored_in).collect()))
    }

    pub fn assess(&self, store: &mut Store<State>, on: &Instance, config: &str, case: &Case) -> Called<Answer> {
        let (answer,) = there(self.escalation.as_ref())?.call(store, on, (config, &conversions::case_out(case)))?;
        Ok(answer.map_err(conversions::refused).map(conversions::answer_in))
    }
}

fn both<A: Signature, B: Signature>(
    pre: &InstancePre<State>,
    interface: &str,
) -> wasmtime::Result<(Function<A>, Function<B>)> {
    Ok((Function::find(pre, interface)?, Function::find(pre, interface)?))
}

fn there<T>(interface: Option<&T>) -> wasmtime::Result<&T> {
    interface.ok_or_else(|| wasmtime::format_err!("the rule set does not answer this itself"))
}
