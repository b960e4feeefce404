//! Running tallies: what a ballot comes to as far as the record goes, kept by the sequencer while it gives positions.

use serde::Deserialize;
use yishi_domain::{
    BallotId, StoredEvent,
    ballots::BallotState,
    voting::{
        Secrecy, Tally,
        contests::{self, Paper},
    },
};
use yishi_record::{
    facts::{self, Eligible, VoteCast},
    running::Stretch,
};
use yishi_store::{
    RecordTx, StoreError, TenantTx,
    ballots::{self, Ballot},
    events, records,
    running::{self, Papers, Running},
    votes,
};

use crate::{App, ballots::eligible, ballots::unknown, failures::Failure, sessions::Session};

/// What a ballot comes to so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoFar {
    /// Where the ballot stands.
    pub state: BallotState,
    /// How many events the record had when it was looked at; what was cast later is not in here yet.
    pub size: u64,
    /// How many votes count.
    pub votes: u64,
    /// What they come to; of a secret ballot nothing is known before it is counted.
    pub tally: Option<Tally>,
}

/// Adds what events change that get their positions in the same transaction.
pub(crate) async fn advance(tx: &mut RecordTx, stretch: &[StoredEvent]) -> Result<(), StoreError> {
    let mut changes = Stretch::of(stretch);
    if !changes.replaced.is_empty() {
        let replaced = std::mem::take(&mut changes.replaced);
        changes.take_off(&events::read(tx, &replaced).await?);
    }
    for (topic, batch) in std::mem::take(&mut changes.voided) {
        changes.take_off(&running::left_of_batch(tx, topic, batch).await?);
    }
    for id in &changes.unreadable {
        tracing::error!(event = %id, "an event about votes cannot be read, and is left out of the running tally");
    }
    let rolls: Vec<_> = changes.rolls.into_iter().map(|(id, eligible)| (id, serde_json::json!(eligible))).collect();
    running::keep_rolls(tx, &rolls).await?;
    let papers = changes.papers.into_iter().map(|(alike, by)| {
        let digest = alike.digest().0;
        let floor_area = alike.has_area.then_some(by.floor_area);
        (alike.ballot, Papers { digest, choice: alike.choice, votes: by.votes, heads: by.heads, floor_area })
    });
    running::change(tx, &papers.collect::<Vec<_>>()).await
}

/// What a ballot comes to so far.
pub async fn tally(app: &App, session: &Session, id: BallotId) -> Result<SoFar, Failure> {
    let mut tx = app.db.read(&session.ctx).await?;
    let ballot = ballots::find(&mut tx, id).await?.ok_or_else(unknown)?;
    let found = running::find(&mut tx, id).await?;
    match found {
        Some(found) => so_far(ballot, found).await,
        None => recounted(&mut tx, ballot).await,
    }
}

/// What a ballot comes to by its running tally.
pub async fn so_far(ballot: Ballot, found: Running) -> Result<SoFar, Failure> {
    let votes = found.papers.iter().map(|it| it.votes.unsigned_abs()).sum();
    let (state, size) = (ballot.state, found.size);
    let tally = match ballot.rule.secrecy {
        Secrecy::Secret => ballot.tally,
        // Some procedures take seconds where there are many options and papers, which others must not wait for.
        Secrecy::Open => {
            let work = tokio::task::spawn_blocking(move || count(&ballot, &found));
            Some(work.await.map_err(|error| Failure::Inconsistent(error.to_string()))??)
        }
    };
    Ok(SoFar { state, size, votes, tally })
}

fn count(ballot: &Ballot, found: &Running) -> Result<Tally, Failure> {
    let inconsistent = |error: String| Failure::Inconsistent(error);
    let eligible = Vec::<Eligible>::deserialize(&found.eligible).map_err(|error| inconsistent(error.to_string()))?;
    let eligible: Vec<_> = eligible.iter().map(|it| (it.measure, it.total)).collect();
    let papers = found.papers.iter().filter_map(|it| {
        let floor_area = it.floor_area.map(i64::unsigned_abs);
        Some(Paper { choice: it.choice.as_ref()?, heads: it.heads.unsigned_abs(), floor_area })
    });
    let tally = contests::count(&ballot.rule, &ballot.subject.options, &eligible, papers);
    tally.map_err(|error| inconsistent(error.to_string()))
}

/// Of a ballot that was announced before running tallies were kept: every vote is read again.
async fn recounted(tx: &mut TenantTx, ballot: Ballot) -> Result<SoFar, Failure> {
    let size = records::size(tx).await?;
    let cast = votes::events_of(tx, ballot.id).await?;
    let read = |it: &StoredEvent| VoteCast::deserialize(&it.body);
    let cast: Vec<_> =
        cast.iter().filter(|it| it.position.is_some()).map(read).collect::<Result<_, _>>().map_err(unreadable)?;
    let tally = match ballot.rule.secrecy {
        Secrecy::Secret => ballot.tally,
        Secrecy::Open => {
            let eligible = eligible(&ballot.rule, ballots::roll_totals(tx, ballot.id).await?);
            let tally = facts::recount(&ballot.rule, &ballot.subject.options, &eligible, &cast, None);
            Some(tally.map_err(|error| Failure::Inconsistent(error.to_string()))?)
        }
    };
    Ok(SoFar { state: ballot.state, size, votes: cast.len() as u64, tally })
}

fn unreadable(error: serde_json::Error) -> Failure {
    Failure::Inconsistent(error.to_string())
}
