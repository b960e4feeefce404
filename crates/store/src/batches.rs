//! Batches of paper votes, and of hands that were raised: entered whole, voided whole, never deleted.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow, types::Json};
use uuid::Uuid;
use yishi_domain::{BallotId, BatchId, Digest, MeetingId, MemberId, ballots::ControlTotals};

use crate::{StoreError, TenantTx, WriteTx};

/// A batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
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
    /// When it was entered.
    pub entered_at: DateTime<Utc>,
    /// In a secret ballot, until its box is sealed: by what the contents are known again.
    pub contents: Option<Contents>,
    /// Why and when it was voided.
    pub voided: Option<Voided>,
}

/// A commitment to what the papers of a batch say, which alone is kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The salt.
    pub salt: [u8; 32],
    /// The commitment.
    pub commitment: Digest,
}

/// How a batch was voided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voided {
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: String,
    /// The batch that was entered in its place after a recount.
    pub recount: Option<BatchId>,
}

const SELECT: &str = "SELECT id, station, operator_id, witness_id, scan_reference, control, meeting_id, entered_at, contents_salt, \
    contents_commitment, voided_at, void_reason, recount_id FROM paper_batches WHERE tenant_id = ";

/// Adds a batch; its votes follow.
pub async fn insert(tx: &mut WriteTx, ballot: BallotId, batch: &Batch) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO paper_batches (tenant_id, id, ballot_id, station, operator_id, witness_id, scan_reference, control, entered_at,
         meeting_id, contents_salt, contents_commitment) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(tx.tenant().uuid())
    .bind(batch.id.uuid())
    .bind(ballot.uuid())
    .bind(&batch.station)
    .bind(batch.operator.uuid())
    .bind(batch.witness.uuid())
    .bind(&batch.scan_reference)
    .bind(Json(&batch.control))
    .bind(batch.entered_at)
    .bind(batch.meeting.map(MeetingId::uuid))
    .bind(batch.contents.as_ref().map(|it| it.salt.as_slice()))
    .bind(batch.contents.as_ref().map(|it| it.commitment.0.as_slice()))
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Finds a batch of a ballot, which nobody else voids until the transaction ends.
pub async fn lock(tx: &mut WriteTx, ballot: BallotId, id: BatchId) -> Result<Option<Batch>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND ballot_id = ").push_bind(ballot.uuid());
    query.push(" AND id = ").push_bind(id.uuid()).push(" FOR UPDATE");
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(batch).transpose()
}

/// Lists the batches of a ballot after one, in the order of their entry.
pub async fn page(
    tx: &mut TenantTx,
    ballot: BallotId,
    after: Option<BatchId>,
    limit: u16,
) -> Result<Vec<Batch>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND ballot_id = ").push_bind(ballot.uuid());
    if let Some(after) = after {
        query.push(" AND id > ").push_bind(after.uuid());
    }
    query.push(" ORDER BY id LIMIT ").push_bind(i64::from(limit));
    query.build().fetch_all(tx.sql()).await?.iter().map(batch).collect()
}

/// Voids a batch.
pub async fn void(tx: &mut WriteTx, id: BatchId, voided: &Voided) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE paper_batches SET voided_at = $3, void_reason = $4, recount_id = $5, contents_salt = NULL,
         contents_commitment = NULL WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(voided.at)
    .bind(&voided.reason)
    .bind(voided.recount.map(BatchId::uuid))
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Forgets by what the contents of a ballot's batches were known.
pub async fn forget_contents(tx: &mut WriteTx, ballot: BallotId) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE paper_batches SET contents_salt = NULL, contents_commitment = NULL WHERE tenant_id = $1 AND ballot_id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(ballot.uuid())
    .execute(tx.sql())
    .await?;
    Ok(())
}

fn batch(row: &PgRow) -> Result<Batch, StoreError> {
    let (salt, commitment): (Option<Vec<u8>>, Option<Vec<u8>>) =
        (row.try_get("contents_salt")?, row.try_get("contents_commitment")?);
    let bytes = |it: Vec<u8>| {
        <[u8; 32]>::try_from(it).map_err(|_| StoreError::Unreadable { what: "commitment", value: String::new() })
    };
    let contents = match (salt, commitment) {
        (Some(salt), Some(commitment)) => Some(Contents { salt: bytes(salt)?, commitment: Digest(bytes(commitment)?) }),
        _ => None,
    };
    let (at, reason): (Option<DateTime<Utc>>, Option<String>) =
        (row.try_get("voided_at")?, row.try_get("void_reason")?);
    let recount = row.try_get::<Option<Uuid>, _>("recount_id")?.map(BatchId);
    Ok(Batch {
        id: BatchId(row.try_get("id")?),
        station: row.try_get("station")?,
        operator: MemberId(row.try_get("operator_id")?),
        witness: MemberId(row.try_get("witness_id")?),
        scan_reference: row.try_get("scan_reference")?,
        control: row.try_get::<Json<ControlTotals>, _>("control")?.0,
        meeting: row.try_get::<Option<Uuid>, _>("meeting_id")?.map(MeetingId),
        entered_at: row.try_get("entered_at")?,
        contents,
        voided: at.zip(reason).map(|(at, reason)| Voided { at, reason, recount }),
    })
}
