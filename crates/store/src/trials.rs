//! Trials of rule sets that are not in force: shadows, and replays of past decisions.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{QueryBuilder, Row, postgres::PgRow, types::Json};
use uuid::Uuid;
use yishi_domain::{
    BallotId, Digest, ReplayId, ShadowId,
    trials::{Compared, Comparison},
    voting::{Subject, Tally, Verdict, VotingRule},
};

use crate::{StoreError, TenantTx, WriteTx, codes};

/// A rule set that runs beside the one in force.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Shadow {
    /// Its identifier.
    #[sqlx(try_from = "Uuid")]
    pub id: ShadowId,
    /// The rule set.
    #[sqlx(try_from = "Vec<u8>")]
    pub digest: Digest,
    /// Its configuration.
    pub configuration: Value,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// An answer of a shadow beside the one in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShadowAnswer {
    /// What it is about.
    pub subject: Uuid,
    /// What was asked: `rule`, `verdict` or `assess`.
    pub function: String,
    /// How it stands beside the other one.
    pub compared: Compared,
    /// When.
    pub at: DateTime<Utc>,
}

/// A replay of all past decisions under a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// Its identifier.
    pub id: ReplayId,
    /// The candidate.
    pub digest: Digest,
    /// Its configuration.
    pub configuration: Value,
    /// How many decisions there were when it was asked for.
    pub total: u64,
    /// How many of them are done.
    pub done: u64,
    /// How many come out the same.
    pub same: u64,
    /// How many come out differently.
    pub flipped: u64,
    /// How many cannot be compared.
    pub not_comparable: u64,
    /// The last ballot that is done.
    pub last_ballot: Option<BallotId>,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// When it was finished.
    pub finished_at: Option<DateTime<Utc>>,
}

/// A past decision, as far as rules decide it.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The ballot.
    pub ballot: BallotId,
    /// What its rule was asked for.
    pub subject: Subject,
    /// Its rule.
    pub rule: VotingRule,
    /// Its tally.
    pub tally: Tally,
    /// Its verdict.
    pub verdict: Verdict,
}

const REPLAY: &str = "SELECT id, digest, configuration, total, done, same, flipped, not_comparable, last_ballot, \
    requested_at, finished_at FROM replays WHERE tenant_id = ";

/// Begins a shadow.
pub async fn insert_shadow(tx: &mut WriteTx, shadow: &Shadow) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO shadows (tenant_id, id, digest, configuration, since) VALUES ($1, $2, $3, $4, $5)")
        .bind(tx.tenant().uuid())
        .bind(shadow.id.uuid())
        .bind(shadow.digest.0.as_slice())
        .bind(&shadow.configuration)
        .bind(shadow.since)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// The shadow that runs now.
pub async fn shadow(tx: &mut TenantTx) -> Result<Option<Shadow>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT id, digest, configuration, since FROM shadows WHERE tenant_id = $1 AND ended_at IS NULL
         ORDER BY id DESC LIMIT 1",
    )
    .bind(tx.tenant().uuid())
    .fetch_optional(tx.sql())
    .await?)
}

/// Ends every shadow that runs; tells how many did.
pub async fn end_shadows(tx: &mut WriteTx, at: DateTime<Utc>) -> Result<u64, StoreError> {
    let done = sqlx::query("UPDATE shadows SET ended_at = $2 WHERE tenant_id = $1 AND ended_at IS NULL")
        .bind(tx.tenant().uuid())
        .bind(at)
        .execute(tx.sql())
        .await?;
    Ok(done.rows_affected())
}

/// Adds an answer of a shadow.
pub async fn insert_answer(
    tx: &mut WriteTx,
    id: Uuid,
    shadow: ShadowId,
    answer: &ShadowAnswer,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO shadow_answers (tenant_id, id, shadow_id, subject, function, comparison, why, answered_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tx.tenant().uuid())
    .bind(id)
    .bind(shadow.uuid())
    .bind(answer.subject)
    .bind(&answer.function)
    .bind(answer.compared.comparison.code())
    .bind(&answer.compared.why)
    .bind(answer.at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// How many answers of a shadow stand how, and the latest that are not the same.
pub async fn answers(
    tx: &mut TenantTx,
    shadow: ShadowId,
    limit: u16,
) -> Result<(Vec<(Comparison, u64)>, Vec<ShadowAnswer>), StoreError> {
    let counts = sqlx::query(
        "SELECT comparison, count(*) AS n FROM shadow_answers WHERE tenant_id = $1 AND shadow_id = $2 GROUP BY comparison",
    )
    .bind(tx.tenant().uuid())
    .bind(shadow.uuid())
    .fetch_all(tx.sql())
    .await?;
    let counts = counts.iter().map(|row| {
        let n: i64 = row.try_get("n")?;
        Ok::<_, StoreError>((codes::read("comparison", row.try_get("comparison")?)?, n.unsigned_abs()))
    });
    let counts = counts.collect::<Result<_, _>>()?;
    let rows = sqlx::query(
        "SELECT subject, function, comparison, why, answered_at FROM shadow_answers
         WHERE tenant_id = $1 AND shadow_id = $2 AND comparison <> 'same' ORDER BY id DESC LIMIT $3",
    )
    .bind(tx.tenant().uuid())
    .bind(shadow.uuid())
    .bind(i64::from(limit))
    .fetch_all(tx.sql())
    .await?;
    let answer = |row: &PgRow| {
        let comparison = codes::read("comparison", row.try_get("comparison")?)?;
        Ok::<_, StoreError>(ShadowAnswer {
            subject: row.try_get("subject")?,
            function: row.try_get("function")?,
            compared: Compared { comparison, why: row.try_get("why")? },
            at: row.try_get("answered_at")?,
        })
    };
    Ok((counts, rows.iter().map(answer).collect::<Result<_, _>>()?))
}

/// How many decisions there are.
pub async fn decisions(tx: &mut TenantTx) -> Result<u64, StoreError> {
    let (count,): (i64,) = sqlx::query_as("SELECT count(*) FROM ballots WHERE tenant_id = $1 AND state = 'decided'")
        .bind(tx.tenant().uuid())
        .fetch_one(tx.sql())
        .await?;
    Ok(count.unsigned_abs())
}

/// Lists decisions after a ballot, in order.
pub async fn decisions_after(
    tx: &mut TenantTx,
    after: Option<BallotId>,
    limit: u64,
) -> Result<Vec<Decision>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, subject, rule, tally, verdict FROM ballots WHERE tenant_id = $1 AND state = 'decided'
         AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3",
    )
    .bind(tx.tenant().uuid())
    .bind(after.map(BallotId::uuid))
    .bind(limit.cast_signed())
    .fetch_all(tx.sql())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Decision {
                ballot: BallotId(row.try_get("id")?),
                subject: row.try_get::<Json<Subject>, _>("subject")?.0,
                rule: row.try_get::<Json<VotingRule>, _>("rule")?.0,
                tally: row.try_get::<Json<Tally>, _>("tally")?.0,
                verdict: row.try_get::<Json<Verdict>, _>("verdict")?.0,
            })
        })
        .collect()
}

/// Adds a replay.
pub async fn insert_replay(tx: &mut WriteTx, replay: &Replay) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO replays (tenant_id, id, digest, configuration, total, requested_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(tx.tenant().uuid())
    .bind(replay.id.uuid())
    .bind(replay.digest.0.as_slice())
    .bind(&replay.configuration)
    .bind(replay.total.cast_signed())
    .bind(replay.requested_at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Finds a replay.
pub async fn replay(tx: &mut TenantTx, id: ReplayId) -> Result<Option<Replay>, StoreError> {
    let mut query = QueryBuilder::new(REPLAY);
    query.push_bind(tx.tenant().uuid()).push(" AND id = ").push_bind(id.uuid());
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(read_replay).transpose()
}

/// The oldest replay that is not finished.
pub async fn unfinished(tx: &mut TenantTx) -> Result<Option<Replay>, StoreError> {
    let mut query = QueryBuilder::new(REPLAY);
    query.push_bind(tx.tenant().uuid()).push(" AND finished_at IS NULL ORDER BY id LIMIT 1");
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(read_replay).transpose()
}

/// Writes how far a replay is, if it is still where the caller began; false where another was faster.
pub async fn advance(tx: &mut WriteTx, began_at: u64, replay: &Replay) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE replays SET done = $4, same = $5, flipped = $6, not_comparable = $7, last_ballot = $8, finished_at = $9
         WHERE tenant_id = $1 AND id = $2 AND done = $3 AND finished_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(replay.id.uuid())
    .bind(began_at.cast_signed())
    .bind(replay.done.cast_signed())
    .bind(replay.same.cast_signed())
    .bind(replay.flipped.cast_signed())
    .bind(replay.not_comparable.cast_signed())
    .bind(replay.last_ballot.map(BallotId::uuid))
    .bind(replay.finished_at)
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Adds the decisions that do not come out the same.
pub async fn insert_differences(
    tx: &mut WriteTx,
    id: ReplayId,
    differences: &[(BallotId, Compared)],
) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for chunk in differences.chunks(5_000) {
        let mut query =
            QueryBuilder::new("INSERT INTO replay_differences (tenant_id, replay_id, ballot_id, comparison, why) ");
        query.push_values(chunk, |mut row, (ballot, compared)| {
            row.push_bind(tenant).push_bind(id.uuid()).push_bind(ballot.uuid());
            row.push_bind(compared.comparison.code()).push_bind(compared.why.as_deref().unwrap_or_default());
        });
        query.build().persistent(false).execute(tx.sql()).await?;
    }
    Ok(())
}

/// Lists the decisions of a replay that do not come out the same, after a ballot, in order.
pub async fn differences(
    tx: &mut TenantTx,
    id: ReplayId,
    after: Option<BallotId>,
    limit: u16,
) -> Result<Vec<(BallotId, Compared)>, StoreError> {
    let rows = sqlx::query(
        "SELECT ballot_id, comparison, why FROM replay_differences WHERE tenant_id = $1 AND replay_id = $2
         AND ($3::uuid IS NULL OR ballot_id > $3) ORDER BY ballot_id LIMIT $4",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(after.map(BallotId::uuid))
    .bind(i64::from(limit))
    .fetch_all(tx.sql())
    .await?;
    rows.iter()
        .map(|row| {
            let comparison = codes::read("comparison", row.try_get("comparison")?)?;
            Ok((BallotId(row.try_get("ballot_id")?), Compared { comparison, why: Some(row.try_get("why")?) }))
        })
        .collect()
}

fn read_replay(row: &PgRow) -> Result<Replay, StoreError> {
    let digest: Vec<u8> = row.try_get("digest")?;
    let digest = digest.try_into().map_err(|_| StoreError::Unreadable { what: "digest", value: String::new() })?;
    let count = |column| Ok::<_, StoreError>(row.try_get::<i64, _>(column)?.unsigned_abs());
    Ok(Replay {
        id: ReplayId(row.try_get("id")?),
        digest,
        configuration: row.try_get("configuration")?,
        total: count("total")?,
        done: count("done")?,
        same: count("same")?,
        flipped: count("flipped")?,
        not_comparable: count("not_comparable")?,
        last_ballot: row.try_get::<Option<Uuid>, _>("last_ballot")?.map(BallotId),
        requested_at: row.try_get("requested_at")?,
        finished_at: row.try_get("finished_at")?,
    })
}
