//! What a rule set is asked. Its answer is checked before anyone sees it, and comes with a receipt.

use std::{collections::HashSet, sync::Arc};

use serde_json::{Value, json};
use yishi_domain::{
    escalation::{Answer, Case},
    standard,
    topics::{Category, Scored, TopicText},
    voting::{Subject, Tally, Verdict, VotingRule},
};

use crate::{
    Answered, Caller, PolicyFailure, answers,
    bindings::exports::yishi::policy::topics::Topic,
    callers::{Purpose, Question},
    conversions, limits,
};

impl Caller {
    /// Asks for the rule of a ballot.
    pub async fn rule(
        &self,
        component: Arc<[u8]>,
        config: &Value,
        subject: &Subject,
    ) -> Result<Answered<VotingRule>, PolicyFailure> {
        let input = json!({"function": "rule", "subject": subject});
        let question = Question { purpose: Purpose::Ordinary, component, config, input };
        let out = conversions::subject_out(subject);
        let call = self.ask(
            question,
            move |store, rules, config| rules.yishi_policy_voting().call_rule(store, config, &out),
            |answer| {
                let rule = conversions::rule_in(answer.map_err(conversions::refused)?)?;
                answers::rule(&rule, subject)?;
                Ok(rule)
            },
        );
        call.await
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
        let question = Question { purpose: Purpose::Verdict, component, config, input };
        let (rule_out, tally_out) = (conversions::rule_out(rule), conversions::tally_out(tally));
        let call = self.ask(
            question,
            move |store, rules, config| rules.yishi_policy_voting().call_decide(store, config, &rule_out, &tally_out),
            |answer| {
                let verdict = conversions::verdict_in(answer.map_err(conversions::refused)?)?;
                answers::verdict(&verdict, rule, tally)?;
                Ok(verdict)
            },
        );
        call.await
    }

    /// Asks for the categories of topics.
    pub async fn categories(
        &self,
        component: Arc<[u8]>,
        config: &Value,
    ) -> Result<Answered<Vec<Category>>, PolicyFailure> {
        let input = json!({"function": "categories"});
        let question = Question { purpose: Purpose::Ordinary, component, config, input };
        let call = self.ask(
            question,
            |store, rules, config| rules.yishi_policy_topics().call_categories(store, config),
            |answer| {
                let categories = conversions::categories_in(answer)?;
                answers::categories(&categories)?;
                Ok(categories)
            },
        );
        call.await
    }

    /// Asks for the categories of a topic; the standard rules answer where the rule set fails.
    pub async fn classify(&self, component: Arc<[u8]>, config: &Value, topic: &TopicText) -> Answered<Vec<Scored>> {
        self.classify_by(component, config, topic).await.unwrap_or_else(|failure| Answered {
            value: standard::classify(topic),
            receipt: None,
            fallback: Some(failure),
            memory_bytes: 0,
        })
    }

    async fn classify_by(
        &self,
        component: Arc<[u8]>,
        config: &Value,
        topic: &TopicText,
    ) -> Result<Answered<Vec<Scored>>, PolicyFailure> {
        let bytes = topic.title.len() + topic.body.len();
        if bytes > limits::INPUT_BYTES {
            return Err(PolicyFailure::InputTooLarge(bytes));
        }
        // A proposal is one of the rule set's own categories, or nobody could act on it.
        let categories = self.categories(Arc::clone(&component), config).await?.value;
        let known: HashSet<_> = categories.iter().map(|it| it.code.as_str()).collect();
        // The text may be personal, so the input is not kept.
        let input = json!({"function": "classify"});
        let question = Question { purpose: Purpose::Ordinary, component, config, input };
        let out = Topic { title: topic.title.clone(), body: topic.body.clone(), extensions: Vec::new() };
        let call = self.ask(
            question,
            move |store, rules, config| rules.yishi_policy_topics().call_classify(store, config, &out),
            |answer| {
                let scored = answer.into_iter().map(conversions::scored_in).collect::<Vec<_>>();
                answers::scored(&scored, &known)?;
                Ok(scored)
            },
        );
        call.await
    }

    /// Asks what to do about a case; the standard rules answer where the rule set fails.
    pub async fn assess(&self, component: Arc<[u8]>, config: &Value, case: &Case) -> Answered<Answer> {
        self.assess_by(component, config, case).await.unwrap_or_else(|failure| Answered {
            value: standard::assess(case),
            receipt: None,
            fallback: Some(failure),
            memory_bytes: 0,
        })
    }

    pub(crate) async fn assess_by(
        &self,
        component: Arc<[u8]>,
        config: &Value,
        case: &Case,
    ) -> Result<Answered<Answer>, PolicyFailure> {
        let input = json!({"function": "assess", "case": case});
        let question = Question { purpose: Purpose::Ordinary, component, config, input };
        let out = conversions::case_out(case);
        let call = self.ask(
            question,
            move |store, rules, config| rules.yishi_policy_escalation().call_assess(store, config, &out),
            |answer| {
                let answer = conversions::answer_in(answer.map_err(conversions::refused)?);
                answers::answer(&answer, case)?;
                Ok(answer)
            },
        );
        call.await
    }
}
