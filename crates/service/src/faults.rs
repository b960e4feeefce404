//! Failures of the rule set in force: each cause is an event, and after so many in a row the rule set is suspended for new work.
//!
//! Ballots that were opened under it keep it. Whatever fails here is logged and harms nothing: the call has its answer already.

use serde_json::json;
use yishi_domain::{Ctx, Digest, access::Role};
use yishi_policy::PolicyFailure;
use yishi_store::{notices, trust};

use crate::{App, events::event, failures::Failure};

/// Notes what came of a call of the rule set in force; one that answered is forgiven.
pub(crate) async fn note(
    app: &App,
    ctx: &Ctx,
    digest: &Digest,
    function: &'static str,
    known: Option<&trust::Faults>,
    failure: Option<&PolicyFailure>,
) {
    let noted = match failure {
        Some(failure) if failure.is_a_fault_of_the_rules() => failed(app, ctx, digest, function, failure).await,
        None if known.is_some() => forgive(app, ctx, digest).await,
        Some(_) | None => Ok(()),
    };
    if let Err(error) = noted {
        tracing::warn!(error = &error as &dyn std::error::Error, %digest, "a call of the rule set was not noted");
    }
}

async fn failed(
    app: &App,
    ctx: &Ctx,
    digest: &Digest,
    function: &'static str,
    failure: &PolicyFailure,
) -> Result<(), Failure> {
    let ctx = ctx.without_key();
    let mut tx = app.db.write(&ctx).await?;
    let before = trust::faults(&mut tx, digest).await?;
    let now = trust::note_failure(&mut tx, digest, failure.code(), ctx.now, i32::from(app.trust.failures)).await?;
    // What it says besides may quote the rule set, and that a topic's text, which is never public for good.
    let field = match failure {
        PolicyFailure::Output { field, .. } => Some(field),
        _ => None,
    };
    let body = json!({
        "component": digest, "function": function, "cause": failure.code(), "field": field, "failures": now.failures,
    });
    let failed = event(&ctx, "rule_set.failed", ctx.tenant.uuid(), body);
    let was = before.as_ref().and_then(|it| it.suspended_at);
    if was.is_none() && now.suspended_at.is_some() {
        let facts = json!({"component": digest, "cause": failure.code(), "failures": now.failures});
        let suspended = event(&ctx, "rule_set.suspended", ctx.tenant.uuid(), facts.clone());
        let kind = suspended.kind;
        notices::tell(&mut tx, Role::Administrator, || ctx.new_id(), kind, suspended.id, &facts, ctx.now).await?;
        return Ok(tx.commit([failed, suspended], ()).await?);
    }
    Ok(tx.commit([failed], ()).await?)
}

async fn forgive(app: &App, ctx: &Ctx, digest: &Digest) -> Result<(), Failure> {
    let ctx = ctx.without_key();
    let mut tx = app.db.write(&ctx).await?;
    if trust::forget_failures(&mut tx, digest).await? {
        let recovered = event(&ctx, "rule_set.recovered", ctx.tenant.uuid(), json!({"component": digest}));
        tx.commit([recovered], ()).await?;
    }
    Ok(())
}
