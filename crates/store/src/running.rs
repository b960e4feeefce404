//! Running tallies: what ballots come to as far as the record goes. The sequencer alone writes them, with the positions of the events that they
//! are made from.

use serde_json::Value;
use sqlx::{FromRow, QueryBuilder, types::Json};
use uuid::Uuid;
use yishi_domain::{BallotId, BatchId, StoredEvent, voting::Choice};

use crate::{RecordTx, StoreError, TenantTx, events, rows};

/// Papers that say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Papers {
    /// The digest by which they are known.
    pub digest: [u8; 32],
    /// What they say; in a secret ballot nothing.
    pub choice: Option<Choice>,
    /// How many they are, or by how many they become more.
    pub votes: i64,
    /// The heads that they count.
    pub heads: i64,
    /// The floor area that they state, in hundredths of a square metre.
    pub floor_area: Option<i64>,
}

/// A ballot as far as the record goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Running {
    /// How many events the record had.
    pub size: u64,
    /// The whole roll, one total a measure, as its event has it.
    pub eligible: Value,
    /// The papers, those that were taken off again left out.
    pub papers: Vec<Papers>,
}

#[derive(FromRow)]
struct Row {
    size: i64,
    eligible: Json<Value>,
    paper: Option<Vec<u8>>,
    choice: Option<Json<Choice>>,
    votes: Option<i64>,
    heads: Option<i64>,
    floor_area: Option<i64>,
}

/// Keeps the roll of ballots.
pub async fn keep_rolls(tx: &mut RecordTx, rolls: &[(BallotId, Value)]) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for part in rows::parts(rolls) {
        let mut query = QueryBuilder::new("INSERT INTO running_tallies (tenant_id, ballot_id, eligible) ");
        query.push_values(part, |mut row, (ballot, eligible)| {
            row.push_bind(tenant).push_bind(ballot.uuid()).push_bind(Json(eligible));
        });
        query.push(" ON CONFLICT (tenant_id, ballot_id) DO UPDATE SET eligible = excluded.eligible");
        query.build().execute(tx.sql()).await?;
    }
    Ok(())
}

/// Adds to papers, and takes off, each kind once.
pub async fn change(tx: &mut RecordTx, changes: &[(BallotId, Papers)]) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for part in rows::parts(changes) {
        let mut query = QueryBuilder::new(
            "INSERT INTO running_papers AS p (tenant_id, ballot_id, paper, choice, votes, heads, floor_area) ",
        );
        query.push_values(part, |mut row, (ballot, it)| {
            row.push_bind(tenant).push_bind(ballot.uuid()).push_bind(it.digest.as_slice());
            row.push_bind(it.choice.as_ref().map(Json)).push_bind(it.votes).push_bind(it.heads);
            row.push_bind(it.floor_area);
        });
        query.push(
            " ON CONFLICT (tenant_id, ballot_id, paper) DO UPDATE SET votes = p.votes + excluded.votes,
             heads = p.heads + excluded.heads, floor_area = p.floor_area + excluded.floor_area",
        );
        query.build().execute(tx.sql()).await?;
    }
    Ok(())
}

/// Lists the events of a batch's votes but for those that another vote stands in the place of, whether they have their position or not.
pub async fn left_of_batch(tx: &mut TenantTx, topic: Uuid, batch: BatchId) -> Result<Vec<StoredEvent>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, kind, subject, actor, at, recorded_at, body, position FROM events e
         WHERE tenant_id = $1 AND subject = $2 AND kind = 'vote.cast' AND body ->> 'batch' = $3 AND NOT EXISTS (
         SELECT 1 FROM events r WHERE r.tenant_id = $1 AND r.subject = $2 AND r.kind = 'vote.cast' AND r.body ->> 'replaces' = e.id::text)",
    )
    .bind(tx.tenant().uuid())
    .bind(topic)
    .bind(batch.to_string())
    .fetch_all(tx.sql())
    .await?;
    rows.iter().map(events::stored).collect()
}

/// What a ballot comes to as far as the record goes; nothing where it was announced before such tallies were kept, or a moment ago.
pub async fn find(tx: &mut TenantTx, ballot: BallotId) -> Result<Option<Running>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT (SELECT COALESCE(max(e.position) + 1, 0) FROM events e WHERE e.tenant_id = $1) AS size,
                t.eligible, p.paper, p.choice, p.votes, p.heads, p.floor_area
         FROM running_tallies t LEFT JOIN running_papers p ON p.tenant_id = t.tenant_id AND p.ballot_id = t.ballot_id AND p.votes <> 0
         WHERE t.tenant_id = $1 AND t.ballot_id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(ballot.uuid())
    .fetch_all(tx.sql())
    .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let (size, eligible) = (first.size.unsigned_abs(), first.eligible.0.clone());
    let papers = rows.into_iter().filter_map(Row::papers).collect();
    Ok(Some(Running { size, eligible, papers }))
}

impl Row {
    fn papers(self) -> Option<Papers> {
        Some(Papers {
            digest: self.paper?.try_into().ok()?,
            choice: self.choice.map(|it| it.0),
            votes: self.votes?,
            heads: self.heads?,
            floor_area: self.floor_area,
        })
    }
}
