//! The rules that hold in a tenant: the rule set that it has activated, or the standard rules of the core.

use std::sync::Arc;

use serde_json::Value;
use yishi_domain::{
    ActivationId, Ctx, Digest, TenantId,
    escalation::{Answer, Case},
    receipts::Receipt,
    standard,
    topics::{Category, Scored, TopicText},
    voting::{self, Subject, Tally, Verdict, VotingRule},
};
use yishi_policy::{Answered, PolicyFailure};
use yishi_record::commitments;
use yishi_store::{
    ballots::Ballot,
    rule_sets::{self, Activation},
};

use crate::{App, failures::Failure};

/// The rules of a tenant, or of a ballot that was opened under them.
pub(crate) enum Rules {
    /// The standard rules.
    Standard,
    /// An activated rule set.
    Plugin(Plugin),
}

/// A rule set with its configuration.
pub(crate) struct Plugin {
    /// Its activation.
    pub activation: Activation,
    component: Arc<[u8]>,
    tenant: TenantId,
}

impl Rules {
    /// The rules that hold now.
    pub(crate) async fn active(app: &App, ctx: &Ctx) -> Result<Self, Failure> {
        let mut tx = app.db.read(ctx).await?;
        match rule_sets::in_force(&mut tx, ctx.now, 1).await?.pop() {
            None => Ok(Self::Standard),
            Some(activation) => Self::load(&mut tx, ctx.tenant, activation).await,
        }
    }

    /// The rules that a ballot was opened under, whatever was activated since.
    pub(crate) async fn of_ballot(app: &App, ctx: &Ctx, ballot: &Ballot) -> Result<Self, Failure> {
        let Some(id) = ballot.activation else { return Ok(Self::Standard) };
        let mut tx = app.db.read(ctx).await?;
        let activation = rule_sets::activation(&mut tx, id).await?;
        let activation = activation.ok_or_else(|| Failure::Inconsistent(format!("there is no activation {id}")))?;
        Self::load(&mut tx, ctx.tenant, activation).await
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
        Self::load(&mut app.db.read(ctx).await?, ctx.tenant, activation).await
    }

    async fn load(tx: &mut yishi_store::TenantTx, tenant: TenantId, activation: Activation) -> Result<Self, Failure> {
        let bytes = rule_sets::component(tx, &activation.digest).await?;
        let bytes =
            bytes.ok_or_else(|| Failure::Inconsistent(format!("there is no component {}", activation.digest)))?;
        Ok(Self::Plugin(Plugin { activation, component: bytes.into(), tenant }))
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
            Self::Plugin(plugin) => Some(&plugin.component),
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
        let Self::Plugin(Plugin { activation, component, tenant }) = self else {
            return Ok((standard::rule(subject), None));
        };
        let answered =
            app.policy.for_tenant(*tenant).rule(Arc::clone(component), &activation.configuration, subject).await?;
        voting::validate_rule(&answered.value).map_err(|mut errors| PolicyFailure::Rule(errors.remove(0)))?;
        Ok((answered.value, answered.receipt))
    }

    /// The verdict on a tally.
    pub(crate) async fn verdict(
        &self,
        app: &App,
        rule: &VotingRule,
        tally: &Tally,
    ) -> Result<(Verdict, Option<Receipt>), PolicyFailure> {
        let Self::Plugin(Plugin { activation, component, tenant }) = self else {
            return Ok((standard::verdict(rule, tally)?, None));
        };
        let answered = app
            .policy
            .for_tenant(*tenant)
            .verdict(Arc::clone(component), &activation.configuration, rule, tally)
            .await?;
        Ok((answered.value, answered.receipt))
    }

    /// The categories of topics; the standard ones where the rule set fails.
    pub(crate) async fn categories(&self, app: &App) -> Vec<Category> {
        let Self::Plugin(Plugin { activation, component, tenant }) = self else { return standard::categories() };
        match app.policy.for_tenant(*tenant).categories(Arc::clone(component), &activation.configuration).await {
            Ok(answered) => answered.value,
            Err(failure) => {
                tracing::warn!(code = failure.code(), "the rule set gave no categories; the standard ones stand in");
                standard::categories()
            }
        }
    }

    /// The categories that a topic may belong to, best first.
    pub(crate) async fn classify(&self, app: &App, text: &TopicText) -> Answered<Vec<Scored>> {
        match self {
            Self::Standard => Answered::standard(standard::classify(text)),
            Self::Plugin(it) => {
                app.policy
                    .for_tenant(it.tenant)
                    .classify(Arc::clone(&it.component), &it.activation.configuration, text)
                    .await
            }
        }
    }

    /// What to do about a case.
    pub(crate) async fn assess(&self, app: &App, case: &Case) -> Answered<Answer> {
        match self {
            Self::Standard => Answered::standard(standard::assess(case)),
            Self::Plugin(it) => {
                app.policy
                    .for_tenant(it.tenant)
                    .assess(Arc::clone(&it.component), &it.activation.configuration, case)
                    .await
            }
        }
    }
}
