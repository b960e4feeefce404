//! Rule sets: a city uploads them, and puts one in force with its configuration.

use serde_json::{Value, json};
use yishi_domain::{ActivationId, Digest, Refusal, voting::inexact_number};
use yishi_record::commitments;
use yishi_store::{
    StoreError,
    rule_sets::{self, Activation, RuleSet},
};

use crate::{App, events::event, failures::Failure, sessions::Session};

pub use yishi_store::rule_sets as stored;

/// Uploads a component; one that is there already is answered in the same way.
pub async fn upload(app: &App, session: &Session, component: Vec<u8>) -> Result<Digest, Failure> {
    let ctx = &session.ctx;
    let admitted = app.policy.admit(component.clone()).await.map_err(|refusals| {
        Failure::Faults(refusals.into_iter().map(|it| Refusal::invalid(it.code, "component", it.text)).collect())
    })?;
    let mut tx = app.db.write(ctx).await?;
    if rule_sets::insert(&mut tx, &admitted.digest, &component, &admitted.descriptor, ctx.now).await? {
        let body = json!({
            "component": admitted.digest,
            "name": admitted.descriptor.name,
            "version": admitted.descriptor.version,
        });
        let uploaded = event(ctx, "rule_set.uploaded", ctx.tenant.uuid(), body);
        tx.commit([uploaded], admitted.digest).await?;
    }
    Ok(admitted.digest)
}

/// Lists the rule sets, the latest first.
pub async fn list(app: &App, session: &Session) -> Result<Vec<RuleSet>, Failure> {
    Ok(rule_sets::all(&mut app.db.read(&session.ctx).await?).await?)
}

/// Finds a rule set.
pub async fn get(app: &App, session: &Session, digest: &Digest) -> Result<RuleSet, Failure> {
    let found = rule_sets::find(&mut app.db.read(&session.ctx).await?, digest).await?;
    Ok(found.ok_or_else(unknown)?)
}

/// Puts a rule set in force from now on, with a configuration that fits its schema; ballots that are open keep theirs.
pub async fn activate(
    app: &App,
    session: &Session,
    digest: &Digest,
    configuration: Value,
) -> Result<ActivationId, Failure> {
    let ctx = &session.ctx;
    if let Some(number) = inexact_number(&configuration) {
        let text = format!("{number} is not an integer within 2^53 - 1");
        return Err(Refusal::invalid("rule_set.inexact_number", "configuration", text).into());
    }
    let component = rule_sets::component(&mut app.db.read(ctx).await?, digest).await?.ok_or_else(unknown)?;
    app.policy.check_configuration(component.into(), &configuration).await?;
    let mut tx = app.db.write(ctx).await?;
    let number = rule_sets::active(&mut tx).await?.map_or(0, |it| it.number) + 1;
    let activation = Activation { id: ctx.new_id(), number, digest: *digest, configuration, activated_at: ctx.now };
    rule_sets::activate(&mut tx, &activation).await.map_err(|error| match error {
        StoreError::Taken(_) => raced(),
        error => error.into(),
    })?;
    let body = json!({
        "activation": activation.id,
        "number": number,
        "component": digest,
        "configuration": activation.configuration,
        "configuration_digest": commitments::digest(&commitments::canonical(&activation.configuration)),
    });
    let activated = event(ctx, "rule_set.activated", ctx.tenant.uuid(), body);
    Ok(tx.commit([activated], activation.id).await?)
}

/// The activation that holds now; none where the standard rules do.
pub async fn active(app: &App, session: &Session) -> Result<Option<Activation>, Failure> {
    Ok(rule_sets::active(&mut app.db.read(&session.ctx).await?).await?)
}

fn unknown() -> Refusal {
    Refusal::not_found("rule_set.unknown", "no rule set with this digest was uploaded to this tenant")
}

fn raced() -> Failure {
    let text = "another rule set was put in force at the same moment";
    Refusal::conflict("rule_set.raced", text).with_fix("look at what is in force now, then decide again").into()
}
