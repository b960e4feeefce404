//! Votes: one a voting unit, whatever the channel.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, types::Json};
use uuid::Uuid;
use yishi_domain::{
    BallotId, BatchId, EventId, MandateId, MemberId, StoredEvent, channels::VoteChannel, voting::Choice,
};

use crate::{StoreError, TenantTx, WriteTx, codes, events, rows};

/// A vote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    /// The voting unit.
    pub voting_unit: String,
    /// What it says; in a secret ballot the box alone knows.
    pub choice: Option<Choice>,
    /// Why, in the voter's words, where they gave them.
    pub reason: Option<String>,
    /// Who cast it, or the batch of paper that it came with.
    pub source: Source,
    /// Its event.
    pub event: EventId,
}

/// Where a vote came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Online, by a member who acts for the voting unit.
    Member(MemberId),
    /// On paper.
    Batch(BatchId),
    /// By hands that were raised at a meeting.
    Hands(BatchId),
    /// Online, by a member with a mandate of somebody who acts for the voting unit.
    Proxy(MemberId, MandateId),
}

impl Source {
    /// The channel.
    pub const fn channel(&self) -> VoteChannel {
        match self {
            Self::Member(_) => VoteChannel::Online,
            Self::Batch(_) => VoteChannel::Paper,
            Self::Hands(_) => VoteChannel::Hands,
            Self::Proxy(..) => VoteChannel::Proxy,
        }
    }

    /// The batch that it came with, where it came with one.
    pub const fn batch(&self) -> Option<BatchId> {
        match self {
            Self::Batch(batch) | Self::Hands(batch) => Some(*batch),
            Self::Member(_) | Self::Proxy(..) => None,
        }
    }

    /// The member or the batch, of which one is there, and the mandate.
    pub(crate) const fn columns(&self) -> [Option<Uuid>; 3] {
        match self {
            Self::Member(member) => [Some(member.uuid()), None, None],
            Self::Batch(batch) | Self::Hands(batch) => [None, Some(batch.uuid()), None],
            Self::Proxy(member, mandate) => [Some(member.uuid()), None, Some(mandate.uuid())],
        }
    }
}

/// Adds votes; tells whose voting unit had voted before, in which case nothing may be committed.
pub async fn insert(
    tx: &mut WriteTx,
    ballot: BallotId,
    votes: &[Vote],
    at: DateTime<Utc>,
) -> Result<Option<(String, VoteChannel)>, StoreError> {
    let tenant = tx.tenant().uuid();
    let mut added = 0;
    // Whoever adds several votes does so in one order, so that no two wait for each other.
    let mut ordered: Vec<_> = votes.iter().collect();
    ordered.sort_by(|a, b| a.voting_unit.cmp(&b.voting_unit));
    for part in rows::parts(&ordered) {
        let mut query = QueryBuilder::new(
            "INSERT INTO votes (tenant_id, ballot_id, voting_unit, choice, channel, member_id, batch_id, mandate_id, event_id, cast_at, reason) ",
        );
        query.push_values(part, |mut row, vote| {
            let [member, batch, mandate] = vote.source.columns();
            row.push_bind(tenant).push_bind(ballot.uuid()).push_bind(&vote.voting_unit);
            row.push_bind(vote.choice.as_ref().map(Json)).push_bind(vote.source.channel().code());
            row.push_bind(member).push_bind(batch).push_bind(mandate).push_bind(vote.event.uuid()).push_bind(at);
            row.push_bind(&vote.reason);
        });
        query.push(" ON CONFLICT (tenant_id, ballot_id, voting_unit) DO NOTHING");
        added += query.build().execute(tx.sql()).await?.rows_affected();
    }
    if added == votes.len() as u64 {
        return Ok(None);
    }
    let names: Vec<_> = votes.iter().map(|vote| vote.voting_unit.as_str()).collect();
    let events: Vec<_> = votes.iter().map(|vote| vote.event.uuid()).collect();
    let row = sqlx::query(
        "SELECT voting_unit, channel FROM votes WHERE tenant_id = $1 AND ballot_id = $2 AND voting_unit = ANY($3)
         AND NOT event_id = ANY($4) ORDER BY voting_unit LIMIT 1",
    )
    .bind(tenant)
    .bind(ballot.uuid())
    .bind(names)
    .bind(events)
    .fetch_one(tx.sql())
    .await?;
    Ok(Some((row.try_get("voting_unit")?, codes::read("channel", row.try_get("channel")?)?)))
}

/// Puts a vote in the place of the one that its voting unit has; tells whether there was one.
pub async fn replace(tx: &mut WriteTx, ballot: BallotId, vote: &Vote, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let [member, batch, mandate] = vote.source.columns();
    let done = sqlx::query(
        "UPDATE votes SET choice = $4, channel = $5, member_id = $6, batch_id = $7, event_id = $8, cast_at = $9, mandate_id = $10, reason = $11
         WHERE tenant_id = $1 AND ballot_id = $2 AND voting_unit = $3",
    )
    .bind(tx.tenant().uuid())
    .bind(ballot.uuid())
    .bind(&vote.voting_unit)
    .bind(vote.choice.as_ref().map(Json))
    .bind(vote.source.channel().code())
    .bind(member)
    .bind(batch)
    .bind(vote.event.uuid())
    .bind(at)
    .bind(mandate)
    .bind(&vote.reason)
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The reasons that voters gave, each with what the vote says, in the order of the voting units.
pub async fn reasons(tx: &mut TenantTx, ballot: BallotId) -> Result<Vec<(Choice, String)>, StoreError> {
    let rows: Vec<(Json<Choice>, String)> = sqlx::query_as(
        "SELECT choice, reason FROM votes WHERE tenant_id = $1 AND ballot_id = $2 AND reason IS NOT NULL AND choice IS NOT NULL
         ORDER BY voting_unit",
    )
    .bind(tx.tenant().uuid())
    .bind(ballot.uuid())
    .fetch_all(tx.sql())
    .await?;
    Ok(rows.into_iter().map(|(choice, reason)| (choice.0, reason)).collect())
}

/// Takes the votes of a voided batch out of the tally, so that their voting units may vote again; tells how many there were.
///
/// Their events stay, and so does the batch.
pub async fn void(tx: &mut WriteTx, ballot: BallotId, batch: BatchId) -> Result<u64, StoreError> {
    let done = sqlx::query("DELETE FROM votes WHERE tenant_id = $1 AND ballot_id = $2 AND batch_id = $3")
        .bind(tx.tenant().uuid())
        .bind(ballot.uuid())
        .bind(batch.uuid())
        .execute(tx.sql())
        .await?;
    Ok(done.rows_affected())
}

/// Lists the events of a ballot's votes in the order of their positions; one without a position comes last.
pub async fn events_of(tx: &mut TenantTx, ballot: BallotId) -> Result<Vec<StoredEvent>, StoreError> {
    let rows = sqlx::query(
        "SELECT e.id, e.kind, e.subject, e.actor, e.at, e.recorded_at, e.body, e.position FROM votes v
         JOIN events e ON e.tenant_id = v.tenant_id AND e.id = v.event_id
         WHERE v.tenant_id = $1 AND v.ballot_id = $2 ORDER BY e.position",
    )
    .bind(tx.tenant().uuid())
    .bind(ballot.uuid())
    .fetch_all(tx.sql())
    .await?;
    rows.iter().map(events::stored).collect()
}

/// The event of a voting unit's vote, which nobody else replaces until the transaction ends.
pub async fn hold(tx: &mut WriteTx, ballot: BallotId, unit: &str) -> Result<Option<EventId>, StoreError> {
    let event: Option<Uuid> = sqlx::query_scalar(
        "SELECT event_id FROM votes WHERE tenant_id = $1 AND ballot_id = $2 AND voting_unit = $3 FOR UPDATE",
    )
    .bind(tx.tenant().uuid())
    .bind(ballot.uuid())
    .bind(unit)
    .fetch_optional(tx.sql())
    .await?;
    Ok(event.map(EventId))
}
