//! The bundle of a decision: all that anyone needs to verify it without this server.

use yishi_domain::{BallotId, Refusal, ResolutionId, ballots::BallotState};
use yishi_record::{bundles, trees};
use yishi_store::{ballots, events, records, resolutions};

use crate::{App, ballots as opening, directory, execution, failures::Failure, keys, rules::Rules, sessions::Session};

/// Makes the bundle of the decision that adopted a resolution.
pub async fn bundle_of_resolution(app: &App, session: &Session, id: ResolutionId) -> Result<Vec<u8>, Failure> {
    let found = resolutions::find(&mut app.db.read(&session.ctx).await?, id).await?;
    bundle(app, session, found.ok_or_else(execution::unknown)?.ballot).await
}

/// Makes the bundle of a decided ballot, in its one canonical form.
pub async fn bundle(app: &App, session: &Session, id: BallotId) -> Result<Vec<u8>, Failure> {
    let ctx = &session.ctx;
    let ballot = ballots::find(&mut app.db.read(ctx).await?, id).await?.ok_or_else(opening::unknown)?;
    if ballot.state != BallotState::Decided {
        let text = format!("the ballot is {}, and only a decision has a bundle", ballot.state);
        return Err(Refusal::not_found("ballot.not_decided", text).into());
    }
    let rules = Rules::of_ballot(app, ctx, &ballot).await?;
    let (size, checkpoint) = directory::checkpoint(app, session).await?;
    let mut tx = app.db.read(ctx).await?;
    let case = events::of_subject(&mut tx, ballot.topic.uuid()).await?;
    let case: Vec<_> = case.into_iter().filter(|it| it.position.is_some_and(|position| position < size)).collect();
    let handovers = keys::handovers(&mut tx).await?;
    let needed = bundles::needed_for_bundle(size, &case);
    let known = trees::Known::new(records::hashes(&mut tx, &needed).await?);
    let parts = bundles::Parts {
        ballot: id,
        tenant: &session.tenant()?.slug,
        events: &case,
        checkpoint: &checkpoint,
        handovers: &handovers,
        component: rules.bytes(),
        configuration: rules.activation().map(|it| &it.configuration),
    };
    Ok(bundles::build(parts, &known)?)
}
