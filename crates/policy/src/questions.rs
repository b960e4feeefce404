//! What a rule set is asked. Its answer is checked before anyone sees it, and comes with a receipt; what it leaves out the standard rules answer.

use std::collections::HashSet;

use serde_json::{Value, json};
use yishi_domain::{
    escalation::{Answer, Case},
    standard,
    topics::{Category, Scored, TopicText},
    voting::{Subject, Tally, Verdict, VotingRule},
};

use crate::{
    Answered, Caller, Component, PolicyFailure, answers,
    callers::{Purpose, Question},
    limits,
};

impl Caller {
    /// Asks for the rule of a ballot.
    pub async fn rule(
        &self,
        component: impl Into<Component>,
        config: &Value,
        subject: &Subject,
    ) -> Result<Answered<VotingRule>, PolicyFailure> {
        let input = json!({"function": "rule", "subject": subject});
        let question =
            Question { purpose: Purpose::Ordinary, interface: "voting", component: component.into(), config, input };
        let asked = subject.clone();
        let call = self.ask(
            question,
            move |rules, store, on, config| rules.rule(store, on, config, &asked),
            |rule| answers::rule(rule, subject),
        );
        Ok(call.await?.unwrap_or_else(|| Answered::standard(standard::rule(subject))))
    }

    /// Asks for the verdict on a tally. Where the rule's own terms decide, the rule set must agree with them.
    pub async fn verdict(
        &self,
        component: impl Into<Component>,
        config: &Value,
        rule: &VotingRule,
        tally: &Tally,
    ) -> Result<Answered<Verdict>, PolicyFailure> {
        let input = json!({"function": "decide", "rule": rule, "tally": tally});
        let question =
            Question { purpose: Purpose::Verdict, interface: "voting", component: component.into(), config, input };
        let (its_rule, its_tally) = (rule.clone(), tally.clone());
        let call = self.ask(
            question,
            move |rules, store, on, config| rules.decide(store, on, config, &its_rule, &its_tally),
            |verdict| answers::verdict(verdict, rule, tally),
        );
        match call.await? {
            Some(answered) => Ok(answered),
            None => Ok(Answered::standard(standard::verdict(rule, tally)?)),
        }
    }

    /// Asks for the categories of topics.
    pub async fn categories(
        &self,
        component: impl Into<Component>,
        config: &Value,
    ) -> Result<Answered<Vec<Category>>, PolicyFailure> {
        let input = json!({"function": "categories"});
        let question =
            Question { purpose: Purpose::Ordinary, interface: "topics", component: component.into(), config, input };
        let call = self.ask(
            question,
            |rules, store, on, config| rules.categories(store, on, config),
            |categories| answers::categories(categories),
        );
        Ok(call.await?.unwrap_or_else(|| Answered::standard(standard::categories())))
    }

    /// Asks for the categories of a topic; the standard rules answer where the rule set fails.
    pub async fn classify(
        &self,
        component: impl Into<Component>,
        config: &Value,
        topic: &TopicText,
    ) -> Answered<Vec<Scored>> {
        let answer = self.classify_by(component, config, topic).await;
        answer.unwrap_or_else(|failure| Answered::instead(standard::classify(topic), failure))
    }

    async fn classify_by(
        &self,
        component: impl Into<Component>,
        config: &Value,
        topic: &TopicText,
    ) -> Result<Answered<Vec<Scored>>, PolicyFailure> {
        let bytes = topic.title.len() + topic.body.len();
        if bytes > limits::INPUT_BYTES {
            return Err(PolicyFailure::InputTooLarge(bytes));
        }
        // A proposal is one of the rule set's own categories, or nobody could act on it.
        let component = component.into();
        let categories = self.categories(component.clone(), config).await?.value;
        let known: HashSet<_> = categories.iter().map(|it| it.code.as_str()).collect();
        // The text may be personal, so the input is not kept.
        let input = json!({"function": "classify"});
        let question = Question { purpose: Purpose::Ordinary, interface: "topics", component, config, input };
        let asked = topic.clone();
        let call = self.ask(
            question,
            move |rules, store, on, config| rules.classify(store, on, config, &asked),
            |scored| answers::scored(scored, &known),
        );
        Ok(call.await?.unwrap_or_else(|| Answered::standard(standard::classify(topic))))
    }

    /// Asks what to do about a case; the standard rules answer where the rule set fails.
    pub async fn assess(&self, component: impl Into<Component>, config: &Value, case: &Case) -> Answered<Answer> {
        let answer = self.assess_by(component, config, case).await;
        answer.unwrap_or_else(|failure| Answered::instead(standard::assess(case), failure))
    }

    pub(crate) async fn assess_by(
        &self,
        component: impl Into<Component>,
        config: &Value,
        case: &Case,
    ) -> Result<Answered<Answer>, PolicyFailure> {
        let input = json!({"function": "assess", "case": case});
        let question = Question {
            purpose: Purpose::Ordinary,
            interface: "escalation",
            component: component.into(),
            config,
            input,
        };
        let asked = case.clone();
        let call = self.ask(
            question,
            move |rules, store, on, config| rules.assess(store, on, config, &asked),
            |answer| answers::answer(answer, case),
        );
        Ok(call.await?.unwrap_or_else(|| Answered::standard(standard::assess(case))))
    }
}
