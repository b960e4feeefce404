//! Casts that share a transaction: a few statements read what all of them stand on, and write their votes.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow, types::Json};
use uuid::Uuid;
use yishi_domain::{BallotId, EventId, IdempotencyKey, MemberId, ballots::BallotState};

use crate::{SharedTx, StoreError, codes, idempotency, rows, votes::Vote};

/// A cast to be made.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The ballot.
    pub ballot: BallotId,
    /// The voting unit.
    pub voting_unit: &'a str,
    /// Who acts for it.
    pub member: MemberId,
    /// Who that is as the keys know them, and the key that the request came with.
    pub key: Option<(&'a str, &'a IdempotencyKey)>,
}

/// A ballot that stays in its state until the transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// How far the tenant's clock runs ahead of the wall clock, in milliseconds.
    pub ahead_ms: i64,
    /// Where the ballot stands.
    pub state: BallotState,
    /// The first instant at which it takes votes.
    pub opens_at: DateTime<Utc>,
    /// The last.
    pub closes_at: DateTime<Utc>,
}

/// How much a voting unit weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    /// How many heads it counts.
    pub heads: u64,
    /// Its floor area in hundredths of a square metre.
    pub floor_area: Option<u64>,
}

/// Each thing is looked up by its whole key for each cast, whatever the planner thinks of how many there are.
const STANDING: &str = "WITH held AS MATERIALIZED (
        SELECT id, state, opens_at, closes_at, (SELECT t.clock_offset_ms FROM tenants t WHERE t.id = $1) AS ahead_ms
        FROM ballots WHERE tenant_id = $1 AND id = ANY($2) ORDER BY id FOR SHARE)
    SELECT c.place, h.state, h.opens_at, h.closes_at, h.ahead_ms,
        (SELECT ARRAY[r.heads, r.floor_area] FROM roll_units r WHERE r.tenant_id = $1 AND r.ballot_id = c.ballot_id
         AND r.voting_unit = c.voting_unit) AS weights,
        (SELECT true FROM roll_agents a WHERE a.tenant_id = $1 AND a.ballot_id = c.ballot_id
         AND a.voting_unit = c.voting_unit AND a.member_id = c.member_id) AS acts,
        CASE WHEN c.held IS NULL THEN false WHEN pg_try_advisory_xact_lock(hashtextextended(c.held, 0)) THEN (
         SELECT true FROM idempotency_keys k WHERE k.tenant_id = $1 AND k.principal = c.principal
         AND k.operation = c.operation AND k.key = c.key) ELSE true END AS taken
    FROM unnest($3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[])
        WITH ORDINALITY AS c (ballot_id, voting_unit, member_id, held, principal, operation, key, place)
    JOIN held h ON h.id = c.ballot_id";

/// What casts stand on, by the place of the cast in the list: where the ballot stands, and what the voting unit weighs.
///
/// Left out is whoever may not act for the voting unit by themselves, which nobody does who is no member, and a key that was answered or is held by another act. Whether
/// the voting unit has voted is for [`insert`] to tell. The keys of the others are held from now on, and no ballot leaves its state until the transaction ends, beside others
/// that hold it too. A row that another transaction had changed is read as that left it; a roll never changes once its ballot is there.
pub async fn standing(tx: &mut SharedTx, asked: &[Asked<'_>]) -> Result<Vec<(usize, Held, Weight)>, StoreError> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let tenant = tx.tenant();
    let held = |it: &Asked<'_>| it.key.map(|(principal, key)| idempotency::name(tenant, principal, key));
    let ballots: BTreeSet<_> = asked.iter().map(|it| it.ballot.uuid()).collect();
    let rows = sqlx::query(STANDING)
        .bind(tenant.uuid())
        .bind(ballots.into_iter().collect::<Vec<_>>())
        .bind(asked.iter().map(|it| it.ballot.uuid()).collect::<Vec<_>>())
        .bind(asked.iter().map(|it| it.voting_unit).collect::<Vec<_>>())
        .bind(asked.iter().map(|it| it.member.uuid()).collect::<Vec<_>>())
        .bind(asked.iter().map(held).collect::<Vec<_>>())
        .bind(asked.iter().map(|it| it.key.map(|(principal, _)| principal)).collect::<Vec<_>>())
        .bind(asked.iter().map(|it| it.key.map(|(_, key)| key.operation)).collect::<Vec<_>>())
        .bind(asked.iter().map(|it| it.key.map(|(_, key)| key.key.as_str())).collect::<Vec<_>>())
        .fetch_all(tx.sql())
        .await?;
    rows.iter().filter_map(|row| stands(row).transpose()).collect()
}

fn stands(row: &PgRow) -> Result<Option<(usize, Held, Weight)>, StoreError> {
    let holds = |column| Ok::<_, StoreError>(row.try_get::<Option<bool>, _>(column)?.unwrap_or(false));
    let weights: Option<Vec<Option<i64>>> = row.try_get("weights")?;
    let Some([Some(heads), floor_area]) = weights.as_deref() else { return Ok(None) };
    if !holds("acts")? || holds("taken")? {
        return Ok(None);
    }
    let place: i64 = row.try_get("place")?;
    let held = Held {
        ahead_ms: row.try_get("ahead_ms")?,
        state: codes::read("ballot state", row.try_get("state")?)?,
        opens_at: row.try_get("opens_at")?,
        closes_at: row.try_get("closes_at")?,
    };
    let weight = Weight { heads: heads.unsigned_abs(), floor_area: floor_area.map(i64::unsigned_abs) };
    Ok(Some((usize::try_from(place - 1).unwrap_or(usize::MAX), held, weight)))
}

/// Adds the first votes of voting units, in the order in which they are given; tells the events of those that were added, which the others were
/// not because their voting unit voted a moment ago.
pub async fn insert(
    tx: &mut SharedTx,
    votes: &[(BallotId, &Vote, DateTime<Utc>)],
) -> Result<HashSet<EventId>, StoreError> {
    let tenant = tx.tenant().uuid();
    let mut added = HashSet::new();
    for part in rows::parts(votes) {
        let mut query = QueryBuilder::new(
            "INSERT INTO votes (tenant_id, ballot_id, voting_unit, choice, channel, member_id, batch_id, mandate_id, event_id, cast_at) ",
        );
        query.push_values(part, |mut row, (ballot, vote, at)| {
            let [member, batch, mandate] = vote.source.columns();
            row.push_bind(tenant).push_bind(ballot.uuid()).push_bind(&vote.voting_unit);
            row.push_bind(vote.choice.as_ref().map(Json)).push_bind(vote.source.channel().code());
            row.push_bind(member).push_bind(batch).push_bind(mandate).push_bind(vote.event.uuid()).push_bind(*at);
        });
        query.push(" ON CONFLICT (tenant_id, ballot_id, voting_unit) DO NOTHING RETURNING event_id");
        let rows = query.build().fetch_all(tx.sql()).await?;
        for row in rows {
            added.insert(EventId(row.try_get::<Uuid, _>("event_id")?));
        }
    }
    Ok(added)
}
