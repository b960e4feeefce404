//! Replays: all past decisions of a tenant under a candidate, to see which would have come out differently. It changes none of them.

use serde_json::{Value, json};
use yishi_domain::{
    Actor, BallotId, Digest, Refusal, ReplayId, RequestId,
    trials::{Compared, Comparison},
};
use yishi_store::{
    tenants::Tenant,
    trials::{self, Replay},
};

use crate::{
    App,
    events::event,
    failures::Failure,
    rule_sets::require_configured,
    rules::Rules,
    sessions::Session,
    trials::{Decided, try_decision},
};

/// How many decisions are tried between two reports of progress.
const CHUNK: u64 = 1_000;

/// Asks for a replay; it runs in the background.
pub async fn request(app: &App, session: &Session, digest: &Digest, configuration: Value) -> Result<ReplayId, Failure> {
    let ctx = &session.ctx;
    require_configured(app, ctx, digest, &configuration).await?;
    let mut tx = app.db.write(ctx).await?;
    let total = trials::decisions(&mut tx).await?;
    let replay = Replay {
        id: ctx.new_id(),
        digest: *digest,
        configuration,
        total,
        done: 0,
        same: 0,
        flipped: 0,
        not_comparable: 0,
        last_ballot: None,
        requested_at: ctx.now,
        finished_at: None,
    };
    trials::insert_replay(&mut tx, &replay).await?;
    let body = json!({
        "replay": replay.id,
        "component": digest,
        "configuration": replay.configuration,
        "decisions": total,
    });
    Ok(tx.commit([event(ctx, "replay.requested", ctx.tenant.uuid(), body)], replay.id).await?)
}

/// Finds a replay, with how far it is.
pub async fn get(app: &App, session: &Session, id: ReplayId) -> Result<Replay, Failure> {
    let found = trials::replay(&mut app.db.read(&session.ctx).await?, id).await?;
    Ok(found.ok_or_else(unknown)?)
}

/// Lists the decisions that do not come out the same, in the order of their ballots.
pub async fn differences(
    app: &App,
    session: &Session,
    id: ReplayId,
    after: Option<BallotId>,
    limit: u16,
) -> Result<Vec<(BallotId, Compared)>, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    if trials::replay(&mut tx, id).await?.is_none() {
        return Err(unknown().into());
    }
    Ok(trials::differences(&mut tx, id, after, limit).await?)
}

/// Takes the next step of a tenant's oldest unfinished replay; tells how many decisions it tried.
pub(crate) async fn step(app: &App, tenant: &Tenant) -> Result<usize, Failure> {
    let actor = Actor::System("replays");
    let request: RequestId = app.ctx_in(None, actor.clone(), RequestId(uuid::Uuid::nil())).new_id();
    let ctx = app.ctx_in(Some(tenant), actor, request);
    let mut tx = app.db.read(&ctx).await?;
    let Some(mut replay) = trials::unfinished(&mut tx).await? else { return Ok(0) };
    let began_at = replay.done;
    let left = replay.total.saturating_sub(began_at).min(CHUNK);
    let decisions = trials::decisions_after(&mut tx, replay.last_ballot, left).await?;
    drop(tx);
    let candidate = Rules::candidate(app, &ctx, &replay.digest, &replay.configuration).await?;
    let mut differences = Vec::new();
    for it in &decisions {
        let decided = Decided { subject: &it.subject, rule: &it.rule, tally: &it.tally, outcome: it.verdict.outcome };
        let compared = try_decision(app, &candidate, &decided).await.map_err(Failure::from)?;
        match compared.comparison {
            Comparison::Same => replay.same += 1,
            Comparison::Flipped => replay.flipped += 1,
            Comparison::NotComparable => replay.not_comparable += 1,
        }
        if compared.comparison != Comparison::Same {
            differences.push((it.ballot, compared));
        }
        replay.done += 1;
        replay.last_ballot = Some(it.ballot);
    }
    let finished = replay.done == replay.total || decisions.is_empty();
    replay.finished_at = finished.then_some(ctx.now);
    let mut tx = app.db.write(&ctx).await?;
    if !trials::advance(&mut tx, began_at, &replay).await? {
        return Ok(0);
    }
    trials::insert_differences(&mut tx, replay.id, &differences).await?;
    let body = json!({
        "replay": replay.id,
        "done": replay.done,
        "same": replay.same,
        "flipped": replay.flipped,
        "not_comparable": replay.not_comparable,
    });
    let kind = if finished { "replay.finished" } else { "replay.advanced" };
    tx.commit([event(&ctx, kind, ctx.tenant.uuid(), body)], ()).await?;
    Ok(decisions.len().max(1))
}

fn unknown() -> Refusal {
    Refusal::not_found("replay.unknown", "there is no such replay in this tenant")
}
