//! Casting together: whoever waits to vote in a tenant shares one transaction, and is answered once it is committed.
//!
//! A lone caster waits for nobody: while a transaction commits, those who come gather for the next. Only what is plain is done together, the first
//! vote of a voting unit, without a reason, by somebody who acts for it in an open ballot. Everything else, and every batch that fails, falls apart into single acts
//! ([`crate::voting::cast`]), which alone refuse, so that a bad vote harms no other and is told the same as ever.

mod batches;
mod lanes;

use std::sync::Arc;

use yishi_domain::{BallotId, Refusal, RefusalKind};

pub use self::lanes::Casting;
use crate::{
    App,
    failures::Failure,
    sessions::{self, Access, Claim},
    voting::{self, Cast, NewVote},
};

/// What became of a vote that was to be cast with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

async fn alone(app: &App, claim: &Claim, ballot: BallotId, new: NewVote) -> Result<Cast, Failure> {
    let session = sessions::admit_claim(app, Access::AnyMember, claim.clone()).await?;
    session.once(app, voting::cast(app, &session, ballot, new)).await
}
