//! A batch: votes that share a transaction, each with its own outcome.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::Duration;
use yishi_domain::{
    Actor, Ctx, Event, RequestId, TenantId,
    ballots::{BallotState, VotingUnit},
    voting::{Choice, Secrecy},
};
use yishi_store::{
    NotShared, SharedAct, SharedTx, StoreError,
    ballots::{self, Ballot},
    boxes,
    casts::{self, Asked, Held, Weight},
    votes::{Source, Vote},
};

use super::{Outcome, lanes::Waiting};
use crate::{
    App,
    failures::Failure,
    promises::promise_all,
    sessions::Claim,
    voting::{Cast, admitted_online, vote},
};

/// How often a writer lets others go first before it takes those who wait: requests that have arrived by then come along. A lone caster does not wait
/// for them.
const GATHERED: usize = 8;

/// Casts the votes of whoever waits once there is a transaction for them, and answers each; goes on with the next transaction where others wait by then.
pub(super) async fn cast(app: &App, slug: &str, begun: Option<SharedTx>) -> Option<SharedTx> {
    let begun = match begun {
        Some(tx) => Ok(Some(tx)),
        None => begin(app, slug).await,
    };
    if app.casting.waiting(slug) > 1 {
        for _ in 0..GATHERED {
            tokio::task::yield_now().await;
        }
    }
    let waiting = app.casting.take(slug);
    let (mut outcomes, next) = match begun {
        Ok(Some(tx)) => together(app, slug, tx, &waiting).await,
        Ok(None) => (HashMap::new(), None),
        Err(failure) => {
            tracing::warn!(error = &failure as &dyn std::error::Error, "votes are cast one by one");
            (HashMap::new(), None)
        }
    };
    for (place, it) in waiting.into_iter().enumerate() {
        // Whoever has gone away has their vote all the same.
        it.answer.send(outcomes.remove(&place).unwrap_or(Outcome::Alone)).ok();
    }
    next
}

/// A transaction in the tenant, if there is such a tenant.
async fn begin(app: &App, slug: &str) -> Result<Option<SharedTx>, Failure> {
    let tenant = match app.casting.tenant(slug) {
        Some(tenant) => tenant,
        None => {
            let Some(tenant) = app.tenant(slug).await? else { return Ok(None) };
            app.casting.keep_tenant(slug, tenant.id);
            tenant.id
        }
    };
    let ctx = app.ctx(tenant, 0, Actor::System("casting"), RequestId(uuid::Uuid::nil()));
    Ok(Some(app.db.share(&ctx).await?))
}

/// Casts in one transaction what can be; whoever has no outcome has to be heard alone, and finds nothing held any more.
async fn together(
    app: &App,
    slug: &str,
    mut tx: SharedTx,
    waiting: &[Waiting],
) -> (HashMap<usize, Outcome>, Option<SharedTx>) {
    let prepared = prepare(app, slug, &mut tx, waiting).await;
    let undone = match prepared {
        Ok(acts) if !acts.is_empty() => {
            let (places, acts): (Vec<_>, Vec<_>) = acts.into_iter().unzip();
            match tx.commit_each(acts, app.casting.waiting(slug) > 0).await {
                Ok((casts, next)) => {
                    return (places.into_iter().zip(casts.into_iter().map(Outcome::Cast)).collect(), next);
                }
                Err(NotShared::Undone(error)) => Some(error.into()),
                Err(NotShared::Unknown(error)) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the database went away at a commit");
                    return (places.into_iter().map(|place| (place, Outcome::Unknown)).collect(), None);
                }
            }
        }
        nothing => nothing.err().or(tx.undo().await.err().map(Failure::from)),
    };
    if let Some(error) = undone {
        tracing::warn!(error = &error as &dyn std::error::Error, "votes are cast one by one");
    }
    (HashMap::new(), None)
}

/// A vote that has been found plain.
struct Plain {
    place: usize,
    ctx: Ctx,
    ballot: Arc<Ballot>,
    choice: Choice,
    vote: Vote,
    event: Event,
}

/// Writes the votes that are plain; tells by their places what is to be committed with them.
async fn prepare(
    app: &App,
    slug: &str,
    tx: &mut SharedTx,
    waiting: &[Waiting],
) -> Result<Vec<(usize, SharedAct<Cast>)>, Failure> {
    let mut plain = Vec::with_capacity(waiting.len());
    for (place, held, weight) in standing(tx, waiting).await? {
        let it = &waiting[place];
        let ballot = match app.casting.ballot(tx.tenant(), it.ballot) {
            Some(ballot) => ballot,
            None => match ballots::find(tx, it.ballot).await? {
                Some(ballot) => app.casting.keep_ballot(tx.tenant(), ballot),
                None => continue,
            },
        };
        plain.extend(plain_vote(app, tx.tenant(), place, it, &held, weight, ballot));
    }
    // In one order, so that no two transactions wait for each other.
    plain.sort_by(|a, b| (a.ballot.id, &a.vote.voting_unit).cmp(&(b.ballot.id, &b.vote.voting_unit)));
    let votes: Vec<_> = plain.iter().map(|it| (it.ballot.id, &it.vote, it.ctx.now)).collect();
    let added = if votes.is_empty() { HashSet::new() } else { casts::insert(tx, &votes).await? };
    plain.retain(|it| added.contains(&it.vote.event));
    let papers: Vec<_> = plain.iter().filter(|it| is_secret(&it.ballot)).map(|it| (it.ballot.id, &it.choice)).collect();
    boxes::insert(tx, &papers).await?;
    let events: Vec<_> = plain.iter().map(|it| (&it.ctx, &it.event)).collect();
    let promises = promise_all(app, slug, tx, &events).await?;
    let acts = plain.into_iter().zip(promises).map(|(it, promise)| {
        let (answer, keeps_request) = (Cast { event: it.vote.event, promise }, !is_secret(&it.ballot));
        (it.place, SharedAct { ctx: it.ctx, event: it.event, answer, keeps_request })
    });
    Ok(acts.collect())
}

/// What the votes stand on, by their places; of two for one voting unit or with one key the first alone.
async fn standing(tx: &mut SharedTx, waiting: &[Waiting]) -> Result<Vec<(usize, Held, Weight)>, StoreError> {
    let principals: Vec<_> = waiting.iter().map(|it| Actor::Member(it.claim.member).principal()).collect();
    let (mut units, mut keys) = (HashSet::new(), HashSet::new());
    let (mut places, mut asked) = (Vec::new(), Vec::new());
    for (place, it) in waiting.iter().enumerate() {
        let key = it.claim.once.as_ref().map(|key| (principals[place].as_str(), key));
        let first = units.insert((it.ballot, &it.new.voting_unit))
            && key.is_none_or(|(principal, key)| keys.insert((principal, &key.key)));
        if first {
            places.push(place);
            let (ballot, voting_unit, member) = (it.ballot, it.new.voting_unit.as_str(), it.claim.member);
            asked.push(Asked { ballot, voting_unit, member, key });
        }
    }
    let found = casts::standing(tx, &asked).await?;
    Ok(found.into_iter().filter_map(|(i, held, weight)| Some((*places.get(i)?, held, weight))).collect())
}

/// The vote, where the ballot is open to it, keeps every vote as it is, and knows what it says; and where it says nothing more.
fn plain_vote(
    app: &App,
    tenant: TenantId,
    place: usize,
    it: &Waiting,
    held: &Held,
    weight: Weight,
    ballot: Arc<Ballot>,
) -> Option<Plain> {
    let Claim { member, wall, once, request, .. } = &it.claim;
    let ctx = app.ctx(tenant, 0, Actor::Member(*member), *request);
    let now = *wall + Duration::milliseconds(held.ahead_ms);
    let ctx = Ctx { now, wall: *wall, once: once.clone(), ..ctx };
    let open = held.state == BallotState::Open && (held.opens_at..=held.closes_at).contains(&now);
    if !open || ballot.rule.change_of_vote || it.new.reason.is_some() {
        return None;
    }
    let choice = admitted_online(&ballot, it.new.choice.clone()).ok()?;
    let unit = VotingUnit {
        name: it.new.voting_unit.clone(),
        heads: weight.heads,
        floor_area: weight.floor_area,
        agents: Vec::new(),
    };
    let said = (!is_secret(&ballot)).then(|| choice.clone());
    let (vote, event) = vote(&ctx, &ballot, &unit, (said, None), Source::Member(*member), None);
    Some(Plain { place, ctx, ballot, choice, vote, event })
}

fn is_secret(ballot: &Ballot) -> bool {
    ballot.rule.secrecy == Secrecy::Secret
}
