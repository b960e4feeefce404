//! What a rule set is asked. Its answer is checked before anyone sees it, and comes with a receipt.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};
use yishi_domain::{
    Digest,
    escalation::{Answer, Case},
    standard,
    topics::{Category, Scored, TopicText},
    voting::{self, Subject, Tally, Verdict, VotingRule},
};

use crate::{
    Answered, CONTRACT, PolicyFailure, PolicyHost, Receipt, admissions::digest, answers,
    bindings::exports::yishi::policy::topics::Topic, conversions, engines, hosts::Loaded, limits,
};

impl PolicyHost {
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
        answers::rule(&rule, subject)?;
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
        let categories = answer.into_iter().map(conversions::category_in).collect::<Result<Vec<_>, _>>()?;
        answers::categories(&categories)?;
        asked.answered(categories, fuel)
    }

    /// Asks for the categories of a topic; the standard rules answer where the rule set fails.
    pub async fn classify(&self, component: Arc<[u8]>, config: &Value, topic: &TopicText) -> Answered<Vec<Scored>> {
        let answer = async {
            let bytes = topic.title.len() + topic.body.len();
            if bytes > limits::INPUT_BYTES {
                return Err(PolicyFailure::InputTooLarge(bytes));
            }
            // The text may be personal, so the input is not kept.
            let asked = Asked::new(self, component, config, json!({"function": "classify"})).await?;
            let (text, input) = (
                asked.config.clone(),
                Topic { title: topic.title.clone(), body: topic.body.clone(), extensions: Vec::new() },
            );
            let call = self.ask(&asked.loaded, move |store, rules| {
                rules.yishi_policy_topics().call_classify(store, &text, &input)
            });
            let (answer, fuel) = call.await?;
            let scored = answer.into_iter().map(conversions::scored_in).collect::<Vec<_>>();
            answers::scored(&scored)?;
            asked.answered(scored, fuel)
        };
        answer.await.unwrap_or_else(|failure| Answered {
            value: standard::classify(topic),
            receipt: None,
            fallback: Some(failure),
        })
    }

    /// Asks what to do about a case; the standard rules answer where the rule set fails.
    pub async fn assess(&self, component: Arc<[u8]>, config: &Value, case: &Case) -> Answered<Answer> {
        self.assess_by(component, config, case).await.unwrap_or_else(|failure| Answered {
            value: standard::assess(case),
            receipt: None,
            fallback: Some(failure),
        })
    }

    pub(crate) async fn assess_by(
        &self,
        component: Arc<[u8]>,
        config: &Value,
        case: &Case,
    ) -> Result<Answered<Answer>, PolicyFailure> {
        let asked = Asked::new(self, component, config, json!({"function": "assess", "case": case})).await?;
        let (text, input) = (asked.config.clone(), conversions::case_out(case));
        let call = self
            .ask(&asked.loaded, move |store, rules| rules.yishi_policy_escalation().call_assess(store, &text, &input));
        let (answer, fuel) = call.await?;
        let answer = conversions::answer_in(answer.map_err(conversions::refused)?);
        answers::answer(&answer)?;
        asked.answered(answer, fuel)
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
        let (text, input) = (canonical(config)?, canonical(&input)?);
        let bytes = text.len() + input.len();
        if bytes > limits::INPUT_BYTES {
            return Err(PolicyFailure::InputTooLarge(bytes));
        }
        let (digest, loaded) = host.load(component).await.map_err(PolicyFailure::NotAdmitted)?;
        configured(&loaded, config)?;
        Ok(Self { digest, loaded, config: text, input })
    }

    fn answered<T: Serialize>(self, value: T, fuel: u64) -> Result<Answered<T>, PolicyFailure> {
        let plain = serde_json::to_value(&value).map_err(|error| PolicyFailure::Output(error.to_string()))?;
        answers::storable(&plain)?;
        let output = canonical(&plain)?;
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

fn configured(loaded: &Loaded, config: &Value) -> Result<(), PolicyFailure> {
    let told = |error: jsonschema::ValidationError<'_>| match error.instance_path().as_str() {
        "" => error.to_string(),
        place => format!("{place}: {error}"),
    };
    let errors: Vec<_> = loaded.schema.iter_errors(config).map(told).collect();
    if errors.is_empty() { Ok(()) } else { Err(PolicyFailure::Configuration(errors.join("; "))) }
}

fn canonical(value: &impl Serialize) -> Result<String, PolicyFailure> {
    serde_json_canonicalizer::to_string(value).map_err(|error| PolicyFailure::Output(error.to_string()))
}
