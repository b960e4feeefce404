//! Ballots and their rolls.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, postgres::PgRow, types::Json};
use uuid::Uuid;
use yishi_domain::{
    ActivationId, BallotId, Digest, MemberId, TopicId,
    ballots::{BallotState, RollTotals, VotingUnit},
    receipts::Receipt,
    voting::{Subject, Tally, Verdict, VotingRule},
};

use crate::{StoreError, TenantTx, WriteTx, codes, rows};

/// A ballot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ballot {
    /// Its identifier.
    pub id: BallotId,
    /// The topic that it decides on.
    pub topic: TopicId,
    /// Where it stands.
    pub state: BallotState,
    /// What is asked.
    pub question: String,
    /// What its rule was asked for.
    pub subject: Subject,
    /// What the subject's options are called, in their order.
    pub titles: Vec<String>,
    /// The ballot of the round before.
    pub after: Option<BallotId>,
    /// Its rule, binding since it was opened.
    pub rule: VotingRule,
    /// What the rule rests on; none where the standard rules gave it.
    pub rule_receipt: Option<Receipt>,
    /// The rule set and configuration that it keeps; none for the standard rules.
    pub activation: Option<ActivationId>,
    /// The root over its roll.
    pub roll_root: Digest,
    /// When it was opened, which published its rule.
    pub opened_at: DateTime<Utc>,
    /// The first instant at which it takes votes.
    pub opens_at: DateTime<Utc>,
    /// The last instant at which it takes votes.
    pub closes_at: DateTime<Utc>,
    /// How often that was put off because too few had voted.
    pub extended: u32,
    /// What its votes come to, once it is counted.
    pub tally: Option<Tally>,
    /// How many papers wanted none of the options that were chosen, once those of a ballot with options are counted.
    pub dissent: Option<u64>,
    /// Its verdict, once it is decided.
    pub verdict: Option<Verdict>,
    /// What the verdict rests on.
    pub verdict_receipt: Option<Receipt>,
    /// Why it was annulled, or why there is no verdict yet.
    pub reason: Option<String>,
    /// When it was decided or annulled.
    pub ended_at: Option<DateTime<Utc>>,
}

const SELECT: &str = "SELECT id, topic_id, state, question, subject, rule, rule_receipt, activation_id, roll_root, opened_at, \
    opens_at, closes_at, tally, verdict, verdict_receipt, reason, ended_at, titles, extended, after_id, dissent FROM ballots WHERE tenant_id = ";

/// Adds a ballot with its roll.
pub async fn insert(tx: &mut WriteTx, ballot: &Ballot, roll: &[VotingUnit]) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "INSERT INTO ballots (tenant_id, id, topic_id, state, question, subject, rule, rule_receipt, activation_id, roll_root,
         opened_at, opens_at, closes_at, titles, after_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(tenant)
    .bind(ballot.id.uuid())
    .bind(ballot.topic.uuid())
    .bind(ballot.state.code())
    .bind(&ballot.question)
    .bind(Json(&ballot.subject))
    .bind(Json(&ballot.rule))
    .bind(ballot.rule_receipt.as_ref().map(Json))
    .bind(ballot.activation.map(ActivationId::uuid))
    .bind(ballot.roll_root.0.as_slice())
    .bind(ballot.opened_at)
    .bind(ballot.opens_at)
    .bind(ballot.closes_at)
    .bind(Json(&ballot.titles))
    .bind(ballot.after.map(BallotId::uuid))
    .execute(tx.sql())
    .await?;
    insert_roll(tx, ballot.id, roll).await
}

/// Adds voting units to a roll, with whoever may act for them.
async fn insert_roll(tx: &mut WriteTx, id: BallotId, roll: &[VotingUnit]) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    for part in rows::parts(roll) {
        let mut query =
            QueryBuilder::new("INSERT INTO roll_units (tenant_id, ballot_id, voting_unit, heads, floor_area) ");
        query.push_values(part, |mut row, unit| {
            row.push_bind(tenant).push_bind(id.uuid()).push_bind(&unit.name);
            row.push_bind(unit.heads.cast_signed()).push_bind(unit.floor_area.map(u64::cast_signed));
        });
        query.build().execute(tx.sql()).await?;
    }
    let agents: Vec<_> =
        roll.iter().flat_map(|unit| unit.agents.iter().map(move |agent| (&unit.name, *agent))).collect();
    for part in rows::parts(&agents) {
        let mut query = QueryBuilder::new("INSERT INTO roll_agents (tenant_id, ballot_id, voting_unit, member_id) ");
        query.push_values(part, |mut row, (unit, agent)| {
            row.push_bind(tenant).push_bind(id.uuid()).push_bind(*unit).push_bind(agent.uuid());
        });
        query.push(" ON CONFLICT DO NOTHING");
        query.build().execute(tx.sql()).await?;
    }
    Ok(())
}

/// Finds a ballot.
pub async fn find(tx: &mut TenantTx, id: BallotId) -> Result<Option<Ballot>, StoreError> {
    one(tx, id, "").await
}

/// Finds a ballot and keeps it from leaving its state until the transaction ends, beside others that do the same.
pub async fn share(tx: &mut WriteTx, id: BallotId) -> Result<Option<Ballot>, StoreError> {
    one(tx, id, " FOR SHARE").await
}

/// Finds a ballot and keeps it from changing, and from taking votes, until the transaction ends.
pub async fn lock(tx: &mut WriteTx, id: BallotId) -> Result<Option<Ballot>, StoreError> {
    one(tx, id, " FOR UPDATE").await
}

/// Lists the ballots on a topic, the earliest first.
pub async fn of_topic(tx: &mut TenantTx, topic: TopicId) -> Result<Vec<Ballot>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND topic_id = ").push_bind(topic.uuid()).push(" ORDER BY id");
    query.build().fetch_all(tx.sql()).await?.iter().map(ballot).collect()
}

/// Writes what may change of a ballot once it is open.
pub async fn save(tx: &mut WriteTx, ballot: &Ballot) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE ballots SET state = $3, tally = $4, verdict = $5, verdict_receipt = $6, reason = $7, ended_at = $8,
         closes_at = $9, extended = $10, dissent = $11 WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(ballot.id.uuid())
    .bind(ballot.state.code())
    .bind(ballot.tally.as_ref().map(Json))
    .bind(ballot.verdict.as_ref().map(Json))
    .bind(ballot.verdict_receipt.as_ref().map(Json))
    .bind(&ballot.reason)
    .bind(ballot.ended_at)
    .bind(ballot.closes_at)
    .bind(ballot.extended.cast_signed())
    .bind(ballot.dissent.map(u64::cast_signed))
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Keeps what the votes were committed to at the count.
pub async fn save_count(tx: &mut WriteTx, id: BallotId, votes: u64, root: &Digest) -> Result<(), StoreError> {
    sqlx::query("UPDATE ballots SET votes = $3, votes_root = $4 WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().uuid())
        .bind(id.uuid())
        .bind(votes.cast_signed())
        .bind(root.0.as_slice())
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Corrects a roll: those who leave, then those who come in; gives the number of the correction.
pub async fn change_roll(
    tx: &mut WriteTx,
    id: BallotId,
    added: &[VotingUnit],
    removed: &[String],
    root: &Digest,
) -> Result<u32, StoreError> {
    for table in ["roll_agents", "roll_units"] {
        let mut query = QueryBuilder::new("DELETE FROM ");
        query.push(table).push(" WHERE tenant_id = ").push_bind(tx.tenant().uuid());
        query
            .push(" AND ballot_id = ")
            .push_bind(id.uuid())
            .push(" AND voting_unit = ANY(")
            .push_bind(removed)
            .push(")");
        query.build().execute(tx.sql()).await?;
    }
    insert_roll(tx, id, added).await?;
    let number: i32 = sqlx::query_scalar(
        "UPDATE ballots SET roll_root = $3, roll_changes = roll_changes + 1 WHERE tenant_id = $1 AND id = $2
         RETURNING roll_changes",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(root.0.as_slice())
    .fetch_one(tx.sql())
    .await?;
    Ok(number.unsigned_abs())
}

/// The voting units of a roll in order of name, without those who act for them.
pub async fn roll(tx: &mut TenantTx, id: BallotId) -> Result<Vec<VotingUnit>, StoreError> {
    let rows: Vec<(String, i64, Option<i64>)> = sqlx::query_as(
        "SELECT voting_unit, heads, floor_area FROM roll_units WHERE tenant_id = $1 AND ballot_id = $2 ORDER BY voting_unit",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .fetch_all(tx.sql())
    .await?;
    let unit = |(name, heads, area): (String, i64, Option<i64>)| VotingUnit {
        name,
        heads: heads.unsigned_abs(),
        floor_area: area.map(i64::unsigned_abs),
        agents: Vec::new(),
    };
    Ok(rows.into_iter().map(unit).collect())
}

/// What a roll comes to.
pub async fn roll_totals(tx: &mut TenantTx, id: BallotId) -> Result<RollTotals, StoreError> {
    let row: (i64, Option<i64>) = sqlx::query_as(
        "SELECT coalesce(sum(heads), 0)::bigint, sum(floor_area)::bigint FROM roll_units
         WHERE tenant_id = $1 AND ballot_id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .fetch_one(tx.sql())
    .await?;
    Ok(RollTotals { heads: row.0.unsigned_abs(), floor_area: row.1.map(i64::unsigned_abs) })
}

/// Finds voting units of a roll by name, each with whether the member may act for it.
pub async fn voting_units(
    tx: &mut TenantTx,
    id: BallotId,
    names: &[&str],
    member: Option<MemberId>,
) -> Result<Vec<(VotingUnit, bool)>, StoreError> {
    let rows = sqlx::query(
        "SELECT r.voting_unit, r.heads, r.floor_area, a.member_id IS NOT NULL AS acts
         FROM roll_units r LEFT JOIN roll_agents a ON a.tenant_id = r.tenant_id AND a.ballot_id = r.ballot_id
         AND a.voting_unit = r.voting_unit AND a.member_id = $4
         WHERE r.tenant_id = $1 AND r.ballot_id = $2 AND r.voting_unit = ANY($3)",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(names)
    .bind(member.map(MemberId::uuid))
    .fetch_all(tx.sql())
    .await?;
    rows.iter()
        .map(|row| {
            let (heads, floor_area): (i64, Option<i64>) = (row.try_get("heads")?, row.try_get("floor_area")?);
            let unit = VotingUnit {
                name: row.try_get("voting_unit")?,
                heads: heads.unsigned_abs(),
                floor_area: floor_area.map(i64::unsigned_abs),
                agents: Vec::new(),
            };
            Ok((unit, row.try_get("acts")?))
        })
        .collect()
}

/// Tells whether a member may act for a voting unit of a roll.
pub async fn is_agent(tx: &mut TenantTx, id: BallotId, member: MemberId) -> Result<bool, StoreError> {
    let found: Option<i32> = sqlx::query_scalar(
        "SELECT 1 FROM roll_agents WHERE tenant_id = $1 AND ballot_id = $2 AND member_id = $3 LIMIT 1",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .bind(member.uuid())
    .fetch_optional(tx.sql())
    .await?;
    Ok(found.is_some())
}

/// What has voted so far, in heads and in floor area.
pub async fn participation(tx: &mut TenantTx, id: BallotId) -> Result<(u64, u64), StoreError> {
    let row: (i64, i64) = sqlx::query_as(
        "SELECT coalesce(sum(r.heads), 0)::bigint, coalesce(sum(r.floor_area), 0)::bigint FROM votes v
         JOIN roll_units r USING (tenant_id, ballot_id, voting_unit) WHERE v.tenant_id = $1 AND v.ballot_id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .fetch_one(tx.sql())
    .await?;
    Ok((row.0.unsigned_abs(), row.1.unsigned_abs()))
}

/// How many voting units a roll has, and how many of them have voted.
pub async fn turnout(tx: &mut TenantTx, id: BallotId) -> Result<(u64, u64), StoreError> {
    let row: (i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM roll_units WHERE tenant_id = $1 AND ballot_id = $2),
                (SELECT count(*) FROM votes WHERE tenant_id = $1 AND ballot_id = $2)",
    )
    .bind(tx.tenant().uuid())
    .bind(id.uuid())
    .fetch_one(tx.sql())
    .await?;
    Ok((row.0.unsigned_abs(), row.1.unsigned_abs()))
}

async fn one(tx: &mut TenantTx, id: BallotId, lock: &'static str) -> Result<Option<Ballot>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(tx.tenant().uuid()).push(" AND id = ").push_bind(id.uuid()).push(lock);
    query.build().fetch_optional(tx.sql()).await?.as_ref().map(ballot).transpose()
}

fn ballot(row: &PgRow) -> Result<Ballot, StoreError> {
    let root: Vec<u8> = row.try_get("roll_root")?;
    let root = root.try_into().map_err(|_| StoreError::Unreadable { what: "roll root", value: String::new() })?;
    let optional = |column| Ok::<_, StoreError>(row.try_get::<Option<Json<Receipt>>, _>(column)?.map(|it| it.0));
    Ok(Ballot {
        id: BallotId(row.try_get("id")?),
        topic: TopicId(row.try_get("topic_id")?),
        state: codes::read("ballot state", row.try_get("state")?)?,
        question: row.try_get("question")?,
        subject: row.try_get::<Json<Subject>, _>("subject")?.0,
        titles: row.try_get::<Json<Vec<String>>, _>("titles")?.0,
        after: row.try_get::<Option<Uuid>, _>("after_id")?.map(BallotId),
        extended: row.try_get::<i32, _>("extended")?.unsigned_abs(),
        rule: row.try_get::<Json<VotingRule>, _>("rule")?.0,
        rule_receipt: optional("rule_receipt")?,
        activation: row.try_get::<Option<Uuid>, _>("activation_id")?.map(ActivationId),
        roll_root: root,
        opened_at: row.try_get("opened_at")?,
        opens_at: row.try_get("opens_at")?,
        closes_at: row.try_get("closes_at")?,
        tally: row.try_get::<Option<Json<Tally>>, _>("tally")?.map(|it| it.0),
        dissent: row.try_get::<Option<i64>, _>("dissent")?.map(i64::unsigned_abs),
        verdict: row.try_get::<Option<Json<Verdict>>, _>("verdict")?.map(|it| it.0),
        verdict_receipt: optional("verdict_receipt")?,
        reason: row.try_get("reason")?,
        ended_at: row.try_get("ended_at")?,
    })
}
