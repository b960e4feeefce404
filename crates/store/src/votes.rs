//! Votes: one a voting unit, whatever the channel.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, types::Json};
use uuid::Uuid;
use yishi_domain::{
    BallotId, BatchId, EventId, MandateId, MeetingId, MemberId, StoredEvent, ballots::ControlTotals,
    channels::VoteChannel, voting::Choice,
};

use crate::{StoreError, TenantTx, WriteTx, codes, events};

/// A vote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    /// The voting unit.
    pub voting_unit: String,
    /// What it says; in a secret ballot the box alone knows.
    pub choice: Option<Choice>,
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

/// A batch of paper votes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaperBatch {
    /// Its identifier.
    pub id: BatchId,
    /// Where the box stood.
    pub station: String,
    /// Who entered it.
    pub operator: MemberId,
    /// Who saw it being counted.
    pub witness: MemberId,
    /// Where the scans are.
    pub scan_reference: String,
    /// What was counted by hand.
    pub control: ControlTotals,
    /// The meeting at which hands were raised; none where it is of paper.
    pub meeting: Option<MeetingId>,
}

const ROWS: usize = 5_000;

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

    /// The member or the batch, of which one is there, and the mandate.
    const fn columns(&self) -> [Option<Uuid>; 3] {
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
    for chunk in votes.chunks(ROWS) {
        let mut query = QueryBuilder::new(
            "INSERT INTO votes (tenant_id, ballot_id, voting_unit, choice, channel, member_id, batch_id, mandate_id, event_id, cast_at) ",
        );
        query.push_values(chunk, |mut row, vote| {
            let [member, batch, mandate] = vote.source.columns();
            row.push_bind(tenant).push_bind(ballot.uuid()).push_bind(&vote.voting_unit);
            row.push_bind(vote.choice.as_ref().map(Json)).push_bind(vote.source.channel().code());
            row.push_bind(member).push_bind(batch).push_bind(mandate).push_bind(vote.event.uuid()).push_bind(at);
        });
        query.push(" ON CONFLICT (tenant_id, ballot_id, voting_unit) DO NOTHING");
        added += query.build().persistent(chunk.len() == 1).execute(tx.sql()).await?.rows_affected();
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
        "UPDATE votes SET choice = $4, channel = $5, member_id = $6, batch_id = $7, event_id = $8, cast_at = $9, mandate_id = $10
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
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Adds a batch of paper; its votes follow.
pub async fn insert_batch(
    tx: &mut WriteTx,
    ballot: BallotId,
    batch: &PaperBatch,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO paper_batches (tenant_id, id, ballot_id, station, operator_id, witness_id, scan_reference, control, entered_at,
         meeting_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(tx.tenant().uuid())
    .bind(batch.id.uuid())
    .bind(ballot.uuid())
    .bind(&batch.station)
    .bind(batch.operator.uuid())
    .bind(batch.witness.uuid())
    .bind(&batch.scan_reference)
    .bind(Json(&batch.control))
    .bind(at)
    .bind(batch.meeting.map(MeetingId::uuid))
    .execute(tx.sql())
    .await?;
    Ok(())
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
