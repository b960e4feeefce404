//! Who took part in a ballot, as far as their members say it of themselves.

use chrono::NaiveDate;
use yishi_domain::BallotId;

use crate::{StoreError, TenantTx};

/// When those were born who voted by themselves, of whom that is known; paper names nobody.
pub async fn born(tx: &mut TenantTx, ballot: BallotId) -> Result<Vec<NaiveDate>, StoreError> {
    let born = sqlx::query_scalar(
        "SELECT m.born_on FROM votes v JOIN members m ON m.tenant_id = v.tenant_id AND m.id = v.member_id
         WHERE v.tenant_id = $1 AND v.ballot_id = $2 AND m.born_on IS NOT NULL",
    );
    Ok(born.bind(tx.tenant().uuid()).bind(ballot.uuid()).fetch_all(tx.sql()).await?)
}
