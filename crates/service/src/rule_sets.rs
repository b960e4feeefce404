//! Rule sets: a city uploads them, and puts one in force with its configuration.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use yishi_domain::{ActivationId, Ctx, Digest, Refusal, quotas::Quota, voting::inexact_number};
use yishi_policy::{AdmissionRefusal, SCRIPT_TIER_CLOSED};
use yishi_record::commitments;
use yishi_store::{
    StoreError, WriteTx,
    rule_sets::{self, Activation, RuleSet},
    trust as stored_trust,
};

use crate::{
    App,
    events::event,
    failures::Failure,
    quotas,
    sessions::Session,
    trust::{self, NewSignature, require_trusted},
};

pub use yishi_store::rule_sets as stored;

/// A component to upload.
#[derive(Clone, Debug)]
pub struct Package {
    /// The component.
    pub component: Vec<u8>,
    /// Signatures that come with it.
    pub signatures: Vec<NewSignature>,
}

/// Uploads a component with its signatures, all or nothing; what is there already is answered in the same way.
pub async fn upload(app: &App, session: &Session, package: Package) -> Result<Digest, Failure> {
    let ctx = &session.ctx;
    let Package { component, signatures } = package;
    let widest = app.trust.tier_of(&session.tenant()?.slug);
    let admitted = app.policy.for_tenant(ctx.tenant).admit_within(component.clone(), widest).await;
    let admitted = admitted.map_err(|refusals| Failure::Faults(refusals.into_iter().map(not_admitted).collect()))?;
    let verify = |(i, it)| trust::verified(app, ctx, &admitted.digest, it, &format!("signature[{i}]."));
    let signatures = signatures.into_iter().enumerate().map(verify).collect::<Result<Vec<_>, _>>()?;
    let mut tx = app.db.write(ctx).await?;
    let mut events = Vec::new();
    let most = quotas::hold(&mut tx, Quota::RuleSets).await?;
    if most.is_some() && rule_sets::find(&mut tx, &admitted.digest).await?.is_none() {
        quotas::within(&mut tx, ctx, session.tenant()?, (Quota::RuleSets, most), 1).await?;
    }
    if rule_sets::insert(&mut tx, &admitted.digest, &component, &admitted.descriptor, ctx.now).await? {
        let body = json!({
            "component": admitted.digest,
            "name": admitted.descriptor.name,
            "version": admitted.descriptor.version,
        });
        events.push(event(ctx, "rule_set.uploaded", ctx.tenant.uuid(), body));
    }
    for signature in &signatures {
        events.extend(trust::file(&mut tx, ctx, &admitted.digest, signature).await?);
    }
    let mut events = events.into_iter();
    match events.next() {
        Some(first) => Ok(tx.commit_with(first, events.collect(), admitted.digest).await?),
        None => Ok(admitted.digest),
    }
}

fn not_admitted(refusal: AdmissionRefusal) -> Refusal {
    let closed = refusal.code == SCRIPT_TIER_CLOSED;
    let refusal = Refusal::invalid(refusal.code, "component", refusal.text);
    match closed {
        true => refusal.with_fix("ask the platform's operator to open the script tier to this tenant"),
        false => refusal,
    }
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

/// A rule set to put in force.
#[derive(Clone, Debug)]
pub struct NewActivation {
    /// Its configuration, which must fit its schema.
    pub configuration: Value,
    /// From when it holds; now unless given.
    pub from: Option<DateTime<Utc>>,
    /// The number of the latest activation that the caller knows of; where there is a later one, nothing is done.
    pub after: Option<u64>,
}

/// Puts a rule set in force; ballots that are open keep theirs.
pub async fn activate(
    app: &App,
    session: &Session,
    digest: &Digest,
    new: NewActivation,
) -> Result<ActivationId, Failure> {
    let ctx = &session.ctx;
    session.require_reach(&session.root()?)?;
    let from = new.from.unwrap_or(ctx.now);
    if from < ctx.now {
        return Err(Refusal::invalid("rule_set.in_the_past", "from", "rules hold from now on, or from later").into());
    }
    require_configured(app, ctx, digest, &new.configuration).await?;
    let mut tx = app.db.write(ctx).await?;
    require_trusted(app, &mut tx, digest).await?;
    put_in_force(ctx, tx, *digest, new.configuration, from, new.after).await
}

/// Puts back in force what held before, with the configuration that it had.
pub async fn roll_back(app: &App, session: &Session) -> Result<ActivationId, Failure> {
    let ctx = &session.ctx;
    session.require_reach(&session.root()?)?;
    let mut tx = app.db.write(ctx).await?;
    let mut held = rule_sets::in_force(&mut tx, ctx.now, 2).await?.into_iter();
    let (Some(_), Some(before)) = (held.next(), held.next()) else {
        return Err(Refusal::conflict("rule_set.nothing_before", "no other rule set was in force before").into());
    };
    require_trusted(app, &mut tx, &before.digest).await?;
    put_in_force(ctx, tx, before.digest, before.configuration, ctx.now, None).await
}

/// The activation that holds now; none where the standard rules do.
pub async fn active(app: &App, session: &Session) -> Result<Option<Activation>, Failure> {
    Ok(rule_sets::in_force(&mut app.db.read(&session.ctx).await?, session.ctx.now, 1).await?.pop())
}

/// Lists the activations before a number, the latest decision first, those that do not hold yet among them.
pub async fn activations(
    app: &App,
    session: &Session,
    before: Option<i64>,
    limit: u16,
) -> Result<Vec<Activation>, Failure> {
    Ok(rule_sets::activations(&mut app.db.read(&session.ctx).await?, before, limit).await?)
}

/// Refuses a rule set that is not there, and a configuration that does not fit it or that the record cannot hold.
pub(crate) async fn require_configured(
    app: &App,
    ctx: &Ctx,
    digest: &Digest,
    configuration: &Value,
) -> Result<(), Failure> {
    if let Some(number) = inexact_number(configuration) {
        let text = format!("{number} is not an integer within 2^53 - 1");
        return Err(Refusal::invalid("rule_set.inexact_number", "configuration", text).into());
    }
    let component = rule_sets::component(&mut app.db.read(ctx).await?, digest).await?.ok_or_else(unknown)?;
    Ok(app.policy.for_tenant(ctx.tenant).check_configuration(component, configuration).await?)
}

async fn put_in_force(
    ctx: &Ctx,
    mut tx: WriteTx,
    digest: Digest,
    configuration: Value,
    from: DateTime<Utc>,
    after: Option<u64>,
) -> Result<ActivationId, Failure> {
    let latest = rule_sets::activations(&mut tx, None, 1).await?.pop().map_or(0, |it| it.number);
    if after.is_some_and(|known| known != latest.unsigned_abs()) {
        return Err(raced());
    }
    let activation = Activation { id: ctx.new_id(), number: latest + 1, digest, configuration, activated_at: from };
    rule_sets::activate(&mut tx, &activation).await.map_err(|error| match error {
        StoreError::Taken(_) => raced(),
        error => error.into(),
    })?;
    // Whoever puts it in force again has seen how it failed.
    stored_trust::forget_failures(&mut tx, &digest).await?;
    let body = json!({
        "activation": activation.id,
        "number": activation.number,
        "component": digest,
        "configuration": activation.configuration,
        "configuration_digest": commitments::digest(&commitments::canonical(&activation.configuration)),
        "from": from.to_rfc3339_opts(SecondsFormat::Micros, true),
    });
    let activated = event(ctx, "rule_set.activated", ctx.tenant.uuid(), body);
    Ok(tx.commit([activated], activation.id).await?)
}

pub(crate) fn unknown() -> Refusal {
    Refusal::not_found("rule_set.unknown", "no rule set with this digest was uploaded to this tenant")
}

fn raced() -> Failure {
    let text = "another rule set was put in force at the same moment";
    Refusal::conflict("rule_set.raced", text).with_fix("look at what is in force now, then decide again").into()
}
