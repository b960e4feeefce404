//! The rules that hold in a tenant: the rule set that it has activated, or the standard rules of the core.

use serde_json::Value;
use yishi_domain::{
    ActivationId, Ctx, Digest, TenantId,
    escalation::{Answer, Case},
    receipts::Receipt,
    standard,
    topics::{Category, Scored, TopicText},
    voting::{Subject, Tally, Verdict, VotingRule},
};
use yishi_policy::{Answered, Component, PolicyFailure};
use yishi_record::commitments;
use yishi_store::{
    ballots::Ballot,
    rule_sets::{self, Activation},
    trust::{self, Faults},
};

use crate::{App, failures::Failure, faults};

/// The rules of a tenant, or of a ballot that was opened under them.
pub(crate) enum Rules {
    /// The standard rules.
    Standard,
    /// An activated rule set.
    Plugin(Box<Plugin>),
}

/// A rule set with its configuration.
pub(crate) struct Plugin {
    /// Its activation.
    pub activation: Activation,
    component: Component,
    tenant: TenantId,
    /// For what it is called, where what comes of its calls is noted; how it failed of late.
    watched: Option<(Ctx, Option<Faults>)>,
}

impl Rules {
    /// The rules that hold now.
    pub(crate) async fn active(app: &App, ctx: &Ctx) -> Result<Self, Failure> {
        let mut tx = app.db.read(ctx).await?;
        match rule_sets::in_force(&mut tx, ctx.now, 1).await?.pop() {
            None => Ok(Self::Standard),
            Some(activation) => {
                let faults = trust::faults(&mut tx, &activation.digest).await?;
                Self::load(&mut tx, ctx.tenant, activation, Some((ctx.without_key(), faults))).await
            }
        }
    }

    /// The rules that a ballot was opened under, whatever was activated since.
    pub(crate) async fn of_ballot(app: &App, ctx: &Ctx, ballot: &Ballot) -> Result<Self, Failure> {
        let Some(id) = ballot.activation else { return Ok(Self::Standard) };
        let mut tx = app.db.read(ctx).await?;
        let activation = rule_sets::activation(&mut tx, id).await?;
        let activation = activation.ok_or_else(|| Failure::Inconsistent(format!("there is no activation {id}")))?;
        Self::load(&mut tx, ctx.tenant, activation, None).await
    }

    /// A rule set that is not in force, with a configuration.
    pub(crate) async fn candidate(
        app: &App,
        ctx: &Ctx,
        digest: &Digest,
        configuration: &Value,
    ) -> Result<Self, Failure> {
        let activation = Activation {
            id: ActivationId(uuid::Uuid::nil()),
            number: 0,
            digest: *digest,
            configuration: configuration.clone(),
            activated_at: ctx.now,
        };
        Self::load(&mut app.db.read(ctx).await?, ctx.tenant, activation, None).await
    }

    async fn load(
        tx: &mut yishi_store::TenantTx,
        tenant: TenantId,
        activation: Activation,
        watched: Option<(Ctx, Option<Faults>)>,
    ) -> Result<Self, Failure> {
        let bytes = rule_sets::component(tx, &activation.digest).await?;
        let bytes =
            bytes.ok_or_else(|| Failure::Inconsistent(format!("there is no component {}", activation.digest)))?;
        Ok(Self::Plugin(Box::new(Plugin { activation, component: Component::from(bytes), tenant, watched })))
    }

    /// The component's digest; none for the standard rules.
    pub(crate) fn component(&self) -> Option<Digest> {
        match self {
            Self::Standard => None,
            Self::Plugin(plugin) => Some(plugin.activation.digest),
        }
    }

    /// The bytes of the component.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Standard => None,
            Self::Plugin(plugin) => Some(plugin.component.bytes()),
        }
    }

    /// The activation; none for the standard rules.
    pub(crate) fn activation(&self) -> Option<&Activation> {
        match self {
            Self::Standard => None,
            Self::Plugin(plugin) => Some(&plugin.activation),
        }
    }

    /// The digest of the configuration's canonical form (RFC 8785).
    pub(crate) fn configuration(&self) -> Option<Digest> {
        let activation = self.activation()?;
        Some(commitments::digest(&commitments::canonical(&activation.configuration)))
    }

    /// The rule for a ballot.
    pub(crate) async fn rule(
        &self,
        app: &App,
        subject: &Subject,
    ) -> Result<(VotingRule, Option<Receipt>), PolicyFailure> {
        let Self::Plugin(plugin) = self else { return Ok((standard::rule(subject), None)) };
        plugin.require_not_suspended()?;
        let (component, configuration) = plugin.asked();
        let answered = app.policy.for_tenant(plugin.tenant).rule(component, configuration, subject).await;
        plugin.note(app, "rule", answered.as_ref().err()).await;
        let answered = answered?;
        Ok((answered.value, answered.receipt))
    }

    /// The verdict on a tally.
    pub(crate) async fn verdict(
        &self,
        app: &App,
        rule: &VotingRule,
        tally: &Tally,
    ) -> Result<(Verdict, Option<Receipt>), PolicyFailure> {
        let Self::Plugin(plugin) = self else { return Ok((standard::verdict(rule, tally)?, None)) };
        let (component, configuration) = plugin.asked();
        let answered = app.policy.for_tenant(plugin.tenant).verdict(component, configuration, rule, tally).await?;
        Ok((answered.value, answered.receipt))
    }

    /// The categories of topics; the standard ones where the rule set fails.
    pub(crate) async fn categories(&self, app: &App) -> Vec<Category> {
        let Self::Plugin(plugin) = self else { return standard::categories() };
        if plugin.require_not_suspended().is_err() {
            return standard::categories();
        }
        let (component, configuration) = plugin.asked();
        match app.policy.for_tenant(plugin.tenant).categories(component, configuration).await {
            Ok(answered) => answered.value,
            Err(failure) => {
                tracing::warn!(code = failure.code(), "the rule set gave no categories; the standard ones stand in");
                plugin.note(app, "categories", Some(&failure)).await;
                standard::categories()
            }
        }
    }

    /// The categories that a topic may belong to, best first.
    pub(crate) async fn classify(&self, app: &App, text: &TopicText) -> Answered<Vec<Scored>> {
        let Self::Plugin(plugin) = self else { return Answered::standard(standard::classify(text)) };
        if let Err(failure) = plugin.require_not_suspended() {
            return Answered::instead(standard::classify(text), failure);
        }
        let (component, configuration) = plugin.asked();
        let answered = app.policy.for_tenant(plugin.tenant).classify(component, configuration, text).await;
        plugin.note(app, "classify", answered.fallback.as_ref()).await;
        answered
    }

    /// What to do about a case.
    pub(crate) async fn assess(&self, app: &App, case: &Case) -> Answered<Answer> {
        let Self::Plugin(plugin) = self else { return Answered::standard(standard::assess(case)) };
        if let Err(failure) = plugin.require_not_suspended() {
            return Answered::instead(standard::assess(case), failure);
        }
        let (component, configuration) = plugin.asked();
        let answered = app.policy.for_tenant(plugin.tenant).assess(component, configuration, case).await;
        plugin.note(app, "assess", answered.fallback.as_ref()).await;
        answered
    }
}

impl Plugin {
    /// What a call is made with.
    fn asked(&self) -> (Component, &Value) {
        (self.component.clone(), &self.activation.configuration)
    }

    /// Refuses new work to a rule set that failed too often; a verdict is not new work.
    fn require_not_suspended(&self) -> Result<(), PolicyFailure> {
        match &self.watched {
            Some((_, Some(faults))) if faults.suspended_at.is_some() => {
                Err(PolicyFailure::Halted { failures: faults.failures.unsigned_abs(), cause: faults.cause.clone() })
            }
            _ => Ok(()),
        }
    }

    async fn note(&self, app: &App, function: &'static str, failure: Option<&PolicyFailure>) {
        if let Some((ctx, known)) = &self.watched {
            faults::note(app, ctx, &self.activation.digest, function, known.as_ref(), failure).await;
        }
    }
}
