//! The boxes of secret ballots: what votes say, apart from who voted.
//!
//! Until a box is sealed its rows share the transaction of the vote, which whoever operates the database can see. Sealing keeps how many papers
//! say the same, and deletes the rows.

use std::collections::BTreeMap;

use sqlx::{QueryBuilder, types::Json};
use yishi_domain::{BallotId, voting::Choice};

use crate::{StoreError, WriteTx, rows};

/// Puts papers into boxes, under names that mean nothing and in an order that tells nothing of that in which they came.
pub async fn insert(tx: &mut WriteTx, papers: &[(BallotId, &Choice)]) -> Result<(), StoreError> {
    let tenant = tx.tenant().uuid();
    let mut ordered = papers.to_vec();
    ordered.sort();
    for part in rows::parts(&ordered) {
        let mut query = QueryBuilder::new("INSERT INTO box_papers (tenant_id, ballot_id, id, choice) ");
        query.push_values(part, |mut row, (ballot, choice)| {
            row.push_bind(tenant).push_bind(ballot.uuid()).push("gen_random_uuid()").push_bind(Json(*choice));
        });
        query.build().execute(tx.sql()).await?;
    }
    Ok(())
}

/// Takes so many papers that say the same out of a box, whichever they are; tells whether there were so many.
///
/// Nobody else may do so meanwhile: the ballot is locked.
pub async fn take(tx: &mut WriteTx, ballot: BallotId, choice: &Choice, number: u64) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "DELETE FROM box_papers WHERE tenant_id = $1 AND ballot_id = $2 AND id IN (SELECT id FROM box_papers
         WHERE tenant_id = $1 AND ballot_id = $2 AND choice = $3 ORDER BY id LIMIT $4)",
    )
    .bind(tx.tenant().uuid())
    .bind(ballot.uuid())
    .bind(Json(choice))
    .bind(i64::try_from(number).unwrap_or(i64::MAX))
    .execute(tx.sql())
    .await?;
    Ok(done.rows_affected() == number)
}

/// Empties a box: tells how many of its papers say what, in the order of the choices.
pub async fn empty(tx: &mut WriteTx, ballot: BallotId) -> Result<BTreeMap<Choice, u64>, StoreError> {
    let rows: Vec<(Json<Choice>, i64)> = sqlx::query_as(
        "WITH emptied AS (DELETE FROM box_papers WHERE tenant_id = $1 AND ballot_id = $2 RETURNING choice)
         SELECT choice, count(*) FROM emptied GROUP BY choice",
    )
    .bind(tx.tenant().uuid())
    .bind(ballot.uuid())
    .fetch_all(tx.sql())
    .await?;
    Ok(rows.into_iter().map(|(choice, number)| (choice.0, number.unsigned_abs())).collect())
}
