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
    VERSION,
    bindings::exports::yishi::policy::{describe, escalation, topics, voting},
    conversions,
};
use crate::{AdmissionRefusal, PolicyFailure, calls::State, contracts::Called};

/// Where a component has its functions.
pub struct Exports {
    describe: describe::GuestIndices,
    topics: Option<topics::GuestIndices>,
    voting: Option<voting::GuestIndices>,
    escalation: Option<escalation::GuestIndices>,
}

impl Exports {
    /// Finds the functions by their names; an interface that is there has all of its functions.
    pub fn find(pre: &InstancePre<State>, names: &[String]) -> wasmtime::Result<Self> {
        let has = |interface: &str| names.iter().any(|it| *it == format!("yishi:policy/{interface}@{VERSION}"));
        // What is none of ours does no harm, since nobody calls it; what is ours and of another version would be passed over.
        let ours = ["describe", "topics", "voting", "escalation"].map(|it| format!("yishi:policy/{it}@"));
        let elsewhere = |name: &&String| ours.iter().any(|it| name.strip_prefix(it).is_some_and(|it| it != VERSION));
        if let Some(other) = names.iter().find(elsewhere) {
            wasmtime::bail!("`{other}` is of another version than its description, {VERSION}");
        }
        Ok(Self {
            describe: describe::GuestIndices::new(pre)?,
            topics: has("topics").then(|| topics::GuestIndices::new(pre)).transpose()?,
            voting: has("voting").then(|| voting::GuestIndices::new(pre)).transpose()?,
            escalation: has("escalation").then(|| escalation::GuestIndices::new(pre)).transpose()?,
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
        let guest = match self.typed(store, on) {
            Ok(guest) => guest,
            Err(error) => {
                let refusal = AdmissionRefusal::new("component.wrong_contract", format!("{error:#}"));
                return Ok(Err(PolicyFailure::NotAdmitted(refusal)));
            }
        };
        Ok(Ok(conversions::descriptor_in(guest.call_describe(store)?)))
    }

    /// Checks that every function has its types: it shows here, and not when a ballot is about to open.
    fn typed(&self, mut store: &mut Store<State>, on: &Instance) -> wasmtime::Result<describe::Guest> {
        self.topics.as_ref().map(|it| it.load(&mut store, on)).transpose()?;
        self.voting.as_ref().map(|it| it.load(&mut store, on)).transpose()?;
        self.escalation.as_ref().map(|it| it.load(&mut store, on)).transpose()?;
        self.describe.load(store, on)
    }

    pub fn rule(
        &self,
        mut store: &mut Store<State>,
        on: &Instance,
        config: &str,
        subject: &Subject,
    ) -> Called<VotingRule> {
        let guest = there(self.voting.as_ref())?.load(&mut store, on)?;
        let answer = guest.call_rule(store, config, &conversions::subject_out(subject))?;
        Ok(answer.map_err(conversions::refused).and_then(conversions::rule_in))
    }

    pub fn decide(
        &self,
        mut store: &mut Store<State>,
        on: &Instance,
        config: &str,
        rule: &VotingRule,
        tally: &Tally,
    ) -> Called<Verdict> {
        let guest = there(self.voting.as_ref())?.load(&mut store, on)?;
        let (rule, tally) = (conversions::rule_out(rule), conversions::tally_out(tally));
        let answer = guest.call_decide(store, config, &rule, &tally)?;
        Ok(answer.map_err(conversions::refused).and_then(conversions::verdict_in))
    }

    pub fn categories(&self, mut store: &mut Store<State>, on: &Instance, config: &str) -> Called<Vec<Category>> {
        let guest = there(self.topics.as_ref())?.load(&mut store, on)?;
        Ok(conversions::categories_in(guest.call_categories(store, config)?))
    }

    pub fn classify(
        &self,
        mut store: &mut Store<State>,
        on: &Instance,
        config: &str,
        text: &TopicText,
    ) -> Called<Vec<Scored>> {
        let guest = there(self.topics.as_ref())?.load(&mut store, on)?;
        let scored = guest.call_classify(store, config, &conversions::topic_out(text))?;
        Ok(Ok(scored.into_iter().map(conversions::scored_in).collect()))
    }

    pub fn assess(&self, mut store: &mut Store<State>, on: &Instance, config: &str, case: &Case) -> Called<Answer> {
        let guest = there(self.escalation.as_ref())?.load(&mut store, on)?;
        let answer = guest.call_assess(store, config, &conversions::case_out(case))?;
        Ok(answer.map_err(conversions::refused).map(conversions::answer_in))
    }
}

fn there<T>(interface: Option<&T>) -> wasmtime::Result<&T> {
    interface.ok_or_else(|| wasmtime::format_err!("the rule set does not answer this itself"))
}
