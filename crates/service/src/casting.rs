//! Casting together: whoever waits to vote in a tenant shares one transaction, and is answered once it is committed.
//!
//! A lone caster waits for nobody: while a transaction commits, those who come gather for the next. Only what is plain is done together, the first
//! vote of a voting unit, without a reason, by somebody who acts for it in an open ballot. Everything else, and every batch that fails, falls apart into single acts
//! ([`crate::voting::cast`]), which alone refuse, so that a bad vote harms no other and is told the same as ever.

mod batches;
mod lanes;

use std::sync::Arc;

use tokio::task::JoinSet;
use yishi_domain::{BallotId, IdempotencyKey, Refusal, RefusalKind};

pub use self::lanes::Casting;
use crate::{
    App,
    failures::Failure,
    sessions::{self, Access, Claim},
    voting::{self, Cast, NewVote},
};

/// What became of a vote that was to be cast with others.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    /// It is cast, and durable.
    Cast(Cast),
    /// It has to be cast alone; nothing was written.
    Alone,
    /// The database went away while it committed.
    Unknown,
}

/// Casts a vote, once for the request's idempotency key.
pub async fn cast(app: &Arc<App>, claim: &Claim, ballot: BallotId, new: NewVote) -> Result<Cast, Failure> {
    match lanes::join(app, claim.clone(), ballot, new.clone()).await {
        Outcome::Cast(cast) => Ok(cast),
        // Boxed, so that the many who need it not do not carry it along.
        Outcome::Alone => Box::pin(alone(app, claim, ballot, new)).await,
        Outcome::Unknown => {
            let text = "the database went away, and whether the vote is cast is not known";
            let refusal = Refusal::new(RefusalKind::Unavailable, "server.busy", text);
            Err(refusal.with_fix("send the same request again in a few seconds").into())
        }
    }
}

/// Casts many votes, each for itself: what is refused of one harms no other. The answers are in the order of the votes.
///
/// With an idempotency key each vote is cast once, so that the same request again finds what became of each.
pub async fn cast_all(
    app: &Arc<App>,
    claim: &Claim,
    ballot: BallotId,
    list: Vec<NewVote>,
) -> Result<Vec<Result<Cast, Failure>>, Failure> {
    // Whoever may not call at all is told so once.
    Box::pin(sessions::admit_claim(app, Access::AnyMember, Claim { once: None, ..claim.clone() })).await?;
    let mut casts = JoinSet::new();
    for (place, new) in list.into_iter().enumerate() {
        let once = claim.once.clone().map(|key| IdempotencyKey { key: format!("{}#{place}", key.key), ..key });
        let (app, claim) = (Arc::clone(app), Claim { once, ..claim.clone() });
        casts.spawn(async move { (place, cast(&app, &claim, ballot, new).await) });
    }
    let mut outcomes = Vec::with_capacity(casts.len());
    while let Some(outcome) = casts.join_next().await {
        outcomes.push(outcome.map_err(|error| Failure::Inconsistent(error.to_string()))?);
    }
    outcomes.sort_unstable_by_key(|(place, _)| *place);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

async fn alone(app: &App, claim: &Claim, ballot: BallotId, new: NewVote) -> Result<Cast, Failure> {
    let session = sessions::admit_claim(app, Access::AnyMember, claim.clone()).await?;
    session.once(app, voting::cast(app, &session, ballot, new)).await
}
